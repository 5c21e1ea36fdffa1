//! Content checks: what must not be shown is refused, and what nobody has looked at is seen by nobody.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town, Wechat, picture};

const TEXTS: &str = "/wxa/msg_sec_check";

async fn a_deed(who: &Actor, n: u32, words: &str) -> Value {
    let picture = text(&who.upload(picture::jpeg(n)).await.expect(201)["id"]);
    json!({"section": "neighbours", "title": format!("帮邻居修水管{n}"), "text": words, "pictureIds": [picture], "dayOfAct": TODAY})
}

async fn posted(who: &Actor, n: u32, words: &str) -> String {
    text(&who.post("deeds", a_deed(who, n, words).await).await.expect(201)["id"])
}

/// Refused because this field must not be shown.
#[track_caller]
fn refused_for(answer: &Answer, field: &str) {
    answer.refused(422, "content_risky");
    assert_eq!(answer.json["fields"][0]["field"], field, "{}", answer.json);
    assert_eq!(answer.json["fields"][0]["code"], "risky", "{}", answer.json);
}

/// The open review of an object: its address and what it says.
async fn review(staff: &Actor, kind: &str, object: &str) -> (String, Value) {
    let found = staff.get(&format!("staff/reviews?kind={kind}&limit=100")).await.expect(200);
    let is = |r: &&Value| r[kind]["id"] == object || r[kind]["nickname"] == object;
    let found = found["items"].as_array().into_iter().flatten().find(is).cloned();
    let review = found.unwrap_or_else(|| panic!("no review of {object}"));
    (format!("staff/reviews/{}", text(&review["id"])), review)
}

async fn decide(staff: &Actor, kind: &str, object: &str, publish: Value) -> Answer {
    let (path, _) = review(staff, kind, object).await;
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    staff.post(&format!("{path}/decide"), json!({"publish": publish})).await
}

fn publish() -> Value {
    json!({"decision": "publish"})
}

/// Comments on a deed that others see at once, if nothing is wrong with them.
async fn open_comments(town: &Town) {
    let path = format!("staff/policies/{}", town.world.village);
    let etag = town.ops.get(&path).await.etag();
    town.ops.put_if(&path, &etag, json!({"commentsReviewed": false})).await.expect(200);
}

/// A published deed of wang's, and who publishes.
async fn published(town: &Town, wang: &Actor) -> (String, Actor) {
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(wang, 90, "修好了。").await;
    decide(&secretary, "deed", &deed, publish()).await.expect(200);
    (deed, secretary)
}

async fn comments(who: &Actor, deed: &str) -> Vec<String> {
    let page = who.get(&format!("deeds/{deed}/comments")).await.expect(200);
    page["items"].as_array().into_iter().flatten().map(|c| text(&c["text"])).collect()
}

#[tokio::test]
async fn what_must_not_be_shown_is_refused_and_nothing_is_kept_of_it() {
    let town = Town::open().await;
    let wechat = Wechat::of(&town).await;
    wechat.word("蓝精灵", true).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let (deed, secretary) = published(&town, &wang).await;

    // WeChat says so of whatever a person writes.
    refused_for(&wang.post("deeds", a_deed(&wang, 1, "卖蓝精灵。").await).await, "text");
    refused_for(&wang.post(&format!("deeds/{deed}/comments"), json!({"text": "蓝精灵"})).await, "text");
    refused_for(&wang.put("me", json!({"nickname": "蓝精灵"})).await, "nickname");
    let shop = town.applicant("clerk").await;
    let page = json!({"unitId": town.world.village, "category": "hairdressing", "name": "蓝精灵理发", "address": "村口", "text": "理发",
        "pictureIds": []});
    refused_for(&shop.post("merchants", page).await, "text");
    // The word list says so without anybody else, of staff as well.
    let event = json!({"unitId": town.world.village, "kind": "activity", "section": "environment", "title": "清洁日",
        "text": "现场代开发票", "place": "村口", "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z",
        "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z",
        "capacity": 20, "offerMinutes": 60});
    refused_for(&secretary.post("staff/events", event).await, "text");
    let before = wechat.calls(TEXTS).await.len();
    refused_for(
        &wang.post(&format!("deeds/{deed}/comments"), json!({"text": "代 开发票，代开发票"})).await,
        "text",
    );
    assert_eq!(wechat.calls(TEXTS).await.len(), before, "the word list spoke first");

    assert_eq!(wang.get("me/deeds").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(comments(&wang, &deed).await, Vec::<String>::new());
    assert_eq!(wang.get("me").await.expect(200)["nickname"], Value::Null);
    // A deed that waits cannot be changed into one that must not be shown, either.
    let waiting = posted(&wang, 2, "扫了雪。").await;
    let changed = json!({"section": "neighbours", "title": "扫雪", "text": "卖蓝精灵。", "pictureIds":
        wang.get(&format!("deeds/{waiting}")).await.expect(200)["pictureIds"]});
    refused_for(&wang.put(&format!("deeds/{waiting}"), changed).await, "text");
    assert_eq!(wang.get(&format!("deeds/{waiting}")).await.expect(200)["text"], "扫了雪。");
    assert!(!town.log().contains("蓝精灵"), "what people write is not logged");
    town.verify().await;
}

#[tokio::test]
async fn what_is_in_doubt_or_was_not_looked_at_is_seen_by_nobody_before_a_person_decides() {
    let town = Town::open().await;
    let wechat = Wechat::of(&town).await;
    wechat.word("保健品", false).await;
    open_comments(&town).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let (deed, secretary) = published(&town, &wang).await;
    let comment = async |words: &str| {
        li.post(&format!("deeds/{deed}/comments"), json!({"text": words})).await.expect(201)
    };

    assert_eq!(comment("好样的！").await["state"], "published");
    let doubtful = comment("送您保健品").await;
    assert_eq!(doubtful["state"], "pending");
    // WeChat is away in every way that it has, and each ends alike: nothing is lost, and nothing is shown.
    let mut failed = Vec::new();
    for (n, fault) in [
        json!({"kind": "bad_gateway"}),
        json!({"kind": "truncated"}),
        json!({"kind": "errcode", "errcode": -1}),
        json!({"kind": "errcode", "errcode": 45009}),
    ]
    .into_iter()
    .enumerate()
    {
        let tries = if fault["errcode"] == 45009 { 1 } else { 3 };
        wechat.fault(TEXTS, fault, tries).await;
        let written = comment(&format!("辛苦了{n}")).await;
        assert_eq!(written["state"], "pending");
        failed.push(text(&written["id"]));
    }
    assert_eq!(comments(&wang, &deed).await, ["好样的！"], "others see what was looked at");
    assert_eq!(comments(&li, &deed).await.len(), 6, "who wrote it sees it wait");

    let (_, seen) = review(&secretary, "comment", &text(&doubtful["id"])).await;
    assert_eq!(
        seen["check"]["text"],
        json!({"verdict": "review", "label": 20006, "labelZh": "违法犯罪", "labelEn": "crime"})
    );
    let (_, seen) = review(&secretary, "comment", &failed[0]).await;
    assert_eq!(seen["check"]["text"]["verdict"], "failed");
    decide(&secretary, "comment", &failed[0], publish()).await.expect(200);
    assert_eq!(comments(&wang, &deed).await, ["辛苦了0", "好样的！"]);
    town.verify().await;
}

#[tokio::test]
async fn a_check_that_failed_is_made_again_and_what_must_not_be_shown_is_refused_with_the_reason() {
    let town = Town::open().await;
    let wechat = Wechat::of(&town).await;
    wechat.word("蓝精灵", true).await;
    open_comments(&town).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let (deed, secretary) = published(&town, &wang).await;
    wechat.fault(TEXTS, json!({"kind": "bad_gateway"}), 9).await;
    let good =
        text(&wang.post(&format!("deeds/{deed}/comments"), json!({"text": "谢谢"})).await.expect(201)["id"]);
    let bad = text(&wang.post("deeds", a_deed(&wang, 1, "卖蓝精灵。").await).await.expect(201)["id"]);
    let doubtful =
        text(&wang.post("deeds", a_deed(&wang, 2, "劝人不买六合彩。").await).await.expect(201)["id"]);

    town.drain().await;
    assert_eq!(
        wechat.calls(TEXTS).await.iter().filter(|call| call["errcode"] == 0).count(),
        10,
        "not before its time"
    );
    town.set_clock("2026-03-02T02:01:01Z").await;
    town.drain().await;
    let (_, seen) = review(&secretary, "comment", &good).await;
    assert_eq!(seen["check"]["text"]["verdict"], "passed", "whoever decides knows that it passed: {seen}");
    assert_eq!(seen["comment"]["state"], "pending", "a person decides nevertheless");
    let refused = wang.get(&format!("deeds/{bad}")).await.expect(200);
    assert_eq!(refused["state"], "rejected", "{refused}");
    assert!(text(&refused["reason"]).contains("违法犯罪"), "{refused}");
    let told = wang.get("inbox?limit=1").await.expect(200);
    assert_eq!(
        (&told["items"][0]["kind"], &told["items"][0]["object"]),
        (&json!("deed_rejected"), &json!(bad))
    );
    let open = secretary.get("staff/reviews?kind=deed&limit=100").await.expect(200);
    let left: Vec<&str> = open["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["deed"]["id"].as_str())
        .collect();
    assert_eq!(left, [doubtful.as_str()], "nobody has to decide on what was refused any more");
    let (_, seen) = review(&secretary, "deed", &doubtful).await;
    assert_eq!(
        seen["check"]["text"]["verdict"], "review",
        "WeChat does not take the list's doubt away: {seen}"
    );
    town.verify().await;
}

#[tokio::test]
async fn a_nickname_in_doubt_waits_and_everybody_sees_the_one_before() {
    let town = Town::open().await;
    let wechat = Wechat::of(&town).await;
    wechat.word("老板", false).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    wang.put("me", json!({"nickname": "阳光"})).await.expect(200);

    let me = wang.put("me", json!({"nickname": "王老板"})).await.expect(200);
    assert_eq!((&me["nickname"], &me["publicName"]), (&json!("阳光"), &json!("阳光")));
    assert_eq!(me["nicknameProposal"], json!({"nickname": "王老板", "reason": null}));
    // To want another takes the first back; to want it again changes nothing.
    wang.put("me", json!({"nickname": "大老板"})).await.expect(200);
    wang.put("me", json!({"nickname": "大老板"})).await.expect(200);
    let open = secretary.get("staff/reviews?kind=nickname&limit=100").await.expect(200);
    assert_eq!(open["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        open["items"][0]["nickname"],
        json!({"nickname": "大老板", "current": "阳光", "reason": null})
    );
    let reject = json!({"decision": "reject", "reason": "请不要冒充商户。"});
    decide(&secretary, "nickname", "大老板", reject).await.expect(200);
    let me = wang.get("me").await.expect(200);
    assert_eq!(me["nicknameProposal"], json!({"nickname": "大老板", "reason": "请不要冒充商户。"}));
    let told = wang.get("inbox?limit=1").await.expect(200);
    assert_eq!(
        (&told["items"][0]["kind"], &told["items"][0]["reason"]),
        (&json!("nickname_refused"), &json!("请不要冒充商户。"))
    );

    wang.put("me", json!({"nickname": "小老板"})).await.expect(200);
    decide(&secretary, "nickname", "小老板", publish()).await.expect(200);
    let me = wang.get("me").await.expect(200);
    assert_eq!((&me["nickname"], &me["nicknameProposal"]), (&json!("小老板"), &Value::Null));
    // WeChat has nothing against it, but whoever is called so may be taken for the desk.
    let me = wang.put("me", json!({"nickname": "柳湾村王书记"})).await.expect(200);
    assert_eq!(
        (&me["nickname"], &me["nicknameProposal"]["nickname"]),
        (&json!("小老板"), &json!("柳湾村王书记"))
    );
    let reject = json!({"decision": "reject", "reason": "请不要冒充书记。"});
    decide(&secretary, "nickname", "柳湾村王书记", reject).await.expect(200);
    // A guest's is decided by whoever runs the district.
    let guest = town.guest("visitor").await;
    guest.put("me", json!({"nickname": "过路老板"})).await.expect(200);
    let everybody = secretary.get("staff/reviews?kind=nickname&limit=100").await.expect(200);
    assert_eq!(everybody["items"], json!([]), "a village does not decide on guests of the district");
    let town_hall = town.appoint("hall", "secretary", &town.world.district).await;
    decide(&town_hall, "nickname", "过路老板", publish()).await.expect(200);
    assert_eq!(guest.get("me").await.expect(200)["nickname"], "过路老板");
}

#[tokio::test]
async fn a_text_is_looked_at_once_and_a_repetition_is_not_refused_for_what_is_thought_of_it_now() {
    let town = Town::open().await;
    let wechat = Wechat::of(&town).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let deed = a_deed(&wang, 1, "扫了雪。").await;
    let made = wang.post_keyed("deeds", deed.clone(), "a-deed-of-monday-1").await.expect(201);
    assert_eq!(wechat.calls(TEXTS).await.len(), 1);
    let mut again = a_deed(&wang, 2, "扫了雪。").await;
    again["title"] = deed["title"].clone();
    wang.post("deeds", again).await.expect(201);
    assert_eq!(wechat.calls(TEXTS).await.len(), 1, "the same text was looked at before");
    // After a month it is looked at again, and is thought of otherwise.
    town.set_clock("2026-04-02T02:00:01Z").await;
    wechat.stand_at("2026-04-02T02:00:01Z").await;
    wechat.word("扫了雪", true).await;
    let wang = town.guest("wang").await;
    refused_for(&wang.post("deeds", a_deed(&wang, 3, "扫了雪。").await).await, "text");
    assert_eq!(wechat.calls(TEXTS).await.len(), 2);
    let _first = made;
}

#[tokio::test]
async fn a_list_of_the_towns_own_refuses_and_raises_doubt_without_wechat() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let list = folder.path().join("words.txt");
    std::fs::write(&list, "# of this town\n河神庙会\nreview 搬迁\n").expect("it can be written");
    let environment = vec![
        ("JISHAN_TENANT_WORDS_FILE".to_owned(), list.display().to_string()),
        ("JISHAN_TENANT_WECHAT_APP_ID".to_owned(), String::new()),
    ];
    // Without a mini-program nobody signs in, so this is seen by staff: their texts are held to the list, too.
    let town = Town::open_with(tests::Options { environment, ..Default::default() }).await;
    let event = |words: &str| {
        json!({"unitId": town.world.village, "kind": "activity", "section": "environment", "title": "清洁日",
        "text": words, "place": "村口", "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z",
        "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z",
        "capacity": 20, "offerMinutes": 60})
    };
    refused_for(&town.ops.post("staff/events", event("河神庙会见")).await, "text");
    // Where it is said in one field, that field is named.
    for (field, words) in [("title", "河神庙会"), ("place", "河神庙会旧址"), ("themes", "河神庙会")]
    {
        let mut named = event("清扫河岸");
        named[field] = if field == "themes" { json!([words]) } else { json!(words) };
        refused_for(&town.ops.post("staff/events", named).await, field);
    }
    let planned = text(&town.ops.post("staff/events", event("搬迁通知")).await.expect(201)["id"]);
    // Why it does not take place is read by everybody, too.
    let cancel = format!("staff/events/{planned}/cancel");
    refused_for(&town.ops.post(&cancel, json!({"reason": "改去河神庙会"})).await, "reason");
    let told = town.ops.post(&cancel, json!({"reason": "请联系身份证11010519491231002X"})).await;
    told.refused(422, "invalid");
    assert_eq!(told.json["fields"][0]["code"], "personal_data", "{}", told.json);
    town.ops.post(&cancel, json!({"reason": "大雨，改期。"})).await.expect(200);
    // So is a nickname, whoever enters it, and wherever.
    let named = json!({"unitId": town.world.group1, "name": "王小明", "nickname": "河神庙会"});
    refused_for(&town.ops.post("staff/residents", named).await, "nickname");
    std::fs::write(&list, "庙\n").expect("it can be written");
    let (code, told) = town.command(&["doctor"]);
    assert!(code != 0 && told.contains("at least two characters"), "{code} {told}");
}
