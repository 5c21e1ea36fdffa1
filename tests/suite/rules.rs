//! Rules and catalogues.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town};

const TOMORROW: &str = "2026-03-03";

fn item(code: &str, points: &str) -> Value {
    json!({"code": code, "nameZh": format!("好事{code}"), "nameEn": format!("Deed {code}"), "direction": "award",
        "points": {"fixed": points}, "unitOfMeasure": "per occurrence", "subject": "resident"})
}

fn document(unit: &str, items: Vec<Value>) -> Value {
    json!({"unitId": unit, "document": {"nameZh": "积分细则", "nameEn": "Points rules", "items": items}})
}

async fn adopt(staff: &Actor, draft: &Value, from: &str) -> Answer {
    let request = staff.request(Method::POST, &format!("staff/catalogues/{}/adopt", text(&draft["id"])));
    let etag = format!("\"v{}\"", draft["version"]);
    staff.send(request.header("If-Match", etag).json(&json!({"forceFrom": from}))).await
}

/// Drafts and adopts.
async fn enact(town: &Town, unit: &str, items: Vec<Value>, from: &str) {
    let draft = town.ops.post("staff/catalogues", document(unit, items)).await.expect(201);
    adopt(&town.council().await, &draft, from).await.expect(200);
}

/// Codes with their figures, as they hold in a unit on a day.
async fn holding(town: &Town, unit: &str, on: &str) -> Vec<(String, String)> {
    let found = town.anybody().get(&format!("rules?unit={unit}&on={on}&limit=100")).await.expect(200);
    let line = |i: &Value| (text(&i["code"]), text(&i["points"]["points"]));
    found["items"].as_array().into_iter().flatten().map(line).collect()
}

fn figures(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(code, points)| ((*code).to_owned(), (*points).to_owned())).collect()
}

#[tokio::test]
async fn a_draft_with_faults_is_refused_until_they_are_corrected_and_holds_from_its_day_on() {
    let town = Town::open().await;
    let unit = town.world.village.clone();
    let mut fine = item("D-1", "5");
    fine["direction"] = json!("deduction");
    let draft =
        town.ops.post("staff/catalogues", document(&unit, vec![item("A-1", "2"), fine])).await.expect(201);
    let fields: Vec<_> =
        draft["faults"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["items[1].clause", "items[1].appealPath", "items[1].expiryDays"]);
    let council = town.council().await;
    let refused = adopt(&council, &draft, TOMORROW).await;
    refused.refused(422, "catalogue_refused");
    assert_eq!(refused.json["fields"][0]["field"], "items[1].clause");
    assert!(holding(&town, &unit, TOMORROW).await.is_empty());

    let draft = town.ops.post("staff/catalogues", document(&unit, vec![item("A-1", "2")])).await.expect(201);
    assert_eq!((draft["number"].as_i64(), draft["faults"].clone()), (Some(2), json!([])));
    adopt(&council, &draft, "2026-03-01").await.refused(422, "force_date_past");
    // Who wrote it does not put it into force alone (safeguard 6).
    adopt(&town.ops, &draft, TOMORROW).await.refused(403, "four_eyes");
    adopt(&council, &draft, TOMORROW).await.expect(200);
    adopt(&council, &draft, TOMORROW).await.refused(409, "catalogue_not_draft");
    assert!(holding(&town, &unit, TODAY).await.is_empty());
    assert_eq!(holding(&town, &town.world.group1, TOMORROW).await, figures(&[("A-1", "2.00")]));
    assert!(holding(&town, &town.world.town, TOMORROW).await.is_empty(), "it reaches down only");
}

#[tokio::test]
async fn a_document_out_of_form_is_refused_with_its_fields() {
    let town = Town::open().await;
    let unit = town.world.village.clone();
    let ops = &town.ops;
    let twice = ops.post("staff/catalogues", document(&unit, vec![item("A-1", "2"), item("A-1", "3")])).await;
    twice.refused(422, "invalid");
    assert_eq!(twice.json["fields"][0]["field"], "document.items[1].code");
    let mut odd = item("A-1", "2");
    odd["colour"] = json!("red");
    ops.post("staff/catalogues", document(&unit, vec![odd])).await.refused(422, "invalid");
    let third = ops.post("staff/catalogues", document(&unit, vec![item("A-1", "0.005")])).await;
    third.refused(422, "invalid");
    ops.post("staff/catalogues", json!({"unitId": unit, "carried": "atlantis"}))
        .await
        .refused(422, "invalid");
    ops.post("staff/catalogues", json!({"unitId": unit})).await.refused(422, "invalid");

    let panel = town.appoint("sun", "assessor", &unit).await;
    let draft = document(&unit, vec![item("A-1", "2")]);
    panel.post("staff/catalogues", draft.clone()).await.refused(403, "forbidden");
    let foreign = town.appoint("zhou", "secretary", &town.world.other_community).await;
    foreign.post("staff/catalogues", draft.clone()).await.refused(404, "not_found");
    let made = ops.post("staff/catalogues", draft).await.expect(201);
    let path = format!("staff/catalogues/{}", text(&made["id"]));
    panel.get(&path).await.expect(200);
    foreign.get(&path).await.refused(404, "catalogue_not_found");
    assert_eq!(foreign.get("staff/catalogues").await.expect(200)["items"], json!([]));
    let mine = ops.get(&format!("staff/catalogues?unit={unit}")).await.expect(200);
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_carried_catalogue_keeps_its_rows_word_for_word() {
    let town = Town::open().await;
    town.adopt(&town.world.district.clone(), "baqiao").await;
    let listed = town.anybody().get(&format!("rules?unit={}&limit=3", town.world.group1)).await.expect(200);
    let next = format!("rules?unit={}&limit=3&cursor={}", town.world.group1, text(&listed["nextCursor"]));
    let rest = town.anybody().get(&next).await.expect(200);
    let codes: Vec<_> = [&listed, &rest]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|i| i["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["BQ-001", "BQ-002", "BQ-003", "BQ-004"]);
    assert_eq!(rest["nextCursor"], Value::Null);

    let id = text(&listed["items"][0]["id"]);
    let rule = town.anybody().get(&format!("rules/{id}")).await.expect(200);
    assert_eq!(rule["points"]["points"], "50.00");
    assert_eq!(rule["source"]["key"], "baqiao");
    assert_eq!(rule["unitId"], town.world.district);
    let rows = include_str!("../../crates/domain/data/rules-baqiao.json");
    let rows: Value = serde_json::from_str(rows).unwrap();
    assert_eq!(rule["verbatim"], rows[0]);
    assert!(!text(&rule["cited"]["title"]).is_empty());
    town.anybody().get("rules/item_01jbr62tryfk1sh9p01j0gre6f").await.refused(404, "item_not_found");
}

#[tokio::test]
async fn a_unit_refines_what_is_above_it_within_its_range() {
    let town = Town::open().await;
    let world = &town.world;
    let mut range = item("A-1", "0");
    range["points"] = json!({"range": {"min": "1", "max": "5"}});
    enact(&town, &world.district, vec![range, item("B-1", "2")], TODAY).await;
    let own = document(&world.village, vec![item("A-1", "6")]);
    let outside = town.ops.post("staff/catalogues", own).await.expect(201);
    assert_eq!(outside["faults"][0]["code"], "outside_parent");
    adopt(&town.council().await, &outside, TODAY).await.refused(422, "catalogue_refused");
    enact(&town, &world.village, vec![item("A-1", "4"), item("C-1", "1")], TODAY).await;
    let here = figures(&[("A-1", "4.00"), ("B-1", "2.00"), ("C-1", "1.00")]);
    assert_eq!(holding(&town, &world.group1, TODAY).await, here);

    // What the village has in its place does not hold there any more.
    let district = town.anybody().get(&format!("rules?unit={}", world.district)).await.expect(200);
    let ranged = text(&district["items"][0]["id"]);
    let wang = town.resident("wang", &world.group1, None).await;
    let liu = town.appoint("liu", "secretary", &world.village).await;
    let body = json!({"residentId": wang.id, "itemId": ranged, "dayOfAct": TODAY});
    liu.post("staff/claims", body).await.refused(422, "item_not_in_force");
    let foreign = town.resident("far", &world.other_grid, None).await;
    let zhou = town.appoint("zhou", "secretary", &world.other_community).await;
    let own = town.item(&world.group1, "C-1").await;
    let body = json!({"residentId": foreign.id, "itemId": own, "dayOfAct": TODAY});
    zhou.post("staff/claims", body).await.refused(422, "item_other_unit");
}

#[tokio::test]
async fn an_act_is_paid_by_the_price_of_its_day() {
    let town = Town::open().await;
    let world = &town.world;
    enact(&town, &world.village, vec![item("A-1", "2")], TODAY).await;
    enact(&town, &world.village, vec![item("A-1", "3")], TOMORROW).await;
    assert_eq!(holding(&town, &world.group1, TODAY).await, figures(&[("A-1", "2.00")]));
    assert_eq!(holding(&town, &world.group1, TOMORROW).await, figures(&[("A-1", "3.00")]));
    let wang = town.resident("wang", &world.group1, None).await;
    town.appoint("liu", "secretary", &world.village).await;
    town.appoint("chen", "secretary", &world.village).await;
    let old = town.item(&world.group1, "A-1").await;

    town.set_clock("2026-03-03T02:00:00Z").await;
    let (liu, chen) = (town.staff("liu").await, town.staff("chen").await);
    let new = town.item(&world.group1, "A-1").await;
    assert_ne!(old, new);
    let entry = |item: &str, day: &str| json!({"residentId": wang.id, "itemId": item, "dayOfAct": day});
    liu.post("staff/claims", entry(&old, TOMORROW)).await.refused(422, "item_not_in_force");
    liu.post("staff/claims", entry(&new, TODAY)).await.refused(422, "item_not_in_force");
    for (item, day) in [(&old, TODAY), (&new, TOMORROW)] {
        let claim = liu.post("staff/claims", entry(item, day)).await.expect(201);
        let queue = chen.get("staff/reviews?kind=claim").await.expect(200);
        let review = queue["items"].as_array().unwrap().iter().find(|r| r["claim"]["id"] == claim["id"]);
        let path = format!("staff/reviews/{}", text(&review.unwrap()["id"]));
        chen.post(&format!("{path}/claim"), json!({})).await.expect(200);
        let body = json!({"grant": {"decision": "grant"}});
        chen.post(&format!("{path}/decide"), body).await.expect(200);
    }
    let wang = town.guest("wang").await;
    let history = wang.get("me/transfers").await.expect(200);
    let told = |i: usize| (&history["items"][i]["amount"], &history["items"][i]["claim"]["catalogueVersion"]);
    assert_eq!((told(0), told(2)), ((&json!("3.00"), &json!(2)), (&json!("2.00"), &json!(1))));
    town.verify().await;
}

#[tokio::test]
async fn of_eight_who_adopt_one_draft_one_does_and_of_two_drafts_the_later_decision_holds() {
    let town = Town::open().await;
    let unit = town.world.village.clone();
    let draft = town.ops.post("staff/catalogues", document(&unit, vec![item("A-1", "2")])).await.expect(201);
    let council = town.council().await;
    let answers = join_all((0..8).map(|_| adopt(&council, &draft, TODAY))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    assert!(answers.iter().all(|a| matches!(a.status, 200 | 409 | 412)));

    // Eight drafts at once get eight numbers; eight adoptions at once leave one version in force.
    let drafts = join_all((0..8).map(|n| {
        town.ops
            .post("staff/catalogues", document(&unit, vec![item("A-1", "2"), item(&format!("N-{n}"), "1")]))
    }));
    let drafts: Vec<Value> = drafts.await.into_iter().map(|a| a.expect(201)).collect();
    let mut numbers: Vec<_> = drafts.iter().map(|d| d["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=9).collect::<Vec<_>>());
    for answer in join_all(drafts.iter().map(|draft| adopt(&council, draft, TOMORROW))).await {
        answer.expect(200);
    }
    assert_eq!(holding(&town, &unit, TODAY).await, figures(&[("A-1", "2.00")]));
    assert_eq!(holding(&town, &unit, TOMORROW).await.len(), 2);
}
