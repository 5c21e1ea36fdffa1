//! A town with a mini-program: WeChat's stand-in, as a story moves it, and a server that is told what happens.

use std::ops::Deref;

use serde_json::json;

use crate::actor::Actor;
use crate::line::Line;
use crate::stand_in::StandIn;
use crate::town::{Options, START, Town, text};

/// The mini-program of every town.
pub const APP_ID: &str = "wxdemo0000000000";
/// What the console of a town with message push says.
pub const TOKEN: &str = "a-token-of-the-console";
/// A key by chance, whose last character holds bits that no byte needs.
pub const KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
/// Where pushes go.
pub const PUSH: &str = "/v1/wechat/push";

/// WeChat's stand-in of a town that it tells what happens.
#[derive(Debug)]
pub struct Wechat {
    stand_in: StandIn,
    /// By which WeChat reaches the town's pictures.
    line: Option<Line>,
}

impl Deref for Wechat {
    type Target = StandIn;
    fn deref(&self) -> &StandIn {
        &self.stand_in
    }
}

impl Wechat {
    /// That of a town; its time is the town's from now on.
    pub async fn of(town: &Town) -> Self {
        let wechat = Self { stand_in: town.wechat.clone(), line: None };
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

    /// A resident whose openid the story chooses.
    pub async fn resident(&self, town: &Town, openid: &str, name: &str, unit: &str) -> Actor {
        let body = json!({"unitId": unit, "name": format!("王{name}")});
        let resident = text(&town.ops.post("staff/residents", body).await.expect(201)["id"]);
        let guest = town.person_of(openid).await;
        town.match_resident(guest, name, unit, &resident).await
    }
}
