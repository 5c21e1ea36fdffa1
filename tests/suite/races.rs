//! Races: many requests at one moment, and one of them may.
//!
//! The races on one balance (sixteen who spend it, a hold settled by eight) are told without HTTP in `crates/store/tests/store`
//! (`posting`, `holding`, `counting`): nothing can be spent over HTTP yet.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town, picture};

use crate::stage::{
    AWARD, Stage, adopt, at_once, claimed, deed_of, draft, grant, one_won, post_deed, publish, redeemable,
    review, rule,
};

/// How often each race is run.
const ROUNDS: u32 = 3;

fn post(who: &Actor, path: &str, body: serde_json::Value) -> impl Future<Output = Answer> + Send + use<> {
    let (who, path) = (who.clone(), path.to_owned());
    async move { who.post(&path, body).await }
}

#[tokio::test]
async fn sixteen_grants_at_once_stop_at_the_daily_cap() {
    let stage = Stage::open().await;
    let item = stage.item("D-1").await; // 2 points, once a day
    let other = stage.item("A-1").await;
    for round in 0..ROUNDS {
        let wang = stage.town.resident(&format!("wang-{round}"), &stage.town.world.group1, None).await;
        // The first points of a person open accounts, too; from the second on, grants may be written together.
        let before = if round == 0 { 0 } else { AWARD };
        if round > 0 {
            stage.award(&wang, &other).await;
        }
        let mut paths = Vec::new();
        for _ in 0..16 {
            let claim = stage.enter(&wang, &item).await;
            paths.push(claimed(&stage.secretary, "claim", &claim).await);
        }
        let decide = |path: &String| post(&stage.secretary, &format!("{path}/decide"), grant());
        let answers = at_once(paths.iter().map(decide)).await;
        let winner = one_won(&answers);
        answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(409, "cap_reached"));
        assert_eq!(redeemable(&wang).await, before + 200);
        // Whoever was refused stays open, and can be refused by a person.
        for (i, path) in paths.iter().enumerate().filter(|(i, _)| *i != winner) {
            let body = json!({"grant": {"decision": "refuse", "reason": format!("第 {i} 次")}});
            stage.secretary.post(&format!("{path}/decide"), body).await.expect(200);
        }
    }
    stage.town.verify().await;
}

#[tokio::test]
async fn sixty_four_like_one_deed_at_once_and_take_it_back_at_once() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let author = town.resident("wang", &town.world.group1, None).await;
    let mut guests = Vec::new();
    for n in 0..64 {
        guests.push(town.guest(&format!("guest-{n}")).await);
    }
    let press = async |deed: &str, method: Method| {
        let twice = guests.iter().chain(&guests[..16]);
        let answers = at_once(twice.map(|guest| {
            let (guest, method, path) = (guest.clone(), method.clone(), format!("deeds/{deed}/like"));
            async move { guest.send(guest.request(method, &path)).await }
        }))
        .await;
        let seen: HashSet<i64> =
            answers.into_iter().filter_map(|a| a.expect(200)["likeCount"].as_i64()).collect();
        (seen, guests[0].get(&format!("deeds/{deed}")).await.expect(200)["likeCount"].clone())
    };
    for round in 0..2 {
        let deed = stage.published(&author, round).await;
        let (seen, count) = press(&deed, Method::PUT).await;
        assert_eq!(count, 64);
        assert!((1..=64).all(|n| seen.contains(&n)), "each like counted one: {seen:?}");
        let (seen, count) = press(&deed, Method::DELETE).await;
        assert_eq!(count, 0);
        assert!((0..64).all(|n| seen.contains(&n)), "each taken back counted one: {seen:?}");
    }
    town.verify().await;
}

#[tokio::test]
async fn one_review_is_claimed_by_one_of_eight_and_decided_once() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let mut desks = Vec::new();
    for n in 0..8 {
        desks.push(town.appoint(&format!("desk-{n}"), "secretary", &town.world.village).await);
    }
    let wang = town.resident("wang", &town.world.group1, None).await;
    for round in 0..ROUNDS {
        let name = format!("desk-{round}");
        let again = [town.staff(&name).await, town.staff(&name).await];
        let author = town.resident(&format!("li-{round}"), &town.world.group1, None).await;
        let claim = stage.enter(&wang, &item).await;
        let deed = text(&post_deed(&author, round).await.expect(201)["id"]);
        for (kind, object, body) in [("claim", &claim, grant()), ("deed", &deed, publish())] {
            let path = review(&desks[0], kind, object).await;
            let answers =
                at_once(desks.iter().map(|desk| post(desk, &format!("{path}/claim"), json!({})))).await;
            let holder = one_won(&answers);
            answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(409, "review_taken"));
            desks[holder].post(&format!("{path}/release"), json!({})).await.expect(200);
            let holder = round as usize;
            desks[holder].post(&format!("{path}/claim"), json!({})).await.expect(200);

            let other = &desks[(holder + 1) % desks.len()];
            other.post(&format!("{path}/decide"), body.clone()).await.refused(409, "review_taken");

            // The holder at three desks, twice each, and seven others.
            let all = desks.iter().chain(&again).chain(&again).chain([&desks[holder]]);
            let staff: Vec<_> = all.cloned().collect();
            let answers =
                at_once(staff.iter().map(|desk| post(desk, &format!("{path}/decide"), body.clone()))).await;
            let winner = one_won(&answers);
            assert_eq!(staff[winner].id, desks[holder].id, "only who claimed it decides");
            answers.iter().filter(|a| a.status != 200).for_each(|a| {
                assert!(
                    matches!(a.json["code"].as_str(), Some("already_decided" | "review_taken")),
                    "{}",
                    a.json
                );
            });
        }
        assert_eq!(redeemable(&wang).await, AWARD * i64::from(round + 1));
        town.anybody().get(&format!("deeds/{deed}")).await.expect(200);
        let feed = town.anybody().get(&format!("deeds?unit={}", town.world.group1)).await.expect(200);
        let shown =
            feed["items"].as_array().into_iter().flatten().filter(|d| d["id"] == deed.as_str()).count();
        assert_eq!(shown, 1);
    }
    town.verify().await;
}

#[tokio::test]
async fn one_claim_moves_points_once_however_many_keys_ask() {
    let stage = Stage::open().await;
    let item = stage.item("A-1").await;
    let desks = stage.secretaries(16).await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    for round in 0..ROUNDS {
        let claim = stage.enter(&wang, &item).await;
        let decide = format!("{}/decide", claimed(&stage.secretary, "claim", &claim).await);
        one_won(&at_once(desks.iter().map(|desk| post(desk, &decide, grant()))).await);
        assert_eq!(redeemable(&wang).await, AWARD);

        let reverse = format!("staff/claims/{claim}/reverse");
        let answers = at_once(desks.iter().map(|desk| post(desk, &reverse, json!({"reason": "重复"})))).await;
        one_won(&answers);
        answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(409, "already_reversed"));
        assert_eq!(redeemable(&wang).await, 0);
        let history = wang.get("me/transfers").await.expect(200);
        assert_eq!(history["items"].as_array().map(Vec::len), Some(4 * (round as usize + 1)), "{history}");
    }
    stage.town.verify().await;
}

#[tokio::test]
async fn one_key_does_one_thing_by_sixteen_and_answers_all_alike() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let desks = stage.secretaries(16).await;
    for round in 0..ROUNDS {
        let body = json!({"residentId": wang.id, "itemId": item, "dayOfAct": TODAY});
        let claim = all_alike(&desks, "staff/claims", body, &format!("enter-{round}-0123456789")).await;
        let claim = text(&claim["id"]);
        let decide = format!("{}/decide", claimed(&stage.secretary, "claim", &claim).await);
        all_alike(&desks, &decide, grant(), &format!("decide-{round}-0123456789")).await;
        assert_eq!(redeemable(&wang).await, AWARD * i64::from(round + 1));
        let reused = desks[0].post_keyed(&decide, publish(), &format!("decide-{round}-0123456789")).await;
        reused.refused(422, "idempotency_key_reused");

        let uploaded = text(&wang.upload(picture::jpeg(round)).await.expect(201)["id"]);
        let sixteen = vec![wang.clone(); 16];
        let body = deed_of(&[uploaded], TODAY);
        all_alike(&sixteen, "deeds", body, &format!("deed-{round}-0123456789")).await;
        let mine = wang.get("me/deeds").await.expect(200);
        assert_eq!(mine["items"].as_array().map(Vec::len), Some(round as usize + 1));
    }
    let claims = stage.secretary.get("staff/claims?limit=100").await.expect(200);
    assert_eq!(claims["items"].as_array().map(Vec::len), Some(ROUNDS as usize));
    town.verify().await;
}

/// One request with one key by all of them: one did it, the others were told the same.
async fn all_alike(who: &[Actor], path: &str, body: serde_json::Value, key: &str) -> serde_json::Value {
    let answers = at_once(who.iter().map(|one| {
        let (one, path, body, key) = (one.clone(), path.to_owned(), body.clone(), key.to_owned());
        async move { one.post_keyed(&path, body, &key).await }
    }))
    .await;
    let replayed = answers.iter().filter(|a| a.header("idempotency-replayed") == "true").count();
    assert_eq!(replayed, who.len() - 1, "{path}");
    let mut bodies: Vec<_> = answers.into_iter().map(|a| (a.status, a.json)).collect();
    let first = bodies.pop().expect("there are answers");
    assert!(matches!(first.0, 200 | 201), "{path}: {first:?}");
    assert!(bodies.iter().all(|other| *other == first), "{path}: {bodies:?}");
    first.1
}

#[tokio::test]
async fn one_picture_goes_to_one_of_sixteen_deeds() {
    let stage = Stage::open().await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    for round in 0..ROUNDS {
        let uploaded = text(&wang.upload(picture::jpeg(round)).await.expect(201)["id"]);
        let body = deed_of(&[uploaded], TODAY);
        let answers = at_once((0..16).map(|_| post(&wang, "deeds", body.clone()))).await;
        one_won(&answers);
        answers.iter().filter(|a| a.status != 201).for_each(|a| a.refused(409, "picture_used"));
        let mine = wang.get("me/deeds").await.expect(200);
        assert_eq!(mine["items"].as_array().map(Vec::len), Some(round as usize + 1));
    }
}

#[tokio::test]
async fn sixteen_reversals_at_once_take_a_balance_to_nothing_and_not_below() {
    let stage = Stage::open().await;
    let item = stage.item("A-1").await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    for _ in 0..2 {
        let mut claims = Vec::new();
        for _ in 0..16 {
            claims.push(stage.award(&wang, &item).await);
        }
        assert_eq!(redeemable(&wang).await, 16 * AWARD);
        let reverse = |claim: &String| {
            post(&stage.secretary, &format!("staff/claims/{claim}/reverse"), json!({"reason": "名单有误"}))
        };
        // Each is asked for twice.
        let answers = at_once(claims.iter().chain(&claims).map(reverse)).await;
        for (first, second) in answers[..16].iter().zip(&answers[16..]) {
            one_won(&[first.clone(), second.clone()]);
            let done = if first.status == 200 { first } else { second };
            assert_eq!(done.json["uncollected"], "0.00");
        }
        assert_eq!(redeemable(&wang).await, 0);
    }
    stage.town.verify().await;
}

#[tokio::test]
async fn eight_who_refresh_at_once_leave_one_usable_successor() {
    let town = Town::open().await;
    for round in 0..ROUNDS * 2 {
        let guest = town.guest(&format!("guest-{round}")).await;
        let renew = |token: &Option<String>| {
            post(&guest, "sessions/refresh", json!({"refreshToken": token.clone().unwrap_or_default()}))
        };
        // One device whose answers were lost eight times: it may ask again as long as no successor was used.
        let answers = at_once((0..8).map(|_| renew(&guest.refresh))).await;
        let mut successors: Vec<_> =
            answers.into_iter().map(|a| guest.with_tokens(&a.expect(200)).refresh).collect();
        successors.sort();
        successors.dedup();
        assert_eq!(successors.len(), 8, "each is another");
        if round % 2 == 0 {
            // Nothing ended the session: once more is answered, and that successor is the one that counts.
            let last = guest.with_tokens(&renew(&guest.refresh).await.expect(200));
            let used = renew(&last.refresh).await.expect(200);
            renew(&successors[0]).await.refused(401, "refresh_invalid");
            let used = guest.with_tokens(&used);
            renew(&used.refresh).await.refused(401, "refresh_invalid");
        } else {
            // All eight at once: at most the newest goes on, and the reuse of any other ends the session for all.
            let answers = at_once(successors.iter().map(renew)).await;
            let good: Vec<_> = answers.into_iter().filter(|a| a.status == 200).collect();
            assert!(good.len() <= 1, "two successors were usable");
            for answer in good {
                renew(&guest.with_tokens(&answer.json).refresh).await.refused(401, "refresh_invalid");
            }
        }
        guest.get("me").await.refused(401, "session_ended");
    }
}

#[tokio::test]
async fn a_request_to_join_is_accepted_for_one_of_two_residents() {
    let town = Town::open().await;
    let desks = {
        let mut desks = Vec::new();
        for n in 0..8 {
            desks.push(town.appoint(&format!("desk-{n}"), "secretary", &town.world.village).await);
        }
        desks
    };
    for round in 0..ROUNDS {
        let body = json!({"unitId": town.world.group1, "name": "王小丽"});
        let mut residents = Vec::new();
        for _ in 0..2 {
            residents.push(text(&town.ops.post("staff/residents", body.clone()).await.expect(201)["id"]));
        }
        let guest = town.guest(&format!("guest-{round}")).await;
        let request = text(&guest.post("me/join-requests", body).await.expect(201)["id"]);
        let path = format!("staff/join-requests/{request}/decide");
        let accept = |n: usize| json!({"decision": "accept", "residentId": residents[n % 2]});
        let answers = at_once(desks.iter().enumerate().map(|(n, desk)| post(desk, &path, accept(n)))).await;
        let winner = one_won(&answers);
        let me = guest.get("me").await.expect(200);
        assert_eq!(me["resident"]["id"], residents[winner % 2].as_str());

        // And two who both say that they are the other one.
        let free = &residents[(winner + 1) % 2];
        let mut paths = Vec::new();
        for n in 0..2 {
            let twin = town.guest(&format!("twin-{round}-{n}")).await;
            let body = json!({"unitId": town.world.group1, "name": "王小丽"});
            let request = text(&twin.post("me/join-requests", body).await.expect(201)["id"]);
            paths.push(format!("staff/join-requests/{request}/decide"));
        }
        let link = json!({"decision": "accept", "residentId": free});
        let answers = at_once((0..8).map(|n| post(&desks[n], &paths[n % 2], link.clone()))).await;
        one_won(&answers);
    }
}

#[tokio::test]
async fn of_two_catalogues_adopted_at_once_one_holds() {
    let town = Town::open().await;
    let unit = town.world.village.clone();
    let council = town.council().await;
    for round in 0..ROUNDS {
        let mut drafts = Vec::new();
        for which in ["X", "Y"] {
            drafts.push(draft(&town, &unit, vec![rule(&format!("{which}-{round}"), "2.00")]).await);
        }
        let answers = at_once(drafts.iter().map(|draft| {
            let (council, draft) = (council.clone(), draft.clone());
            async move { adopt(&council, &draft).await }
        }))
        .await;
        assert!(
            answers.iter().any(|a| a.status == 200)
                && answers.iter().all(|a| matches!(a.status, 200 | 409 | 412))
        );
        let holding = town.anybody().get(&format!("rules?unit={unit}&limit=100")).await.expect(200);
        let codes: Vec<String> =
            holding["items"].as_array().into_iter().flatten().map(|i| text(&i["code"])).collect();
        let end = format!("-{round}");
        assert!(codes.len() == 1 && codes[0].ends_with(&end), "one catalogue is in force: {codes:?}");
    }
}

#[tokio::test]
async fn of_eight_editors_of_one_version_one_writes() {
    let town = Town::open().await;
    let resident = town.resident("wang", &town.world.group1, None).await;
    let household = town.household(&town.world.group1, "LW-1").await;
    for round in 0..ROUNDS {
        let policies = format!("staff/policies/{}", town.world.village);
        let account = format!("staff/residents/{}", resident.id);
        let days = |n: usize| json!({"claimDaysBack": 10 + n});
        let person = |n: usize| {
            json!({"unitId": town.world.group1, "householdId": household, "code": null,
            "name": format!("王第{round}{n}"), "nickname": null, "hidden": false, "state": "active"})
        };
        for (path, body) in [(&policies, &days as &dyn Fn(usize) -> serde_json::Value), (&account, &person)] {
            let etag = town.ops.get(path).await.etag();
            let answers = at_once((0..8).map(|n| {
                let (ops, path, etag, body) = (town.ops.clone(), path.clone(), etag.clone(), body(n));
                async move { ops.put_if(&path, &etag, body).await }
            }))
            .await;
            let winner = one_won(&answers);
            answers.iter().filter(|a| a.status != 200).for_each(|a| a.refused(412, "precondition_failed"));
            let now = town.ops.get(path).await;
            assert_eq!(now.etag(), answers[winner].etag(), "the winner's version is the one that stands");
        }
    }
}
