//! Shops and their offers: from the application to what everybody reads.

use serde_json::{Value, json};
use tests::market::{Shop, application, haircut, post_empty, post_if};
use tests::town::{PASSWORD, text};
use tests::{Actor, Answer, Options, Town, picture};

use crate::stage::{Stage, at_once, one_won};

/// The names of the shops that everybody finds.
async fn found(town: &Town, query: &str) -> Vec<String> {
    let page = town.anybody().get(&format!("merchants?{query}")).await.expect(200);
    page["items"].as_array().into_iter().flatten().map(|shop| text(&shop["name"])).collect()
}

async fn audit(town: &Town, action: &str) -> usize {
    let path = format!("staff/audit?unit={}&limit=100", town.world.district);
    let page = town.ops.get(&path).await.expect(200);
    page["items"].as_array().into_iter().flatten().filter(|row| row["action"] == action).count()
}

fn desk(id: &str, act: &str) -> String {
    format!("staff/merchants/{id}/{act}")
}

// BQ-11: shops join by application with pictures, decided with a reason, and stand in a public list.
#[tokio::test]
async fn a_shop_is_turned_away_with_a_reason_and_taken_in_when_it_applies_again() {
    let town = Town::open().await;
    let (village, owner) = (town.world.village.clone(), town.applicant("lily").await);
    owner.get("merchant").await.refused(404, "no_shop");
    owner.get("offers").await.refused(404, "no_shop");
    let pictured = text(&owner.upload(picture::jpeg(1)).await.expect(201)["id"]);
    let mut body = application(&village, "Lily 理发店");
    body["pictureIds"] = json!([pictured]);
    let applied = owner.post("merchants", body.clone()).await.expect(201);
    let id = text(&applied["id"]);
    assert_eq!((&applied["state"], &applied["pictureIds"]), (&json!("applied"), &json!([pictured])));
    owner.post("merchants", body.clone()).await.refused(409, "shop_exists");
    assert!(found(&town, "").await.is_empty(), "nobody sees what the desk has not agreed to");
    town.anybody().get(&format!("merchants/{id}")).await.refused(404, "shop_not_found");
    town.anybody().get(&format!("pictures/{pictured}")).await.refused(404, "picture_not_found");
    assert_eq!(town.ops.get(&format!("pictures/{pictured}")).await.status, 200, "the desk sees it");
    assert_eq!(owner.get(&format!("pictures/{pictured}?size=thumb")).await.status, 200, "so does its shop");
    let stranger = town.applicant("stranger").await;
    stranger.get(&format!("pictures/{pictured}")).await.refused(404, "picture_not_found");

    let waiting = town.ops.get("staff/merchants?state=applied").await.expect(200);
    assert_eq!(waiting["items"][0]["applicantName"], "李师傅");
    town.ops.post(&desk(&id, "reject"), json!({})).await.refused(422, "invalid");
    town.ops.post(&desk(&id, "reject"), json!({"reason": "请补充营业执照"})).await.expect(200);
    let rejected = owner.get("merchant").await.expect(200);
    assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("rejected"), &json!("请补充营业执照")));
    body["text"] = json!("老店，证照齐全。");
    let again = owner.post("merchants", body).await.expect(201);
    assert_eq!(
        (text(&again["id"]), &again["state"], &again["reason"]),
        (id.clone(), &json!("applied"), &Value::Null)
    );

    let approve = desk(&id, "approve");
    post_empty(&town.ops, &approve).await.refused(428, "precondition_required");
    post_if(&town.ops, &approve, &json!(1), None).await.refused(412, "precondition_failed");
    post_if(&town.ops, &approve, &again["version"], None).await.expect(200);
    post_if(&town.ops, &approve, &again["version"], None).await.refused(409, "shop_state_conflict");
    assert_eq!(found(&town, &format!("unit={village}")).await, ["Lily 理发店"]);
    let page = town.anybody().get(&format!("merchants/{id}")).await;
    let told = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(
        !told.contains("李师傅") && !told.contains("applicant"),
        "its people are nobody's business: {told}"
    );
    assert_eq!(page.expect(200)["category"]["nameZh"], "理发美容");
    let shown = town.anybody().get(&format!("pictures/{pictured}")).await;
    assert!(shown.status == 200 && shown.header("cache-control").contains("immutable"));
    assert_eq!((audit(&town, "merchant.reject").await, audit(&town, "merchant.approve").await), (1, 1));
    town.verify().await;
}

#[tokio::test]
async fn a_suspended_shop_disappears_and_offers_nothing_until_it_takes_part_again() {
    let town = Town::open().await;
    let shop = town.shop("lily", &town.world.village).await;
    let offer = town.offer(&shop, haircut()).await;
    let (shop_page, offer_page) = (format!("merchants/{}", shop.id), format!("offers/{offer}"));
    let detail = town.anybody().get(&shop_page).await.expect(200);
    assert_eq!(detail["offers"][0]["id"], offer.as_str());
    town.ops.post(&desk(&shop.id, "suspend"), json!({"reason": "收到投诉，核实中"})).await.expect(200);
    town.anybody().get(&shop_page).await.refused(404, "shop_not_found");
    town.anybody().get(&offer_page).await.refused(404, "offer_not_found");
    assert!(found(&town, "").await.is_empty());
    assert_eq!(town.anybody().get("offers").await.expect(200)["items"], json!([]));
    shop.owner.post("offers", haircut()).await.refused(409, "shop_not_approved");
    assert_eq!(shop.owner.get("merchant").await.expect(200)["reason"], "收到投诉，核实中");
    town.ops
        .post(&desk(&shop.id, "suspend"), json!({"reason": "再次"}))
        .await
        .refused(409, "shop_state_conflict");
    post_empty(&town.ops, &desk(&shop.id, "resume")).await.expect(200);
    town.anybody().get(&offer_page).await.expect(200);
    assert_eq!(audit(&town, "merchant.suspend").await, 1);
}

// BQ-11: residents look for shops by where they are, what they do, and what they say.
#[tokio::test]
async fn shops_are_found_by_unit_trade_and_text() {
    let town = Town::open().await;
    let mut bakery = application(&town.world.village, "100% 面包房");
    bakery["category"] = json!("bakery");
    bakery["address"] = json!("Sunshine Road 3");
    let far = application(&town.world.other_community, "上河理发店");
    for (name, body) in
        [("baker", bakery), ("barber", application(&town.world.village, "柳湾理发店")), ("far", far)]
    {
        let made = town.applicant(name).await.post("merchants", body).await.expect(201);
        post_if(&town.ops, &desk(&text(&made["id"]), "approve"), &json!(1), None).await.expect(200);
    }
    let all = ["上河理发店", "柳湾理发店", "100% 面包房"];
    assert_eq!(found(&town, "").await, all);
    assert_eq!(found(&town, &format!("unit={}", town.world.town)).await, all[1..]);
    assert_eq!(found(&town, "category=hairdressing").await, all[..2]);
    assert_eq!(found(&town, &format!("unit={}&category=hairdressing", town.world.town)).await, all[1..2]);
    assert_eq!(found(&town, "q=SUNSHINE").await, all[2..], "capitals do not matter");
    assert_eq!(found(&town, "q=100%25").await, all[2..], "a sign of patterns is plain text");
    assert!(found(&town, "q=1_0").await.is_empty());
    town.anybody().get("merchants?category=banking").await.refused(400, "malformed_query");
    let first = town.anybody().get("merchants?limit=2").await.expect(200);
    let next = format!("limit=2&cursor={}", text(&first["nextCursor"]));
    assert_eq!(found(&town, &next).await, all[2..]);
}

#[tokio::test]
async fn many_who_decide_at_once_make_one_decision() {
    let town = Town::open().await;
    let mut staff = Vec::new();
    for n in 0..8 {
        staff.push(town.appoint(&format!("desk-{n}"), "secretary", &town.world.village).await);
    }
    for round in 0..3 {
        let shop = town.applying_shop(&format!("owner-{round}"), &town.world.village).await;
        let decide = |(n, who): (usize, &Actor)| {
            let (who, id) = (who.clone(), shop.id.clone());
            async move {
                match n % 2 {
                    0 => post_if(&who, &desk(&id, "approve"), &json!(1), None).await,
                    _ => who.post(&desk(&id, "reject"), json!({"reason": "资料不全"})).await,
                }
            }
        };
        let answers = at_once(staff.iter().enumerate().map(decide)).await;
        let winner = one_won(&answers);
        answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(409, "shop_state_conflict"));
        let state = shop.owner.get("merchant").await.expect(200)["state"].clone();
        assert_eq!(state, if winner.is_multiple_of(2) { "approved" } else { "rejected" });
        let decided = audit(&town, "merchant.approve").await + audit(&town, "merchant.reject").await;
        assert_eq!(decided, round + 1, "one decision, one row");
    }
    town.verify().await;
}

#[tokio::test]
async fn an_offer_shows_when_it_is_published_open_and_of_a_shop_that_takes_part() {
    let town = Town::open().await;
    let shop = town.shop("lily", &town.world.village).await;
    let mut body = haircut();
    body["pictureIds"] = json!([text(&shop.owner.upload(picture::jpeg(2)).await.expect(201)["id"])]);
    body["windows"] = json!([{"weekdays": [1, 2, 3, 4, 5], "from": "10:00", "until": "12:00"}]);
    body["perResident"] = json!({"count": 1, "span": "week"});
    body["untilDay"] = json!("2026-03-03");
    let made = shop.owner.post("offers", body.clone()).await.expect(201);
    let id = text(&made["id"]);
    let (page, decide) = (format!("offers/{id}"), format!("staff/offers/{id}/decide"));
    assert_eq!((&made["state"], &made["openNow"]), (&json!("pending"), &json!(false)));
    town.anybody().get(&page).await.refused(404, "offer_not_found");
    let uploaded = format!("pictures/{}", text(&made["pictureIds"][0]));
    town.anybody().get(&uploaded).await.refused(404, "picture_not_found");
    assert_eq!(town.ops.get("staff/offers").await.expect(200)["items"][0]["id"], id.as_str());

    post_if(&town.ops, &decide, &json!(1), Some(json!({"decision": "reject"})))
        .await
        .refused(422, "reason_required");
    let reject = json!({"decision": "reject", "reason": "请写明时段"});
    post_if(&town.ops, &decide, &json!(1), Some(reject)).await.expect(200);
    let read = shop.owner.get(&page).await;
    let etag = read.etag();
    assert_eq!(read.expect(200)["reason"], "请写明时段");
    let changed = shop.owner.put_if(&page, &etag, body.clone()).await.expect(200);
    assert_eq!((&changed["state"], &changed["pictureIds"]), (&json!("pending"), &made["pictureIds"]));
    let publish = json!({"decision": "publish"});
    // What the desk has read is not what stands there.
    post_if(&town.ops, &decide, &json!(1), Some(publish.clone())).await.refused(412, "precondition_failed");
    post_if(&town.ops, &decide, &changed["version"], Some(publish.clone())).await.expect(200);
    post_if(&town.ops, &decide, &changed["version"], Some(publish)).await.refused(409, "offer_decided");
    let shown = town.anybody().get(&page).await.expect(200);
    assert_eq!((&shown["price"], &shown["openNow"]), (&json!("30.00"), &json!(true)));
    assert_eq!(town.anybody().get(&uploaded).await.status, 200);

    post_empty(&shop.owner, &format!("offers/{id}/close")).await.expect(200);
    town.anybody().get(&page).await.refused(404, "offer_not_found");
    post_empty(&shop.owner, &format!("offers/{id}/open")).await.expect(200);
    town.anybody().get(&page).await.expect(200);
    town.set_clock("2026-03-02T04:00:00Z").await;
    assert_eq!(town.anybody().get(&page).await.expect(200)["openNow"], false, "noon in Shanghai");
    town.set_clock("2026-03-04T02:00:00Z").await;
    assert_eq!(town.anybody().get("offers").await.expect(200)["items"], json!([]), "its last day is over");
    let owner = town.applicant("lily").await;
    let tag = owner.get(&page).await.etag();
    body["price"] = json!("29.00");
    owner.put_if(&page, &tag, body).await.expect(200);
    town.anybody().get(&page).await.refused(404, "offer_not_found");
}

#[tokio::test]
async fn an_offer_that_makes_no_sense_is_refused_by_the_field() {
    let town = Town::open().await;
    let shop = town.shop("lily", &town.world.village).await;
    let wrong = [
        ("listPrice", json!("0.00")),
        ("listPrice", json!("1000000.01")),
        ("price", json!("35.00")),
        ("price", json!("thirty")),
        ("points", json!("0.00")),
        ("perDay", json!(0)),
        ("untilDay", json!("2026-02-30")),
        ("windows", json!([{"weekdays": [1], "from": "9:00", "until": "10:00"}])),
        ("windows", json!([{"weekdays": [8], "from": "09:00", "until": "10:00"}])),
        ("windows", json!([{"weekdays": [1], "from": "22:00", "until": "02:00"}])),
        ("perResident", json!({"count": 0, "span": "week"})),
        ("perResident", json!({"count": 1, "span": "quarter"})),
        ("title", json!("\u{200B}\u{200B}")),
        ("pictureIds", json!(["pic_x"])),
    ];
    for (field, value) in wrong {
        let mut body = haircut();
        body[field] = value.clone();
        let answer = shop.owner.post("offers", body).await;
        answer.refused(422, "invalid");
        let at = text(&answer.json["fields"][0]["field"]);
        assert!(at.starts_with(field), "{field} {value}: {}", answer.json);
    }
    let mut body = haircut();
    body["pictureIds"] = json!(["pic_01jbr62tryfk1sh9p01j0gre6f"]);
    shop.owner.post("offers", body).await.refused(404, "picture_not_found");
}

#[tokio::test]
async fn of_many_edits_of_one_version_one_is_kept() {
    let town = Town::open().await;
    let shop = town.shop("lily", &town.world.village).await;
    let offer = text(&shop.owner.post("offers", haircut()).await.expect(201)["id"]);
    let page = format!("offers/{offer}");
    for _ in 0..3 {
        let etag = shop.owner.get(&page).await.etag();
        let edit = |n: usize| {
            let (owner, page, etag) = (shop.owner.clone(), page.clone(), etag.clone());
            let mut body = haircut();
            body["title"] = json!(format!("理发第 {n} 版"));
            async move { owner.put_if(&page, &etag, body).await }
        };
        let answers = at_once((0..8).map(edit)).await;
        let winner = one_won(&answers);
        answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(412, "precondition_failed"));
        assert_eq!(shop.owner.get(&page).await.expect(200)["title"], format!("理发第 {winner} 版"));
    }
}

#[tokio::test]
async fn what_an_approved_shop_wants_to_change_waits_for_the_desk() {
    let town = Town::open().await;
    let owner = town.applicant("lily").await;
    let old = text(&owner.upload(picture::jpeg(3)).await.expect(201)["id"]);
    let mut body = application(&town.world.village, "Lily 理发店");
    body["pictureIds"] = json!([old]);
    let id = text(&owner.post("merchants", body.clone()).await.expect(201)["id"]);
    post_if(&town.ops, &desk(&id, "approve"), &json!(1), None).await.expect(200);
    let page = format!("merchants/{id}");
    for gone in ["unitId", "applicantName"] {
        body.as_object_mut().expect("an object").remove(gone);
    }
    let new = text(&owner.upload(picture::jpeg(4)).await.expect(201)["id"]);
    let mut wanted = body.clone();
    wanted["name"] = json!("Lily 美发沙龙");
    wanted["pictureIds"] = json!([new]);

    let etag = owner.get("merchant").await.etag();
    let proposed = owner.put_if("merchant", &etag, wanted.clone()).await.expect(200);
    assert_eq!((&proposed["name"], &proposed["proposal"]["name"]), (&body["name"], &wanted["name"]));
    owner.put_if("merchant", &etag, wanted.clone()).await.refused(412, "precondition_failed");
    let public = town.anybody().get(&page).await.expect(200);
    assert_eq!((&public["name"], &public["pictureIds"]), (&body["name"], &json!([old])));
    town.anybody().get(&format!("pictures/{new}")).await.refused(404, "picture_not_found");
    assert_eq!(
        town.ops.get(&format!("pictures/{new}")).await.status,
        200,
        "the desk sees what it decides on"
    );
    town.ops.post(&desk(&id, "reject"), json!({"reason": "请保留原店名"})).await.expect(200);
    let kept = owner.get("merchant").await.expect(200);
    assert_eq!(
        (&kept["state"], &kept["proposal"], &kept["reason"]),
        (&json!("approved"), &Value::Null, &json!("请保留原店名"))
    );

    let new = text(&owner.upload(picture::jpeg(5)).await.expect(201)["id"]);
    wanted["pictureIds"] = json!([new, old]);
    let etag = owner.get("merchant").await.etag();
    let proposed = owner.put_if("merchant", &etag, wanted.clone()).await.expect(200);
    assert_eq!(
        town.ops.get("staff/merchants?proposing=true").await.expect(200)["items"][0]["id"],
        id.as_str()
    );
    post_if(&town.ops, &desk(&id, "approve"), &proposed["version"], None).await.expect(200);
    let public = town.anybody().get(&page).await.expect(200);
    assert_eq!((&public["name"], &public["pictureIds"]), (&wanted["name"], &json!([new, old])));
    assert_eq!(town.anybody().get(&format!("pictures/{new}")).await.status, 200);
}

#[tokio::test]
async fn who_is_removed_has_no_shop_with_the_next_request_and_an_owner_stays() {
    let town = Town::open().await;
    let shop = town.shop("lily", &town.world.village).await;
    let clerk = town.clerk(&shop, "till-1").await;
    assert_eq!(clerk.get("merchant").await.expect(200)["id"], shop.id.as_str());
    clerk.get("merchant/staff").await.refused(403, "forbidden");
    clerk.post("offers", haircut()).await.refused(403, "forbidden");
    let weak = json!({"login": "till-2", "name": "小王", "password": "123456", "role": "clerk"});
    shop.owner.post("merchant/staff", weak).await.refused(422, "password_weak");
    let taken = json!({"login": "till-1", "name": "小王", "password": PASSWORD, "role": "clerk"});
    shop.owner.post("merchant/staff", taken).await.refused(409, "name_taken");
    let both = json!({"clerkId": clerk.id, "login": "till-3", "role": "clerk"});
    shop.owner.post("merchant/staff", both).await.refused(422, "invalid");

    let walker = town.applicant("walker").await;
    let known = json!({"clerkId": walker.id, "role": "owner"});
    shop.owner.post("merchant/staff", known.clone()).await.expect(201);
    shop.owner.post("merchant/staff", known.clone()).await.refused(409, "shop_exists");
    let other = town.shop("other", &town.world.village).await;
    other.owner.post("merchant/staff", known.clone()).await.refused(409, "shop_exists");
    let removed = format!("merchant/staff/{}", clerk.id);
    other.owner.delete(&removed).await.refused(404, "clerk_not_found");
    assert_eq!(shop.owner.delete(&removed).await.status, 204);
    clerk.get("merchant").await.refused(404, "no_shop");
    shop.owner.delete(&removed).await.refused(404, "clerk_not_found");

    // Two owners who remove each other at the same moment: one of them stays.
    for _ in 0..3 {
        let remove = |(who, whom): (&Actor, &Actor)| {
            let (who, path) = (who.clone(), format!("merchant/staff/{}", whom.id));
            async move { who.delete(&path).await }
        };
        let answers = at_once([(&shop.owner, &walker), (&walker, &shop.owner)].into_iter().map(remove)).await;
        let gone: Vec<&Answer> = answers.iter().filter(|a| a.status == 204).collect();
        assert_eq!(gone.len(), 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        let (stays, left) =
            if answers[0].status == 204 { (&shop.owner, &walker) } else { (&walker, &shop.owner) };
        left.get("merchant").await.refused(404, "no_shop");
        stays.delete(&format!("merchant/staff/{}", stays.id)).await.refused(409, "last_owner");
        let back = json!({"clerkId": left.id, "role": "owner"});
        stays.post("merchant/staff", back).await.expect(201);
    }
    assert_eq!(shop.owner.get("merchant/staff").await.expect(200)["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn one_application_of_many_at_once_and_a_repeated_one_is_the_same() {
    let town = Town::open().await;
    let owner = town.applicant("lily").await;
    let apply = |n: usize| {
        let (owner, body) = (owner.clone(), application(&town.world.village, &format!("第 {n} 家店")));
        async move { owner.post("merchants", body).await }
    };
    let answers = at_once((0..8).map(apply)).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    answers.iter().filter(|a| a.status != 201).for_each(|a| a.refused(409, "shop_exists"));

    let other = town.applicant("other").await;
    let (body, key) = (application(&town.world.village, "小店"), "apply-2026-03-02-0001");
    let first = other.post_keyed("merchants", body.clone(), key).await.expect(201);
    let again = other.post_keyed("merchants", body, key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(201)["id"], first["id"]);
}

// Nobody decides on the own shop, nor on that of the own household.
#[tokio::test]
async fn staff_do_not_decide_on_the_shop_of_their_own_household() {
    let town = Town::open().await;
    let w = town.world.clone();
    let home = town.household(&w.group1, "LW-1-01").await;
    let barber = town.resident("barber", &w.group1, Some(&home)).await;
    let wife = town.resident("wife", &w.group1, Some(&home)).await;
    let kin = [
        town.appoint_resident("own", "secretary", &w.village, Some(&barber.id)).await,
        town.appoint_resident("kin", "secretary", &w.village, Some(&wife.id)).await,
    ];
    let shop = town.applying_shop("barber", &w.village).await;
    for staff in &kin {
        post_if(staff, &desk(&shop.id, "approve"), &json!(1), None).await.refused(403, "own_act");
        staff.post(&desk(&shop.id, "reject"), json!({"reason": "无"})).await.refused(403, "own_act");
    }
    let other = town.appoint("other", "secretary", &w.village).await;
    post_if(&other, &desk(&shop.id, "approve"), &json!(1), None).await.expect(200);
    let offer = shop.owner.post("offers", haircut()).await.expect(201);
    let path = format!("staff/offers/{}/decide", text(&offer["id"]));
    post_if(&kin[0], &path, &json!(1), Some(json!({"decision": "publish"}))).await.refused(403, "own_act");
    post_if(&other, &path, &json!(1), Some(json!({"decision": "publish"}))).await.expect(200);
}

// BQ-13: shopkeepers and their people earn as volunteers, and their shop shows it.
#[tokio::test]
async fn a_shop_shows_what_its_people_do_for_the_community() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let shop = town.shop("lily", &town.world.village).await;
    let page = format!("merchants/{}", shop.id);
    // Only later does the owner become a resident: the worker finds out.
    let lily = town.resident("lily", &town.world.group1, None).await;
    let helper = town.resident("helper", &town.world.group1, None).await;
    let clerk = town.applicant("helper").await;
    shop.owner.post("merchant/staff", json!({"clerkId": clerk.id, "role": "clerk"})).await.expect(201);
    let passer_by = town.resident("passer-by", &town.world.group1, None).await;
    for who in [&lily, &helper, &passer_by] {
        stage.award(who, &item).await;
    }
    town.drain().await;
    assert_eq!(town.anybody().get(&page).await.expect(200)["peopleMerit"], "10.00");
    helper.put("me", json!({"hidden": true})).await.expect(200);
    assert_eq!(
        town.anybody().get(&page).await.expect(200)["peopleMerit"],
        "5.00",
        "who hides is not counted"
    );
}

// The merchant service has a role of its own in PostgreSQL: everything that a shop does is within it, and the desk hears of it.
#[tokio::test]
async fn a_shop_is_run_with_the_services_apart() {
    let town = Town::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let owner = town.applicant("lily").await;
    let upload = async |n: u32| text(&owner.upload(picture::jpeg(n)).await.expect(201)["id"]);
    let mut body = application(&town.world.village, "Lily 理发店");
    body["pictureIds"] = json!([upload(6).await]);
    let key = "apply-2026-03-02-0002";
    let applied = owner.post_keyed("merchants", body.clone(), key).await.expect(201);
    assert_eq!(owner.post_keyed("merchants", body.clone(), key).await.expect(201)["id"], applied["id"]);
    for gone in ["unitId", "applicantName"] {
        body.as_object_mut().expect("an object").remove(gone);
    }
    body["pictureIds"] = json!([upload(7).await]);
    owner.put_if("merchant", "\"v1\"", body.clone()).await.expect(200);
    town.drain().await;
    let told = town.ops.get("inbox").await.expect(200);
    assert!(told["items"].as_array().into_iter().flatten().any(|m| m["kind"] == "shop_applied"), "{told}");
    post_if(&town.ops, &desk(&text(&applied["id"]), "approve"), &json!(2), None).await.expect(200);
    body["pictureIds"] = json!([upload(8).await]);
    let etag = owner.get("merchant").await.etag();
    owner.put_if("merchant", &etag, body).await.expect(200);

    let mut offer = haircut();
    offer["pictureIds"] = json!([upload(9).await]);
    let made = owner.post("offers", offer.clone()).await.expect(201);
    town.drain().await;
    town.publish_offer(&made).await;
    let page = format!("offers/{}", text(&made["id"]));
    town.anybody().get(&page).await.expect(200);
    offer["pictureIds"] = json!([]);
    let etag = owner.get(&page).await.etag();
    owner.put_if(&page, &etag, offer).await.expect(200);
    post_empty(&owner, &format!("{page}/close")).await.expect(200);
    post_empty(&owner, &format!("{page}/open")).await.expect(200);
    let shop = Shop { id: text(&applied["id"]), owner: owner.clone() };
    let clerk = town.clerk(&shop, "till-1").await;
    assert_eq!(owner.delete(&format!("merchant/staff/{}", clerk.id)).await.status, 204);
    clerk.get("merchant").await.refused(404, "no_shop");
    let told = owner.get("inbox").await.expect(200);
    assert!(told["items"].as_array().into_iter().flatten().any(|m| m["kind"] == "offer_published"), "{told}");
    town.verify().await;
}

#[tokio::test]
async fn without_shops_every_operation_on_them_is_switched_off() {
    let environment = vec![("JISHAN_TENANT_MERCHANTS".to_owned(), "false".to_owned())];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    let clerk = town.till();
    clerk.post("sessions/wechat", json!({"code": "demo-lily"})).await.refused(403, "disabled");
    for path in [
        "merchant",
        "merchant/staff",
        "offers",
        "pictures/pic_01jbr62tryfk1sh9p01j0gre6f",
        "redemptions",
        "figures",
    ] {
        clerk.get(path).await.refused(403, "disabled");
    }
    clerk.post("merchants", application(&town.world.village, "小店")).await.refused(403, "disabled");
    clerk.post("offers", haircut()).await.refused(403, "disabled");
    let (shop, offer) = ("shop_01jbr62tryfk1sh9p01j0gre6f", "offer_01jbr62tryfk1sh9p01j0gre6f");
    for path in ["merchants", &format!("merchants/{shop}"), "offers", &format!("offers/{offer}")] {
        town.anybody().get(path).await.refused(403, "disabled");
    }
    for path in ["staff/merchants", "staff/offers"] {
        town.ops.get(path).await.refused(403, "disabled");
    }
    for act in ["approve", "resume"] {
        post_if(&town.ops, &desk(shop, act), &json!(1), None).await.refused(403, "disabled");
    }
    let decide = Some(json!({"decision": "publish"}));
    post_if(&town.ops, &format!("staff/offers/{offer}/decide"), &json!(1), decide)
        .await
        .refused(403, "disabled");
}
