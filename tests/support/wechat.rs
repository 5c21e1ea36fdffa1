//! A town with a mini-program: WeChat's stand-in, as a story moves it, and a server that is told what happens.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::line::Line;
use crate::town::{Options, START, Town, text};

/// The mini-program of every town.
pub const APP_ID: &str = "wxdemo0000000000";
/// What the console of a town with message push says.
pub const TOKEN: &str = "a-token-of-the-console";
/// A key by chance, whose last character holds bits that no byte needs.
pub const KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
/// Where pushes go.
pub const PUSH: &str = "/v1/wechat/push";

/// WeChat's stand-in, by its control paths.
#[derive(Debug)]
pub struct Wechat {
    base: String,
    http: Client,
    /// By which WeChat reaches the town's pictures.
    line: Option<Line>,
}

impl Wechat {
    /// That of a town; its time is the town's from now on.
    pub async fn of(town: &Town) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client can be made");
        let wechat = Self { base: town.wechat().to_owned(), http, line: None };
        wechat.stand_at(START).await;
        wechat
    }

    /// Opens a town whose server is told what happens, in secure mode and JSON.
    pub async fn town(environment: &[(&str, &str)]) -> (Town, Self) {
        Self::town_with(Options::default(), environment).await
    }

    /// The same, served otherwise.
    pub async fn town_with(mut options: Options, environment: &[(&str, &str)]) -> (Town, Self) {
        let line = Line::ahead().await;
        let here = [
            ("JISHAN_TENANT_PUBLIC_URL", format!("http://{}", line.address)),
            ("JISHAN_TENANT_WECHAT_PUSH_TOKEN", TOKEN.to_owned()),
            ("JISHAN_TENANT_WECHAT_PUSH_KEY", KEY.to_owned()),
        ];
        let more = environment.iter().map(|(name, value)| (*name, (*value).to_owned()));
        options
            .environment
            .extend(here.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)));
        let town = Town::open_with(options).await;
        line.lead_to(town.base(0).trim_start_matches("http://"));
        let mut wechat = Self::of(&town).await;
        wechat.line = Some(line);
        wechat.push_as(&town, "secure", "json").await;
        (town, wechat)
    }

    /// Tells the stand-in how the console is set.
    pub async fn push_as(&self, town: &Town, mode: &str, format: &str) {
        let settings = json!({"url": format!("{}{PUSH}", town.base(0)), "token": TOKEN, "encoding_aes_key": KEY,
            "mode": mode, "format": format, "answer_within_ms": 20_000});
        self.post("/_push/settings", settings).await;
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

    /// Signs somebody in whose openid the story chooses.
    pub async fn guest(&self, town: &Town, openid: &str) -> Actor {
        let code = text(&self.post("/_codes", json!({"openid": openid})).await["code"]);
        let anybody = town.anybody();
        let answer = anybody.post("sessions/wechat", json!({"code": code})).await.expect(200);
        anybody.with_tokens(&answer)
    }

    /// A resident whose openid the story chooses.
    pub async fn resident(&self, town: &Town, openid: &str, name: &str, unit: &str) -> Actor {
        let body = json!({"unitId": unit, "name": format!("王{name}")});
        let resident = text(&town.ops.post("staff/residents", body).await.expect(201)["id"]);
        let guest = self.guest(town, openid).await;
        town.match_resident(guest, name, unit, &resident).await
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
