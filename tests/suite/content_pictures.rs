//! Pictures are looked at before others see them: WeChat fetches them by an address that only it is told, and pushes what it found.

use serde_json::{Value, json};
use tests::market::{application, haircut, post_if};
use tests::town::{Options, TODAY, text};
use tests::{Actor, Answer, Town, Wechat, picture};

const PICTURES: &str = "/wxa/media_check_async";

async fn uploaded(who: &Actor, n: u32) -> String {
    text(&who.upload(picture::jpeg(n)).await.expect(201)["id"])
}

fn a_deed(pictures: &[&str]) -> Value {
    json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了。", "pictureIds": pictures, "dayOfAct": TODAY})
}

async fn posted(who: &Actor, n: u32) -> (String, String) {
    let picture = uploaded(who, n).await;
    (text(&who.post("deeds", a_deed(&[&picture])).await.expect(201)["id"]), picture)
}

/// The open review of a deed, claimed: its address and what it says.
async fn claimed(staff: &Actor, deed: &str) -> (String, Value) {
    let found = staff.get("staff/reviews?kind=deed&limit=100").await.expect(200);
    let review = found["items"].as_array().into_iter().flatten().find(|r| r["deed"]["id"] == deed).cloned();
    let review = review.unwrap_or_else(|| panic!("no review of {deed}: {found}"));
    let path = format!("staff/reviews/{}", text(&review["id"]));
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    (path, review)
}

async fn publish(staff: &Actor, deed: &str) -> Answer {
    let (path, _) = claimed(staff, deed).await;
    staff.post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}})).await
}

/// Every push of the last finish was taken.
#[track_caller]
fn taken(finished: &Value) {
    let all: Vec<&Value> = finished
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|job| job["pushes"].as_array().into_iter().flatten())
        .collect();
    assert!(!all.is_empty() && all.iter().all(|told| told["accepted"] == true), "{finished}");
}

async fn people(town: &Town, wechat: &Wechat) -> (Actor, Actor) {
    let wang = wechat.resident(town, "o-wang", "wang", &town.world.group1).await;
    (wang, town.appoint("secretary", "secretary", &town.world.village).await)
}

#[tokio::test]
async fn a_deed_is_published_after_its_pictures_were_looked_at() {
    let (town, wechat) = Wechat::town(&[]).await;
    let (wang, secretary) = people(&town, &wechat).await;
    let (deed, picture) = posted(&wang, 1).await;
    publish(&secretary, &deed).await.refused(409, "check_running");

    town.drain().await;
    let jobs = wechat.get("/_media").await;
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs}");
    publish(&secretary, &deed).await.refused(409, "check_running");
    let finished = wechat.finish_media().await;
    taken(&finished);
    // What WeChat fetched is what others will see.
    let shown = wang.get(&format!("pictures/{picture}")).await;
    assert_eq!(shown.status, 200);
    town.drain().await;
    let (path, review) = claimed(&secretary, &deed).await;
    assert_eq!(review["check"]["pictures"][0]["finding"]["verdict"], "passed", "{review}");
    secretary.post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}})).await.expect(200);
    // The same picture is not looked at twice, whoever sends it.
    let li = wechat.resident(&town, "o-li", "li", &town.world.group1).await;
    let (again, _) = posted(&li, 1).await;
    town.drain().await;
    assert_eq!(wechat.calls(PICTURES).await.len(), 1);
    publish(&secretary, &again).await.expect(200);
}

#[tokio::test]
async fn a_picture_that_must_not_be_shown_takes_its_deed_with_it() {
    let (town, wechat) = Wechat::town(&[]).await;
    let (wang, _) = people(&town, &wechat).await;
    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "risky", "label": 20002})).await;
    let (waiting, _) = posted(&wang, 1).await;
    town.drain().await;
    taken(&wechat.finish_media().await);
    town.drain().await;
    let refused = wang.get(&format!("deeds/{waiting}")).await.expect(200);
    assert_eq!(refused["state"], "rejected", "{refused}");
    assert!(text(&refused["reason"]).contains("色情"), "{refused}");
    let told = wang.get("inbox?limit=1").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "deed_rejected");
    // Once it is known, nobody hands it in again.
    let again = uploaded(&wang, 1).await;
    wang.post("deeds", a_deed(&[&again])).await.refused(409, "picture_risky");

    // A verdict that comes after a person has decided counts still.
    let (late, _) = posted(&wang, 2).await;
    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "risky", "label": 20002})).await;
    town.drain().await;
    town.set_clock("2026-03-02T02:35:01Z").await;
    wechat.stand_at("2026-03-02T02:35:01Z").await;
    town.drain().await;
    let secretary = town.staff("secretary").await;
    let (_, review) = claimed(&secretary, &late).await;
    assert_eq!(
        review["check"]["pictures"][0]["finding"]["verdict"], "failed",
        "nobody said anything: {review}"
    );
    publish(&secretary, &late).await.expect(200);
    taken(&wechat.finish_media().await);
    town.drain().await;
    town.anybody().get(&format!("deeds/{late}")).await.refused(404, "deed_not_found");
    let wang = town.person_of("o-wang").await;
    let down = wang.get(&format!("deeds/{late}")).await.expect(200);
    assert_eq!(down["state"], "taken_down", "{down}");
    town.verify().await;
}

#[tokio::test]
async fn a_verdict_comes_before_its_id_is_known_twice_and_out_of_order() {
    let (town, wechat) = Wechat::town(&[]).await;
    let (wang, secretary) = people(&town, &wechat).await;
    // WeChat acts, and its answer is held back: the push comes first.
    wechat.fault(PICTURES, json!({"kind": "hold"}), 1).await;
    let (deed, _) = posted(&wang, 1).await;
    let town = std::sync::Arc::new(town);
    let draining = tokio::spawn({
        let town = town.clone();
        async move { town.drain().await }
    });
    wechat.post("/_calls/await", json!({"path": PICTURES, "times": 1})).await;
    taken(&wechat.finish_media().await);
    wechat.post("/_faults/let_go", json!({})).await;
    draining.await.expect("it is drained");
    // It was parked, and is found again half a minute later.
    town.set_clock("2026-03-02T02:00:31Z").await;
    town.drain().await;
    publish(&secretary, &deed).await.expect(200);

    // Two pictures, told in the other order and twice each.
    let (first, _) = posted(&wang, 2).await;
    town.drain().await;
    let (second, _) = posted(&wang, 3).await;
    town.drain().await;
    let jobs = wechat.get("/_media").await;
    let ids: Vec<&Value> = jobs.as_array().into_iter().flatten().map(|job| &job["trace_id"]).collect();
    wechat.stand_at("2026-03-02T02:00:31Z").await;
    taken(&wechat.post("/_media/finish", json!({"trace_ids": [ids[2], ids[1]], "times": 2})).await);
    town.drain().await;
    publish(&secretary, &first).await.expect(200);
    publish(&secretary, &second).await.expect(200);
}

#[tokio::test]
async fn a_picture_that_wechat_cannot_look_at_is_for_a_person() {
    let (town, wechat) = Wechat::town(&[]).await;
    let (wang, secretary) = people(&town, &wechat).await;
    // Asked again as long as it may be, and told that it could not be fetched.
    wechat.fault(PICTURES, json!({"kind": "bad_gateway"}), 2).await;
    let (deed, picture) = posted(&wang, 1).await;
    town.drain().await;
    assert_eq!(wechat.get("/_media").await, json!([]));
    for moment in ["2026-03-02T02:00:10Z", "2026-03-02T02:00:30Z"] {
        town.set_clock(moment).await;
        town.drain().await;
    }
    let jobs = wechat.get("/_media").await;
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs}");
    std::fs::remove_dir_all(town.folder().join("pictures")).expect("the pictures were there");
    wechat.stand_at("2026-03-02T02:00:30Z").await;
    taken(&wechat.finish_media().await);
    town.drain().await;
    let (path, review) = claimed(&secretary, &deed).await;
    assert_eq!(
        review["check"]["pictures"][0],
        json!({"pictureId": picture,
        "finding": {"verdict": "failed", "label": -1008, "labelZh": null, "labelEn": null}})
    );
    secretary.post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}})).await.expect(200);
}

#[tokio::test]
async fn an_address_of_a_picture_is_wechats_alone_and_ends() {
    let (town, wechat) = Wechat::town(&[]).await;
    let (wang, _) = people(&town, &wechat).await;
    uploaded(&wang, 1).await;
    town.drain().await;
    let jobs = wechat.get("/_media").await;
    let address = text(&jobs[0]["url"]);
    let link = address.rsplit('/').next().expect("an address has an end").to_owned();
    let nobody = town.anybody();
    let found = nobody.get(&format!("wechat/pictures/{link}")).await;
    assert_eq!((found.status, found.header("content-type")), (200, "image/jpeg"));
    assert_eq!(found.header("cache-control"), "private, no-store");
    let mut forged = link.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("it is ASCII");
    for bad in [forged.as_str(), &link[..link.len() - 4], "AAAA", "x"] {
        nobody.get(&format!("wechat/pictures/{bad}")).await.refused(404, "picture_not_found");
    }
    town.set_clock("2026-03-02T04:00:00Z").await;
    nobody.get(&format!("wechat/pictures/{link}")).await.refused(404, "picture_not_found");
}

// On PostgreSQL by the roles of production: the merchant service asks the worker to have a picture looked at, and may ask nothing else.
#[tokio::test]
async fn a_shops_picture_is_looked_at_though_its_service_may_do_little() {
    let options = Options { roles_apart: true, ..Options::default() };
    let (town, wechat) = Wechat::town_with(options, &[]).await;
    let owner = town.applicant("li").await;
    let picture = uploaded(&owner, 1).await;
    let mut page = application(&town.world.village, "小李理发店");
    page["pictureIds"] = json!([picture]);
    let shop = text(&owner.post("merchants", page).await.expect(201)["id"]);
    let approve =
        async || post_if(&town.ops, &format!("staff/merchants/{shop}/approve"), &json!(1), None).await;
    approve().await.refused(409, "check_running");
    town.drain().await;
    taken(&wechat.finish_media().await);
    town.drain().await;
    approve().await.expect(200);

    // What must not be shown is refused at the till's service too.
    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "risky", "label": 20002})).await;
    let picture = uploaded(&owner, 2).await;
    town.drain().await;
    taken(&wechat.finish_media().await);
    town.drain().await;
    let mut offer = haircut();
    offer["pictureIds"] = json!([picture]);
    owner.post("offers", offer).await.refused(409, "picture_risky");
    assert_eq!(wechat.calls(PICTURES).await.len(), 2);
}

fn an_event(unit: &str) -> Value {
    json!({"unitId": unit, "kind": "activity", "section": "environment", "title": "清洁日", "text": "一起清理河岸。", "place": "村口",
        "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
        "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z", "capacity": 20, "offerMinutes": 60})
}

/// What somebody was told last.
async fn told(who: &Actor) -> Value {
    who.get("inbox?limit=1").await.expect(200)["items"][0].clone()
}

// A verdict may come after the page that shows the picture was handed in. On PostgreSQL by the roles of production.
#[tokio::test]
async fn a_page_goes_on_without_a_picture_that_must_not_be_shown_and_who_made_it_is_told() {
    let options = Options { roles_apart: true, ..Options::default() };
    let (town, wechat) = Wechat::town_with(options, &[]).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let shop = town.shop("li", &town.world.village).await;
    let risky = async |who: &Actor, n: u32| {
        wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "risky", "label": 20002})).await;
        uploaded(who, n).await
    };
    let looked_at = async || {
        town.drain().await;
        taken(&wechat.finish_media().await);
        town.drain().await;
    };

    let mut offer = haircut();
    offer["pictureIds"] = json!([risky(&shop.owner, 1).await]);
    let offer = text(&shop.owner.post("offers", offer).await.expect(201)["id"]);
    let decide = async || {
        let publish = Some(json!({"decision": "publish"}));
        post_if(&town.ops, &format!("staff/offers/{offer}/decide"), &json!(1), publish).await
    };
    decide().await.refused(409, "check_running");
    looked_at().await;
    let note = told(&shop.owner).await;
    assert_eq!((&note["kind"], &note["object"]), (&json!("offer_picture_refused"), &json!(offer)));
    decide().await.expect(200);
    assert_eq!(shop.owner.get(&format!("offers/{offer}")).await.expect(200)["pictureIds"], json!([]));

    // A page that is proposed, with a picture that may be shown beside it.
    let good = uploaded(&shop.owner, 2).await;
    looked_at().await;
    let bad = risky(&shop.owner, 3).await;
    looked_at().await;
    let mut page = json!({"category": "hairdressing", "name": "小李理发店", "address": "村口", "phone": null, "text": "理发"});
    page["pictureIds"] = json!([good, bad]);
    let etag = shop.owner.get("merchant").await.etag();
    shop.owner.put_if("merchant", &etag, page.clone()).await.refused(409, "picture_risky");
    let bad = risky(&shop.owner, 4).await;
    page["pictureIds"] = json!([good, bad]);
    let proposed = shop.owner.put_if("merchant", &etag, page).await.expect(200);
    looked_at().await;
    assert_eq!(told(&shop.owner).await["kind"], "shop_picture_refused");
    let approve = format!("staff/merchants/{}/approve", shop.id);
    post_if(&town.ops, &approve, &proposed["version"], None).await.expect(200);
    assert_eq!(shop.owner.get("merchant").await.expect(200)["pictureIds"], json!([good]));

    // WeChat knows nobody of staff; but somebody else has sent the same picture, and it looks at that.
    risky(&shop.owner, 5).await;
    let mut event = an_event(&town.world.village);
    event["pictureIds"] = json!([uploaded(&secretary, 5).await]);
    let event = text(&secretary.post("staff/events", event).await.expect(201)["id"]);
    looked_at().await;
    assert_eq!(told(&secretary).await["kind"], "event_picture_refused");
    secretary.post(&format!("staff/events/{event}/publish"), json!({})).await.expect(200);
    assert_eq!(town.anybody().get(&format!("events/{event}")).await.expect(200)["pictureIds"], json!([]));
}
