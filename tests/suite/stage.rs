//! The stage of races and kills: a town with simple rules, people who decide, and requests that begin at one moment.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Options, Town, picture};
use tokio::sync::Barrier;

/// What an act by the item `A-1` is worth, in hundredths.
pub const AWARD: i64 = 500;

/// A town with rules and a secretary of the district.
pub struct Stage {
    pub town: Town,
    pub secretary: Actor,
}

impl Stage {
    pub async fn open() -> Self {
        Self::open_with(Options::default()).await
    }

    /// One account enters and decides, so that a claim is two requests.
    pub async fn open_with(options: Options) -> Self {
        let town = Town::open_with(options).await;
        let district = town.world.district.clone();
        let path = format!("staff/policies/{district}");
        let etag = town.ops.get(&path).await.etag();
        town.ops.put_if(&path, &etag, json!({"fourEyes": false})).await.expect(200);
        let mut daily = rule("D-1", "2.00");
        daily["caps"] = json!([{"scope": "day", "amount": {"times": 1}}]);
        let draft = draft(&town, &district, vec![rule("A-1", "5.00"), daily]).await;
        adopt(&town.ops, &draft).await.expect(200);
        let secretary = town.appoint("liu", "secretary", &district).await;
        Self { town, secretary }
    }

    pub async fn item(&self, code: &str) -> String {
        self.town.item(&self.town.world.group1, code).await
    }

    /// Enters a claim of today; its id.
    pub async fn enter(&self, resident: &Actor, item: &str) -> String {
        let body = json!({"residentId": resident.id, "itemId": item, "dayOfAct": TODAY});
        text(&self.secretary.post("staff/claims", body).await.expect(201)["id"])
    }

    /// Enters a claim of today and grants it.
    pub async fn award(&self, resident: &Actor, item: &str) -> String {
        let claim = self.enter(resident, item).await;
        let path = claimed(&self.secretary, "claim", &claim).await;
        self.secretary.post(&format!("{path}/decide"), grant()).await.expect(200);
        claim
    }

    /// A deed of a resident that everybody can see.
    pub async fn published(&self, author: &Actor, n: u32) -> String {
        let deed = text(&post_deed(author, n).await.expect(201)["id"]);
        let path = claimed(&self.secretary, "deed", &deed).await;
        self.secretary.post(&format!("{path}/decide"), publish()).await.expect(200);
        deed
    }

    /// Further sign-ins of the secretary, each with a session of its own.
    pub async fn secretaries(&self, many: usize) -> Vec<Actor> {
        let mut out = Vec::with_capacity(many);
        for _ in 0..many {
            out.push(self.town.staff("liu").await);
        }
        out
    }
}

pub fn rule(code: &str, points: &str) -> Value {
    json!({"code": code, "nameZh": format!("好事{code}"), "nameEn": format!("Deed {code}"), "direction": "award",
        "points": {"fixed": points}, "unitOfMeasure": "per occurrence", "subject": "resident"})
}

pub async fn draft(town: &Town, unit: &str, items: Vec<Value>) -> Value {
    let document = json!({"nameZh": "积分细则", "nameEn": "Points rules", "items": items});
    town.ops.post("staff/catalogues", json!({"unitId": unit, "document": document})).await.expect(201)
}

pub async fn adopt(staff: &Actor, draft: &Value) -> Answer {
    let request = staff.request(Method::POST, &format!("staff/catalogues/{}/adopt", text(&draft["id"])));
    let etag = format!("\"v{}\"", draft["version"]);
    staff.send(request.header("If-Match", etag).json(&json!({"forceFrom": TODAY}))).await
}

pub fn grant() -> Value {
    json!({"grant": {"decision": "grant"}})
}

pub fn publish() -> Value {
    json!({"publish": {"decision": "publish"}})
}

pub fn deed_of(pictures: &[String], day: &str) -> Value {
    json!({"section": "neighbours", "title": "帮邻居修水管", "text": "周六上午帮三单元的李奶奶修好了漏水的水管。",
        "pictureIds": pictures, "dayOfAct": day})
}

/// Uploads a picture and posts a deed with it.
pub async fn post_deed(author: &Actor, n: u32) -> Answer {
    let uploaded = text(&author.upload(picture::jpeg(n)).await.expect(201)["id"]);
    author.post("deeds", deed_of(&[uploaded], TODAY)).await
}

/// The open review of an object, claimed; its path.
pub async fn claimed(staff: &Actor, kind: &str, object: &str) -> String {
    let path = review(staff, kind, object).await;
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    path
}

/// The path of the open review of an object.
pub async fn review(staff: &Actor, kind: &str, object: &str) -> String {
    let queue = staff.get(&format!("staff/reviews?kind={kind}&limit=100")).await.expect(200);
    let found = queue["items"].as_array().into_iter().flatten().find(|r| r[kind]["id"] == object);
    format!(
        "staff/reviews/{}",
        text(&found.unwrap_or_else(|| panic!("no review of {object}: {queue}"))["id"])
    )
}

/// What a resident has to spend, in hundredths.
pub async fn redeemable(resident: &Actor) -> i64 {
    let account = resident.get("me/account").await.expect(200);
    hundredths(&account["accounts"][0]["redeemable"]["available"])
}

/// Points as a number.
pub fn hundredths(points: &Value) -> i64 {
    text(points).replace('.', "").parse().unwrap_or_else(|e| panic!("{points}: {e}"))
}

/// Asks as a client does: what is refused because too many ask at once is asked for again.
pub async fn insist<F: Future<Output = Answer>>(ask: impl Fn() -> F) -> Answer {
    let mut answer = ask().await;
    for _ in 0..30 {
        if answer.status != 503 {
            break;
        }
        answer = ask().await;
    }
    answer
}

/// Runs all of them, none before the last is ready; their outcomes in order.
pub async fn at_once<T, F>(tasks: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<F> = tasks.into_iter().collect();
    let barrier = Arc::new(Barrier::new(tasks.len()));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait().await;
                task.await
            })
        })
        .collect();
    let mut out = Vec::with_capacity(running.len());
    for one in running {
        out.push(one.await.expect("a request of the race panicked"));
    }
    out
}

/// One of them has this status, all others are refused with 409 or 412; which one it is.
#[track_caller]
pub fn one_won(answers: &[Answer]) -> usize {
    let won: Vec<usize> = (0..answers.len()).filter(|i| answers[*i].status < 300).collect();
    let told: Vec<_> = answers.iter().map(|a| (a.status, a.json["code"].clone())).collect();
    assert_eq!(won.len(), 1, "{told:?}");
    assert!(answers.iter().all(|a| matches!(a.status, 200 | 201 | 409 | 412)), "{told:?}");
    won[0]
}

/// Sends a request whose server may die: nothing, if no whole answer came.
pub async fn attempt(request: RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
