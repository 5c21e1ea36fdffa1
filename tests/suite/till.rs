//! The stage of the till: a town with a shop, its offer of a haircut (30 yuan and 5 points instead of 35 yuan), and people with points.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::market::{Shop, haircut, post_empty};
use tests::town::text;
use tests::{Actor, Answer, Engine, Line, Options};

use crate::stage::{AWARD, Stage};

/// What the haircut costs, in hundredths.
pub const COSTS: i64 = 500;

pub struct Till {
    pub stage: Stage,
    pub shop: Shop,
    pub offer: String,
    pub clerk: Actor,
}

impl Till {
    pub async fn open() -> Self {
        Self::open_with(Options::default(), haircut()).await
    }

    pub async fn open_with(options: Options, offer: Value) -> Self {
        let stage = Stage::open_with(options).await;
        let shop = stage.town.shop("lily", &stage.town.world.village).await;
        let offer = stage.town.offer(&shop, offer).await;
        let clerk = stage.town.clerk(&shop, "till-1").await;
        Self { stage, shop, offer, clerk }
    }

    /// A resident who has been awarded so many times.
    pub async fn customer(&self, name: &str, awards: i64) -> Actor {
        let customer = self.stage.town.resident(name, &self.stage.town.world.group1, None).await;
        self.award(&customer, awards).await;
        customer
    }

    pub async fn award(&self, to: &Actor, awards: i64) {
        assert_eq!(AWARD, COSTS, "an award pays one haircut");
        let item = self.stage.item("A-1").await;
        for _ in 0..awards {
            self.stage.award(to, &item).await;
        }
    }

    /// A code for the haircut.
    pub async fn code(&self, customer: &Actor) -> String {
        code(customer, json!({"offerId": self.offer})).await
    }

    /// Takes a code for the haircut.
    pub async fn take(&self, code: &str, order: &str) -> Answer {
        take(&self.clerk, code, &self.offer, order).await
    }

    /// A redemption that is held: the id, after the code was shown and taken.
    pub async fn held(&self, customer: &Actor, order: &str) -> String {
        let code = self.code(customer).await;
        text(&self.take(&code, order).await.expect(201)["id"])
    }

    /// What becomes of it.
    pub async fn step(&self, redemption: &str, step: &str) -> Answer {
        step_of(&self.clerk, redemption, step).await
    }

    /// A sale from the code to the receipt.
    pub async fn sold(&self, customer: &Actor, order: &str) -> Value {
        let held = self.held(customer, order).await;
        self.step(&held, "confirm").await.expect(200)
    }

    pub async fn void(&self, redemption: &str) -> Answer {
        self.clerk.post(&format!("redemptions/{redemption}/void"), json!({"reason": "顾客退货"})).await
    }

    /// A line to the service of the shops.
    pub async fn line(&self) -> Line {
        Line::to(self.stage.town.merchant_base().trim_start_matches("http://")).await
    }

    /// States a policy of the village.
    pub async fn policy(&self, part: Value) {
        let path = format!("staff/policies/{}", self.stage.town.world.village);
        let etag = self.stage.town.ops.get(&path).await.etag();
        self.stage.town.ops.put_if(&path, &etag, part).await.expect(200);
    }
}

/// So many seconds after every story begins.
pub fn after(seconds: u32) -> String {
    let minutes = seconds / 60;
    format!("2026-03-02T{:02}:{:02}:{:02}Z", 2 + minutes / 60, minutes % 60, seconds % 60)
}

/// A code.
pub async fn code(customer: &Actor, wanted: Value) -> String {
    text(&customer.post("redemption-codes", wanted).await.expect(201)["code"])
}

pub fn sale(code: &str, offer: &str, order: &str) -> Value {
    json!({"code": code, "offerId": offer, "orderNo": order})
}

pub async fn take(clerk: &Actor, code: &str, offer: &str, order: &str) -> Answer {
    clerk.post("redemptions", sale(code, offer, order)).await
}

pub async fn step_of(who: &Actor, redemption: &str, step: &str) -> Answer {
    post_empty(who, &format!("redemptions/{redemption}/{step}")).await
}

/// Where a redemption stands for its shop or its customer.
pub async fn state(who: &Actor, redemption: &str) -> String {
    text(&who.get(&format!("redemptions/{redemption}")).await.expect(200)["state"])
}

/// Asks with a request that is made by hand.
pub fn taking(clerk: &Actor, body: &Value, key: &str) -> reqwest::RequestBuilder {
    clerk.request(Method::POST, "redemptions").header("Idempotency-Key", key).json(body)
}

/// Roles in one process.
pub fn together() -> Options {
    Options::default()
}

/// Roles apart: on PostgreSQL only.
pub fn apart() -> Option<Options> {
    (Engine::of_run() == Engine::Postgres).then(|| Options { roles_apart: true, ..Options::default() })
}

/// Both, as far as there are both.
pub fn both_ways() -> impl Iterator<Item = Options> {
    std::iter::once(together()).chain(apart())
}

/// A request of a shop or a customer, as often as it has to be sent.
#[derive(Debug, Clone)]
pub struct Wish {
    pub path: String,
    pub body: Option<Value>,
    pub key: String,
}

impl Wish {
    pub fn new(path: String, body: Option<Value>, key: &str) -> Self {
        Self { path, body, key: format!("{key}-0123456789abcdef") }
    }

    /// The request of a step; a void has a reason.
    pub fn step(redemption: &str, step: &str, key: &str) -> Self {
        let body = (step == "void").then(|| json!({"reason": "顾客退货"}));
        Self::new(format!("redemptions/{redemption}/{step}"), body, &format!("{key}-{step}"))
    }

    /// The same key with another body.
    pub fn misused(&self) -> Self {
        let mut other = self.clone();
        if let Some(body) = &mut other.body {
            let word = if body.get("reason").is_some() { "reason" } else { "orderNo" };
            body[word] = json!("another");
        }
        other
    }

    pub fn by(&self, who: &Actor) -> RequestBuilder {
        let request = who.request(Method::POST, &self.path).header("Idempotency-Key", &self.key);
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    pub async fn send(&self, who: &Actor) -> Answer {
        who.send(self.by(who)).await
    }
}
