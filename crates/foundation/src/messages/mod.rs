//! Messages in WeChat: what an inbox says, carried to the telephone of who agreed to it.
//!
//! A message is written beside the inbox entry, by the database. The worker sends it, one to a person at a time: by the template that the
//! operator named for its kind, if the person has agreed to one more of that template and has not switched the kind off, and not at night. A
//! message that may have arrived is not sent again; everything else is put off or given up by what WeChat said. Nothing is lost by either:
//! the inbox has it.

mod outcome;
mod send;
mod templates;

use domain::consents::Purpose;
use domain::ids::IdentityId;
use domain::{Code, FieldFault};
use store::messages::{Credit, Source};
use store::{Db, Result};

use crate::RequestContext;
use crate::app::App;
use crate::inbox::{Audience, Kind};

pub use send::send_due;
pub use store::idempotency::Once;
pub use templates::{Template, Templates};

/// For how many days a message is kept after it was written.
pub const KEPT_DAYS: i64 = 30;
/// Templates that one tap agrees to, at most; WeChat asks of five.
pub const ANSWERS_MAX: usize = 10;

/// Whether messages of a kind reach a person in WeChat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The kind.
    pub kind: Kind,
    /// The template that the mini-program asks for before.
    pub template: String,
    /// Whether the person wants them: none of a kind that is switched off, and none at all once the consent is withdrawn.
    pub on: bool,
    /// How many more the person has agreed to.
    pub left: i64,
}

/// The settings of a person, for every kind that can be sent here.
pub async fn settings(app: &App, who: IdentityId) -> Result<Vec<Setting>> {
    let templates = app.templates.clone();
    app.store.read(move |conn| load(conn, &templates, who)).await
}

fn load(conn: &mut Db, templates: &Templates, who: IdentityId) -> Result<Vec<Setting>> {
    let off = store::messages::switches(conn, who)?;
    let credits = store::messages::credits(conn, who)?;
    let left = |template: &str| credits.iter().find(|c| c.template == template).map_or(0, Credit::left);
    let consent = store::consents::last(conn, who, Purpose::WechatMessages)?;
    let is_wanted = consent.is_none_or(|said| said.given);
    let setting = |kind: Kind| {
        let template = templates.of(kind)?;
        let on = is_wanted && !off.iter().any(|word| word == kind.word());
        Some(Setting { kind, left: left(&template.id), template: template.id.clone(), on })
    };
    Ok(kinds().filter_map(setting).collect())
}

/// The kinds that a person may get.
pub fn kinds() -> impl Iterator<Item = Kind> {
    Kind::EVERY.iter().copied().filter(|kind| kind.audiences().contains(&Audience::Person))
}

/// Sets the kinds of which a person wants no messages.
pub async fn switch(app: &App, who: IdentityId, off: Vec<Kind>) -> Result<Vec<Setting>> {
    let templates = app.templates.clone();
    app.store
        .write_quietly(move |conn| {
            let words: Vec<&'static str> = off.iter().map(|kind| kind.word()).collect();
            store::messages::set_switches(conn, who, &words)?;
            load(conn, &templates, who)
        })
        .await
}

/// What somebody answered to the question for one template, as the mini-program says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The template.
    pub template: String,
    /// Whether messages may be sent.
    pub accepted: bool,
}

/// Notes what somebody answered: one more message of each template that was agreed to.
pub async fn answered(
    app: &App,
    who: IdentityId,
    answers: Vec<Answer>,
    ctx: RequestContext,
) -> Result<Vec<Setting>> {
    if answers.len() > ANSWERS_MAX {
        let (zh, en) = ("一次最多 10 个模板", "at most 10 templates at once");
        return Err(FieldFault::new("answers", "out_of_range", zh, en).into());
    }
    if app.wechat.is_none() {
        return Err(Code::Disabled.into());
    }
    let (templates, now) = (app.templates.clone(), app.now());
    app.store
        .write_quietly(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                // A template that is not ours is left out: the mini-program may be newer than the configuration.
                for answer in answers.iter().filter(|answer| templates.knows(&answer.template)) {
                    if answer.accepted {
                        store::messages::agreed(conn, who, &answer.template, Source::Told)?;
                    }
                }
                Ok(())
            })?;
            load(conn, &templates, who)
        })
        .await
}
