//! Invitations into households: who is named becomes the member, anybody else asks, and a code tells nothing.

use serde_json::{Value, json};
use tests::town::text;
use tests::{Actor, Answer, Options, Town};

use crate::stage::{at_once, insist};

/// WeChat's path.
const PATH: &str = "/wxa/getwxacodeunlimit";

async fn member(town: &Town, household: &str, name: &str) -> String {
    let body = json!({"unitId": town.world.group1, "householdId": household, "name": name});
    text(&town.ops.post("staff/residents", body).await.expect(201)["id"])
}

async fn invite(staff: &Actor, household: &str, wanted: Value) -> Value {
    staff.post(&format!("staff/households/{household}/invitations"), wanted).await.expect(201)
}

async fn redeem(who: &Actor, code: &str, name: &str) -> Answer {
    insist(|| who.post("me/invitation", json!({"code": code, "name": name}))).await
}

async fn audit(town: &Town, action: &str) -> Vec<Value> {
    let page = town.ops.get(&format!("staff/audit?unit={}&limit=100", town.world.district)).await.expect(200);
    page["items"].as_array().into_iter().flatten().filter(|row| row["action"] == action).cloned().collect()
}

async fn used(staff: &Actor, household: &str) -> Value {
    let page = staff.get(&format!("staff/households/{household}/invitations")).await.expect(200);
    page["items"][0]["used"].clone()
}

#[tokio::test]
async fn who_is_named_becomes_the_member_at_once() {
    let town = Town::open().await;
    let home = town.household(&town.world.group1, "LW-1-01").await;
    let (ming, _) = (member(&town, &home, "王小明").await, member(&town, &home, "王小红").await);
    let worker = town.appoint("worker", "grid_worker", &town.world.village).await;
    let made = invite(&worker, &home, json!({})).await;
    assert_eq!(
        (&made["invitation"]["uses"], &made["invitation"]["expiresAt"]),
        (&json!(2), &json!("2026-04-01T02:00:00Z"))
    );
    let code = text(&made["code"]);
    assert_eq!(made["scene"], format!("i={}", code.replace('-', "")).as_str());
    assert_eq!((code.len(), code.matches('-').count()), (14, 2));
    let list = worker.get(&format!("staff/households/{home}/invitations")).await.expect(200);
    assert_eq!(list["items"][0], made["invitation"]);
    assert!(!list.to_string().contains(&code));

    // As people type it; a retry has the same outcome and no further use.
    let guest = town.guest("ming").await;
    guest.put("me", json!({"nickname": "小明"})).await.expect(200);
    let body = json!({"code": code.to_lowercase().replace('-', " "), "name": " 王小明 "});
    let key = "invited-2026-03-02-0001";
    let done = guest.post_keyed("me/invitation", body.clone(), key).await.expect(200);
    assert_eq!((&done["outcome"], &done["residentId"]), (&json!("joined"), &json!(ming)));
    let again = guest.post_keyed("me/invitation", body.clone(), key).await;
    assert_eq!((again.header("idempotency-replayed"), &again.json), ("true", &done));
    let me = guest.get("me").await.expect(200);
    assert_eq!(
        (&me["resident"]["id"], &me["resident"]["householdId"], &me["nickname"]),
        (&json!(ming), &json!(home), &json!("小明"))
    );
    redeem(&guest, &code, "王小明").await.refused(409, "already_resident");
    assert_eq!(used(&worker, &home).await, 1);

    // The person is told, the request is in the own list, and the audit names nobody of staff.
    let told = guest.get("inbox").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "join_accepted");
    let mine = guest.get("me/join-requests").await.expect(200);
    assert_eq!(
        (&mine["items"][0]["id"], &mine["items"][0]["state"]),
        (&done["joinRequestId"], &json!("accepted"))
    );
    let rows = audit(&town, "invitations.redeem").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["staffId"], &rows[0]["object"]), (&Value::Null, &made["invitation"]["id"]));
    let created = audit(&town, "invitations.create").await;
    assert_eq!(created[0]["staffId"], worker.id.as_str());
    town.verify().await;
    town.never_tells(&[&code, &code.replace('-', ""), "王小明"], &["audit", "inbox", "outbox"]);
    town.never_tells(
        &[&code, &code.replace('-', "")],
        &["invitations", "idempotency", "qr_codes", "qr_images"],
    );
}

#[tokio::test]
async fn who_is_not_named_asks_and_staff_decide_with_the_household_noted() {
    let town = Town::open().await;
    let home = town.household(&town.world.group1, "LW-1-01").await;
    for name in ["王小明", "王小明", "李小红"] {
        member(&town, &home, name).await;
    }
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let made = invite(&secretary, &home, json!({"expiresInDays": 90, "uses": 4})).await;
    let code = text(&made["code"]);
    // Two of one name, and a name that nobody has.
    let (twin, stranger, red) =
        (town.guest("twin").await, town.guest("stranger").await, town.guest("red").await);
    for (who, name) in [(&twin, "王小明"), (&stranger, "赵新来")] {
        let done = redeem(who, &code, name).await.expect(200);
        assert_eq!((&done["outcome"], &done["residentId"]), (&json!("asked"), &Value::Null));
        assert_eq!(who.get("me").await.expect(200)["resident"], Value::Null);
        // One open request at a time; who is refused uses nothing.
        redeem(who, &code, name).await.refused(409, "already_requested");
    }
    assert_eq!(used(&secretary, &home).await, 2);
    let waiting = secretary.get("staff/join-requests").await.expect(200);
    for row in waiting["items"].as_array().into_iter().flatten() {
        assert_eq!((&row["householdId"], &row["invitationId"]), (&json!(home), &made["invitation"]["id"]));
        assert_eq!(row["unitId"], town.world.group1.as_str());
    }
    let asked = waiting["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|row| row["name"] == "赵新来")
        .expect("it waits");
    let decide = format!("staff/join-requests/{}/decide", text(&asked["id"]));
    let decided = secretary.post(&decide, json!({"decision": "accept", "newResident": {}})).await.expect(200);
    let path = format!("staff/residents/{}", text(&decided["residentId"]));
    assert_eq!(secretary.get(&path).await.expect(200)["householdId"], home.as_str());

    // Who had asked before is let in by the invitation, and nobody has to decide any more.
    red.post("me/join-requests", json!({"unitId": town.world.group2, "name": "李小红"})).await.expect(201);
    assert_eq!(redeem(&red, &code, "李小红").await.expect(200)["outcome"], "joined");
    let mine = red.get("me/join-requests").await.expect(200);
    assert_eq!(
        (mine["items"].as_array().map(Vec::len), &mine["items"][0]["state"]),
        (Some(1), &json!("accepted"))
    );
    assert_eq!(mine["items"][0]["unitId"], town.world.group1.as_str());
    // A member whom somebody signs in as is nobody's to become.
    let second = town.guest("second").await;
    assert_eq!(redeem(&second, &code, "李小红").await.expect(200)["outcome"], "asked");
    assert_eq!(used(&secretary, &home).await, 4);
    town.verify().await;
}

#[tokio::test]
async fn a_code_that_is_not_good_is_refused_in_one_way_and_a_mistyped_one_before_it_counts() {
    let environment = vec![
        ("JISHAN_LIMITS_INVITATION".to_owned(), "6".to_owned()),
        ("JISHAN_LIMITS_INVITATION_ADDRESS".to_owned(), "8".to_owned()),
    ];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    let home = town.household(&town.world.group1, "LW-1-01").await;
    let (ended, short, once) = (
        invite(&town.ops, &home, json!({"uses": 1})).await,
        invite(&town.ops, &home, json!({"uses": 1, "expiresInDays": 1})).await,
        invite(&town.ops, &home, json!({"uses": 1})).await,
    );
    for _ in 0..2 {
        let path = format!("staff/households/{home}/invitations/{}", text(&ended["invitation"]["id"]));
        assert_eq!(town.ops.delete(&path).await.status, 204);
    }
    assert_eq!(audit(&town, "invitations.end").await.len(), 1, "it ended once");
    redeem(&town.guest("first").await, &text(&once["code"]), "赵新来").await.expect(200);
    town.set_clock("2026-03-03T02:00:00Z").await;
    let guest = town.guest("guest").await;
    let mut told = Vec::new();
    for code in ["0000-0000-0000".to_owned(), text(&ended["code"]), text(&short["code"]), text(&once["code"])]
    {
        let answer = redeem(&guest, &code, "王小明").await;
        answer.refused(404, "invitation_unknown");
        let mut body = answer.json.clone();
        body["requestId"] = Value::Null;
        told.push(body);
    }
    assert!(told.iter().all(|body| *body == told[0]), "{told:?}");

    // Mistyped ones are told by the field, however many: one character, two exchanged, too few.
    for wrong in ["0000-0000-0001", "0000-0000-0100", "0000-0000", "王", "0000-0000-00000"] {
        for _ in 0..3 {
            let answer = guest.post("me/invitation", json!({"code": wrong, "name": "王小明"})).await;
            answer.refused(422, "invalid");
            assert_eq!(
                (&answer.json["fields"][0]["field"], &answer.json["fields"][0]["code"]),
                (&json!("code"), &json!("mistyped"))
            );
        }
    }
    for _ in 0..2 {
        redeem(&guest, "0000-0000-0000", "王小明").await.refused(404, "invitation_unknown");
    }
    let limited = redeem(&guest, "0000-0000-0000", "王小明").await;
    limited.refused(429, "too_many_requests");
    assert!(!limited.header("retry-after").is_empty());
    // A good code waits, too; and so does everybody behind the same address after two more.
    redeem(&guest, &text(&once["code"]), "王小明").await.refused(429, "too_many_requests");
    let other = town.guest("other").await;
    let statuses = [
        redeem(&other, "0000-0000-0000", "王小明").await.status,
        redeem(&other, "0000-0000-0000", "王小明").await.status,
        redeem(&other, "0000-0000-0000", "王小明").await.status,
    ];
    assert_eq!(statuses, [404, 404, 429]);
    town.set_clock("2026-03-03T02:01:01Z").await;
    let guest = town.guest("guest").await;
    redeem(&guest, "0000-0000-0000", "王小明").await.refused(404, "invitation_unknown");
}

#[tokio::test]
async fn twenty_guests_have_one_code_for_three() {
    let town = Town::open().await;
    for round in 0..3 {
        let home = town.household(&town.world.group1, &format!("LW-1-{round}")).await;
        // In one round nobody is named, in the others everybody wants to be the same member.
        let resident = member(&town, &home, "王小明").await;
        let code = text(&invite(&town.ops, &home, json!({"uses": 3})).await["code"]);
        let name = if round == 0 { "赵新来" } else { "王小明" };
        let mut guests = Vec::new();
        for n in 0..20 {
            guests.push(town.guest(&format!("guest-{round}-{n}")).await);
        }
        let answers = at_once(guests.into_iter().map(|guest| {
            let code = code.clone();
            async move { redeem(&guest, &code, name).await }
        }))
        .await;
        let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((of(200), of(404)), (3, 17), "round {round}");
        let joined = answers.iter().filter(|answer| answer.json["outcome"] == "joined").count();
        assert_eq!(joined, usize::from(round > 0), "round {round}");
        assert!(
            answers
                .iter()
                .filter(|a| a.json["outcome"] == "joined")
                .all(|a| a.json["residentId"] == resident.as_str())
        );
        assert_eq!(used(&town.ops, &home).await, 3);
    }
    town.verify().await;
}

#[tokio::test]
async fn of_many_who_bear_one_name_one_becomes_the_member_and_the_others_ask() {
    let town = Town::open().await;
    for round in 0..3 {
        let home = town.household(&town.world.group1, &format!("LW-1-{round}")).await;
        member(&town, &home, "王小明").await;
        let mut tries = Vec::new();
        for n in 0..8 {
            // An invitation each: nothing but the member itself keeps them apart.
            let code = text(&invite(&town.ops, &home, json!({"uses": 1})).await["code"]);
            tries.push((town.guest(&format!("guest-{round}-{n}")).await, code));
        }
        let answers = at_once(
            tries.into_iter().map(|(guest, code)| async move { redeem(&guest, &code, "王小明").await }),
        )
        .await;
        let of = |outcome: &str| answers.iter().filter(|answer| answer.json["outcome"] == outcome).count();
        assert_eq!((of("joined"), of("asked")), (1, 7), "round {round}");
    }
    town.verify().await;
}

#[tokio::test]
async fn an_invitation_is_printed_by_who_made_it_known_and_kept_nowhere() {
    let town = Town::open().await;
    let home = town.household(&town.world.group1, "LW-1-01").await;
    let other = town.household(&town.world.group1, "LW-1-02").await;
    let made = invite(&town.ops, &home, json!({"uses": 1})).await;
    let (code, print) = (text(&made["code"]), format!("staff/households/{home}/invitation-code"));
    for n in 1..=2 {
        let printed = town.ops.post(&print, json!({"code": code})).await;
        assert_eq!(
            (printed.status, printed.header("content-type"), printed.header("x-code")),
            (200, "image/png", "wechat")
        );
        assert_eq!((printed.header("cache-control"), printed.header("etag")), ("no-store", ""));
        let calls = town.wechat.calls(PATH).await;
        assert_eq!(calls.len(), n, "nothing of it is kept");
        assert_eq!(
            (&calls[n - 1]["body"]["scene"], &calls[n - 1]["body"]["page"]),
            (&made["scene"], &json!("pages/join/join"))
        );
    }
    assert_eq!(town.value("SELECT count(*) FROM qr_images"), "0");
    // The mini-program that is opened by it learns that it is one, and nothing of whether it is good.
    for scene in [text(&made["scene"]), "i=000000000000".to_owned()] {
        let named = town.anybody().get(&format!("codes/{scene}")).await.expect(200);
        assert_eq!(named, json!({"kind": "invitation", "id": null}));
    }
    town.anybody().get("codes/i=000000000001").await.refused(404, "qr_code_not_found");

    let drawn = town.ops.post(&format!("{print}?format=svg"), json!({"code": code})).await;
    assert_eq!(
        (drawn.status, drawn.header("content-type"), drawn.header("x-code")),
        (200, "image/svg+xml", "plain")
    );
    assert!(drawn.bytes.starts_with(b"<svg "));
    town.wechat.fault(PATH, json!({"kind": "errcode", "errcode": 41030}), 1).await;
    let plain = town.ops.post(&print, json!({"code": code})).await;
    assert_eq!(
        (plain.status, plain.header("x-code"), plain.header("cache-control")),
        (200, "plain", "no-store")
    );

    town.ops.post(&print, json!({"code": "0000-0000-0001"})).await.refused(422, "invalid");
    town.ops.post(&print, json!({"code": "0000-0000-0000"})).await.refused(404, "invitation_not_found");
    let elsewhere = format!("staff/households/{other}/invitation-code");
    town.ops.post(&elsewhere, json!({"code": code})).await.refused(404, "invitation_not_found");
    let path = format!("staff/households/{home}/invitations/{}", text(&made["invitation"]["id"]));
    town.ops.delete(&path.replace(&home, &other)).await.refused(404, "invitation_not_found");
    assert_eq!(town.ops.delete(&path).await.status, 204);
    town.ops.post(&print, json!({"code": code})).await.refused(404, "invitation_not_found");
    assert_eq!(audit(&town, "invitations.print").await.len(), 4);
    town.never_tells(&[&code, &code.replace('-', "")], &["audit", "invitations", "qr_images"]);
    for wrong in [
        json!({"uses": 0}),
        json!({"uses": 21}),
        json!({"expiresInDays": 0}),
        json!({"expiresInDays": 91}),
        json!({"code": code}),
    ] {
        town.ops.post(&format!("staff/households/{home}/invitations"), wrong).await.refused(422, "invalid");
    }
}
