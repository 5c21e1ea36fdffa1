//! Consents: what a person agreed to, each purpose apart, and withdrew as easily. What a withdrawal leads to happens with it, in the same
//! transaction where that is possible; what takes longer is begun at once and goes on by the outbox.

use std::collections::HashMap;

use domain::access::Person;
use domain::consents::{Purpose, Said, is_due};
use domain::deeds::DeedState;
use domain::ids::{IdentityId, ResidentId};
use domain::{Code, Ts};
use foundation::{AnyId, App, Error, Result};
use serde_json::{Value, json};
use store::Db;
use store::consents::{self as rows, Word};
use store::reviews::Kind;

/// The outbox's word for taking the posts of somebody from sight who does not want them shown any more.
pub const HIDE: &str = "consents.hide";
/// Posts that one transaction takes from sight.
const PASS: i64 = 20;

/// Where a person stands with a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The purpose.
    pub purpose: Purpose,
    /// The last word about it, if any.
    pub word: Option<Word>,
}

impl Standing {
    /// Whether it is given as of now.
    pub fn is_given(&self) -> bool {
        self.word.is_some_and(|word| word.said.given)
    }
    /// Whether the person is to be asked.
    pub fn is_due(&self) -> bool {
        is_due(self.purpose, self.word.map(|word| word.said))
    }
}

/// Where the caller stands with every purpose.
pub async fn mine(app: &App, who: Person) -> Result<Vec<Standing>> {
    app.store.glance(move |conn| standings(conn, who.identity)).await
}

pub(crate) fn standings(conn: &mut Db, who: IdentityId) -> Result<Vec<Standing>> {
    let words: HashMap<Purpose, Word> = rows::every(conn, who)?;
    Ok(Purpose::EVERY
        .into_iter()
        .map(|purpose| Standing { purpose, word: words.get(&purpose).copied() })
        .collect())
}

/// Agrees to the version of a purpose that is in force. To agree again changes nothing.
pub async fn give(app: &App, who: Person, purpose: Purpose, version: i32) -> Result<Vec<Standing>> {
    purpose.agreed(version)?;
    let now = app.now();
    let said = Said { version, given: true };
    app.store
        .write_quietly(move |conn| {
            if rows::last(conn, who.identity, purpose)? != Some(said) {
                rows::insert(conn, who.identity, purpose, said, now)?;
            }
            standings(conn, who.identity)
        })
        .await
}

/// Withdraws. What the service itself needs is withdrawn by deleting the account, which is asked for by itself.
pub async fn withdraw(app: &App, who: Person, purpose: Purpose) -> Result<Vec<Standing>> {
    if purpose.is_required() {
        return Err(Code::DeletionRequired.into());
    }
    let now = app.now();
    let standings = app
        .store
        .write_quietly(move |conn| {
            let last = rows::last(conn, who.identity, purpose)?;
            if last.is_none_or(|said| said.given) {
                let version = last.map_or(purpose.text().version, |said| said.version);
                rows::insert(conn, who.identity, purpose, Said { version, given: false }, now)?;
            }
            withdrawn(conn, who, purpose, now)?;
            standings(conn, who.identity)
        })
        .await?;
    if purpose == Purpose::PublicPosts {
        hide_posts(app, who.identity).await?;
    }
    Ok(standings)
}

/// What a withdrawal leads to, in its own transaction. What a capability keeps for a purpose is taken away here: one arm for each.
fn withdrawn(conn: &mut Db, who: Person, purpose: Purpose, now: Ts) -> Result<()> {
    match purpose {
        // Whoever sends a message looks whether it was withdrawn.
        Purpose::Service | Purpose::WechatMessages => Ok(()),
        Purpose::Phone => crate::phones::withdrawn(conn, who.identity),
        Purpose::PublicPosts => {
            // The request goes on with it at once; the task is for the case that its process ends.
            let due = now.plus_seconds(30);
            store::outbox::add(conn, HIDE, &json!({ "identity": who.identity }), due, now)
        }
    }
}

/// Refuses what somebody has withdrawn the consent to. Who never spoke of it agrees by doing it.
pub(crate) fn require(conn: &mut Db, who: IdentityId, purpose: Purpose) -> Result<()> {
    match rows::last(conn, who, purpose)? {
        Some(said) if !said.given => Err(Code::ConsentWithdrawn.into()),
        _ => Ok(()),
    }
}

/// Refuses a post of somebody whose last word was to withdraw the consent to show posts. Who never spoke of it agrees by posting.
pub fn require_shown(word: Option<Said>) -> Result<()> {
    if word.is_some_and(|said| !said.given) { Err(Code::ConsentWithdrawn.into()) } else { Ok(()) }
}

/// The worker's part of a withdrawal. Safe to repeat.
pub async fn hide(app: &App, payload: &Value) -> Result<()> {
    let who = payload["identity"].as_str().and_then(|text| text.parse().ok());
    hide_posts(app, who.ok_or_else(|| Error::corrupt("a task of nobody"))?).await
}

/// Takes every deed and comment of a person from sight, unless the consent was given again meanwhile.
async fn hide_posts(app: &App, who: IdentityId) -> Result<()> {
    let now = app.now();
    while app.store.write(move |conn| hide_some(conn, who, now)).await? {}
    Ok(())
}

/// Some of them; whether there may be more.
fn hide_some(conn: &mut Db, who: IdentityId, now: Ts) -> Result<bool> {
    if rows::last(conn, who, Purpose::PublicPosts)?.is_none_or(|said| said.given) {
        return Ok(false);
    }
    let mut residents = store::erasure::former(conn, who)?;
    residents.extend(store::identities::find(conn, who)?.and_then(|identity| identity.resident));
    let mut more = false;
    for resident in residents {
        more |= hide_some_of(conn, resident, now)?;
    }
    Ok(more)
}

/// Why what still waited is not decided any more: its author, who withdrew, reads it.
const WITHDRAWN: &str = "您撤回了公开展示的同意。 You withdrew the consent to show posts.";

fn hide_some_of(conn: &mut Db, resident: ResidentId, now: Ts) -> Result<bool> {
    let deeds = store::exposure::deeds(conn, resident, PASS)?;
    for &deed in &deeds {
        // Reviews before the deed, as deciding goes.
        store::reviews::withdraw(conn, Kind::Deed, AnyId::of(deed))?;
        store::reviews::withdraw_comments(conn, deed)?;
        store::deeds::close(conn, deed, DeedState::Published, DeedState::TakenDown, None)?;
        store::deeds::withdraw_claim(conn, deed, now)?;
        store::deeds::close(conn, deed, DeedState::Pending, DeedState::Rejected, Some(WITHDRAWN))?;
        store::feed::hide(conn, deed)?;
    }
    let comments = store::exposure::comments(conn, resident, PASS)?;
    for &(comment, deed) in &comments {
        store::reviews::withdraw(conn, Kind::Comment, AnyId::of(comment))?;
        if store::exposure::hide_comment(conn, comment)? {
            store::comments::count(conn, deed, -1)?;
        }
    }
    Ok(!deeds.is_empty() || !comments.is_empty())
}
