//! Journeys through several capabilities, as people walk them.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Town, picture};

/// A resident posts a deed with a picture that claims an item; its id.
async fn post_deed(author: &Actor, item: &str, title: &str) -> String {
    let picture = text(&author.upload(picture::jpeg(1)).await.expect(201)["id"]);
    let body = json!({"section": "volunteering", "title": title, "text": "夜里和邻居巡逻两小时。", "pictureIds": [picture],
        "dayOfAct": TODAY, "itemId": item});
    text(&author.post("deeds", body).await.expect(201)["id"])
}

/// Staff claim the deed's review, publish it and grant its claim.
async fn publish_and_grant(staff: &Actor, deed: &str) -> Value {
    let queue = staff.get("staff/reviews?kind=deed&limit=100").await.expect(200);
    let review = queue["items"].as_array().into_iter().flatten().find(|r| r["deed"]["id"] == deed);
    let review = text(&review.unwrap_or_else(|| panic!("{deed} is not in {queue}"))["id"]);
    staff.post(&format!("staff/reviews/{review}/claim"), json!({})).await.expect(200);
    let decision = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    staff.post(&format!("staff/reviews/{review}/decide"), decision).await.expect(200)
}

// BQ-1, BQ-3, BQ-4, BQ-5, BQ-8: from the entry by WeChat to a place in the daily ranking.
#[tokio::test]
async fn a_good_deed_becomes_points_and_a_place_in_the_daily_ranking() {
    let town = Town::open().await;
    let (village, group) = (town.world.village.clone(), town.world.group1.clone());
    town.adopt(&town.world.district, "baqiao").await;
    let secretary = town.appoint("secretary", "secretary", &village).await;
    let hong = town.resident("hong", &group, None).await;
    let ming = town.resident("ming", &group, None).await;
    let patrol = town.item(&group, "BQ-001").await;

    let deed = post_deed(&hong, &patrol, "雪夜巡逻").await;
    let anybody = town.anybody();
    anybody.get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
    ming.get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
    assert_eq!(anybody.get("deeds").await.expect(200)["items"], json!([]));

    publish_and_grant(&secretary, &deed).await;
    let shown = anybody.get(&format!("deeds/{deed}")).await.expect(200);
    assert_eq!((shown["points"].as_str(), shown["author"].as_str()), (Some("50.00"), Some("王*")));
    assert_eq!(
        anybody.get(&format!("deeds?unit={village}")).await.expect(200)["items"][0]["id"],
        deed.as_str()
    );
    assert_eq!(
        anybody.get(&format!("deeds?unit={}", town.world.other_town)).await.expect(200)["items"],
        json!([])
    );

    assert_eq!(ming.put_empty(&format!("deeds/{deed}/like")).await.expect(200)["likeCount"], 1);
    let comment = ming.post(&format!("deeds/{deed}/comments"), json!({"text": "辛苦了！"})).await.expect(201);
    assert_eq!(comment["state"], "pending");

    let account = hong.get("me/account").await.expect(200);
    assert_eq!(account["accounts"][0]["merit"]["posted"], "50.00");
    let reason = hong.get("me/transfers").await.expect(200)["items"][0].clone();
    assert_eq!(
        (reason["amount"].as_str(), reason["claim"]["itemCode"].as_str()),
        (Some("50.00"), Some("BQ-001"))
    );
    // A like moves no points.
    assert_eq!(ming.get("me/account").await.expect(200)["accounts"][0]["merit"]["posted"], "0.00");

    town.drain().await;
    for unit in [&group, &village, &town.world.district] {
        let mine = hong.get(&format!("rankings/{unit}/me?period=day")).await.expect(200);
        assert_eq!((mine["rank"].as_u64(), mine["score"].as_str()), (Some(1), Some("50.00")), "{mine}");
        let board = anybody.get(&format!("rankings/{unit}?period=day")).await.expect(200);
        assert_eq!(
            (board["items"][0]["name"].as_str(), board["stale"].as_bool()),
            (Some("王*"), Some(false))
        );
    }
    town.verify().await;
}

// Safeguard 2: hiding holds on every surface, while totals still add up.
#[tokio::test]
async fn a_hidden_person_is_named_nowhere_and_still_counts() {
    let town = Town::open().await;
    let group = town.world.group1.clone();
    town.adopt(&town.world.district, "baqiao").await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let hong = town.resident("hong", &group, None).await;
    let ming = town.resident("ming", &group, None).await;
    hong.put("me", json!({"nickname": "红梅"})).await.expect(200);
    let patrol = town.item(&group, "BQ-001").await;
    let clean = town.item(&group, "BQ-003").await;
    let hongs = post_deed(&hong, &patrol, "雪夜巡逻").await;
    let mings = post_deed(&ming, &clean, "清扫水渠").await;
    publish_and_grant(&secretary, &hongs).await;
    publish_and_grant(&secretary, &mings).await;
    hong.post(&format!("deeds/{mings}/comments"), json!({"text": "干得好"})).await.expect(201);
    town.drain().await;
    let names = async |who: &Actor| -> String {
        let mut seen = String::new();
        for path in [
            "deeds",
            &format!("deeds/{hongs}"),
            &format!("deeds/{mings}/comments"),
            &format!("rankings/{group}?period=day"),
        ] {
            seen.push_str(&who.get(path).await.expect(200).to_string());
        }
        seen
    };
    assert!(names(&town.anybody()).await.contains("红梅"), "shown before");

    hong.put("me", json!({"nickname": "红梅", "hidden": true})).await.expect(200);
    town.drain().await;
    for who in [&town.anybody(), &ming] {
        let seen = names(who).await;
        assert!(!seen.contains("红梅") && !seen.contains("王hong"), "{seen}");
    }
    let board = town.anybody().get(&format!("rankings/{group}?period=day")).await.expect(200);
    assert_eq!((board["total"].as_u64(), board["items"][0]["score"].as_str()), (Some(1), Some("25.00")));
    assert_eq!(board["items"][0]["rank"], 1, "ranks count visible people only");
    let own = hong.get(&format!("rankings/{group}/me?period=day")).await.expect(200);
    assert_eq!(
        (own["rank"].as_u64(), own["score"].as_str()),
        (Some(1), Some("50.00")),
        "the rank it would hold: {own}"
    );

    hong.put("me", json!({"nickname": "红梅", "hidden": false})).await.expect(200);
    town.drain().await;
    assert!(names(&town.anybody()).await.contains("红梅"), "shown again, in its place");
    town.verify().await;
}

// A day's board freezes when the log's day passes it; a reversal counts on its own day.
#[tokio::test]
async fn yesterdays_board_stays_as_it_was_when_an_award_is_taken_back_today() {
    let town = Town::open().await;
    let group = town.world.group1.clone();
    town.adopt(&town.world.district, "baqiao").await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let hong = town.resident("hong", &group, None).await;
    let ming = town.resident("ming", &group, None).await;
    let patrol = town.item(&group, "BQ-001").await;
    let deed = post_deed(&hong, &patrol, "雪夜巡逻").await;
    publish_and_grant(&secretary, &deed).await;
    town.drain().await;

    town.set_clock("2026-03-02T16:00:00Z").await; // midnight in Shanghai
    let secretary = town.staff("secretary").await;
    let ming = town.guest("ming").await.with_id(&ming.id);
    let mings = post_deed(&ming, &patrol, "清晨巡逻").await;
    publish_and_grant(&secretary, &mings).await;
    let claims = secretary.get("staff/claims?state=posted").await.expect(200);
    let hongs =
        claims["items"].as_array().into_iter().flatten().find(|c| c["residentId"] == hong.id.as_str());
    let claim = text(&hongs.unwrap_or_else(|| panic!("no claim of hong in {claims}"))["id"]);
    secretary.post(&format!("staff/claims/{claim}/reverse"), json!({"reason": "记错了人"})).await.expect(200);
    town.drain().await;

    let board =
        async |query: &str| town.anybody().get(&format!("rankings/{group}?{query}")).await.expect(200);
    let yesterday = board("period=day&date=2026-03-02").await;
    assert_eq!(
        (yesterday["frozen"].as_bool(), yesterday["items"][0]["score"].as_str()),
        (Some(true), Some("50.00"))
    );
    let today = board("period=day&date=2026-03-03").await;
    assert_eq!(
        (today["total"].as_u64(), today["items"][0]["id"].as_str()),
        (Some(1), Some(ming.id.as_str())),
        "{today}"
    );
    assert_eq!(board("period=week").await["total"], 1, "over the week the reversal cancels the award");
    town.verify().await;
}
