//! The stand-in for WeChat, as a story moves it by its control paths.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::town::{Town, text};

/// The stand-in for WeChat of a town.
#[derive(Debug, Clone)]
pub struct StandIn {
    base: String,
    http: Client,
}

impl StandIn {
    /// The one that listens there.
    pub fn at(base: &str) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client can be made");
        Self { base: base.to_owned(), http }
    }

    /// One of the control paths.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.base)).json(&body);
        let answer = request.send().await.expect("the stand-in answers");
        let status = answer.status();
        let told = answer.text().await.expect("its answer can be read");
        assert!(status.is_success(), "{path}: {status}: {told}");
        if told.is_empty() { Value::Null } else { serde_json::from_str(&told).expect("it answers with JSON") }
    }

    /// One of the control paths.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, body).await
    }

    /// One of the control paths.
    pub async fn get(&self, path: &str) -> Value {
        self.control(Method::GET, path, json!({})).await
    }

    /// Lets its clock stand still then.
    pub async fn stand_at(&self, moment: &str) {
        let then = seconds(moment);
        self.post("/_clock", json!({"stand_at_us": then * 1_000_000})).await;
    }

    /// A text with this word is risky, or in doubt.
    pub async fn word(&self, word: &str, risky: bool) {
        self.post("/_words", json!({"word": word, "risky": risky, "label": 20006})).await;
    }

    /// The next requests to a path go wrong so.
    pub async fn fault(&self, path: &str, mut fault: Value, times: u32) {
        fault["path"] = json!(path);
        fault["times"] = json!(times);
        self.post("/_faults", fault).await;
    }

    /// What was asked on this path.
    pub async fn calls(&self, path: &str) -> Vec<Value> {
        let calls = self.get("/_calls").await;
        calls.as_array().into_iter().flatten().filter(|call| call["path"] == path).cloned().collect()
    }

    /// Looks at every picture that waits, and tells of it; what the pushes were answered.
    pub async fn finish_media(&self) -> Value {
        self.post("/_media/finish", json!({})).await
    }

    /// The messages that were sent.
    pub async fn messages(&self) -> Vec<Value> {
        self.get("/_messages").await.as_array().cloned().unwrap_or_default()
    }
}

impl Town {
    /// Signs a person in by WeChat whose openid is known; a guest, the first time.
    pub async fn person_of(&self, openid: &str) -> Actor {
        let code = self.wechat.post("/_codes", json!({"openid": openid})).await;
        let anybody = self.anybody();
        let answer = anybody.post("sessions/wechat", json!({"code": code["code"]})).await.expect(200);
        anybody.with_tokens(&answer)
    }

    /// What the telephone button gives to a person.
    pub async fn phone_code(&self, openid: &str, number: &str) -> String {
        let made = self.wechat.post("/_phone_codes", json!({"openid": openid, "number": number})).await;
        text(&made["code"])
    }
}

/// Seconds since 1970 of a moment as RFC 3339 writes it, to the second and in UTC.
fn seconds(moment: &str) -> i64 {
    let part = |from: usize, to: usize| moment[from..to].parse::<i64>().expect("a moment in UTC");
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    // Days since 1970 by the civil calendar (Howard Hinnant's algorithm).
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    days * 86_400 + part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19)
}
