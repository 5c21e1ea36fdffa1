//! What a request costs does not grow with the town: the same statements, rows, buffers, steps and allocations among ten times as many
//! people, deeds and likes. Counted and not timed, so that a busy machine says the same.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Actor;
use tests::grown::{Grown, Spent, TIMES};
use tests::market::post_empty;
use tests::process::Engine;
use tests::town::text;

const SMALL: &str = "0.01";
const LARGE: &str = "0.1";

/// What one has more than another: a picture of a deed, an account of a resident, in steps of SQLite's machine.
const MORE: u64 = 150;

/// The names of the reads when nothing that is kept is right.
const ANEW: [&str; 6] =
    ["feed anew", "deed anew", "board anew", "own feed anew", "own rank anew", "account anew"];

/// What hot requests cost in a town of this size.
async fn costs(scale: &str) -> Vec<(&'static str, Spent)> {
    let mut town = Grown::open(scale);
    let anybody = town.anybody();
    let mut guests = Vec::new();
    let root = text(&anybody.get("units").await.expect(200)["items"][0]["id"]);
    let deed = text(&anybody.get("deeds").await.expect(200)["items"][0]["id"]);
    let board = format!("rankings/{root}?period=year&limit=50");
    town.until_fresh(&board).await;
    let (one, like, rank) =
        (format!("deeds/{deed}"), format!("deeds/{deed}/like"), format!("rankings/{root}/me?period=year"));
    let mut costs = Vec::new();
    // A person signs in for each, because the clock moves on.
    let reads: [(&str, bool, &str); 7] = [
        ("feed", false, "deeds"),
        ("deed", false, &one),
        ("board", false, &board),
        ("own feed", true, "deeds"),
        ("own rank", true, &rank),
        ("account", true, "me/account"),
        ("transfers", true, "me/transfers"),
    ];
    for (name, is_own, path) in reads {
        let who = if is_own { town.person("resident-1").await } else { anybody.clone() };
        costs.push((name, town.cost(async |_| who.get(path).await.expect(200)).await));
    }
    // The same where somebody has changed something that pages show. Of transfers there are as many as somebody has had, up to a page.
    for ((_, is_own, path), name) in reads.into_iter().zip(ANEW) {
        let who = if is_own { town.person("resident-1").await } else { anybody.clone() };
        let other = town.person("resident-2").await;
        costs.push((name, town.cost_anew(&other, async |_| who.get(path).await.expect(200)).await));
    }
    for n in 0..TIMES {
        guests.push(town.person(&format!("guest-{n}")).await);
    }
    let liked = async |n: usize| guests[n].send(guests[n].request(Method::PUT, &like)).await.expect(200);
    costs.push(("like", town.cost(liked).await));
    let till = Till::open(&town).await;
    let customers = till.customers(&town).await;
    costs.push(("redemption", town.cost(async |n| till.sell(&customers[n], n).await).await));
    costs
}

/// Who stands at a till of the demo, and what is sold.
struct Till {
    clerk: Actor,
    offer: Value,
}

impl Till {
    /// The first shop with an offer that anybody may have at any time.
    async fn open(town: &Grown) -> Self {
        for n in 1.. {
            let clerk = town.clerk(&format!("clerk-{n}")).await;
            let offers = clerk.get("offers?limit=20").await.expect(200);
            let is_free = |offer: &&Value| {
                let limits = ["fromDay", "untilDay", "perResident", "perDay"];
                offer["state"] == "published"
                    && offer["openNow"] == true
                    && offer["windows"] == json!([])
                    && limits.iter().all(|limit| offer[*limit].is_null())
            };
            if let Some(offer) = offers["items"].as_array().into_iter().flatten().find(is_free) {
                return Self { clerk, offer: offer.clone() };
            }
        }
        unreachable!("the demo has a shop")
    }

    /// As many people as are needed who have the points.
    async fn customers(&self, town: &Grown) -> Vec<Actor> {
        let (mut customers, costs) = (Vec::new(), points(&self.offer["points"]));
        for n in 2.. {
            let person = town.person(&format!("resident-{n}")).await;
            let account = person.get("me/account").await.expect(200);
            if points(&account["accounts"][0]["redeemable"]["available"]) >= costs {
                customers.push(person);
            }
            if customers.len() == TIMES {
                break;
            }
        }
        customers
    }

    /// From the code to the receipt.
    async fn sell(&self, customer: &Actor, n: usize) -> Value {
        let made = customer.post("redemption-codes", json!({"offerId": self.offer["id"]})).await.expect(201);
        let sale = json!({"code": made["code"], "offerId": self.offer["id"], "orderNo": format!("sale-{n}")});
        let held = self.clerk.post("redemptions", sale).await.expect(201);
        post_empty(&self.clerk, &format!("redemptions/{}/confirm", text(&held["id"]))).await.expect(200)
    }
}

fn points(written: &Value) -> f64 {
    text(written).parse().expect("points")
}

/// What a request is allowed: its statements on PostgreSQL and on SQLite when what is kept of the answer is too old or not right any more, and
/// the buffers that it touches on PostgreSQL in the larger town.
const ALLOWED: [(&str, u64, u64, u64); 15] = [
    ("feed", 1, 1, 120),
    ("deed", 1, 1, 20),
    ("board", 2, 2, 320),
    ("own feed", 2, 3, 200),
    ("own rank", 3, 4, 60),
    ("account", 3, 4, 40),
    ("transfers", 2, 3, 60),
    ("feed anew", 4, 4, 480),
    ("deed anew", 4, 4, 60),
    ("board anew", 4, 4, 340),
    ("own feed anew", 5, 6, 500),
    ("own rank anew", 5, 6, 60),
    ("account anew", 4, 5, 60),
    ("like", 1, 8, 40),
    ("redemption", 19, 80, 400),
];

#[tokio::test]
async fn a_request_costs_the_same_among_ten_times_as_many() {
    let (small, large) = (costs(SMALL).await, costs(LARGE).await);
    let mut faults = Vec::new();
    for (((name, small), (_, large)), allowed) in small.iter().zip(&large).zip(ALLOWED) {
        let told = format!("{name}: {small:?} -> {large:?}");
        println!("{told}");
        assert_eq!(*name, allowed.0);
        let statements = if Engine::of_run() == Engine::Postgres { allowed.1 } else { allowed.2 };
        // On SQLite the worker is in the process: what follows the log is counted with a redemption, as far as it has come by then.
        let followed = *name == "redemption" && Engine::of_run() == Engine::Sqlite;
        let least = if followed { 1 } else { statements };
        let is_right = |spent: &Spent| (least..=statements).contains(&spent.statements);
        if !is_right(small) || !is_right(large) {
            faults.push(format!("not {statements} statements; {told}"));
        }
        for ((field, few), (_, many)) in small.fields().into_iter().zip(large.fields()) {
            // A table of one page is read whole.
            if field != "buffers" && many > few + few / 4 + MORE {
                faults.push(format!("{field} grew; {told}"));
            }
        }
        // An index of ten times as many rows may be a level deeper.
        let deeper = match *name {
            "like" => small.buffers + 2,
            "redemption" => small.buffers + 2 * statements,
            _ => allowed.3,
        };
        if large.buffers > deeper.min(allowed.3) {
            faults.push(format!("more buffers; {told}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
