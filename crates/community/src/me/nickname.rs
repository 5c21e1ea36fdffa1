//! A nickname that somebody wants: at once if it is harmless, and after a person's decision if the check was in doubt, or failed. Until
//! then everybody sees what they saw.

use domain::access::Person;
use domain::content::{Finding, Label, Verdict};
use domain::ids::{IdentityId, NicknameId, ReviewId};
use domain::{Code, Ts};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::inbox::{self, Kind as Told, Note, Owner};
use foundation::{AnyId, App, Error, Result};
use store::Db;
use store::reviews::Kind;

use super::Me;

/// Who is called so may be taken for somebody with an office: a person of the desk looks at it first.
const OFFICES: [&str; 16] = [
    "管理员",
    "书记",
    "主任",
    "村长",
    "官方",
    "客服",
    "社区",
    "村委",
    "居委",
    "政府",
    "公安",
    "民警",
    "派出所",
    "积善",
    "admin",
    "系统",
];

/// Looks at a nickname, if it is another than the person has. Refused: what must not be shown.
pub(super) async fn check(app: &App, who: Person, nickname: Option<&str>) -> Result<Finding> {
    let Some(nickname) = nickname else { return Ok(Finding::CLEAN) };
    let me = super::read(app, who).await?;
    if me.nickname() == Some(nickname) {
        return Ok(Finding::CLEAN);
    }
    let author = Author::Person(who.identity);
    let text = content::Text { author, scene: Scene::Profile, fields: &["nickname"], text: nickname };
    let found = content::check(app, text).await?;
    let lower = nickname.to_lowercase();
    let office = OFFICES.iter().any(|office| lower.contains(office));
    Ok(if office { found.or(Finding { verdict: Verdict::Review, label: Label::default() }) } else { found })
}

/// Changes the nickname, or has a person decide on it; what waited before is wanted no more.
pub(super) fn change(
    conn: &mut Db,
    me: &Me,
    nickname: Option<&str>,
    finding: Finding,
    now: Ts,
) -> Result<()> {
    let who = me.identity.id;
    if let Some(before) = &me.proposal {
        let waits = before.reason.is_none() && Some(before.nickname.as_str()) == nickname;
        if waits && finding.verdict.needs_a_person() {
            return Ok(());
        }
        withdraw(conn, before.id)?;
    }
    let (Some(nickname), true) = (nickname, finding.verdict.needs_a_person()) else {
        return match &me.resident {
            Some(resident) => store::residents::set_nickname(conn, resident.id, nickname),
            None => store::identities::set_nickname(conn, who, nickname),
        };
    };
    let id = NicknameId::new();
    let unit = match &me.resident {
        Some(resident) => resident.unit,
        None => store::units::root(conn)?,
    };
    store::nicknames::insert(conn, id, who, nickname, now)?;
    content::note(conn, Text::Nickname, AnyId::of(id), Author::Person(who), finding, now)?;
    store::reviews::open(conn, ReviewId::new(), Kind::Nickname, AnyId::of(id), unit, now)
}

/// Takes back what waits, or was refused.
pub(crate) fn withdraw(conn: &mut Db, id: NicknameId) -> Result<()> {
    store::reviews::withdraw(conn, Kind::Nickname, AnyId::of(id))?;
    store::content::forget(conn, Text::Nickname, AnyId::of(id))?;
    store::nicknames::delete(conn, id).map(drop)
}

/// Carries out what a person decided: the nickname is taken, or refused with the reason.
pub(crate) fn decide(conn: &mut Db, id: NicknameId, refused: Option<&str>, now: Ts) -> Result<()> {
    let gone = || Error::from(Code::AlreadyDecided);
    let proposal = store::nicknames::find(conn, id)?.ok_or_else(gone)?;
    let home = store::nicknames::home(conn, proposal.identity)?;
    store::content::forget(conn, Text::Nickname, AnyId::of(id))?;
    let done = match refused {
        Some(reason) => store::nicknames::refuse(conn, id, reason)?,
        None => store::nicknames::delete(conn, id)?,
    };
    if !done {
        return Err(gone());
    }
    let resident = home.map(|(resident, _)| resident);
    if refused.is_none() {
        match resident {
            Some(resident) => store::residents::set_nickname(conn, resident, Some(&proposal.nickname))?,
            None => store::identities::set_nickname(conn, proposal.identity, Some(&proposal.nickname))?,
        }
        store::identities::wrote(conn, proposal.identity, now)?;
    }
    let kind = if refused.is_some() { Told::NicknameRefused } else { Told::NicknameAccepted };
    inbox::tell(conn, &[Note::new(Owner::person(resident, proposal.identity), kind, id)], now)
}

/// Takes the nickname of somebody away, and one that waits: the person wants none to be kept.
pub(crate) fn remove(conn: &mut Db, who: IdentityId, now: Ts) -> Result<()> {
    if let Some(waiting) = store::nicknames::of(conn, who)? {
        withdraw(conn, waiting.id)?;
    }
    match store::nicknames::home(conn, who)? {
        Some((resident, _)) => store::residents::set_nickname(conn, resident, None)?,
        None => store::identities::set_nickname(conn, who, None)?,
    }
    store::identities::wrote(conn, who, now)
}
