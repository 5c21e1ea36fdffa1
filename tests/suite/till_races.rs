//! Races at the till: sixteen at one moment, and one of them may. `JISHAN_ROUNDS` says how often for all of them. Those for a code and for
//! an account are raced with the roles in one process, and apart.
//!
//! A guard that is taken away is found within a few rounds; the number is for what nobody has thought of.

use serde_json::json;
use tests::market::{Shop, haircut};
use tests::town::text;
use tests::{Actor, Answer, Options};

use crate::stage::{AWARD, at_once, insist, redeemable};
use crate::till::{COSTS, Till, both_ways, code, sale, state, step_of, take, taking};

/// How many at once.
const RACERS: usize = 16;

/// How often a story repeats its race.
pub fn rounds(by_default: usize) -> usize {
    let said = std::env::var("JISHAN_ROUNDS").ok();
    said.map_or(by_default, |text| text.parse().unwrap_or_else(|e| panic!("JISHAN_ROUNDS {text}: {e}")))
}

/// One won with this status; the others were refused with one of these codes. Who it was.
#[track_caller]
fn one_of(answers: &[Answer], status: u16, refusals: &[&str]) -> usize {
    let told: Vec<_> = answers.iter().map(|a| (a.status, a.json["code"].clone())).collect();
    let won: Vec<usize> = (0..answers.len()).filter(|i| answers[*i].status == status).collect();
    assert_eq!(won.len(), 1, "{told:?}");
    let refused = |a: &Answer| a.json["code"].as_str().is_some_and(|code| refusals.contains(&code));
    assert!(answers.iter().all(|a| a.status == status || refused(a)), "{told:?}");
    won[0]
}

/// Further sign-ins at the till, so that no two racers are one session.
async fn clerks(till: &Till) -> Vec<Actor> {
    let mut clerks = vec![till.clerk.clone()];
    for _ in 1..4 {
        clerks.push(till.stage.town.clerk_again("till-1").await);
    }
    clerks
}

// One code, one shop: sixteen tills take it, each for a sale of its own.
#[tokio::test]
async fn one_code_is_taken_once_in_one_shop() {
    for options in both_ways() {
        in_one_shop(options).await;
    }
}

async fn in_one_shop(options: Options) {
    let till = Till::open_with(options, haircut()).await;
    let wang = till.customer("wang", 4).await;
    let clerks = clerks(&till).await;
    for round in 0..rounds(200) {
        let shown = till.code(&wang).await;
        let answers = at_once((0..RACERS).map(|n| {
            let (clerk, code, offer) = (clerks[n % clerks.len()].clone(), shown.clone(), till.offer.clone());
            async move { take(&clerk, &code, &offer, &format!("R-{round}-{n}")).await }
        }))
        .await;
        let winner = one_of(&answers, 201, &["code_unknown"]);
        let id = text(&answers[winner].json["id"]);
        if round < 2 {
            assert_eq!(redeemable(&wang).await, 4 * AWARD - COSTS);
        }
        till.step(&id, "cancel").await.expect(200);
    }
    assert_eq!(redeemable(&wang).await, 4 * AWARD);
    till.stage.town.verify().await;
}

// One code, two shops.
#[tokio::test]
async fn one_code_is_taken_once_by_two_shops() {
    for options in both_ways() {
        by_two_shops(options).await;
    }
}

async fn by_two_shops(options: Options) {
    let till = Till::open_with(options, haircut()).await;
    let wang = till.customer("wang", 4).await;
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    for round in 0..rounds(200) {
        let shown = code(&wang, json!({})).await;
        let answers = at_once((0..RACERS).map(|n| {
            let (who, offer) = if n % 2 == 0 { (&till.clerk, &till.offer) } else { (&rival.owner, &theirs) };
            let (who, code, offer) = (who.clone(), shown.clone(), offer.clone());
            async move { take(&who, &code, &offer, &format!("R-{round}-{n}")).await }
        }))
        .await;
        let winner = one_of(&answers, 201, &["code_unknown"]);
        let id = text(&answers[winner].json["id"]);
        step_of(&wang, &id, "decline").await.expect(200);
    }
    assert_eq!(redeemable(&wang).await, 4 * AWARD);
    till.stage.town.verify().await;
}

// Sixteen members of one household, each with an own code, and points for one haircut.
#[tokio::test]
async fn one_household_account_pays_once() {
    for options in both_ways() {
        by_one_household(options).await;
    }
}

async fn by_one_household(options: Options) {
    let till = Till::open_with(options, haircut()).await;
    let town = &till.stage.town;
    till.policy(json!({"accountHolder": "household"})).await;
    let household = town.household(&town.world.group1, "LW-1").await;
    let mut members = Vec::new();
    for n in 0..RACERS {
        members.push(town.resident(&format!("member-{n}"), &town.world.group1, Some(&household)).await);
    }
    till.award(&members[0], 1).await;
    let clerks = clerks(&till).await;
    for round in 0..rounds(200) {
        let codes = at_once(members.iter().map(|member| {
            let (member, wanted) = (member.clone(), json!({"offerId": till.offer}));
            async move { code(&member, wanted).await }
        }))
        .await;
        let answers = at_once(codes.into_iter().enumerate().map(|(n, code)| {
            let (clerk, offer) = (clerks[n % clerks.len()].clone(), till.offer.clone());
            async move { take(&clerk, &code, &offer, &format!("R-{round}-{n}")).await }
        }))
        .await;
        let winner = one_of(&answers, 201, &["balance_exceeded"]);
        till.step(&text(&answers[winner].json["id"]), "cancel").await.expect(200);
    }
    town.verify().await;
}

// Sixteen customers with a code each, and one order number.
#[tokio::test]
async fn one_order_number_is_one_sale_of_sixteen() {
    let till = Till::open().await;
    let mut customers = Vec::new();
    for n in 0..RACERS {
        customers.push(till.customer(&format!("customer-{n}"), 1).await);
    }
    for round in 0..rounds(40) {
        let codes = at_once(customers.iter().map(|customer| {
            let (customer, wanted) = (customer.clone(), json!({"offerId": till.offer}));
            async move { code(&customer, wanted).await }
        }))
        .await;
        let answers = at_once(codes.into_iter().map(|code| {
            let (clerk, offer) = (till.clerk.clone(), till.offer.clone());
            async move { take(&clerk, &code, &offer, &format!("R-{round}")).await }
        }))
        .await;
        let winner = one_of(&answers, 201, &["order_taken"]);
        till.step(&text(&answers[winner].json["id"]), "cancel").await.expect(200);
        // And one customer's one sale by sixteen copies of the request, each with a key of its own.
        let shown = till.code(&customers[0]).await;
        let answers = at_once((0..RACERS).map(|n| {
            let clerk = till.clerk.clone();
            let request = taking(
                &clerk,
                &sale(&shown, &till.offer, &format!("S-{round}")),
                &format!("copy-{round:05}-{n:08}"),
            );
            async move { clerk.send(request).await }
        }))
        .await;
        let ids: Vec<String> = answers.into_iter().map(|a| text(&a.expect(201)["id"])).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        till.step(&ids[0], "cancel").await.expect(200);
    }
    till.stage.town.verify().await;
}

// Confirm, cancel and decline at once: one of them is what became of it, whoever asks and however often.
#[tokio::test]
async fn a_redemption_is_settled_once() {
    let till = Till::open().await;
    let wang = till.customer("wang", 4).await;
    let clerks = clerks(&till).await;
    for round in 0..rounds(50) {
        let id = till.held(&wang, &format!("R-{round}")).await;
        let answers = at_once((0..RACERS).map(|n| {
            let (who, step) = match n % 4 {
                0 | 1 => (&clerks[n % clerks.len()], "confirm"),
                2 => (&clerks[n % clerks.len()], "cancel"),
                _ => (&wang, "decline"),
            };
            let (who, id) = (who.clone(), id.clone());
            async move { (step, step_of(&who, &id, step).await) }
        }))
        .await;
        let became = state(&wang, &id).await;
        for (step, answer) in &answers {
            let fits = (became == "captured") == (*step == "confirm");
            if fits {
                assert_eq!(
                    (answer.status, &answer.json["state"]),
                    (200, &json!(became)),
                    "{step}: {}",
                    answer.json
                );
            } else {
                answer.refused(409, "redemption_settled");
            }
        }
        if became == "captured" {
            // Sixteen voids give back once.
            let answers = at_once((0..RACERS).map(|n| {
                let (clerk, id) = (clerks[n % clerks.len()].clone(), id.clone());
                async move {
                    clerk.post(&format!("redemptions/{id}/void"), json!({"reason": "顾客退货"})).await
                }
            }))
            .await;
            answers.into_iter().for_each(|a| drop(a.expect(200)));
        }
    }
    assert_eq!(redeemable(&wang).await, 4 * AWARD);
    till.stage.town.verify().await;
}

// An offer for one a day and one a resident: sixteen customers, then one with sixteen sales.
#[tokio::test]
async fn an_offer_is_sold_as_often_as_it_may_be() {
    let till = Till::open_with(Options::default(), limited(3, 2)).await;
    let mut customers = Vec::new();
    for n in 0..RACERS {
        customers.push(till.customer(&format!("customer-{n}"), 1).await);
    }
    for round in 0..rounds(20) {
        let mut held = Vec::new();
        let answers = at_once(customers.iter().enumerate().map(|(n, customer)| {
            let (customer, clerk, offer) = (customer.clone(), till.clerk.clone(), till.offer.clone());
            async move {
                let code = code(&customer, json!({"offerId": offer})).await;
                take(&clerk, &code, &offer, &format!("R-{round}-{n}")).await
            }
        }))
        .await;
        for answer in answers {
            if answer.status == 201 {
                held.push(text(&answer.json["id"]));
            } else {
                answer.refused(409, "offer_used_up");
            }
        }
        assert_eq!(held.len(), 3, "three a day");
        // All of them are let go at once, and the limits have everything back.
        let let_go = at_once(held.into_iter().map(|id| {
            let clerk = till.clerk.clone();
            async move { step_of(&clerk, &id, "cancel").await }
        }))
        .await;
        let_go.into_iter().for_each(|a| drop(a.expect(200)));
    }
    till.stage.town.verify().await;
}

/// The haircut, for so many a day, and so many a resident.
fn limited(per_day: u32, per_resident: u32) -> serde_json::Value {
    let mut offer = haircut();
    offer["perDay"] = json!(per_day);
    offer["perResident"] = json!({"count": per_resident, "span": "week"});
    offer
}

// A resident who asks for sixteen codes at once has one.
#[tokio::test]
async fn of_sixteen_codes_made_at_once_one_is_good() {
    let till = Till::open().await;
    let wang = till.customer("wang", 1).await;
    let Shop { owner, .. } = &till.shop;
    for round in 0..rounds(20) {
        let codes = at_once((0..RACERS).map(|_| {
            let (wang, wanted) = (wang.clone(), json!({"offerId": till.offer}));
            async move {
                let made = insist(|| wang.post("redemption-codes", wanted.clone())).await.expect(201);
                text(&made["code"])
            }
        }))
        .await;
        let answers = at_once(codes.into_iter().enumerate().map(|(n, code)| {
            let (owner, offer) = (owner.clone(), till.offer.clone());
            let order = format!("R-{round}-{n}");
            async move { insist(|| take(&owner, &code, &offer, &order)).await }
        }))
        .await;
        let winner = one_of(&answers, 201, &["code_unknown"]);
        till.step(&text(&answers[winner].json["id"]), "cancel").await.expect(200);
    }
    till.stage.town.verify().await;
}
