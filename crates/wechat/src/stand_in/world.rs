//! Everything the stand-in knows: apps, users, login codes, quotas, faults and the journal.
//!
//! One value behind one lock. A request is answered in one step under that lock, so two requests never see half of each
//! other, as with the real service's counters.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::endpoints::{self, Call, Endpoint, Refusal};
use super::fault::{Fault, FaultKind, Faults};
use super::handle::UnknownApp;
use super::journal::Journal;
use super::media::Media;
use super::messages::Messages;
use super::meter::Meters;
use super::push::{Console, Delivered, NamedEvent};
use super::tokens::Family;
use crate::Clock;
use crate::clock::SECOND_US;

/// A login code is good for five minutes.
pub(super) const CODE_LIFE_US: i64 = 300 * SECOND_US;

/// How many pushes are remembered that nobody ordered.
const TOLD_MAX: usize = 1_000;

/// How many login codes are remembered; then the expired ones are dropped.
const CODES_MAX: usize = 100_000;

/// Draws what a code says as PNG.
pub type Draw = fn(&str) -> Vec<u8>;

/// A picture of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\x0aIDAT\
    \x78\xda\x63\x60\0\0\0\x02\0\x01\xe5\x27\xde\xfc\0\0\0\0IEND\xae\x42\x60\x82";

/// Everything that it knows.
pub(super) struct World {
    clock: Arc<dyn Clock>,
    advanced_us: i64,
    /// Where the clock stands still.
    stands_at_us: Option<i64>,
    pub(super) apps: Vec<App>,
    pub(super) users: HashMap<UserKey, User>,
    pub(super) codes: HashMap<String, LoginCode>,
    /// Codes of the telephone button.
    pub(super) phone_codes: HashMap<String, PhoneCode>,
    /// Words of which a text is risky or doubtful.
    pub(super) words: Vec<Word>,
    /// Templates of subscription messages, by id.
    pub(super) templates: HashMap<String, Template>,
    /// How many messages of a template somebody agreed to.
    pub(super) credits: HashMap<(UserKey, String), u32>,
    /// Pages of the mini-program as it is released.
    pub(super) pages: Vec<String>,
    /// What the console has for message push, by app.
    pub(super) consoles: HashMap<String, Console>,
    /// Pictures and sounds that somebody asked about.
    pub(super) media: Media,
    /// Messages that were sent.
    pub(super) messages: Messages,
    /// What became of what was told without being ordered to.
    pub(super) told: VecDeque<Delivered>,
    /// What is to be done beside the answer to the call that is being answered.
    pub(super) errands: Vec<Errand>,
    /// How often somebody has let go of answers that wait.
    pub(super) let_go: u64,
    pub(super) demo_codes: bool,
    /// What draws the picture of a code.
    pub(super) draw: Draw,
    pub(super) meters: Meters,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
}

/// An openid means something only together with its app.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct UserKey {
    pub(super) app_id: String,
    pub(super) openid: String,
}

/// A mini-program as the WeChat console knows it.
pub(super) struct App {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) secret_frozen: bool,
    pub(super) account_frozen: bool,
    pub(super) address_refused: bool,
    pub(super) bound: bool,
    /// Tokens of `/cgi-bin/token`, which know nothing of the stable ones.
    pub(super) normal: Family,
    /// Tokens of `/cgi-bin/stable_token`.
    pub(super) stable: Family,
}

/// A person within one app.
#[derive(Default)]
pub(super) struct User {
    pub(super) unionid: Option<String>,
    pub(super) high_risk: bool,
    pub(super) session_key: Option<String>,
    pub(super) last_visit_us: Option<i64>,
}

/// What `wx.login` gave to a mini-program.
pub(super) struct LoginCode {
    pub(super) user: UserKey,
    pub(super) issued_us: i64,
    pub(super) used: bool,
}

/// What the telephone button gave to a mini-program.
pub(super) struct PhoneCode {
    pub(super) user: UserKey,
    pub(super) number: String,
    pub(super) issued_us: i64,
    pub(super) used: bool,
}

/// A word that makes a text risky, or doubtful.
pub(super) struct Word {
    pub(super) word: String,
    pub(super) risky: bool,
    pub(super) label: i64,
}

impl Word {
    /// What is advised of a text with it.
    pub(super) fn suggest(&self) -> &'static str {
        if self.risky { "risky" } else { "review" }
    }
}

/// A template of subscription messages.
pub(super) struct Template {
    /// The names of its values, each of which has to be there.
    pub(super) names: Vec<String>,
    /// WeChat sends none of it any more.
    pub(super) banned: bool,
}

/// What goes back over HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) held_back: HeldBack,
    pub(super) errands: Vec<Errand>,
}

/// When the reply goes back.
pub(super) enum HeldBack {
    No,
    Ms(u64),
    /// When somebody has let go more often than that.
    UntilLetGo(u64),
    Forever,
}

/// What a call brings about beside its answer.
pub(super) enum Errand {
    /// Looks at a file after so many milliseconds.
    Finish { trace_id: String, after_ms: u64 },
    /// Tells the server of an app what happened.
    Tell { app_id: String, event: NamedEvent },
    /// Once the answer has gone back, nothing is on its way to this person.
    Arrive { user: UserKey },
}

impl World {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            advanced_us: 0,
            stands_at_us: None,
            apps: Vec::new(),
            users: HashMap::new(),
            codes: HashMap::new(),
            phone_codes: HashMap::new(),
            words: Vec::new(),
            templates: HashMap::new(),
            credits: HashMap::new(),
            pages: Vec::new(),
            consoles: HashMap::new(),
            media: Media::default(),
            messages: Messages::default(),
            told: VecDeque::new(),
            errands: Vec::new(),
            let_go: 0,
            demo_codes: false,
            draw: |_| PIXEL.to_vec(),
            meters: Meters::default(),
            faults: Faults::default(),
            journal: Journal::default(),
        }
    }

    pub(super) fn add_app(&mut self, id: String, secret: String) {
        self.apps.push(App {
            id,
            secret,
            secret_frozen: false,
            account_frozen: false,
            address_refused: false,
            bound: false,
            normal: Family::default(),
            stable: Family::default(),
        });
    }

    pub(super) fn accept_demo_codes(&mut self) {
        self.demo_codes = true;
    }

    pub(super) fn now_us(&self) -> i64 {
        self.stands_at_us.unwrap_or_else(|| self.clock.now_us().saturating_add(self.advanced_us))
    }

    /// Moves time forward, also where it stands still.
    pub(super) fn advance_us(&mut self, by_us: i64) {
        self.advanced_us = self.advanced_us.saturating_add(by_us);
        self.stands_at_us = self.stands_at_us.map(|at_us| at_us.saturating_add(by_us));
    }

    /// From now on time stands still there, be it earlier or later.
    pub(super) fn stand_at_us(&mut self, at_us: i64) {
        self.stands_at_us = Some(at_us);
    }

    /// Writes down what became of something that was told.
    pub(super) fn remember_told(&mut self, delivered: Vec<Delivered>) {
        self.told.extend(delivered);
        self.told.drain(..self.told.len().saturating_sub(TOLD_MAX));
    }

    /// The app of that id, or the first one when none is named.
    pub(super) fn app_mut(&mut self, id: Option<&str>) -> Option<&mut App> {
        self.apps.iter_mut().find(|app| id.is_none_or(|id| app.id == id))
    }

    /// The id of the app that is meant.
    pub(super) fn known_app(&mut self, id: Option<&str>) -> Result<String, UnknownApp> {
        Ok(self.app_mut(id).ok_or(UnknownApp)?.id.clone())
    }

    /// What `wx.login` does on a telephone: a new code for this user.
    pub(super) fn issue_code(&mut self, user: UserKey) -> String {
        let code = new_code();
        self.remember_code(code.clone(), user);
        code
    }

    /// What the telephone button does: a new code for this user's number.
    pub(super) fn issue_phone_code(&mut self, user: UserKey, number: String) -> String {
        let (code, issued_us) = (new_code(), self.now_us());
        if self.phone_codes.len() >= CODES_MAX {
            self.phone_codes.retain(|_, code| issued_us - code.issued_us <= CODE_LIFE_US);
        }
        self.phone_codes.insert(code.clone(), PhoneCode { user, number, issued_us, used: false });
        code
    }

    pub(super) fn remember_code(&mut self, code: String, user: UserKey) {
        let now_us = self.now_us();
        if self.codes.len() >= CODES_MAX {
            self.codes.retain(|_, code| now_us - code.issued_us <= CODE_LIFE_US);
        }
        self.users.entry(user.clone()).or_default();
        self.codes.insert(code, LoginCode { user, issued_us: now_us, used: false });
    }

    /// Answers one request and writes it down.
    pub(super) fn serve(&mut self, call: &Call) -> Reply {
        let endpoint = endpoints::find(&call.path);
        let fault = self.faults.take(&call.path);
        let outcome = match (&fault, endpoint) {
            (Some(Fault { kind: FaultKind::Errcode { errcode }, .. }), _) => Err(Refusal::of(*errcode)),
            (Some(Fault { kind: FaultKind::BadGateway, .. }), _) => Ok(Value::Null),
            (_, Some(endpoint)) => self.ask(endpoint, call),
            (_, None) => Ok(Value::Null),
        };
        let errcode = outcome.as_ref().err().map_or(0, |refusal| refusal.number);
        let mut reply = self.reply(endpoint, outcome, fault.as_ref());
        reply.errands = std::mem::take(&mut self.errands);
        self.journal.record(call, self.now_us(), reply.status, errcode, fault.map(|fault| fault.kind));
        reply
    }

    fn ask(&mut self, endpoint: &Endpoint, call: &Call) -> Result<Value, Refusal> {
        if call.method != endpoint.method {
            return Err(if endpoint.method == "GET" { Refusal::REQUIRE_GET } else { Refusal::REQUIRE_POST });
        }
        (endpoint.answer)(self, call)
    }

    fn reply(
        &self,
        endpoint: Option<&Endpoint>,
        outcome: Result<Value, Refusal>,
        fault: Option<&Fault>,
    ) -> Reply {
        let kind = fault.map(|fault| &fault.kind);
        let (Some(endpoint), false) = (endpoint, matches!(kind, Some(FaultKind::BadGateway))) else {
            let (status, title) =
                if endpoint.is_some() { (502, "502 Bad Gateway") } else { (404, "404 Not Found") };
            let page =
                format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
            return Reply {
                status,
                content_type: "text/html",
                body: page.into_bytes(),
                held_back: HeldBack::No,
                errands: Vec::new(),
            };
        };
        let (content_type, mut body) = match outcome {
            Ok(Value::String(picture)) => {
                (endpoint.content_type, STANDARD.decode(picture).unwrap_or_default())
            }
            Ok(value) => (endpoint.content_type, value.to_string().into_bytes()),
            Err(refusal) => {
                let errmsg = format!("{} rid: {}", refusal.errmsg(), self.new_rid());
                let value = json!({ "errcode": refusal.number, "errmsg": errmsg });
                // A refusal is JSON, also where a picture was asked for.
                let content_type = endpoint.content_type;
                let content_type =
                    if content_type == endpoints::PNG { endpoints::JSON } else { content_type };
                (content_type, value.to_string().into_bytes())
            }
        };
        if matches!(kind, Some(FaultKind::Truncated)) {
            body.truncate(body.len() / 2);
        }
        let held_back = match kind {
            Some(FaultKind::Delay { ms }) => HeldBack::Ms(*ms),
            Some(FaultKind::Hold) => HeldBack::UntilLetGo(self.let_go),
            Some(FaultKind::Hang) => HeldBack::Forever,
            _ => HeldBack::No,
        };
        Reply { status: 200, content_type, body, held_back, errands: Vec::new() }
    }

    /// Whether the released mini-program has this page; one that was told of none has all.
    pub(super) fn has_page(&self, page: &str) -> bool {
        self.pages.is_empty() || self.pages.iter().any(|known| known == page)
    }

    /// Three groups of eight hexadecimal digits, the first being the time, as WeChat writes them.
    pub(super) fn new_rid(&self) -> String {
        let at_s = (self.now_us() / SECOND_US).rem_euclid(1 << 32);
        let group = || hex::encode(rand::random::<[u8; 4]>());
        format!("{at_s:08x}-{}-{}", group(), group())
    }
}

/// Real codes have 32 characters of this alphabet.
fn new_code() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// A session key as WeChat makes them: 16 bytes in base64.
pub(super) fn new_session_key() -> String {
    STANDARD.encode(rand::random::<[u8; 16]>())
}
