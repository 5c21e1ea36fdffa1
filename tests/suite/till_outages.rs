//! Outages: what the till needs is away, or is there and says nothing. The shop goes on with what is left, or gets a clear answer and when to
//! ask again; nothing hangs, and when everything is back it is as if nothing had been.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::market::haircut;
use tests::redis::Redis;
use tests::town::{START, text};
use tests::{Actor, Answer, Engine, Line, Options, Town};

use crate::stage::{AWARD, at_once, redeemable};
use crate::till::{COSTS, Till, Wish, apart, code, sale, state};

/// For how long anybody waits at a till before it is said to hang.
const PATIENCE: Duration = Duration::from_secs(25);

/// The answer to a request, in time.
async fn in_time(asked: impl Future<Output = Answer>) -> Answer {
    tokio::time::timeout(PATIENCE, asked).await.expect("it hangs")
}

/// It cannot be done now, and the client is told when to ask again.
#[track_caller]
fn cannot_be_done_now(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.json);
    assert!(["unavailable", "busy"].contains(&text(&answer.json["code"]).as_str()), "{}", answer.json);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
}

/// The same request until it can be done; a connection that was lost meanwhile costs one.
async fn insist(who: &Actor, wish: &Wish) -> Answer {
    for _ in 0..50 {
        let answer = in_time(wish.send(who)).await;
        if answer.status != 503 {
            return answer;
        }
        cannot_be_done_now(&answer);
    }
    panic!("{} cannot be done, though everything is back", wish.path);
}

/// A read until it is answered.
async fn look(who: &Actor, path: &str) -> Answer {
    for _ in 0..50 {
        let answer = in_time(who.get(path)).await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("{path} cannot be read, though everything is back");
}

fn hold(till: &Till, shown: &str, order: &str) -> Wish {
    Wish::new("redemptions".to_owned(), Some(sale(shown, &till.offer, order)), order)
}

// The process that residents and the desk speak to is gone: the shop sells to whoever has a code.
#[tokio::test]
async fn a_shop_sells_while_the_resident_api_is_down() {
    let Some(options) = apart() else { return };
    let mut till = Till::open_with(options, haircut()).await;
    let (wang, li) = (till.customer("wang", 3).await, till.customer("li", 1).await);
    let before = text(&till.sold(&wang, "A-1").await["id"]);
    let (shown, plain) = (till.code(&wang).await, code(&li, json!({})).await);
    let place = till.stage.town.place_of("resident");
    till.stage.town.kill(place);

    let held = in_time(till.take(&shown, "A-2")).await.expect(201);
    let id = text(&held["id"]);
    in_time(till.step(&id, "confirm")).await.expect(200);
    in_time(till.void(&before)).await.expect(200);
    let found = in_time(till.clerk.get("redemptions/by-order/A-2")).await.expect(200);
    assert_eq!((&found["id"], &found["state"]), (&json!(id), &json!("captured")));
    let figures = in_time(till.shop.owner.get("figures")).await.expect(200);
    assert_eq!(figures["inAll"]["redemptions"], 1, "{figures}");
    in_time(till.clerk.get("redemptions")).await.expect(200);
    // Who has to tap cannot; the shop is told, and lets go.
    let awaited = text(&in_time(till.take(&plain, "A-3")).await.expect(201)["id"]);
    in_time(till.step(&awaited, "confirm")).await.refused(409, "approval_awaited");
    in_time(till.step(&awaited, "cancel")).await.expect(200);

    let town = &mut till.stage.town;
    town.revive(place, &[]);
    town.set_clock(START).await;
    let base = town.base(place);
    let (wang, li) = (wang.at(&base), li.at(&base));
    for (who, redemption, became) in
        [(&wang, &id, "captured"), (&wang, &before, "voided"), (&li, &awaited, "cancelled")]
    {
        assert_eq!(state(who, redemption).await, became);
    }
    assert_eq!((redeemable(&wang).await, redeemable(&li).await), (3 * AWARD - COSTS, AWARD));
    town.verify().await;
}

/// Works everything off; a connection that broke may have to be made again first.
async fn drained(town: &Town) {
    for place in (0..town.processes.len()).rev() {
        let mut told = String::new();
        for _ in 0..50 {
            match town.try_drain(place).await {
                Ok(()) => {
                    told.clear();
                    break;
                }
                Err(why) => told = why,
            }
        }
        assert!(told.is_empty(), "process {place} cannot be drained: {told}");
    }
}

// Redis counts requests and keeps boards; a sale needs neither.
#[tokio::test]
async fn a_shop_sells_while_redis_says_nothing_and_while_it_is_gone() {
    let Some(mut options) = apart() else { return };
    let mut redis = Redis::start().await;
    options.environment = vec![("JISHAN_TENANT_REDIS".to_owned(), redis.address())];
    let till = Till::open_with(options, haircut()).await;
    let wang = till.customer("wang", 2).await;
    drained(&till.stage.town).await;
    let sale = async |order: &str| {
        let made = in_time(wang.post("redemption-codes", json!({"offerId": till.offer}))).await.expect(201);
        let held = in_time(till.take(&text(&made["code"]), order)).await.expect(201);
        let id = text(&held["id"]);
        in_time(till.step(&id, "confirm")).await.expect(200);
        in_time(till.clerk.get(&format!("redemptions/by-order/{order}"))).await.expect(200);
        in_time(till.void(&id)).await.expect(200);
    };
    redis.freeze();
    sale("frozen").await;
    redis.thaw();
    redis.kill();
    sale("gone").await;
    redis.revive(None).await;
    sale("back").await;
    drained(&till.stage.town).await;
    assert_eq!(redeemable(&wang).await, 2 * AWARD);
    till.stage.town.verify().await;
}

/// A till of which the shops' process reaches its database over a line. Where a process is started over it, something else than the thread
/// that waits for the process has to carry.
struct Lined {
    till: Till,
    line: Line,
    place: usize,
}

impl Lined {
    async fn open(options: Options) -> Self {
        let mut till = Till::open_with(options, haircut()).await;
        let town = &mut till.stage.town;
        let url = town.database.as_ref().expect("on PostgreSQL").url_of("jishan_merchant");
        let (user, rest) = url.split_once('@').expect("the address names a user");
        let (server, name) = rest.split_once('/').expect("the address names a database");
        let line = Line::to(server).await;
        let over = format!("{user}@{}/{name}", line.address);
        let place = town.place_of("merchant");
        town.kill(place);
        town.revive(place, &[("JISHAN_TENANT_DATABASE".to_owned(), over)]);
        town.set_clock(START).await;
        let base = town.merchant_base();
        till.clerk = till.clerk.at_merchant(&base);
        till.shop.owner = till.shop.owner.at_merchant(&base);
        Self { till, line, place }
    }
}

// The shops' process cannot reach PostgreSQL: connections end, or nothing comes back over them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_without_a_database_is_told_when_to_ask_again() {
    let Some(options) = apart() else { return };
    let Lined { till, line, place } = Lined::open(options).await;
    let wang = till.customer("wang", 6).await;
    let town = &till.stage.town;
    for (round, fail) in [Line::cut, Line::freeze].into_iter().enumerate() {
        let sold = text(&till.sold(&wang, &format!("A-{round}")).await["id"]);
        let held = till.held(&wang, &format!("B-{round}")).await;
        let order = format!("C-{round}");
        let next = hold(&till, &till.code(&wang).await, &order);
        let confirm = Wish::step(&held, "confirm", &order);
        let void = Wish::step(&sold, "void", &order);
        let read = |path: String| Wish { path, body: None, key: String::new() };
        let all = [
            (Method::POST, next.clone(), &till.clerk),
            (Method::POST, confirm.clone(), &till.clerk),
            (Method::POST, void.clone(), &till.clerk),
            (Method::GET, read(format!("redemptions/by-order/B-{round}")), &till.clerk),
            (Method::GET, read("redemptions".to_owned()), &till.clerk),
            (Method::GET, read("figures".to_owned()), &till.shop.owner),
        ];
        fail(&line);
        let answers = at_once(all.into_iter().map(|(method, wish, who)| {
            let who = who.clone();
            async move {
                if method == Method::GET {
                    in_time(who.get(&wish.path)).await
                } else {
                    in_time(wish.send(&who)).await
                }
            }
        }))
        .await;
        answers.iter().for_each(cannot_be_done_now);
        assert_eq!(town.admin_page(place, "/health/ready").await.0, 503);
        // Everybody else goes on.
        assert_eq!(in_time(wang.get(&format!("redemptions/{held}"))).await.expect(200)["state"], "held");

        line.mend();
        let seen = look(&till.clerk, &format!("redemptions/by-order/B-{round}")).await.expect(200);
        assert_eq!(seen["state"], "held");
        let id = text(&insist(&till.clerk, &next).await.expect(201)["id"]);
        assert_eq!(insist(&till.clerk, &confirm).await.expect(200)["state"], "captured");
        assert_eq!(insist(&till.clerk, &void).await.expect(200)["state"], "voided");
        insist(&till.clerk, &Wish::step(&id, "cancel", &order)).await.expect(200);
        assert_eq!(redeemable(&wang).await, 6 * AWARD - (round as i64 + 1) * COSTS);
    }
    town.verify().await;
}

// The database commits, and the service never hears of it: to the same request it says what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_service_did_not_hear_of_is_found_by_the_same_request() {
    let Some(options) = apart() else { return };
    let Lined { till, line, .. } = Lined::open(options).await;
    let wang = till.customer("wang", 2).await;
    for round in 0..10 {
        let order = format!("A-{round}");
        let wish = hold(&till, &till.code(&wang).await, &order);
        // The service may find out by itself and answer; otherwise it says that it does not know.
        let unheard = async |wish: &Wish| {
            line.lose_answers_to("COMMIT", 1);
            let answer = in_time(wish.send(&till.clerk)).await;
            if answer.status >= 300 {
                cannot_be_done_now(&answer);
            }
            assert_eq!(line.still_to_lose(), 0, "it committed");
            let again = insist(&till.clerk, wish).await;
            assert_eq!(again.header("idempotency-replayed"), "true", "{}", wish.path);
            assert!(answer.status >= 300 || answer.json == again.json, "{}", wish.path);
            again
        };
        let id = text(&unheard(&wish).await.expect(201)["id"]);
        let steps: &[&str] = if round % 2 == 0 { &["confirm", "void"] } else { &["cancel"] };
        for step in steps {
            unheard(&Wish::step(&id, step, &order)).await.expect(200);
        }
        assert_eq!(redeemable(&wang).await, 2 * AWARD);
    }
    till.stage.town.verify().await;
}

// Somebody else holds the file: reads go on, and sixteen who write are not made to wait for each other.
#[tokio::test]
async fn a_file_that_somebody_else_holds_is_said_to_be_busy() {
    if Engine::of_run() == Engine::Postgres {
        return; // There it is rows that somebody holds, for two seconds at most.
    }
    let till = Till::open().await;
    let mut customers = Vec::new();
    for n in 0..16 {
        customers.push(till.customer(&format!("customer-{n}"), 1).await);
    }
    let wishes = at_once(customers.iter().cloned().enumerate().map(|(n, who)| {
        let wanted = json!({"offerId": till.offer});
        let offer = till.offer.clone();
        async move {
            let order = format!("A-{n}");
            Wish::new("redemptions".to_owned(), Some(sale(&code(&who, wanted).await, &offer, &order)), &order)
        }
    }))
    .await;
    let books = till.stage.town.hold_the_books();
    let asking: Vec<_> = wishes
        .iter()
        .map(|wish| {
            let (wish, clerk) = (wish.clone(), till.clerk.clone());
            tokio::spawn(async move { in_time(wish.send(&clerk)).await })
        })
        .collect();
    in_time(till.clerk.get("redemptions")).await.expect(200);
    for answer in asking {
        cannot_be_done_now(&answer.await.expect("it is answered"));
    }
    drop(books);
    for wish in &wishes {
        insist(&till.clerk, wish).await.expect(201);
    }
    for who in &customers {
        assert_eq!(redeemable(who).await, AWARD - COSTS);
    }
    till.stage.town.verify().await;
}
