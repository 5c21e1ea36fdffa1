//! Telephones: bound by WeChat's button, one account a number, shown masked, and written down nowhere as they are.

use serde_json::{Value, json};
use tests::{Actor, Answer, Options, Town};

use crate::stage::{at_once, insist};

/// WeChat's path.
const PATH: &str = "/wxa/business/getuserphonenumber";

async fn bind(town: &Town, who: &Actor, openid: &str, number: &str) -> Answer {
    let code = town.phone_code(openid, number).await;
    who.put("me/phone", json!({"code": code})).await
}

async fn shown(who: &Actor) -> Value {
    who.get("me").await.expect(200)["phoneMasked"].clone()
}

#[tokio::test]
async fn a_number_is_bound_replaced_and_removed_and_shown_masked_only() {
    // What the most talkative log does not tell, none does.
    let environment = vec![("JISHAN_LOG_LEVEL".to_owned(), "trace".to_owned())];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    let group = town.world.group1.clone();
    let wang = town.person_of("o-phone-wang-openid").await;
    assert_eq!(shown(&wang).await, Value::Null);
    let code = town.phone_code("o-phone-wang-openid", "13800001234").await;
    let bound = wang.put("me/phone", json!({"code": code})).await.expect(200);
    assert_eq!(bound["phoneMasked"], "138****1234");
    assert_eq!(shown(&wang).await, "138****1234");
    // A code is good once, for whoever tapped, and what is none is none.
    wang.put("me/phone", json!({"code": code})).await.refused(422, "phone_code_invalid");
    let li = town.person_of("o-phone-li-openid").await;
    let anothers = town.phone_code("o-phone-wang-openid", "13800001234").await;
    li.put("me/phone", json!({"code": anothers})).await.refused(422, "phone_code_invalid");
    li.put("me/phone", json!({"code": "none"})).await.refused(422, "phone_code_invalid");
    li.put("me/phone", json!({"code": ""})).await.refused(422, "invalid");
    li.put("me/phone", json!({"code": "x", "number": "13800001234"})).await.refused(422, "invalid");
    assert_eq!(shown(&li).await, Value::Null);

    // The desk sees it of a resident, masked, where it manages people, and not in lists.
    let body = json!({"unitId": group, "name": "王小明"});
    let resident = tests::town::text(&town.ops.post("staff/residents", body).await.expect(201)["id"]);
    let path = format!("staff/residents/{resident}");
    let nobodys = town.ops.get(&path).await;
    assert_eq!(nobodys.json["phoneMasked"], Value::Null);
    let asked = wang.post("me/join-requests", json!({"unitId": group, "name": "王小明"})).await.expect(201);
    let decide = format!("staff/join-requests/{}/decide", tests::town::text(&asked["id"]));
    town.ops.post(&decide, json!({"decision": "accept", "residentId": resident})).await.expect(200);
    let read = town.ops.get(&path).await;
    assert_ne!(read.etag(), nobodys.etag());
    assert_eq!(read.json["phoneMasked"], "138****1234");
    let list = town.ops.get(&format!("staff/residents?unit={group}")).await.expect(200);
    assert!(!list.to_string().contains("phone"), "{list}");
    let supervisor = town.appoint("supervisor", "supervisor", &town.world.village).await;
    assert_eq!(supervisor.get(&path).await.expect(200)["phoneMasked"], Value::Null);

    // Another one takes its place; who read the resident before reads it again.
    assert_eq!(
        bind(&town, &wang, "o-phone-wang-openid", "13900005678").await.expect(200)["phoneMasked"],
        "139****5678"
    );
    assert_ne!(town.ops.get(&path).await.etag(), read.etag());
    assert_eq!(town.ops.get(&path).await.json["phoneMasked"], "139****5678");
    for _ in 0..2 {
        assert_eq!(wang.delete("me/phone").await.status, 204);
    }
    assert_eq!(
        (shown(&wang).await, town.value("SELECT count(*) FROM phones")),
        (Value::Null, "0".to_owned())
    );

    bind(&town, &wang, "o-phone-wang-openid", "13800001234").await.expect(200);
    town.verify().await;
    let told = ["13800001234", "13900005678", "o-phone-wang-openid", "o-phone-li-openid", "138****1234"];
    town.never_tells(&told, &[]);
    town.never_tells(&["13800001234", "13900005678"], &["phones", "audit", "inbox", "outbox", "idempotency"]);
}

#[tokio::test]
async fn a_number_belongs_to_one_account_where_the_tenant_wants_it_so() {
    let town = Town::open().await;
    let (first, second) = (town.person_of("o-first").await, town.person_of("o-second").await);
    bind(&town, &first, "o-first", "13800001234").await.expect(200);
    bind(&town, &first, "o-first", "13800001234").await.expect(200);
    bind(&town, &second, "o-second", "13900005678").await.expect(200);
    bind(&town, &second, "o-second", "13800001234").await.refused(409, "phone_taken");
    assert_eq!(shown(&second).await, "139****5678", "who is refused keeps the own number");
    assert_eq!(first.delete("me/phone").await.status, 204);
    bind(&town, &second, "o-second", "13800001234").await.expect(200);

    let environment = vec![("JISHAN_TENANT_ONE_ACCOUNT_A_PHONE".to_owned(), "false".to_owned())];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    for openid in ["o-mother", "o-son"] {
        let person = town.person_of(openid).await;
        assert_eq!(
            bind(&town, &person, openid, "13800001234").await.expect(200)["phoneMasked"],
            "138****1234"
        );
    }
    assert_eq!(town.value("SELECT count(*) FROM phones"), "2");
}

#[tokio::test]
async fn sixteen_accounts_bind_one_number_at_once_and_one_has_it() {
    let town = Town::open().await;
    for round in 0..3 {
        let number = format!("1380000{round:04}");
        let mut requests = Vec::new();
        for n in 0..16 {
            let openid = format!("o-racer-{round}-{n}");
            let who = town.person_of(&openid).await;
            let code = town.phone_code(&openid, &number).await;
            requests.push((who, code));
        }
        let answers = at_once(
            requests
                .iter()
                .cloned()
                .map(|(who, code)| async move { who.put("me/phone", json!({"code": code})).await }),
        )
        .await;
        let bound = answers.iter().filter(|answer| answer.status == 200).count();
        answers
            .iter()
            .filter(|answer| answer.status == 409)
            .for_each(|answer| answer.refused(409, "phone_taken"));
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409 | 503)), "round {round}");
        assert_eq!(bound, 1, "round {round}");
        assert_eq!(town.value("SELECT count(*) FROM phones"), (round + 1).to_string());
    }
}

#[tokio::test]
async fn one_account_binds_two_numbers_at_once_and_has_one_of_them() {
    let town = Town::open().await;
    let who = town.person_of("o-hasty").await;
    for round in 0..3 {
        let mut codes = Vec::new();
        for n in 0..8 {
            codes.push(town.phone_code("o-hasty", &format!("139{round:04}{n:04}")).await);
        }
        let answers = at_once(codes.into_iter().map(|code| {
            let who = who.clone();
            async move { who.put("me/phone", json!({"code": code})).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)), "round {round}");
        assert!(answers.iter().any(|answer| answer.status == 200));
        assert_eq!(town.value("SELECT count(*) FROM phones"), "1");
    }
}

#[tokio::test]
async fn a_code_is_sent_once_whatever_wechat_answers_and_nothing_changes_where_it_tells_no_number() {
    let town = Town::open().await;
    let who = town.person_of("o-patient").await;
    bind(&town, &who, "o-patient", "13800001234").await.expect(200);
    let faults = [
        (json!({"kind": "errcode", "errcode": -1}), 503, "unavailable"),
        (json!({"kind": "bad_gateway"}), 503, "unavailable"),
        (json!({"kind": "truncated"}), 503, "unavailable"),
        (json!({"kind": "errcode", "errcode": 48001}), 503, "unavailable"),
        (json!({"kind": "errcode", "errcode": 45011}), 429, "too_many_requests"),
        (json!({"kind": "errcode", "errcode": 40029}), 422, "phone_code_invalid"),
        (json!({"kind": "errcode", "errcode": 40163}), 422, "phone_code_invalid"),
    ];
    for (fault, status, code) in faults {
        let before = town.wechat.calls(PATH).await.len();
        town.wechat.fault(PATH, fault.clone(), 1).await;
        let answer = bind(&town, &who, "o-patient", "13900005678").await;
        answer.refused(status, code);
        assert_eq!(!answer.header("retry-after").is_empty(), status != 422, "{fault}");
        assert_eq!(town.wechat.calls(PATH).await.len(), before + 1, "{fault}");
        assert_eq!(shown(&who).await, "138****1234", "{fault}");
    }
    // The openid goes along, and each code once.
    let calls = town.wechat.calls(PATH).await;
    let mut marks: Vec<String> = calls.iter().map(|call| call["body"]["code"].to_string()).collect();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), calls.len());
    assert!(calls.iter().all(|call| call["body"]["openid"] == calls[0]["body"]["openid"]));
    assert!(calls[0]["body"]["openid"].is_string());
}

#[tokio::test]
async fn who_is_gone_when_wechat_answers_is_bound_to_nothing() {
    let town = Town::open().await;
    let who = town.person_of("o-leaver").await;
    let code = town.phone_code("o-leaver", "13800001234").await;
    town.wechat.fault(PATH, json!({"kind": "hold"}), 1).await;
    let asking = tokio::spawn(async move { who.put("me/phone", json!({"code": code})).await });
    // WeChat has heard of it, and thinks.
    town.wechat.post("/_calls/await", json!({"path": PATH, "times": 1})).await;
    town.value("UPDATE identities SET subject = 'nobody' WHERE subject = 'o-leaver' RETURNING subject");
    town.wechat.post("/_faults/let_go", json!({})).await;
    asking.await.expect("it is answered").refused(401, "session_ended");
    assert_eq!(town.value("SELECT count(*) FROM phones"), "0");
}

#[tokio::test]
async fn who_does_not_sign_in_by_wechat_is_told_to() {
    let town = Town::open().await;
    let who = town.person_of("o-developer").await;
    let code = town.phone_code("o-developer", "13800001234").await;
    town.value("UPDATE identities SET provider = 'dev' WHERE subject = 'o-developer' RETURNING provider");
    who.put("me/phone", json!({"code": code})).await.refused(403, "wechat_required");
    assert!(town.wechat.calls(PATH).await.is_empty());
    town.ops.put("me/phone", json!({"code": code})).await.refused(403, "forbidden");
    town.anybody().put("me/phone", json!({"code": code})).await.refused(401, "sign_in_required");
}

#[tokio::test]
async fn keys_are_changed_and_numbers_stay_readable_and_exclusive() {
    let mut town = Town::open().await;
    let (first, second) = (town.person_of("o-first").await, town.person_of("o-second").await);
    bind(&town, &first, "o-first", "13800001234").await.expect(200);
    let old_id = town.value("SELECT key_id FROM phones");
    let path = |name: &str| town.folder().join(name);
    let (file, newer) = (path("data.key"), path("newer.key"));
    let old = std::fs::read_to_string(&file).expect("the key is there");
    let (code, told) = town.command(&["admin", "data-key", &newer.display().to_string()]);
    assert_eq!(code, 0, "{told}");
    let new = std::fs::read_to_string(&newer).expect("the key was made");
    assert!(!told.contains(new.trim()), "a key is not printed");

    std::fs::write(&file, format!("{new}\n{old}\n")).expect("both can be written");
    restart(&mut town).await;
    let (first, second) = (first.at(&town.base(0)), second.at(&town.base(0)));
    assert_eq!(shown(&first).await, "138****1234");
    // Before it is enciphered anew the unique key does not see it.
    insist(|| bind(&town, &second, "o-second", "13800001234")).await.refused(409, "phone_taken");
    town.drain().await;
    let new_id = town.value("SELECT key_id FROM phones");
    assert_ne!(new_id, old_id);
    let (_, told) = town.command(&["doctor"]);
    assert!(told.contains(&format!("data key: {new_id}, 0 telephones wait")), "{told}");

    std::fs::write(&file, new).expect("the new one is enough");
    restart(&mut town).await;
    assert_eq!(shown(&first.at(&town.base(0))).await, "138****1234");
    // With a key that is lost nothing can be read, and everything else goes on.
    std::fs::write(&file, old).expect("the old one can be written");
    restart(&mut town).await;
    assert_eq!(shown(&first.at(&town.base(0))).await, Value::Null);
    let (code, told) = town.command(&["doctor"]);
    assert!(code != 0 && told.contains("1 telephones are under keys that are not in the file"), "{told}");
}

async fn restart(town: &mut Town) {
    assert!(town.processes[0].stop());
    town.processes.clear();
    town.start("resident,merchant,worker");
    town.set_clock(tests::town::START).await;
}
