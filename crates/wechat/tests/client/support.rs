//! A stand-in with a client that shares its clock, and the few things every test asks of them.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use wechat::stand_in::{Fault, FaultKind, Handle, RecordedCall, Running, StandIn};
use wechat::{BaseUrl, Client, Pause, Secret, Settings};

pub const APP_ID: &str = "wx0123456789abcdef";
pub const APP_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub const OPENID: &str = "oTestAlice-0000000000000001";

pub const SIGN_IN: &str = "/sns/jscode2session";
pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const TOKEN: &str = "/cgi-bin/token";
pub const ACCESS: &str = "/cgi-bin/get_api_domain_ip";

/// Noon in Beijing on 2026-11-22, at the beginning of a minute.
pub const NOON_US: i64 = 1_795_320_000_000_000;

/// A loopback address with a free port.
pub fn anywhere() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// The timeout of a client that meets this fault: only one that hangs must be waited out, and everything else has time
/// enough on the busiest machine.
pub fn patience_for(kind: &FaultKind) -> Duration {
    if *kind == FaultKind::Hang { Duration::from_secs(1) } else { Duration::from_secs(30) }
}

/// A pause that ends at once and remembers how long it should have been.
#[derive(Default)]
pub struct NoPause(Mutex<Vec<Duration>>);

impl NoPause {
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

impl Pause for NoPause {
    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().push(length);
        Box::pin(async {})
    }
}

/// A stand-in, a client that speaks to it, and a plain HTTP client for what no well-behaved client sends.
pub struct Scene {
    pub running: Running,
    pub client: Client,
    pub pause: Arc<NoPause>,
    http: reqwest::Client,
}

impl Scene {
    pub async fn begin() -> Self {
        Self::begin_with(|stand_in| stand_in, Duration::from_secs(30)).await
    }

    pub async fn begin_with(set: impl FnOnce(StandIn) -> StandIn, timeout: Duration) -> Self {
        let stand_in = set(StandIn::new(APP_ID, APP_SECRET, Arc::new(|| NOON_US)));
        let running = stand_in.start(anywhere()).await.unwrap();
        let pause = Arc::new(NoPause::default());
        let client = client_of(&running, APP_SECRET, timeout, pause.clone());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { running, client, pause, http }
    }

    pub fn wechat(&self) -> &Handle {
        self.running.handle()
    }

    pub fn new_code(&self) -> String {
        self.wechat().issue_code(None, OPENID).unwrap()
    }

    pub fn fault(&self, path: &str, kind: FaultKind, times: u32) {
        self.wechat().inject(Fault { path: path.into(), kind, times });
    }

    /// The requests that reached one path.
    pub fn calls(&self, path: &str) -> Vec<RecordedCall> {
        self.wechat().calls().into_iter().filter(|call| call.path == path).collect()
    }

    /// A client of the same app with another secret or timeout.
    pub fn other_client(&self, secret: &str, timeout: Duration) -> Client {
        client_of(&self.running, secret, timeout, self.pause.clone())
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", self.running.url());
        Answer::of(self.http.get(url).query(query).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let url = format!("{}{path}", self.running.url());
        Answer::of(self.http.post(url).json(body).send().await.unwrap()).await
    }

    pub async fn post_text(&self, path: &str, body: &'static str) -> Answer {
        let url = format!("{}{path}", self.running.url());
        Answer::of(self.http.post(url).body(body).send().await.unwrap()).await
    }

    /// The exchange as a mini-program's server writes it.
    pub async fn exchange(&self, code: &str) -> Answer {
        let query = [
            ("appid", APP_ID),
            ("secret", APP_SECRET),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        self.get(SIGN_IN, &query).await
    }

    pub async fn normal_token(&self) -> String {
        let query = [("appid", APP_ID), ("secret", APP_SECRET), ("grant_type", "client_credential")];
        self.get(TOKEN, &query).await.text("access_token")
    }

    pub async fn stable_token(&self, force: bool) -> Answer {
        let body = json!({ "grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET, "force_refresh": force });
        self.post(STABLE_TOKEN, &body).await
    }

    /// What a path with a token says about this one: 0 or its errcode.
    pub async fn standing(&self, token: &str) -> i64 {
        self.get(ACCESS, &[("access_token", token)]).await.errcode()
    }
}

fn client_of(running: &Running, secret: &str, timeout: Duration, pause: Arc<NoPause>) -> Client {
    let mut settings = Settings::new(APP_ID, Secret::new(secret));
    settings.base_url = BaseUrl::overridden(running.url()).unwrap();
    settings.timeout = timeout;
    let handle = running.handle().clone();
    Client::with_pause(settings, Arc::new(move || handle.now_us()), pause).unwrap()
}

/// An answer of the stand-in, as bytes have it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub json: Value,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let content_type =
            response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let json = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null);
        Self { status, content_type: content_type.unwrap_or_default(), json }
    }

    pub fn errcode(&self) -> i64 {
        self.json["errcode"].as_i64().unwrap_or(0)
    }

    pub fn text(&self, field: &str) -> String {
        self.json[field].as_str().unwrap_or_else(|| panic!("no {field} in {self:?}")).to_owned()
    }
}
