//! Kills at the till: the service ends in the middle of a sale, as by `kill -9`. The shop asks by its order number or sends the request again,
//! and the sale comes to one end.
//!
//! `JISHAN_KILLS` says how often at moments that nobody chose (20 if nothing is said). On PostgreSQL each story is told of roles in one
//! process and of roles apart, where only the process of the shops is killed and everything else goes on.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tests::market::haircut;
use tests::town::text;
use tests::{Actor, Line, Options};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::kills::kills;
use crate::stage::{AWARD, attempt, redeemable};
use crate::till::{COSTS, Till, Wish, apart, code, sale, state, together};

/// Ahead of the present, where the clock of a process stands until it is told the time: so nothing is over before it is told.
const MOMENT: &str = "2040-01-02T02:00:00Z";

/// A till whose service is killed, reached over a line that can lose an answer.
struct Killed {
    till: Till,
    customers: Vec<Actor>,
    line: Line,
    kills: usize,
}

impl Killed {
    /// So many customers with so many awards each; afterwards the clocks stand at [`MOMENT`], and everybody has signed in there.
    async fn open(options: Options, customers: usize, awards: i64) -> Self {
        let mut till = Till::open_with(options, haircut()).await;
        let town = &till.stage.town;
        let mut ids = Vec::new();
        for n in 0..customers {
            ids.push(till.customer(&format!("customer-{n}"), awards).await.id);
        }
        town.drain().await;
        town.set_clock(MOMENT).await;
        let mut signed_in = Vec::new();
        for (n, id) in ids.iter().enumerate() {
            signed_in.push(town.guest(&format!("customer-{n}")).await.with_id(id));
        }
        let clerk = town.clerk_again("till-1").await;
        till.clerk = clerk;
        let line = till.line().await;
        let mut it = Self { till, customers: signed_in, line, kills: 0 };
        it.find();
        it
    }

    /// The service is killed.
    fn kill(&mut self) {
        let town = &mut self.till.stage.town;
        town.kill(town.place_of("merchant"));
        self.kills += 1;
    }

    /// It comes again, and everybody finds it.
    async fn revive(&mut self) {
        let town = &mut self.till.stage.town;
        town.revive(town.place_of("merchant"), &[]);
        town.set_clock(MOMENT).await;
        self.line = self.till.line().await;
        self.find();
    }

    fn find(&mut self) {
        let base = self.till.stage.town.base(0);
        self.customers.iter_mut().for_each(|customer| *customer = customer.at(&base));
        self.till.clerk = self.till.clerk.at_merchant(&format!("http://{}", self.line.address));
    }

    async fn killed_and_revived(&mut self) {
        self.kill();
        self.revive().await;
    }

    /// Where the shop's sale stands, as the shop asks after a fault; nothing, if there is none.
    async fn asked(&self, order: &str) -> Option<Value> {
        let answer = self.till.clerk.get(&format!("redemptions/by-order/{order}")).await;
        if answer.status == 200 {
            return Some(answer.json);
        }
        answer.refused(404, "redemption_not_found");
        None
    }

    /// Points of the ledger and statements are right, and nothing panicked.
    async fn ends_well(&self) {
        self.till.stage.town.verify().await;
        assert!(!self.till.stage.town.log().contains("panicked"));
    }
}

/// When the service is killed, as seen from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// It has come, and cannot be committed.
    BeforeCommit,
    /// It is committed, and the answer is lost.
    AfterCommit,
    /// It was answered.
    Answered,
}

impl Killed {
    /// The shop's request, the kill at its moment, and the service again.
    async fn meets(&mut self, wish: &Wish, when: When) {
        match when {
            When::BeforeCommit => {
                let held = self.till.stage.town.hold_the_books();
                let request = wish.by(&self.till.clerk);
                self.line.watch_for(&wish.path);
                let under_way = tokio::spawn(attempt(request));
                self.line.carried().await;
                while self.till.stage.town.waiting_for_the_books() == Some(0) && !under_way.is_finished() {}
                self.kill();
                drop(held);
                let answer = under_way.await.expect("it ends with the connection");
                assert!(answer.is_none_or(|(status, _)| status == 503), "the books were held");
            }
            When::AfterCommit => {
                self.line.lose_answers_to(&wish.path, 1);
                assert_eq!(attempt(wish.by(&self.till.clerk)).await, None, "the answer was lost");
                self.kill();
            }
            When::Answered => {
                let (status, told) = attempt(wish.by(&self.till.clerk)).await.expect("it is answered");
                assert!(status < 300, "{told}");
                self.kill();
            }
        }
        self.revive().await;
    }

    /// One sale, the service killed at this moment of each of the shop's requests and after each of the customer's.
    async fn sale(&mut self, way: &Way, when: When) {
        let order = format!("{}-{when:?}", way.name);
        let customer = self.customers[0].clone();
        let wanted = if way.plain { json!({}) } else { json!({"offerId": self.till.offer}) };
        let shown = code(&customer, wanted).await;
        if when == When::Answered {
            self.killed_and_revived().await;
        }
        let hold = Wish::new("redemptions".to_owned(), Some(sale(&shown, &self.till.offer, &order)), &order);
        self.meets(&hold, when).await;
        assert_eq!(self.asked(&order).await.is_some(), when != When::BeforeCommit);
        let held = hold.send(&self.till.clerk).await.expect(201);
        assert_eq!(hold.send(&self.till.clerk).await.expect(201), held, "it is the same, however often");
        assert_eq!((&held["state"], &held["orderNo"]), (&json!("held"), &json!(order)));
        let id = text(&held["id"]);

        let mut before = "held";
        for (step, after) in way.steps {
            let wish = Wish::step(&id, step, &order);
            let by_customer = matches!(*step, "approve" | "decline");
            if by_customer {
                wish.send(&self.customers[0]).await.expect(200);
                self.killed_and_revived().await;
            } else {
                self.meets(&wish, when).await;
            }
            let stands = if when == When::BeforeCommit && !by_customer { before } else { after };
            let found = self.asked(&order).await.expect("it was held");
            assert_eq!((&found["id"], &found["state"]), (&json!(id), &json!(stands)), "{order} {step}");
            let who = if by_customer { &self.customers[0] } else { &self.till.clerk };
            let done = wish.send(who).await.expect(200);
            assert_eq!(done["state"], *after, "{order} {step}");
            assert_eq!(wish.send(who).await.expect(200), done, "{order} {step}");
            before = after;
        }
        assert_eq!(self.asked(&order).await.map(|found| found["state"].clone()), Some(json!(before)));
        assert_eq!(state(&self.customers[0], &id).await, before);
    }
}

/// A way that a sale can go: whose code it was, what is asked for, and what becomes of it.
struct Way {
    name: &'static str,
    plain: bool,
    steps: &'static [(&'static str, &'static str)],
    /// How many haircuts the customer has paid in the end.
    paid: i64,
}

const WAYS: [Way; 3] = [
    Way { name: "void", plain: false, steps: &[("confirm", "captured"), ("void", "voided")], paid: 0 },
    Way { name: "cancel", plain: false, steps: &[("cancel", "cancelled")], paid: 0 },
    Way { name: "tap", plain: true, steps: &[("approve", "held"), ("confirm", "captured")], paid: 1 },
];

async fn every_sale_comes_to_one_end(options: Options) {
    let awards = 4;
    let mut killed = Killed::open(options, 1, awards).await;
    let mut paid = 0;
    for way in &WAYS {
        for when in [When::BeforeCommit, When::AfterCommit, When::Answered] {
            killed.sale(way, when).await;
            paid += way.paid;
            assert_eq!(redeemable(&killed.customers[0]).await, awards * AWARD - paid * COSTS, "{}", way.name);
        }
    }
    killed.ends_well().await;
    println!("{} kills between the steps of {} sales", killed.kills, 3 * WAYS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_comes_to_one_end_between_whichever_steps_the_service_is_killed() {
    every_sale_comes_to_one_end(together()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_comes_to_one_end_though_the_process_of_the_shops_is_killed_between_its_steps() {
    if let Some(options) = apart() {
        every_sale_comes_to_one_end(options).await;
    }
}

/// A sale that a till has begun, and what it was told of it.
#[derive(Debug, Clone)]
struct Begun {
    order: String,
    shown: String,
    /// The last answer; nothing, if the hold was not answered.
    told: Option<Value>,
}

impl Begun {
    fn hold(&self, offer: &str) -> Wish {
        Wish::new("redemptions".to_owned(), Some(sale(&self.shown, offer, &self.order)), &self.order)
    }

    fn state(&self) -> &str {
        self.told.as_ref().and_then(|told| told["state"].as_str()).unwrap_or("begun")
    }
}

/// Where a sale can stand whose last step was not answered: as the shop was told, or one step on.
fn may_follow(told: &str, found: &str) -> bool {
    told == found
        || match told {
            "begun" => found == "held",
            "held" => matches!(found, "captured" | "cancelled"),
            "captured" => found == "voided",
            _ => false,
        }
}

/// A till with a customer of its own, where one sale follows the other until the service dies.
struct Teller {
    clerk: Actor,
    customer: Actor,
    offer: String,
    name: String,
    count: Arc<Semaphore>,
}

impl Teller {
    async fn sell(self) -> Vec<Begun> {
        let mut sales = Vec::new();
        for n in 0.. {
            let wanted = json!({"offerId": self.offer});
            let wanted = self.customer.request(Method::POST, "redemption-codes").json(&wanted);
            let Some((201, made)) = attempt(wanted).await else { break };
            let order = format!("{}-{n}", self.name);
            let mut begun = Begun { order, shown: text(&made["code"]), told: None };
            // Every sale is given back or let go, so that the points last for any number of them.
            let steps: &[&str] = if n % 2 == 0 { &["confirm", "void"] } else { &["cancel"] };
            let went = self.go(&mut begun, steps).await;
            sales.push(begun);
            if went.is_none() {
                break;
            }
        }
        sales
    }

    /// One sale, as far as the service lives.
    async fn go(&self, begun: &mut Begun, steps: &[&str]) -> Option<()> {
        let held = self.ask(begun, &begun.hold(&self.offer)).await?;
        for step in steps {
            self.ask(begun, &Wish::step(&text(&held["id"]), step, &begun.order)).await?;
        }
        Some(())
    }

    async fn ask(&self, begun: &mut Begun, wish: &Wish) -> Option<Value> {
        let (status, told) = attempt(wish.by(&self.clerk)).await?;
        assert!(status < 300, "{} answered {status}: {told}", wish.path);
        begun.told = Some(told.clone());
        self.count.add_permits(1);
        Some(told)
    }
}

impl Killed {
    fn open_tills(&self, round: usize, count: &Arc<Semaphore>) -> Vec<JoinHandle<Vec<Begun>>> {
        let teller = |(n, customer): (usize, &Actor)| Teller {
            clerk: self.till.clerk.clone(),
            customer: customer.clone(),
            offer: self.till.offer.clone(),
            name: format!("{round}-{n}"),
            count: count.clone(),
        };
        self.customers.iter().enumerate().map(teller).map(|teller| tokio::spawn(teller.sell())).collect()
    }

    /// What was answered is so, what was not is asked for and goes on; how many haircuts that sold.
    async fn go_on(&self, sales: Vec<Begun>) -> i64 {
        let (last, before) = match sales.split_last() {
            Some(parts) => parts,
            None => return 0,
        };
        for begun in before {
            let found = self.asked(&begun.order).await.expect("it was answered");
            assert_eq!(found["state"], begun.state(), "{}", begun.order);
        }
        let found = self.asked(&last.order).await;
        let stands = found.as_ref().map_or("begun", |found| found["state"].as_str().unwrap_or_default());
        assert!(may_follow(last.state(), stands), "{}: told {}, found {stands}", last.order, last.state());
        // The same request again, whatever became of the first one.
        let again = last.hold(&self.till.offer).send(&self.till.clerk).await.expect(201);
        assert!(found.is_none_or(|found| found == again), "{again}");
        if again["state"] == "held" {
            let sold = self.till.step(&text(&again["id"]), "confirm").await.expect(200);
            assert_eq!(sold["state"], "captured");
            return 1;
        }
        i64::from(again["state"] == "captured")
    }
}

/// How much is answered before the kill of a round: now little, now much.
fn patience(round: usize) -> u32 {
    3 + (round as u32 * 7) % 20
}

async fn no_sale_is_lost_or_doubled(options: Options) {
    let awards = kills() as i64 + 1;
    let mut killed = Killed::open(options, 3, awards).await;
    let (mut paid, mut answered) = (vec![0; killed.customers.len()], 0);
    for round in 0..kills() {
        let count = Arc::new(Semaphore::new(0));
        let selling = killed.open_tills(round, &count);
        count.acquire_many(patience(round)).await.expect("it stays open").forget();
        killed.kill();
        let mut rounds = Vec::new();
        for teller in selling {
            rounds.push(teller.await.expect("a till was refused what it may do"));
        }
        killed.revive().await;
        for (n, sales) in rounds.into_iter().enumerate() {
            answered += sales.iter().filter(|begun| begun.told.is_some()).count();
            paid[n] += killed.go_on(sales).await;
            assert_eq!(redeemable(&killed.customers[n]).await, awards * AWARD - paid[n] * COSTS);
        }
    }
    killed.ends_well().await;
    println!("{} kills, {answered} sales", killed.kills);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sale_is_lost_or_doubled_when_the_service_is_killed_at_any_moment() {
    no_sale_is_lost_or_doubled(together()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sale_is_lost_or_doubled_when_the_process_of_the_shops_is_killed_at_any_moment() {
    if let Some(options) = apart() {
        no_sale_is_lost_or_doubled(options).await;
    }
}
