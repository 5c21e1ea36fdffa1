//! Rankings: pages of boards, and where one stands.

use serde_json::Value;
use tests::Town;

#[tokio::test]
async fn a_board_says_which_it_is_and_refuses_what_it_is_not() {
    let town = Town::open().await;
    // A process serves before its boards are there.
    town.drain().await;
    let anybody = town.anybody();
    let board = format!("rankings/{}", town.world.village);
    let day = anybody.get(&board).await.expect(200);
    assert_eq!(day["items"], Value::Array(Vec::new()));
    assert_eq!((&day["total"], &day["subject"]), (&0.into(), &"resident".into()));
    assert_eq!((&day["stale"], &day["frozen"]), (&false.into(), &false.into()));
    assert_eq!(day["period"], serde_json::json!({"span": "day", "start": "2026-03-02", "end": "2026-03-02"}));
    let month =
        anybody.get(&format!("{board}?period=month&date=2026-02-14&subject=household")).await.expect(200);
    assert_eq!(
        month["period"],
        serde_json::json!({"span": "month", "start": "2026-02-01", "end": "2026-02-28"})
    );
    let all = anybody.get(&format!("{board}?period=all")).await.expect(200);
    assert_eq!(all["period"], serde_json::json!({"span": "all", "start": null, "end": null}));
    for wrong in [
        "period=fortnight",
        "date=2026-03-03",
        "date=tomorrow",
        "subject=shop",
        "limit=0",
        "limit=101",
        "by=name",
    ] {
        anybody.get(&format!("{board}?{wrong}")).await.refused(400, "malformed_query");
    }
    anybody.get(&format!("{board}?cursor=x")).await.refused(400, "malformed_cursor");
    anybody.get("rankings/unit_01jbr62tryfk1sh9p01j0gre6f").await.refused(404, "unit_not_found");
    anybody.get("rankings/village").await.refused(404, "malformed_path");
    anybody.get(&format!("{board}/me")).await.refused(401, "sign_in_required");
    town.guest("dora").await.get(&format!("{board}/me")).await.refused(403, "residents_only");
}

#[tokio::test]
async fn who_has_no_points_stands_behind_all() {
    let town = Town::open().await;
    let erin = town.resident("erin", &town.world.group1, None).await;
    let board = format!("rankings/{}", town.world.village);
    let own = erin.get(&format!("{board}/me?period=week")).await.expect(200);
    assert_eq!((&own["rank"], &own["position"], &own["score"]), (&1.into(), &Value::Null, &"0.00".into()));
    assert_eq!(own["id"], erin.id.as_str());
    erin.get(&format!("{board}/me?subject=household")).await.refused(404, "no_household");
}

#[tokio::test]
async fn a_unit_may_have_no_boards() {
    let town = Town::open().await;
    let policies = format!("staff/policies/{}", town.world.village);
    let etag = town.ops.get(&policies).await.etag();
    town.ops.put_if(&policies, &etag, serde_json::json!({"rankings": false})).await.expect(200);
    town.anybody().get(&format!("rankings/{}", town.world.group1)).await.refused(403, "disabled");
    town.anybody().get(&format!("rankings/{}", town.world.town)).await.expect(200);
}
