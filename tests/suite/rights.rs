//! What a person may ask for: to know what is agreed to and take it back, a copy of what is kept, a correction. And that what is kept goes by
//! itself when its time is over.

mod archive;
mod retention;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::town::text;
use tests::{Actor, Options, Town};

use crate::stage::{Stage, claimed, post_deed, publish};
use archive::Archive;

/// Where somebody stands with a purpose.
async fn standing(who: &Actor, purpose: &str) -> Value {
    let all = who.get("me/consents").await.expect(200);
    let found =
        all["items"].as_array().into_iter().flatten().find(|item| item["purpose"] == purpose).cloned();
    found.unwrap_or_else(|| panic!("no {purpose} in {all}"))
}

// S27, S28
#[tokio::test]
async fn what_is_agreed_to_is_read_before_and_withdrawn_as_easily_as_given() {
    let town = Town::open().await;
    let all = town.anybody().get("consents").await.expect(200);
    let purposes: Vec<&str> =
        all["items"].as_array().into_iter().flatten().filter_map(|item| item["purpose"].as_str()).collect();
    assert_eq!(purposes, ["service", "public_posts", "wechat_messages", "phone"]);
    for item in all["items"].as_array().into_iter().flatten() {
        assert_eq!(item["required"], item["purpose"] == "service");
        for words in [&item["zh"], &item["en"]] {
            assert!(!text(&words["text"]).is_empty() && !text(&words["retention"]).is_empty());
            assert!(words["data"].as_array().is_some_and(|kinds| !kinds.is_empty()));
        }
    }

    let guest = town.guest("anna").await;
    assert_eq!(
        guest.get("me").await.expect(200)["consentsDue"],
        json!(["service"]),
        "what is optional asks nobody"
    );
    let old = guest.put("me/consents/service", json!({"version": 7})).await;
    old.refused(422, "invalid");
    assert_eq!(
        (&old.json["fields"][0]["code"], old.json["fields"][0]["detail"].to_string().contains('1')),
        (&"outdated".into(), true)
    );
    guest.put("me/consents/service", json!({"version": 1})).await.expect(200);
    guest.put("me/consents/service", json!({"version": 1})).await.expect(200);
    assert_eq!(guest.get("me").await.expect(200)["consentsDue"], json!([]));
    guest.delete("me/consents/service").await.refused(409, "deletion_required");
    guest.put("me/consents/everything", json!({"version": 1})).await.refused(404, "malformed_path");

    assert_eq!(standing(&guest, "phone").await["at"], Value::Null);
    guest.put("me/consents/phone", json!({"version": 1})).await.expect(200);
    assert_eq!(standing(&guest, "phone").await["given"], true);
    guest.delete("me/consents/phone").await.expect(200);
    guest.delete("me/consents/phone").await.expect(200);
    let phone = standing(&guest, "phone").await;
    assert_eq!(
        (&phone["given"], &phone["givenVersion"], &phone["due"]),
        (&json!(false), &json!(1), &json!(false))
    );
}

#[tokio::test]
async fn posts_of_who_does_not_want_them_shown_are_shown_no_more() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let (wang, li) = (
        town.resident("wang", &town.world.group1, None).await,
        town.resident("li", &town.world.group1, None).await,
    );
    let mut deeds = Vec::new();
    for n in 0..3 {
        deeds.push(stage.published(&wang, n).await);
    }
    let waiting = text(&post_deed(&wang, 3).await.expect(201)["id"]);
    let other = stage.published(&li, 4).await;
    let path = format!("deeds/{other}/comments");
    let comment = wang.post(&path, json!({"text": "好样的！"})).await.expect(201);
    let review = claimed(&stage.secretary, "comment", &text(&comment["id"])).await;
    stage.secretary.post(&format!("{review}/decide"), publish()).await.expect(200);

    wang.delete("me/consents/public_posts").await.expect(200);
    let feed = town.anybody().get(&format!("deeds?unit={}", town.world.village)).await.expect(200);
    let shown: Vec<&str> =
        feed["items"].as_array().into_iter().flatten().filter_map(|deed| deed["id"].as_str()).collect();
    assert_eq!(shown, [other.as_str()]);
    for deed in &deeds {
        li.get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
        assert_eq!(wang.get(&format!("deeds/{deed}")).await.expect(200)["state"], "taken_down");
    }
    let ended = wang.get(&format!("deeds/{waiting}")).await.expect(200);
    assert_eq!(ended["state"], "rejected");
    assert!(text(&ended["reason"]).contains("撤回"), "{ended}");
    assert_eq!(li.get(&path).await.expect(200)["items"], json!([]));
    assert_eq!(li.get(&format!("deeds/{other}")).await.expect(200)["commentCount"], 0);
    post_deed(&wang, 5).await.refused(403, "consent_withdrawn");
    wang.post(&path, json!({"text": "再说一句"})).await.refused(403, "consent_withdrawn");
    wang.put("me/consents/public_posts", json!({"version": 1})).await.expect(200);
    post_deed(&wang, 6).await.expect(201);
    town.verify().await;
}

/// Somebody with something of nearly every kind.
async fn rich(stage: &Stage, name: &str) -> (Actor, String) {
    let town = &stage.town;
    let household = town.household(&town.world.group1, &format!("H-{name}")).await;
    let who = town.resident(name, &town.world.group1, Some(&household)).await;
    stage.award(&who, &stage.item("A-1").await).await;
    let deed = stage.published(&who, 40).await;
    who.put("me/consents/service", json!({"version": 1})).await.expect(200);
    let other = town.resident(&format!("{name}-other"), &town.world.group1, None).await;
    let others = stage.published(&other, 41).await;
    who.put_empty(&format!("deeds/{others}/like")).await.expect(200);
    who.post(&format!("deeds/{others}/comments"), json!({"text": "=1+1 好"})).await.expect(201);
    who.post(&format!("deeds/{others}/reports"), json!({"cause": "untrue", "note": "不信"}))
        .await
        .expect(201);
    (who, deed)
}

// S30
#[tokio::test]
async fn a_copy_of_the_own_data_holds_every_kind_in_three_forms() {
    let stage = Stage::open().await;
    let (who, deed) = rich(&stage, "copy").await;
    let face = text(&who.upload(tests::picture::jpeg(77)).await.expect(201)["id"]);
    who.put("me/avatar", json!({"pictureId": face})).await.expect(200);
    let asked = who.post("me/exports", Value::Null).await.expect(201);
    assert_eq!(asked["state"], "asked");
    let path = format!("me/exports/{}/file", text(&asked["id"]));
    who.get(&path).await.refused(409, "export_not_ready");
    who.post("me/exports", Value::Null).await.refused(409, "export_running");
    stage.town.drain().await;
    let list = who.get("me/exports").await.expect(200);
    assert_eq!(list["items"][0]["state"], "ready");
    assert_eq!(who.get("inbox").await.expect(200)["items"][0]["kind"], "export_ready");
    let file = who.get(&path).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/zip"));
    assert_eq!(list["items"][0]["bytes"], file.bytes.len().to_string());

    let archive = Archive::read(&file.bytes);
    let data = archive.json();
    assert_eq!(data["resident"][0]["name"], "王copy");
    assert_eq!(data["resident"][0]["door"], "H-copy 号");
    assert!(text(&data["identity"][0]["subject"]).len() >= 20, "the openid is the person's own");
    assert_eq!((&data["deeds"][0]["id"], &data["deeds"][0]["title"]), (&json!(deed), &"帮邻居修水管".into()));
    assert_eq!(data["comments"][0]["text"], "=1+1 好");
    assert_eq!(data["reports"][0]["note"], "不信");
    assert_eq!(data["consents"][0]["purpose"], "service");
    assert_eq!(data["claims"][0]["item"], "好事A-1 / Deed A-1");
    let kinds: Vec<&Value> = data["transfers"].as_array().into_iter().flatten().map(|t| &t["kind"]).collect();
    assert_eq!(kinds.len(), 2, "merit and what can be spent: {kinds:?}");
    assert_eq!(data["transfers"][0]["amount"], "5.00");
    assert!(text(&data["transfers"][0]["cause"]).starts_with("claim:claim_"));
    assert_eq!(data["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["sessions"][0].as_object().map(|fields| fields.len()), Some(3), "times only");

    let readme = archive.text("README.txt");
    for (kind, rows) in data.as_object().into_iter().flatten().filter(|(kind, _)| *kind != "madeAt") {
        let sheet = archive.text(&format!("{kind}.csv"));
        assert!(sheet.starts_with('\u{feff}'), "{kind}.csv begins with the mark of its encoding");
        assert!(
            sheet.lines().count() > rows.as_array().map_or(0, Vec::len),
            "{kind}.csv has a head and every row"
        );
        assert!(readme.contains(&format!("{kind}.csv")), "{kind}.csv is explained");
    }
    assert!(archive.text("comments.csv").contains("'=1+1"), "a cell is no formula");
    let pictures: Vec<&str> = archive.names().filter(|name| name.starts_with("pictures/")).collect();
    assert_eq!(pictures.len(), 2);
    assert!(pictures.contains(&format!("pictures/avatar/{face}.jpg").as_str()), "{pictures:?}");
    assert!(pictures.iter().all(|name| archive.bytes(name).starts_with(&[0xff, 0xd8])), "JPEGs");
}

#[tokio::test]
async fn a_copy_is_its_owners_alone_and_goes_after_a_week() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let who = town.resident("mine", &town.world.group1, None).await;
    let other = town.resident("other", &town.world.group1, None).await;
    let asked = who.post("me/exports", Value::Null).await.expect(201);
    // As a process leaves it that was killed while it wrote.
    let folder = town.folder().join("pictures/exports");
    let name = format!("{}.zip", text(&asked["id"]));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(format!("{name}#1")), "half of it").expect("a file");
    town.drain().await;
    let held = || {
        let entries = std::fs::read_dir(&folder).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
    };
    assert_eq!(held().collect::<Vec<_>>(), [name.as_str()], "what was left of it is gone");
    let path = format!("me/exports/{}/file", text(&asked["id"]));
    other.get(&path).await.refused(404, "export_not_found");
    town.guest("somebody").await.get(&path).await.refused(404, "export_not_found");
    // The same person on another telephone.
    assert_eq!(town.guest("mine").await.get(&path).await.status, 200);
    town.set_clock("2026-03-09T02:00:01Z").await;
    let who = town.guest("mine").await;
    who.get(&path).await.refused(404, "export_not_found");
    // What goes is noted, and then its file is taken away.
    town.drain().await;
    town.drain().await;
    assert_eq!(held().count(), 0, "the file is gone");
    assert_eq!(who.get("me/exports").await.expect(200)["items"][0]["state"], "expired");
}

#[tokio::test]
async fn of_many_who_ask_for_a_copy_at_once_one_gets_it_and_three_a_day_are_enough() {
    let town = Town::open_with(Options::default()).await;
    let guest = town.guest("again").await;
    let statuses =
        join_all((0..12).map(|_| async { guest.post("me/exports", Value::Null).await.status })).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409, 503].contains(status)), "{statuses:?}");
    for _ in 0..2 {
        town.drain().await;
        guest.post("me/exports", Value::Null).await.expect(201);
    }
    town.drain().await;
    let used_up = guest.post("me/exports", Value::Null).await;
    used_up.refused(429, "exports_used_up");
    let seconds: i64 = used_up.header("retry-after").parse().expect("it says when");
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    town.set_clock("2026-03-03T02:00:00Z").await;
    town.guest("again").await.post("me/exports", Value::Null).await.expect(201);
}

#[tokio::test]
async fn a_long_history_is_copied_whole() {
    let town = Town::open().await;
    let guest = town.guest("long").await;
    let identity = text(&guest.get("me").await.expect(200)["identityId"]);
    retention::fill_inbox(&town, 10_000);
    let asked = guest.post("me/exports", Value::Null).await.expect(201);
    town.drain().await;
    let file = guest.get(&format!("me/exports/{}/file", text(&asked["id"]))).await;
    let archive = Archive::read(&file.bytes);
    assert_eq!(archive.json()["identity"][0]["id"], identity.as_str());
    assert_eq!(archive.json()["inbox"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(archive.text("inbox.csv").lines().count(), 10_001);
}

// S30
#[tokio::test]
async fn what_is_wrong_is_corrected_by_the_desk() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    town.guest("nobody").await.get("me/corrections").await.refused(403, "residents_only");
    let wish = json!({"field": "name", "wanted": "王旺", "note": "身份证上是“旺”"});
    let asked = wang.post_keyed("me/corrections", wish.clone(), "correction-of-wang").await.expect(201);
    let again = wang.post_keyed("me/corrections", wish.clone(), "correction-of-wang").await;
    assert_eq!((again.header("idempotency-replayed"), &again.json["id"]), ("true", &asked["id"]));
    wang.post("me/corrections", wish.clone()).await.refused(409, "correction_open");
    wang.post("me/corrections", json!({"field": "born", "wanted": "1980-05-06"})).await.expect(201);

    let desk = &stage.secretary;
    let list = desk.get("staff/corrections").await.expect(200);
    assert_eq!(
        (&list["items"][0]["wanted"], &list["items"][0]["residentId"]),
        (&"王旺".into(), &json!(wang.id))
    );
    let decide = format!("staff/corrections/{}/decide", text(&asked["id"]));
    desk.post(&decide, json!({"decision": "refuse"})).await.refused(422, "reason_required");
    let kin = town.appoint_resident("kin", "secretary", &town.world.village, Some(&wang.id)).await;
    kin.post(&decide, json!({"decision": "done"})).await.refused(403, "own_act");
    let foreign = town.appoint("far", "secretary", &town.world.other_town).await;
    foreign.post(&decide, json!({"decision": "done"})).await.refused(404, "correction_not_found");

    let path = format!("staff/residents/{}", wang.id);
    let read = desk.get(&path).await;
    let change = json!({"unitId": town.world.group1, "householdId": null, "code": null, "name": "王旺", "nickname": null, "hidden": false,
        "state": "active"});
    desk.put_if(&path, &read.etag(), change).await.expect(200);
    let eight =
        join_all((0..8).map(|_| async { desk.post(&decide, json!({"decision": "done"})).await.status }))
            .await;
    assert_eq!(eight.iter().filter(|status| **status == 200).count(), 1, "{eight:?}");
    desk.post(&decide, json!({"decision": "done"})).await.refused(409, "already_decided");
    assert_eq!(wang.get("me").await.expect(200)["resident"]["name"], "王旺");
    assert_eq!(wang.get("inbox").await.expect(200)["items"][0]["kind"], "correction_done");
    let mine = wang.get("me/corrections").await.expect(200);
    let states: Vec<&Value> =
        mine["items"].as_array().into_iter().flatten().map(|item| &item["state"]).collect();
    assert_eq!(states, ["open", "done"], "the newest first");
    wang.post("me/corrections", json!({"field": "name", "wanted": "王望"})).await.expect(201);
}
