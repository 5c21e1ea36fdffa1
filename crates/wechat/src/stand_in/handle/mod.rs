//! What a person or a test may do to a running stand-in, as methods; `control` offers the same over HTTP.

mod errands;
mod media;
mod push;

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::watch;

pub use self::media::FinishedMedia;

use self::errands::OnItsWay;

use super::StandInError;
use super::endpoints::Call;
use super::fault::Fault;
use super::journal::RecordedCall;
use super::messages::SentMessage;
use super::world::{Reply, Template, UserKey, Word, World};
use crate::clock::SECOND_US;

/// The state of a running stand-in. Cheap to clone.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    world: Mutex<World>,
    /// What pushes and fetches files.
    http: reqwest::Client,
    /// Changes with every request.
    served: watch::Sender<()>,
    /// How often answers that wait were let go.
    let_go: watch::Sender<u64>,
    /// How much is under way that nobody waits for.
    under_way: watch::Sender<usize>,
}

/// Switches of an app in the WeChat console; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppSwitches {
    /// The app that is meant; the first one if absent.
    pub app_id: Option<String>,
    /// The app secret is frozen: 40243.
    pub secret_frozen: Option<bool>,
    /// The account is frozen: 50007.
    pub account_frozen: Option<bool>,
    /// Our address is not on the white list: 40164 from both token paths.
    pub address_refused: Option<bool>,
    /// The app is bound to an Open Platform account: users with a unionid show it.
    pub bound: Option<bool>,
}

/// What WeChat knows about a user; what is `None` stays as it is.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserFacts {
    /// The app that is meant; the first one if absent.
    #[serde(default)]
    pub app_id: Option<String>,
    /// The user's id within the app.
    pub openid: String,
    /// The user's id across apps.
    #[serde(default)]
    pub unionid: Option<String>,
    /// WeChat refuses to sign the user in: 40226.
    #[serde(default)]
    pub high_risk: Option<bool>,
    /// The key of the session, until the next sign-in.
    #[serde(default)]
    pub session_key: Option<String>,
}

impl fmt::Debug for UserFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserFacts").field("high_risk", &self.high_risk).finish_non_exhaustive()
    }
}

/// A template of subscription messages, as the console has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateFacts {
    /// Its id.
    pub id: String,
    /// The names of its values: `thing1`, `time2`.
    pub names: Vec<String>,
    /// WeChat sends none of it any more: 43107.
    #[serde(default)]
    pub banned: bool,
}

/// A word that a text must not have, or should not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskyWord {
    /// The word.
    pub word: String,
    /// A text with it is `risky`; otherwise `review`.
    #[serde(default)]
    pub risky: bool,
    /// WeChat's number for why: 20006 crime, 20001 politics, 10001 advertising.
    #[serde(default = "other")]
    pub label: i64,
}

/// WeChat's number for what has no number of its own.
fn other() -> i64 {
    21_000
}

/// The stand-in knows no app of that id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the WeChat stand-in knows no app of that id")]
pub struct UnknownApp;

/// Why the stand-in does not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// It knows no app of that id.
    #[error(transparent)]
    UnknownApp(#[from] UnknownApp),
    /// Nobody has asked about a file under that id.
    #[error("nobody has asked the WeChat stand-in about a file under that id")]
    UnknownCheck,
    /// Nothing is pushed for this app.
    #[error("the WeChat stand-in has no push settings for this app")]
    NoPush,
    /// What it was told makes no sense.
    #[error("the WeChat stand-in refuses that: {0}")]
    Bad(&'static str),
    /// What was waited for did not happen.
    #[error("the WeChat stand-in has waited long enough")]
    TooLate,
}

impl Handle {
    pub(super) fn new(world: World) -> Result<Self, StandInError> {
        // Connections are not kept: who is told something may be another process the next time.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|_| StandInError::HttpClient)?;
        Ok(Self(Arc::new(Shared {
            world: Mutex::new(world),
            http,
            served: watch::Sender::default(),
            let_go: watch::Sender::default(),
            under_way: watch::Sender::default(),
        })))
    }

    /// Answers one request, and begins what it has brought about: whoever sees it in the journal can wait for that, too. What comes beside the
    /// answer is to be kept until it goes.
    pub(super) fn serve(&self, call: &Call) -> (Reply, Vec<OnItsWay>) {
        let mut world = self.0.world.lock();
        let mut reply = world.serve(call);
        let until_answered = self.begin(std::mem::take(&mut reply.errands));
        drop(world);
        self.0.served.send_replace(());
        (reply, until_answered)
    }

    /// The stand-in's time, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.0.world.lock().now_us()
    }

    /// Moves the stand-in's time forward.
    pub fn advance_s(&self, seconds: u32) {
        self.0.world.lock().advance_us(i64::from(seconds) * SECOND_US);
    }

    /// Stops the stand-in's time there, be it earlier or later; moved forward it stands still again.
    pub fn stand_at_us(&self, at_us: i64) {
        self.0.world.lock().stand_at_us(at_us);
    }

    /// A new login code for a user of the app (of the first one, if none is named), as `wx.login` gives it.
    pub fn issue_code(&self, app_id: Option<&str>, openid: &str) -> Result<String, UnknownApp> {
        let mut world = self.0.world.lock();
        let app_id = world.app_mut(app_id).ok_or(UnknownApp)?.id.clone();
        Ok(world.issue_code(UserKey { app_id, openid: openid.to_owned() }))
    }

    /// A new code of the telephone button for a user of the app, as `getPhoneNumber` gives it.
    pub fn issue_phone_code(
        &self,
        app_id: Option<&str>,
        openid: &str,
        number: &str,
    ) -> Result<String, UnknownApp> {
        let mut world = self.0.world.lock();
        let app_id = world.app_mut(app_id).ok_or(UnknownApp)?.id.clone();
        Ok(world.issue_phone_code(UserKey { app_id, openid: openid.to_owned() }, number.to_owned()))
    }

    /// A template that messages can be sent by.
    pub fn set_template(&self, template: TemplateFacts) {
        let TemplateFacts { id, names, banned } = template;
        self.0.world.lock().templates.insert(id, Template { names, banned });
    }

    /// Somebody agrees to one more message of a template, as `requestSubscribeMessage` asks.
    pub fn subscribe(&self, app_id: Option<&str>, openid: &str, template: &str) -> Result<(), UnknownApp> {
        let mut world = self.0.world.lock();
        let app_id = world.app_mut(app_id).ok_or(UnknownApp)?.id.clone();
        let user = UserKey { app_id, openid: openid.to_owned() };
        *world.credits.entry((user, template.to_owned())).or_default() += 1;
        Ok(())
    }

    /// The pages of the released mini-program. Before this is told, every page is there.
    pub fn release_pages(&self, pages: Vec<String>) {
        self.0.world.lock().pages = pages;
    }

    /// From now on a text with this word is risky, or, if not that, for a person to look at.
    pub fn add_word(&self, word: RiskyWord) {
        let RiskyWord { word, risky, label } = word;
        self.0.world.lock().words.push(Word { word, risky, label });
    }

    /// Tells what WeChat knows about a user.
    pub fn set_user(&self, facts: UserFacts) -> Result<(), UnknownApp> {
        let mut world = self.0.world.lock();
        let app_id = world.app_mut(facts.app_id.as_deref()).ok_or(UnknownApp)?.id.clone();
        let user = world.users.entry(UserKey { app_id, openid: facts.openid }).or_default();
        user.unionid = facts.unionid.or(user.unionid.take());
        user.session_key = facts.session_key.or(user.session_key.take());
        user.high_risk = facts.high_risk.unwrap_or(user.high_risk);
        Ok(())
    }

    /// Turns switches of an app.
    pub fn set_app(&self, switches: AppSwitches) -> Result<(), UnknownApp> {
        let mut world = self.0.world.lock();
        let app = world.app_mut(switches.app_id.as_deref()).ok_or(UnknownApp)?;
        app.secret_frozen = switches.secret_frozen.unwrap_or(app.secret_frozen);
        app.account_frozen = switches.account_frozen.unwrap_or(app.account_frozen);
        app.address_refused = switches.address_refused.unwrap_or(app.address_refused);
        app.bound = switches.bound.unwrap_or(app.bound);
        Ok(())
    }

    /// Ends the app's current tokens at once, as another program does that renews them by force.
    pub fn kill_tokens(&self, app_id: Option<&str>) -> Result<(), UnknownApp> {
        let mut world = self.0.world.lock();
        let now_us = world.now_us();
        let app = world.app_mut(app_id).ok_or(UnknownApp)?;
        app.normal.kill(now_us);
        app.stable.kill(now_us);
        Ok(())
    }

    /// Lets the next requests to one path go wrong.
    pub fn inject(&self, fault: Fault) {
        self.0.world.lock().faults.add(fault);
    }

    /// Forgets the faults that have not been met.
    pub fn clear_faults(&self) {
        self.0.world.lock().faults.clear();
    }

    /// The requests so far, oldest first.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.0.world.lock().journal.calls()
    }

    /// The messages that were sent, oldest first.
    pub fn messages(&self) -> Vec<SentMessage> {
        self.0.world.lock().messages.sent()
    }

    /// Forgets the messages that were sent.
    pub fn clear_messages(&self) {
        self.0.world.lock().messages.clear();
    }

    /// Empties the journal.
    pub fn clear_calls(&self) {
        self.0.world.lock().journal.clear();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
