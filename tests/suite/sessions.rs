//! Signing in and out.

use serde_json::json;
use tests::Town;

// BQ-1: entry from WeChat.
#[tokio::test]
async fn a_guest_signs_in_by_wechat_refreshes_and_signs_out() {
    let town = Town::open().await;
    let guest = town.guest("alice").await;
    guest.get("me").await.expect(200);

    let old = guest.refresh.clone();
    let renewed = guest.post("sessions/refresh", json!({"refreshToken": old})).await.expect(200);
    // The answer is lost: the same token again gets another successor.
    let again = guest.post("sessions/refresh", json!({"refreshToken": old})).await.expect(200);
    assert_ne!(renewed["refreshToken"], again["refreshToken"]);
    // Using the successor ends the good of the first; reusing that ends the session for everybody.
    let third =
        guest.post("sessions/refresh", json!({"refreshToken": again["refreshToken"]})).await.expect(200);
    guest.post("sessions/refresh", json!({"refreshToken": old})).await.refused(401, "refresh_invalid");
    guest
        .post("sessions/refresh", json!({"refreshToken": third["refreshToken"]}))
        .await
        .refused(401, "refresh_invalid");
    guest.get("me").await.refused(401, "session_ended");

    let guest = town.guest("alice").await;
    assert_eq!(guest.delete("sessions/current").await.status, 204);
    guest.get("me").await.refused(401, "session_ended");
}

#[tokio::test]
async fn an_access_token_lives_five_minutes() {
    let town = Town::open().await;
    let guest = town.guest("bob").await;
    town.set_clock("2026-03-02T02:05:04Z").await;
    guest.get("me").await.expect(200);
    town.set_clock("2026-03-02T02:05:06Z").await;
    guest.get("me").await.refused(401, "token_expired");
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_staff_account_for_five_minutes() {
    let town = Town::open().await;
    let anybody = town.anybody();
    for _ in 0..5 {
        let wrong = json!({"login": "ops", "password": "not the password"});
        anybody.post("sessions/staff", wrong).await.refused(401, "credentials_wrong");
    }
    let right = json!({"login": "ops", "password": tests::town::PASSWORD});
    anybody.post("sessions/staff", right.clone()).await.refused(429, "locked");
    anybody
        .post("sessions/staff", json!({"login": "nobody", "password": "not the password"}))
        .await
        .refused(401, "credentials_wrong");
    town.set_clock("2026-03-02T02:05:01Z").await;
    anybody.post("sessions/staff", right).await.expect(200);
}

#[tokio::test]
async fn a_wechat_code_that_is_used_or_unknown_is_refused_and_never_sent_twice() {
    let town = Town::open().await;
    let anybody = town.anybody();
    let once = json!({"code": "demo-carol.1"});
    anybody.post("sessions/wechat", once.clone()).await.expect(200);
    anybody.post("sessions/wechat", once).await.refused(401, "wechat_code_invalid");
    anybody
        .post("sessions/wechat", json!({"code": "no such code"}))
        .await
        .refused(401, "wechat_code_invalid");
}

#[tokio::test]
async fn development_sign_in_is_off_where_no_demo_made_the_database() {
    let town = Town::open().await;
    town.anybody().post("sessions/dev", json!({"name": "resident-1"})).await.refused(403, "dev_sign_in_off");
}

#[tokio::test]
async fn a_request_that_is_not_as_required_gets_a_problem_document_in_two_languages() {
    let town = Town::open().await;
    let anybody = town.anybody();
    let answer =
        anybody.post("sessions/staff", json!({"login": "ops", "password": "x", "admin": true})).await;
    answer.refused(422, "invalid");
    assert_eq!(answer.json["fields"][0]["field"], "admin");
    assert_eq!(answer.json["fields"][0]["code"], "unknown_field");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("x-request-id"), answer.json["requestId"].as_str().unwrap_or_default());

    let chinese = anybody.in_chinese().get("me").await;
    chinese.refused(401, "sign_in_required");
    assert_eq!(chinese.json["detail"], "请先登录。");
    assert_eq!(anybody.get("me").await.json["detail"], "Sign in first.");

    let body = reqwest::Body::from("{");
    let request = anybody
        .request(reqwest::Method::POST, "sessions/staff")
        .header("Content-Type", "application/json")
        .body(body);
    anybody.send(request).await.refused(400, "malformed_json");
    let request = anybody
        .request(reqwest::Method::POST, "sessions/staff")
        .header("Content-Type", "text/plain")
        .body("x");
    anybody.send(request).await.refused(415, "unsupported_media_type");
    let request = anybody.request(reqwest::Method::GET, "units").header("Host", "elsewhere.example");
    anybody.send(request).await.refused(421, "unknown_host");
    let unknown = anybody.get("units?colour=red").await;
    unknown.refused(400, "malformed_query");
    assert_eq!(unknown.json["fields"][0]["field"], "colour");
    anybody.get("units/unit_not-an-id").await.refused(404, "malformed_path");
}
