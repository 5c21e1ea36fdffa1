//! People and administration: joining, hiding, households, staff accounts and their roles, policies, imports, the audit.

use reqwest::Method;
use serde_json::{Value, json};
use tests::town::{PASSWORD, text};
use tests::{Actor, Answer, Town};

async fn import(who: &Actor, unit: &str, entity: &str, csv: &str) -> Answer {
    let path = format!("staff/imports?unit={unit}&entity={entity}");
    who.send(who.request(Method::POST, &path).header("Content-Type", "text/csv").body(csv.to_owned())).await
}

fn effects(import: &Value) -> Vec<String> {
    let rows = import["rows"]["items"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| row["faultCode"].as_str().or(row["effect"].as_str()).unwrap_or_default().to_owned())
        .collect()
}

async fn actions(who: &Actor, unit: &str) -> Vec<String> {
    let page = who.get(&format!("staff/audit?unit={unit}&limit=100")).await.expect(200);
    page["items"].as_array().into_iter().flatten().map(|row| text(&row["action"])).collect()
}

#[tokio::test]
async fn a_guest_asks_to_join_and_becomes_a_resident() {
    let town = Town::open().await;
    let secretary = town.appoint("sec", "secretary", &town.world.village).await;
    let guest = town.guest("alice").await;
    assert_eq!(guest.get("me").await.expect(200)["resident"], Value::Null);
    guest.put("me", json!({"nickname": "柳叶"})).await.expect(200);
    guest.put("me", json!({"hidden": true})).await.refused(403, "residents_only");
    guest.get("me/household").await.refused(403, "residents_only");

    let ask = json!({"unitId": town.world.group1, "name": "王小丽", "door": "1-2", "note": "新搬来的"});
    let large = json!({"unitId": town.world.village, "name": "王小丽"});
    guest.post("me/join-requests", large).await.refused(422, "unit_not_smallest");
    let key = "join-request-of-alice";
    let made = guest.post_keyed("me/join-requests", ask.clone(), key).await;
    let again = guest.post_keyed("me/join-requests", ask.clone(), key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(made.json["id"], again.expect(201)["id"]);
    guest.post("me/join-requests", ask.clone()).await.refused(409, "already_requested");

    let waiting = secretary.get("staff/join-requests").await.expect(200);
    assert_eq!(waiting["items"][0]["name"], "王小丽");
    let decide = format!("staff/join-requests/{}/decide", text(&made.json["id"]));
    secretary.post(&decide, json!({"decision": "refuse"})).await.refused(422, "reason_required");
    secretary.post(&decide, json!({"decision": "accept"})).await.refused(422, "invalid");
    let foreign = town.appoint("far", "secretary", &town.world.other_town).await;
    foreign.post(&decide, json!({"decision": "accept", "newResident": {}})).await.refused(404, "not_found");
    // Everybody will see a nickname, and the carried list of words has this one.
    let forbidden = json!({"decision": "accept", "newResident": {"nickname": "代开发票"}});
    town.ops.post(&decide, forbidden).await.refused(422, "content_risky");
    let accept = json!({"decision": "accept", "newResident": {"code": "R-1"}});
    let decided = secretary.post(&decide, accept.clone()).await.expect(200);
    assert_eq!(decided["state"], "accepted");
    secretary.post(&decide, accept).await.refused(409, "already_decided");

    let me = guest.get("me").await.expect(200);
    assert_eq!((&me["resident"]["name"], &me["nickname"]), (&"王小丽".into(), &"柳叶".into()));
    assert_eq!(me["resident"]["id"], decided["residentId"]);
    guest.post("me/join-requests", ask).await.refused(409, "already_resident");
    let mine = guest.get("me/join-requests").await.expect(200);
    assert_eq!(mine["items"][0]["state"], "accepted");
    let acts = actions(&town.ops, &town.world.village).await;
    assert_eq!(acts.iter().filter(|a| *a == "join_requests.decide").count(), 1);
}

#[tokio::test]
async fn one_resident_is_linked_to_one_sign_in_and_one_request_is_decided_once() {
    let town = Town::open().await;
    let resident = town.resident("bob", &town.world.group1, None).await;
    let (first, second) = (town.guest("carol").await, town.guest("dave").await);
    let ask = json!({"unitId": town.world.group1, "name": "王冒名"});
    let request = first.post("me/join-requests", ask.clone()).await.expect(201);
    let decide = format!("staff/join-requests/{}/decide", text(&request["id"]));
    let linked = json!({"decision": "accept", "residentId": resident.id});
    town.ops.post(&decide, linked).await.refused(409, "resident_linked");
    let request = second.post("me/join-requests", ask).await.expect(201);
    let decide = format!("staff/join-requests/{}/decide", text(&request["id"]));
    let eight = futures_util::future::join_all((0..8).map(|_| {
        let (ops, decide) = (town.ops.clone(), decide.clone());
        async move { ops.post(&decide, json!({"decision": "accept", "newResident": {}})).await.status }
    }))
    .await;
    assert_eq!(eight.iter().filter(|s| **s == 200).count(), 1, "{eight:?}");
    assert_eq!(eight.iter().filter(|s| **s == 409).count(), 7, "{eight:?}");
}

#[tokio::test]
async fn a_resident_hides_shows_moves_and_leaves() {
    let town = Town::open().await;
    let household = town.household(&town.world.group1, "LW-1-01").await;
    let erin = town.resident("erin", &town.world.group1, Some(&household)).await;
    let frank = town.resident("frank", &town.world.group1, Some(&household)).await;
    erin.put("me", json!({"nickname": null, "hidden": true})).await.expect(200);
    let me = erin.get("me").await.expect(200);
    assert_eq!((&me["publicName"], &me["resident"]["hidden"]), (&"某居民".into(), &true.into()));
    let home = frank.get("me/household").await.expect(200);
    assert_eq!(home["door"], "LW-1-01 号");
    let names: Vec<&str> =
        home["members"].as_array().into_iter().flatten().filter_map(|m| m["name"].as_str()).collect();
    assert_eq!(names, ["某居民", "王frank"], "a neighbour sees what the hidden one chose; oneself in full");
    let staff_view = town.ops.get(&format!("staff/residents/{}", erin.id)).await.expect(200);
    assert_eq!(staff_view["name"], "王erin");
    erin.put("me", json!({"hidden": false})).await.expect(200);
    assert_eq!(erin.get("me").await.expect(200)["publicName"], "王*");

    let path = format!("staff/residents/{}", erin.id);
    let read = town.ops.get(&path).await;
    let etag = read.etag();
    let mut change = json!({"unitId": town.world.group2, "householdId": household, "code": null, "name": "王艾琳",
        "nickname": null, "hidden": false, "state": "active"});
    town.ops.put(&path, change.clone()).await.refused(428, "precondition_required");
    town.ops.put_if(&path, "\"v99\"", change.clone()).await.refused(412, "precondition_failed");
    town.ops.put_if(&path, &etag, change.clone()).await.refused(422, "household_elsewhere");
    change["householdId"] = Value::Null;
    let moved = town.ops.put_if(&path, &etag, change.clone()).await;
    assert_eq!(moved.json["unitId"], town.world.group2.as_str());
    town.ops.put_if(&path, &etag, change.clone()).await.refused(412, "precondition_failed");
    erin.get("me/household").await.refused(404, "not_found");
    change["state"] = json!("left");
    town.ops.put_if(&path, &moved.etag(), change).await.expect(200);
    assert_eq!(erin.get("me").await.expect(200)["resident"], Value::Null, "who left is a guest again");
    town.verify().await;
}

#[tokio::test]
async fn nobody_parts_the_own_household_to_decide_on_it_afterwards() {
    let town = Town::open().await;
    let household = town.household(&town.world.group1, "LW-1-01").await;
    let erin = town.resident("erin", &town.world.group1, Some(&household)).await;
    let frank = town.resident("frank", &town.world.group1, Some(&household)).await;
    let kin = town.appoint_resident("kin", "secretary", &town.world.village, Some(&frank.id)).await;
    let other = town.appoint("other", "secretary", &town.world.village).await;
    for id in [&erin.id, &frank.id] {
        let path = format!("staff/residents/{id}");
        let read = kin.get(&path).await;
        let mut change = json!({"unitId": town.world.group1, "householdId": household, "code": format!("C-{id}"),
            "name": "王某", "nickname": null, "hidden": false, "state": "active"});
        let renamed = kin.put_if(&path, &read.etag(), change.clone()).await;
        assert_eq!(renamed.json["householdId"], household.as_str(), "a name is not a matter of points");
        change["householdId"] = Value::Null;
        kin.put_if(&path, &renamed.etag(), change.clone()).await.refused(403, "own_act");
        change["householdId"] = household.as_str().into();
        change["state"] = json!("left");
        kin.put_if(&path, &renamed.etag(), change).await.refused(403, "own_act");
        // Neither by a file, which others may apply.
        let csv = format!("code,unit_code,household_code,name,nickname\nC-{id},YX-SQ-LW-1,,王某,\n");
        let preview = import(&kin, &town.world.village, "residents", &csv).await.expect(201);
        let apply = format!("staff/imports/{}/apply", text(&preview["id"]));
        kin.post(&apply, json!({})).await.refused(403, "own_act");
        other.post(&apply, json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn staff_keep_units_and_households_within_their_reach() {
    let town = Town::open().await;
    let worker = town.appoint("worker", "grid_worker", &town.world.group1).await;
    let household = json!({"unitId": town.world.group1, "code": "LW-1-07", "door": "7 号"});
    let made = worker.post("staff/households", household.clone()).await.expect(201);
    worker.post("staff/households", household).await.refused(409, "code_taken");
    let foreign = json!({"unitId": town.world.group2, "code": "LW-2-07"});
    worker.post("staff/households", foreign).await.refused(404, "not_found");
    town.household(&town.world.group2, "LW-2-07").await;
    let listed = worker.get("staff/households").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let by_prefix = town.ops.get("staff/households?codePrefix=LW-2").await.expect(200);
    assert_eq!(by_prefix["items"][0]["code"], "LW-2-07");
    town.ops.get("staff/households?codePrefix=%00").await.refused(400, "malformed_query");
    worker.get(&format!("staff/households?unit={}", town.world.group2)).await.refused(404, "not_found");
    let path = format!("staff/households/{}", text(&made["id"]));
    let change = json!({"code": "LW-2-07", "door": null, "householderId": null, "hidden": true});
    worker.put_if(&path, "\"v1\"", change).await.refused(409, "code_taken");
    let change = json!({"code": "LW-1-08", "door": null, "householderId": null, "hidden": true});
    let changed = worker.put_if(&path, "\"v1\"", change).await;
    assert_eq!((changed.etag().as_str(), &changed.json["door"]), ("\"v2\"", &Value::Null));

    let unit =
        json!({"parentId": town.world.group1, "type": "grid", "setting": "rural", "name": "一", "code": "Z"});
    worker.post("staff/units", unit.clone()).await.refused(403, "forbidden");
    town.ops.post("staff/units", unit).await.refused(422, "invalid");
    let path = format!("staff/units/{}", town.world.group1);
    let taken = json!({"name": "一组", "code": "YX-SQ-LW-2", "setting": "rural"});
    let read = worker.get(&path).await;
    assert_eq!((&read.json["name"], &read.json["version"]), (&json!("一组"), &json!(1)));
    town.ops.put_if(&path, &read.etag(), taken).await.refused(409, "code_taken");
    let named = json!({"name": "第一组", "code": "YX-SQ-LW-1", "setting": "rural"});
    let changed = town.ops.put_if(&path, &read.etag(), named.clone()).await;
    town.ops.put_if(&path, &read.etag(), named).await.refused(412, "precondition_failed");
    assert_eq!(town.ops.get(&path).await.etag(), changed.etag());
    assert_eq!(
        town.anybody().get(&format!("units/{}", town.world.group1)).await.expect(200)["name"],
        "第一组"
    );
}

#[tokio::test]
async fn a_supervisor_never_assesses_and_one_operator_stays() {
    let town = Town::open().await;
    let supervisor = town.appoint("super", "supervisor", &town.world.town).await;
    let assessor = json!({"staffId": supervisor.id, "unitId": town.world.village, "role": "assessor"});
    town.ops.put("staff/roles", assessor.clone()).await.refused(409, "role_conflict");
    let elsewhere = json!({"staffId": supervisor.id, "unitId": town.world.other_town, "role": "assessor"});
    town.ops.put("staff/roles", elsewhere.clone()).await.expect(200);
    let twice = town.ops.put("staff/roles", elsewhere).await.expect(200);
    assert_eq!(twice["roles"].as_array().map(Vec::len), Some(2));

    // Two accounts of one person count as one, and two grants at once do not slip past each other.
    let person = town.resident("gina", &town.world.group1, None).await;
    let one = town.appoint_resident("gina-1", "secretary", &town.world.town, Some(&person.id)).await;
    let two = town.appoint_resident("gina-2", "secretary", &town.world.town, Some(&person.id)).await;
    let grant = |staff: &str, role: &str| {
        let (ops, body) =
            (town.ops.clone(), json!({"staffId": staff, "unitId": town.world.village, "role": role}));
        async move { ops.put("staff/roles", body).await.status }
    };
    let (a, b) = tokio::join!(grant(&one.id, "assessor"), grant(&two.id, "supervisor"));
    assert_eq!(u32::from(a == 200) + u32::from(b == 200), 1, "{a} {b}");

    let last = format!("staff/roles?staffId={}&unitId={}&role=operations", town.ops.id, town.world.district);
    town.ops.delete(&last).await.refused(409, "last_role");
    let path = format!("staff/accounts/{}", town.ops.id);
    let disable = json!({"name": "运营", "disabled": true, "residentId": null});
    town.ops.put_if(&path, "\"v1\"", disable).await.refused(409, "last_role");
    let revoke = format!("staff/roles?staffId={}&unitId={}&role=supervisor", supervisor.id, town.world.town);
    assert_eq!(town.ops.delete(&revoke).await.status, 204);
    assert_eq!(town.ops.delete(&revoke).await.status, 204);
    town.ops.put("staff/roles", assessor).await.expect(200);
}

#[tokio::test]
async fn an_administrator_reaches_accounts_within_the_own_subtree_only() {
    let town = Town::open().await;
    let local = town.appoint("local", "operations", &town.world.town).await;
    let weak = json!({"login": "new-one", "name": "新人", "password": "password1234", "unitId": town.world.village, "role": "secretary"});
    local.post("staff/accounts", weak).await.refused(422, "password_weak");
    let account = |unit: &str| json!({"login": "new-one", "name": "新人", "password": PASSWORD, "unitId": unit, "role": "secretary"});
    local.post("staff/accounts", account(&town.world.other_town)).await.refused(404, "not_found");
    let made = local.post("staff/accounts", account(&town.world.village)).await.expect(201);
    local.post("staff/accounts", account(&town.world.village)).await.refused(409, "name_taken");
    assert!(!made.to_string().contains("argon2"));
    let rootless = json!({"login": "no-role", "name": "新人", "password": PASSWORD});
    local.post("staff/accounts", rootless).await.refused(404, "not_found");

    // The district's own account is not the town's to change, even if it has a role in the town.
    let path = format!("staff/accounts/{}", town.ops.id);
    let seize =
        json!({"name": "x", "disabled": false, "residentId": null, "password": "a phrase of the town's own"});
    local.put_if(&path, "\"v1\"", seize.clone()).await.refused(404, "not_found");
    let role = json!({"staffId": town.ops.id, "unitId": town.world.village, "role": "secretary"});
    town.ops.put("staff/roles", role).await.expect(200);
    local.put_if(&path, "\"v1\"", seize).await.refused(403, "forbidden");
    let listed = local.get("staff/accounts").await.expect(200);
    let logins: Vec<&str> =
        listed["items"].as_array().into_iter().flatten().filter_map(|a| a["login"].as_str()).collect();
    assert!(logins.contains(&"local") && logins.contains(&"new-one"), "{logins:?}");
    let secretary = town.staff("new-one").await;
    secretary.get("staff/accounts").await.refused(403, "forbidden");
}

#[tokio::test]
async fn disabling_an_account_ends_its_sessions_at_once() {
    let town = Town::open().await;
    let worker = town.appoint("worker", "grid_worker", &town.world.village).await;
    worker.get("staff/residents").await.expect(200);
    let path = format!("staff/accounts/{}", worker.id);
    let change = json!({"name": "工作人员", "disabled": true, "residentId": null});
    town.ops.put(&path, change.clone()).await.refused(428, "precondition_required");
    let changed = town.ops.put_if(&path, "\"v1\"", change).await;
    assert_eq!(changed.json["disabled"], true);
    worker.get("staff/residents").await.refused(401, "session_ended");
    worker
        .post("sessions/refresh", json!({"refreshToken": worker.refresh}))
        .await
        .refused(401, "refresh_invalid");
    let sign_in = json!({"login": "worker", "password": PASSWORD});
    town.anybody().post("sessions/staff", sign_in).await.refused(401, "credentials_wrong");
    let change = json!({"name": "工作人员", "disabled": false, "residentId": null, "password": "another long key of mine"});
    town.ops.put_if(&path, &changed.etag(), change).await.expect(200);
    let sign_in = json!({"login": "worker", "password": "another long key of mine"});
    town.anybody().post("sessions/staff", sign_in).await.expect(200);
}

#[tokio::test]
async fn policies_are_inherited_until_a_unit_states_its_own() {
    let town = Town::open().await;
    let (above, below) =
        (format!("staff/policies/{}", town.world.town), format!("staff/policies/{}", town.world.group1));
    let read = town.ops.get(&below).await;
    assert_eq!((read.etag().as_str(), &read.json["effective"]["claimDaysBack"]), ("\"v0\"", &30.into()));
    town.ops.put(&above, json!({})).await.refused(428, "precondition_required");
    town.ops.put_if(&above, "\"v0\"", json!({"claimDaysBack": 367})).await.refused(422, "invalid");
    town.ops
        .put_if(&above, "\"v0\"", json!({"claimDaysBack": 60, "accountHolder": "household"}))
        .await
        .expect(200);
    town.ops.put_if(&above, "\"v0\"", json!({"claimDaysBack": 90})).await.refused(412, "precondition_failed");
    let inherited = town.ops.get(&below).await.expect(200);
    assert_eq!(inherited["effective"]["claimDaysBack"], 60);
    town.ops.put_if(&below, "\"v0\"", json!({"claimDaysBack": 7})).await.expect(200);
    let public = town.anybody().get(&format!("units/{}", town.world.group1)).await.expect(200);
    assert_eq!(public["policy"]["claimDaysBack"], 7);
    assert_eq!(public["policy"]["accountHolder"], "household");
    let secretary = town.appoint("sec", "secretary", &town.world.village).await;
    secretary.put_if(&below, "\"v1\"", json!({})).await.refused(403, "forbidden");
    secretary.get(&format!("staff/audit?unit={}", town.world.village)).await.refused(403, "forbidden");
    let acts = actions(&town.ops, &town.world.town).await;
    assert_eq!(acts.iter().filter(|a| *a == "policies.update").count(), 2);
}

#[tokio::test]
async fn an_import_is_previewed_applied_once_and_repeated_without_doubling() {
    let town = Town::open().await;
    let secretary = town.appoint("sec", "secretary", &town.world.village).await;
    let village = &town.world.village;
    let units = "code,parent_code,type,setting,name\nLW-3,YX-SQ-LW,group,rural,三组\nLW-3,YX-SQ-LW,group,rural,又三组\nLW-4,YX-SH,group,rural,四组\n";
    let faulty = import(&secretary, village, "units", units).await.expect(201);
    assert_eq!(effects(&faulty), ["create", "duplicate", "unknown_parent"]);
    let apply = |id: &Value| format!("staff/imports/{}/apply", text(id));
    secretary.post(&apply(&faulty["id"]), json!({})).await.refused(422, "import_has_faults");
    // Everybody will see a nickname; the carried list of words has this one.
    let named = "code,unit_code,household_code,name,nickname,born\nR-9,YX-SQ-LW,,赵八,代开发票,\n";
    assert_eq!(effects(&import(&secretary, village, "residents", named).await.expect(201)), ["risky"]);

    let units = "\u{FEFF}code,parent_code,type,setting,name\nLW-3,YX-SQ-LW,group,rural,三组\n";
    let households = "code,unit_code,door\nH-1,LW-3,一号\nH-2,LW-3,\n";
    let residents = "code,unit_code,household_code,name,nickname\nR-1,LW-3,H-1,王一,\nR-2,LW-3,,王二,二子\n";
    for (entity, csv, rows) in
        [("units", units, 1), ("households", households, 2), ("residents", residents, 2)]
    {
        let preview = import(&secretary, village, entity, csv).await.expect(201);
        assert_eq!((&preview["state"], &preview["rowsCreated"]), (&"ready".into(), &rows.into()));
        let applied = secretary.post(&apply(&preview["id"]), json!({})).await.expect(200);
        assert_eq!(applied["state"], "applied");
        secretary.post(&apply(&preview["id"]), json!({})).await.refused(409, "import_applied");
        let again = import(&secretary, village, entity, csv).await.expect(201);
        assert_eq!(again["rowsSame"], rows);
        secretary.post(&apply(&again["id"]), json!({})).await.expect(200);
    }
    let listed = secretary.get("staff/residents?code=R-1").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["items"][0]["name"], "王一");

    // What changed since the preview makes it stale; nothing of it is applied.
    let more = "code,unit_code,household_code,name,nickname\nR-3,LW-3,,王三,\nR-4,LW-3,,王四,\n";
    let preview = import(&secretary, village, "residents", more).await.expect(201);
    let body = json!({"unitId": town.world.group1, "code": "R-4", "name": "别人"});
    secretary.post("staff/residents", body).await.expect(201);
    secretary.post(&apply(&preview["id"]), json!({})).await.refused(409, "import_stale");
    let none = secretary.get("staff/residents?code=R-3").await.expect(200);
    assert_eq!(none["items"], json!([]));
    town.verify().await;
}

#[tokio::test]
async fn an_import_refuses_what_is_no_file_and_who_has_no_reach() {
    let town = Town::open().await;
    let secretary = town.appoint("sec", "secretary", &town.world.village).await;
    let worker = town.appoint("worker", "grid_worker", &town.world.village).await;
    let village = &town.world.village;
    let csv = "code,unit_code,door\nH-1,YX-SQ-LW-1,一号\n";
    import(&worker, village, "households", csv).await.refused(403, "forbidden");
    import(&secretary, &town.world.other_town, "households", csv).await.refused(404, "not_found");
    import(&secretary, village, "people", csv).await.refused(400, "malformed_query");
    import(&secretary, village, "households", "code,door\nH-1,x\n").await.refused(422, "invalid");
    let path = format!("staff/imports?unit={village}&entity=households");
    let gbk = b"code,unit_code,door\nH-1,YX-SQ-LW-1,\xD2\xBB\xBA\xC5\n".to_vec();
    let request = secretary.request(Method::POST, &path).header("Content-Type", "text/csv").body(gbk);
    let answer = secretary.send(request).await;
    answer.refused(422, "invalid");
    assert_eq!(answer.json["fields"][0]["code"], "not_utf8");
    secretary.post(&path, json!({})).await.refused(415, "unsupported_media_type");
    let preview = import(&secretary, village, "households", csv).await.expect(201);
    let foreign = town.appoint("far", "secretary", &town.world.other_town).await;
    foreign.get(&format!("staff/imports/{}", text(&preview["id"]))).await.refused(404, "not_found");
    foreign
        .post(&format!("staff/imports/{}/apply", text(&preview["id"])), json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_large_import_is_shown_by_pages_and_applied_as_a_whole() {
    let town = Town::open().await;
    let mut csv = "code,unit_code,household_code,name,nickname\n".to_owned();
    for n in 0..1_200 {
        csv += &format!("BIG-{n},YX-SQ-LW-1,,王{n},\n");
    }
    let preview = import(&town.ops, &town.world.village, "residents", &csv).await.expect(201);
    assert_eq!((&preview["rowsTotal"], &preview["rowsCreated"]), (&1_200.into(), &1_200.into()));
    let next = text(&preview["rows"]["nextCursor"]);
    let path = format!("staff/imports/{}", text(&preview["id"]));
    let page = town.ops.get(&format!("{path}?limit=100&cursor={next}")).await.expect(200);
    assert_eq!(
        (&page["rows"]["items"][0]["line"], &page["rows"]["items"][0]["code"]),
        (&22.into(), &"BIG-20".into())
    );
    town.ops.post(&format!("{path}/apply"), json!({})).await.expect(200);
    let again = import(&town.ops, &town.world.village, "residents", &csv).await.expect(201);
    assert_eq!(again["rowsSame"], 1_200);
}
