//! Deeds, from the picture to the feed, and the desk that decides on them.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Town, picture};

async fn uploaded(who: &Actor, n: u32) -> String {
    text(&who.upload(picture::jpeg(n)).await.expect(201)["id"])
}

/// A deed to post, with one picture.
async fn a_deed(who: &Actor, n: u32) -> Value {
    json!({"section": "neighbours", "title": format!("帮邻居修水管{n}"), "text": "周六上午帮李奶奶修好了水管。",
        "pictureIds": [uploaded(who, n).await], "dayOfAct": TODAY})
}

/// Posts a deed; its id.
async fn posted(who: &Actor, n: u32, item: Option<&str>) -> String {
    let mut deed = a_deed(who, n).await;
    if let Some(item) = item {
        deed["itemId"] = json!(item);
    }
    text(&who.post("deeds", deed).await.expect(201)["id"])
}

/// The address of the open review of a deed or comment.
async fn review(staff: &Actor, object: &str) -> String {
    let found = staff.get("staff/reviews?limit=100").await.expect(200);
    let is = |r: &&Value| r["deed"]["id"] == object || r["comment"]["id"] == object;
    let review = found["items"].as_array().into_iter().flatten().find(is);
    format!(
        "staff/reviews/{}",
        text(&review.unwrap_or_else(|| panic!("no review of {object}: {found}"))["id"])
    )
}

async fn claimed(staff: &Actor, object: &str) -> String {
    let review = review(staff, object).await;
    staff.send(staff.request(Method::POST, &format!("{review}/claim"))).await.expect(200);
    review
}

fn publish() -> Value {
    json!({"publish": {"decision": "publish"}})
}

async fn published(staff: &Actor, object: &str) {
    let review = claimed(staff, object).await;
    staff.post(&format!("{review}/decide"), publish()).await.expect(200);
}

async fn feed(who: &Actor, query: &str) -> Vec<Value> {
    let page = who.get(&format!("deeds?{query}")).await.expect(200);
    page["items"].as_array().cloned().unwrap_or_default()
}

async fn like(who: &Actor, deed: &str) -> Value {
    who.put_empty(&format!("deeds/{deed}/like")).await.expect(200)
}

// BQ-2, BQ-3: a good deed becomes points, and is seen.
#[tokio::test]
async fn a_deed_is_posted_reviewed_published_and_granted() {
    let town = Town::open().await;
    town.adopt(&town.world.village, "baqiao").await;
    let item = town.item(&town.world.group1, "BQ-003").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;

    let mut body = a_deed(&wang, 1).await;
    body["itemId"] = json!(item);
    let key = "a-deed-of-monday-1";
    let deed = wang.post_keyed("deeds", body.clone(), key).await.expect(201);
    let again = wang.post_keyed("deeds", body, key).await;
    assert_eq!((again.header("idempotency-replayed"), &again.json["id"]), ("true", &deed["id"]));
    assert_eq!(
        (&deed["state"], &deed["own"], &deed["itemId"]),
        (&"pending".into(), &true.into(), &item.into())
    );
    let id = text(&deed["id"]);
    let path = format!("deeds/{id}");
    let shown = format!("pictures/{}", text(&deed["pictureIds"][0]));

    // Nobody else sees it, nor its picture, until it is published.
    let anybody = town.anybody();
    anybody.get(&path).await.refused(404, "deed_not_found");
    anybody.get(&shown).await.refused(404, "picture_not_found");
    let own = wang.get(&shown).await;
    assert_eq!((own.status, own.header("cache-control")), (200, "private, no-store"));
    assert_eq!(secretary.get(&format!("{shown}?size=thumb")).await.status, 200);
    secretary.get(&path).await.expect(200);
    assert!(feed(&anybody, "").await.is_empty());

    let review = review(&secretary, &id).await;
    let decide = format!("{review}/decide");
    secretary.post(&decide, publish()).await.refused(409, "review_not_claimed");
    let claimed =
        secretary.send(secretary.request(Method::POST, &format!("{review}/claim"))).await.expect(200);
    assert_eq!(
        (&claimed["claim"]["itemCode"], &claimed["deed"]["author"]),
        (&"BQ-003".into(), &"王wang".into())
    );
    secretary.post(&decide, publish()).await.refused(422, "invalid");
    let both = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    let keyless = secretary.request(Method::POST, &decide).json(&both);
    secretary.send(keyless).await.refused(400, "idempotency_key_required");
    let short = secretary.post_keyed(&decide, both.clone(), "decide").await;
    short.refused(400, "malformed_header");
    assert_eq!(short.json["fields"][0]["field"], "Idempotency-Key");
    let decided = secretary.post_keyed(&decide, both.clone(), "decide-monday-0001").await.expect(200);
    assert_eq!((&decided["published"], &decided["merit"]), (&true.into(), &"25.00".into()));
    let replayed = secretary.post_keyed(&decide, both.clone(), "decide-monday-0001").await;
    assert_eq!((replayed.header("idempotency-replayed"), &replayed.json), ("true", &decided));
    secretary.post(&decide, both).await.refused(409, "already_decided");

    // Anonymous readers see it in every feed above, and its picture for ever.
    let seen = anybody.get(&path).await;
    assert_eq!(seen.header("cache-control"), "public, max-age=1");
    let seen = seen.expect(200);
    assert_eq!((&seen["points"], &seen["state"]), (&"25.00".into(), &"published".into()));
    assert_eq!((&seen["likedByMe"], &seen["own"]), (&Value::Null, &false.into()));
    let given = anybody.get(&shown).await;
    assert_eq!(given.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(given.header("content-type"), "image/jpeg");
    let known = anybody.request(Method::GET, &shown).header("If-None-Match", given.etag());
    assert_eq!(anybody.send(known).await.status, 304);
    let world = &town.world;
    for unit in [&world.group1, &world.village, &world.town, &world.district] {
        assert_eq!(feed(&anybody, &format!("unit={unit}&section=neighbours")).await.len(), 1);
    }
    for unit in [&world.group2, &world.other_town] {
        assert!(feed(&anybody, &format!("unit={unit}")).await.is_empty());
    }
    assert!(feed(&anybody, "section=bravery").await.is_empty());
    let mine = wang.get("me/deeds").await.expect(200);
    assert_eq!(
        (&mine["items"][0]["state"], &mine["items"][0]["points"]),
        (&"published".into(), &"25.00".into())
    );
    town.verify().await;
}

#[tokio::test]
async fn a_grant_that_a_cap_refuses_publishes_nothing() {
    let town = Town::open().await;
    town.adopt(&town.world.village, "wendeng-rural").await;
    // One point a month, shared by two items.
    let item = town.item(&town.world.group1, "WD-R-CP-022").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let both = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant", "quantity": "1"}});
    for (n, status) in [(1, 200), (2, 409)] {
        let deed = posted(&wang, n, Some(&item)).await;
        let review = claimed(&secretary, &deed).await;
        let answer = secretary.post(&format!("{review}/decide"), both.clone()).await;
        assert_eq!(answer.status, status, "{}", answer.json);
        if status == 409 {
            answer.refused(409, "cap_reached");
            town.anybody().get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
            let refuse = json!({"publish": {"decision": "publish"},
                "grant": {"decision": "refuse", "reason": "本月已达上限"}});
            let decided = secretary.post(&format!("{review}/decide"), refuse).await.expect(200);
            assert_eq!(decided["merit"], "0.00");
            let seen = town.anybody().get(&format!("deeds/{deed}")).await.expect(200);
            assert_eq!(seen["points"], Value::Null);
        }
    }
    town.verify().await;
}

#[tokio::test]
async fn a_like_counts_once_is_undone_freely_and_orders_the_popular_feed() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let guest = town.guest("guest").await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let (first, second) = (posted(&wang, 1, None).await, posted(&wang, 2, None).await);
    li.put_empty(&format!("deeds/{first}/like")).await.refused(404, "deed_not_found");
    published(&secretary, &first).await;
    town.set_clock("2026-03-02T02:01:00Z").await;
    published(&secretary, &second).await;

    for _ in 0..2 {
        assert_eq!(like(&li, &first).await, json!({"liked": true, "likeCount": 1}));
    }
    assert_eq!(like(&guest, &first).await["likeCount"], 2);
    wang.put_empty(&format!("deeds/{first}/like")).await.refused(403, "own_deed");
    secretary.put_empty(&format!("deeds/{first}/like")).await.refused(403, "forbidden");
    town.anybody().put_empty(&format!("deeds/{first}/like")).await.refused(401, "sign_in_required");

    town.drain().await;
    let order = |page: Vec<Value>| page.iter().map(|d| text(&d["id"])).collect::<Vec<_>>();
    assert_eq!(order(feed(&li, "order=latest").await), [second.clone(), first.clone()]);
    assert_eq!(order(feed(&li, "order=popular").await), [first.clone(), second.clone()]);
    assert_eq!(feed(&li, "order=popular").await[0]["likedByMe"], true);
    let page = li.get("deeds?order=popular&limit=1").await.expect(200);
    let next = text(&page["nextCursor"]);
    assert_eq!(order(feed(&li, &format!("order=popular&limit=1&cursor={next}")).await), [second]);

    for _ in 0..2 {
        let undone = li.delete(&format!("deeds/{first}/like")).await.expect(200);
        assert_eq!(undone, json!({"liked": false, "likeCount": 1}));
    }
    for _ in 0..2 {
        let path = format!("deeds/{first}/shares");
        let shared = guest.send(guest.request(Method::POST, &path)).await.expect(200);
        assert_eq!(shared["shareCount"], 1);
    }
}

#[tokio::test]
async fn a_phone_is_sent_compressed_pages() {
    let stage = crate::stage::Stage::open().await;
    let town = &stage.town;
    let author = town.resident("wang", &town.world.group1, None).await;
    stage.published(&author, 0).await;
    for reader in [town.anybody(), town.guest("visitor").await] {
        let ask = |encoding: &'static str| {
            reader.send(reader.request(Method::GET, "deeds").header("Accept-Encoding", encoding))
        };
        let plain = ask("identity").await;
        assert_eq!(plain.header("content-encoding"), "");
        for accepted in ["gzip, deflate, br", "gzip;q=0.5, *;q=0.1"] {
            let packed =
                reader.send(reader.request(Method::GET, "deeds").header("Accept-Encoding", accepted)).await;
            assert_eq!(packed.header("content-encoding"), "gzip");
            let mut body = Vec::new();
            GzDecoder::new(&*packed.bytes).read_to_end(&mut body).expect("it is gzip");
            assert_eq!((body, packed.etag()), (plain.bytes.clone(), plain.etag()));
        }
        let has_it = reader.request(Method::GET, "deeds").header("Accept-Encoding", "gzip");
        let unchanged = reader.send(has_it.header("If-None-Match", plain.etag())).await;
        assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0));
        assert_eq!(unchanged.header("content-encoding"), "");
    }
}

#[tokio::test]
async fn sixty_four_likes_at_once_are_sixty_four() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(&wang, 1, None).await;
    published(&secretary, &deed).await;
    let mut fans = Vec::new();
    for n in 0..64 {
        fans.push(town.guest(&format!("fan{n}")).await);
    }
    // Each of them twice at once: only the first counts.
    let likes = fans.iter().flat_map(|fan| [fan, fan]).map(|fan| like(fan, &deed));
    futures_util::future::join_all(likes).await;
    let count = async || town.anybody().get(&format!("deeds/{deed}")).await.expect(200)["likeCount"].clone();
    assert_eq!(count().await, 64);
    town.drain().await;
    let path = format!("deeds/{deed}/like");
    let unlikes = fans.iter().take(32).flat_map(|fan| [fan, fan]).map(|fan| fan.delete(&path));
    futures_util::future::join_all(unlikes).await;
    // Others may be shown what is a second old, and nothing older.
    town.set_clock("2026-03-02T02:00:02Z").await;
    assert_eq!(count().await, 32);
}

#[tokio::test]
async fn one_review_decided_by_eight_is_decided_once() {
    let town = Town::open().await;
    town.adopt(&town.world.village, "baqiao").await;
    let item = town.item(&town.world.group1, "BQ-003").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(&wang, 1, Some(&item)).await;
    let decide = format!("{}/decide", claimed(&secretary, &deed).await);
    let both = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    let decisions = (0..8).map(|_| secretary.post(&decide, both.clone()));
    let answers = futures_util::future::join_all(decisions).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for answer in answers.iter().filter(|a| a.status != 200) {
        answer.refused(409, "already_decided");
    }
    assert_eq!(wang.get("me/transfers").await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    town.verify().await;
}

#[tokio::test]
async fn a_comment_waits_for_review_where_the_policy_says_so() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group2, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(&wang, 1, None).await;
    published(&secretary, &deed).await;
    let path = format!("deeds/{deed}/comments");
    let count = async |who: &Actor| who.get(&path).await.expect(200)["items"].as_array().map(Vec::len);

    town.guest("guest").await.post(&path, json!({"text": "好"})).await.refused(403, "residents_only");
    let pending = li.post(&path, json!({"text": "好样的！"})).await.expect(201);
    assert_eq!((&pending["state"], &pending["own"]), (&"pending".into(), &true.into()));
    let comment = text(&pending["id"]);
    assert_eq!(
        (count(&li).await, count(&wang).await, count(&town.anybody()).await),
        (Some(1), Some(0), Some(0))
    );
    let review = claimed(&secretary, &comment).await;
    let decide = format!("{review}/decide");
    let grant = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    secretary.post(&decide, grant).await.refused(422, "invalid");
    let reject = json!({"publish": {"decision": "reject"}});
    secretary.post(&decide, reject).await.refused(422, "reason_required");
    secretary.post(&decide, publish()).await.expect(200);
    assert_eq!(count(&town.anybody()).await, Some(1));
    let seen = town.anybody().get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!(seen["commentCount"], 1);

    wang.delete(&format!("comments/{comment}")).await.refused(403, "forbidden");
    assert_eq!(li.delete(&format!("comments/{comment}")).await.status, 204);
    li.delete(&format!("comments/{comment}")).await.refused(404, "comment_not_found");
    assert_eq!(count(&town.anybody()).await, Some(0));

    let policies = format!("staff/policies/{}", town.world.village);
    let etag = town.ops.get(&policies).await.etag();
    let etag = town.ops.put_if(&policies, &etag, json!({"commentsReviewed": false})).await.etag();
    let at_once = li.post(&path, json!({"text": "好样的！"})).await.expect(201);
    assert_eq!(at_once["state"], "published");
    let seen = town.anybody().get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!(seen["commentCount"], 1);
    assert_eq!(secretary.delete(&format!("comments/{}", text(&at_once["id"]))).await.status, 204);
    town.ops.put_if(&policies, &etag, json!({"comments": false})).await.expect(200);
    li.post(&path, json!({"text": "好样的！"})).await.refused(403, "disabled");
}

#[tokio::test]
async fn a_report_that_is_upheld_takes_the_deed_down() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let foreign = town.appoint("foreign", "secretary", &town.world.other_town).await;
    let deed = posted(&wang, 1, None).await;
    published(&secretary, &deed).await;
    let path = format!("deeds/{deed}/reports");
    let report = json!({"cause": "privacy", "note": "照片里有我家的孩子"});
    wang.post(&path, report.clone()).await.refused(403, "own_deed");
    let mut made = Vec::new();
    for name in ["anna", "bert", "carl"] {
        let guest = town.guest(name).await;
        made.push(text(&guest.post(&path, report.clone()).await.expect(201)["id"]));
        guest.post(&path, report.clone()).await.refused(409, "already_reported");
    }
    let open =
        async |who: &Actor| who.get("staff/reports").await.expect(200)["items"].as_array().map(Vec::len);
    assert_eq!((open(&secretary).await, open(&foreign).await), (Some(3), Some(0)));
    let decide = |n: usize| format!("staff/reports/{}/decide", made[n]);
    let uphold = json!({"decision": "uphold", "reason": "照片未经家长同意"});
    foreign.post(&decide(0), uphold.clone()).await.refused(404, "report_not_found");
    secretary.post(&decide(0), json!({"decision": "uphold"})).await.refused(422, "reason_required");
    secretary.post(&decide(0), json!({"decision": "dismiss"})).await.expect(200);
    let decided = secretary.post(&decide(1), uphold.clone()).await.expect(200);
    assert_eq!((&decided["state"], &decided["deedState"]), (&"upheld".into(), &"taken_down".into()));
    secretary.post(&decide(2), uphold).await.refused(409, "already_decided");
    assert_eq!(open(&secretary).await, Some(0));

    town.anybody().get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
    assert!(feed(&town.anybody(), "").await.is_empty());
    let own = wang.get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!((&own["state"], &own["reason"]), (&"taken_down".into(), &"照片未经家长同意".into()));
}

#[tokio::test]
async fn an_author_changes_what_is_not_decided_and_takes_back_what_is() {
    let town = Town::open().await;
    town.adopt(&town.world.village, "baqiao").await;
    let item = town.item(&town.world.group1, "BQ-003").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(&wang, 1, Some(&item)).await;
    let path = format!("deeds/{deed}");
    let review = claimed(&secretary, &deed).await;
    let replaced = text(&wang.get(&path).await.expect(200)["pictureIds"][0]);
    let edit = json!({"section": "family", "title": "照顾老人", "text": "改过的。", "pictureIds": [uploaded(&wang, 2).await]});
    li.put(&path, edit.clone()).await.refused(404, "deed_not_found");
    let edited = wang.put(&path, edit.clone()).await.expect(200);
    assert_eq!((&edited["title"], &edited["section"]), (&"照顾老人".into(), &"family".into()));
    wang.get(&format!("pictures/{replaced}")).await.refused(404, "picture_not_found");
    // What was read before the change is not published: the review has to be claimed, and read, again.
    let both = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    secretary.post(&format!("{review}/decide"), both.clone()).await.refused(409, "review_not_claimed");
    claimed(&secretary, &deed).await;
    secretary.post(&format!("{review}/decide"), both).await.expect(200);
    wang.put(&path, edit).await.refused(409, "deed_not_editable");
    like(&li, &deed).await;
    li.delete(&path).await.refused(403, "forbidden");

    let shown = format!("pictures/{}", text(&edited["pictureIds"][0]));
    assert_eq!(wang.delete(&path).await.status, 204);
    for who in [&wang, &secretary, &town.anybody()] {
        who.get(&path).await.refused(404, "deed_not_found");
        who.get(&shown).await.refused(404, "picture_not_found");
    }
    assert!(feed(&town.anybody(), "").await.is_empty());
    assert_eq!(wang.get("me/deeds").await.expect(200)["items"], json!([]));
    assert_eq!(wang.get("me/transfers").await.expect(200)["items"].as_array().map(Vec::len), Some(2));

    let pending = posted(&wang, 3, Some(&item)).await;
    let review = claimed(&secretary, &pending).await;
    assert_eq!(wang.delete(&format!("deeds/{pending}")).await.status, 204);
    let publish = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    let answer = secretary.post(&format!("{review}/decide"), publish).await;
    assert!([404, 409].contains(&answer.status), "{}", answer.json);
    town.verify().await;
}

#[tokio::test]
async fn nobody_decides_on_the_own_household_and_a_lease_is_respected_until_it_ends() {
    let town = Town::open().await;
    let household = town.household(&town.world.group1, "H-1").await;
    let wang = town.resident("wang", &town.world.group1, Some(&household)).await;
    let wife = town.resident("wife", &town.world.group1, Some(&household)).await;
    let village = town.world.village.clone();
    let kin = town.appoint_resident("kin", "secretary", &village, Some(&wife.id)).await;
    let one = town.appoint("one", "secretary", &village).await;
    let two = town.appoint("two", "secretary", &village).await;
    let watcher = town.appoint("watcher", "supervisor", &village).await;
    let foreign = town.appoint("foreign", "secretary", &town.world.other_town).await;
    let deed = posted(&wang, 1, None).await;
    let review = review(&one, &deed).await;
    let claim = async |who: &Actor| who.send(who.request(Method::POST, &format!("{review}/claim"))).await;
    let release = async |who: &Actor| who.send(who.request(Method::POST, &format!("{review}/release"))).await;
    claim(&kin).await.refused(403, "own_act");
    claim(&watcher).await.refused(403, "forbidden");
    claim(&foreign).await.refused(404, "review_not_found");
    claim(&one).await.expect(200);
    claim(&two).await.refused(409, "review_taken");
    let decide = format!("{review}/decide");
    two.post(&decide, publish()).await.refused(409, "review_taken");
    kin.post(&decide, publish()).await.refused(403, "own_act");
    release(&two).await.refused(409, "review_taken");
    release(&one).await.expect(200);
    claim(&two).await.expect(200);
    let mine = two.get("staff/reviews?mine=true").await.expect(200);
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
    // A quarter of an hour later somebody else may take it.
    town.set_clock("2026-03-02T02:15:00Z").await;
    let (one, two) = (town.staff("one").await, town.staff("two").await);
    two.post(&decide, publish()).await.refused(409, "review_not_claimed");
    claim(&one).await.expect(200);
    let reject = json!({"publish": {"decision": "reject", "reason": "图片看不清"}});
    one.post(&decide, reject).await.expect(200);
    let wang = town.guest("wang").await;
    let own = wang.get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!((&own["state"], &own["reason"]), (&"rejected".into(), &"图片看不清".into()));
    let decided = one.get("staff/reviews?state=decided&kind=deed").await.expect(200);
    assert_eq!(decided["items"][0]["deed"]["id"], deed);
}

#[tokio::test]
async fn a_name_is_shown_as_its_owner_wants_it() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let deed = posted(&wang, 1, None).await;
    published(&secretary, &deed).await;
    let anybody = town.anybody();
    let seen = anybody.get(&format!("deeds/{deed}")).await.expect(200);
    let author = text(&seen["author"]);
    assert!(author == "王*" || author == "wang", "{author}");
    let before = wang.get("me").await;
    let body = json!({"hidden": true});
    let request = wang.request(Method::PUT, "me").json(&body);
    let request = match before.headers.get("etag") {
        Some(etag) => request.header("If-Match", etag),
        None => request,
    };
    wang.send(request).await.expect(200);
    let hidden = anybody.get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!(hidden["author"], "某居民");
    assert_eq!(feed(&anybody, "").await[0]["author"], "某居民");
}

#[tokio::test]
async fn an_upload_that_is_no_picture_is_refused() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let guest = town.guest("guest").await;
    // A guest may be shown by a picture, and posts no deed.
    let own = guest.upload(picture::jpeg(1)).await.expect(201);
    let deed = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了。", "pictureIds": [own["id"]], "dayOfAct": TODAY});
    guest.post("deeds", deed).await.refused(403, "residents_only");
    town.anybody().upload(picture::jpeg(1)).await.refused(401, "sign_in_required");
    wang.upload(b"GIF89a, not really".to_vec()).await.refused(422, "picture_unreadable");
    wang.upload(vec![0; 10 * 1024 * 1024 + 1]).await.refused(413, "picture_too_large");
    wang.post("pictures", json!({})).await.refused(415, "unsupported_media_type");
    let part = || reqwest::multipart::Part::bytes(picture::jpeg(1)).file_name("a.jpg");
    for form in [
        reqwest::multipart::Form::new().part("photo", part()),
        reqwest::multipart::Form::new().part("file", part()).part("file", part()),
        reqwest::multipart::Form::new(),
    ] {
        let request = wang.request(Method::POST, "pictures").multipart(form);
        wang.send(request).await.refused(400, "malformed_upload");
    }
    for format in [image::ImageFormat::Png, image::ImageFormat::WebP] {
        let made = wang.upload(picture::made(2, 600, 300, format)).await.expect(201);
        assert_eq!((&made["width"], &made["height"]), (&600.into(), &300.into()));
        li.get(&format!("pictures/{}", text(&made["id"]))).await.refused(404, "picture_not_found");
    }

    // A picture belongs to its uploader and to one deed.
    let mut deed = a_deed(&wang, 3).await;
    li.post("deeds", deed.clone()).await.refused(404, "picture_not_found");
    wang.post("deeds", deed.clone()).await.expect(201);
    wang.post("deeds", deed.clone()).await.refused(409, "picture_used");
    deed["pictureIds"] = json!([]);
    wang.post("deeds", deed.clone()).await.refused(422, "invalid");
    deed["pictureIds"] = json!([uploaded(&wang, 4).await]);
    deed["dayOfAct"] = json!("2026-03-03");
    wang.post("deeds", deed.clone()).await.refused(422, "day_in_future");
    deed["dayOfAct"] = json!("2026-01-30");
    wang.post("deeds", deed.clone()).await.refused(422, "day_too_old");
    deed["dayOfAct"] = json!("2026-01-31");
    deed["unitId"] = json!(town.world.group2);
    wang.post("deeds", deed.clone()).await.refused(422, "invalid");
    deed["unitId"] = json!(town.world.group1);
    deed["quantity"] = json!("1.00");
    wang.post("deeds", deed.clone()).await.refused(422, "invalid");
    deed["itemId"] = json!("item_01jbr62tryfk1sh9p01j0gre6f");
    wang.post("deeds", deed).await.refused(404, "item_not_found");
}

#[tokio::test]
async fn a_picture_that_nobody_attached_expires_after_a_day() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let picture = uploaded(&wang, 1).await;
    // The same picture again: the bytes are kept once, and stay while one row names them.
    let twin = a_deed(&wang, 1).await;
    let kept = text(&twin["pictureIds"][0]);
    wang.post("deeds", twin).await.expect(201);
    town.set_clock("2026-03-03T02:00:01Z").await;
    town.drain().await;
    let wang = town.guest("wang").await;
    wang.get(&format!("pictures/{picture}")).await.refused(404, "picture_not_found");
    assert_eq!(wang.get(&format!("pictures/{kept}")).await.status, 200);
}
