//! Signing in, refreshing, signing out. An access token lives five minutes and is believed by its signature; whatever moves points or is
//! a staff operation also reads the session's row, so that signing out and disabling act at once.

use std::sync::Arc;

use domain::access::{Person, StaffActor};
use domain::ids::{IdentityId, SessionId, StaffId};
use domain::{Code, Id, Refusal};
use store::sessions::{Principal, Refreshed};
use store::{Error, Result};
use wechat::WechatError;

use crate::app::{App, RESIDENT_AUDIENCE};
use crate::tokens::{ACCESS_LIFE_S, Claims, Grant, RefreshToken};

/// How long a person stays signed in at most: 30 days.
const PERSON_LIFE_S: i64 = 30 * 24 * 3_600;
/// How long staff stay signed in at most: 12 hours, a working day.
const STAFF_LIFE_S: i64 = 12 * 3_600;
/// Failed sign-ins of one account before it is locked.
const FAILURES_MAX: i32 = 5;
/// For how long it is locked.
const LOCKED_S: i64 = 300;

/// A pair of tokens, and whose they are.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The access token.
    pub access: String,
    /// For how many seconds it is good.
    pub expires_in_s: i64,
    /// The refresh token.
    pub refresh: String,
    /// Whose they are.
    pub principal: Principal,
}

/// Signs a person in by a WeChat code. The code is sent once and never again.
pub async fn by_wechat(app: &App, code: &str) -> Result<SignedIn> {
    let client = app.wechat.as_ref().ok_or(Error::from(Code::Disabled))?;
    let identity = client.sign_in(code).await.map_err(wechat_refusal)?;
    as_person(app, "wechat", identity.openid).await
}

fn wechat_refusal(error: WechatError) -> Error {
    let refusal: Refusal = match error {
        WechatError::InvalidCode | WechatError::UsedCode => Code::CodeInvalid.into(),
        WechatError::UserBlocked => Code::UserBlocked.into(),
        WechatError::TooOften { .. } => Refusal::from(Code::TooManyRequests).retry_after(60),
        _ => Refusal::from(Code::Unavailable).retry_after(5),
    };
    refusal.into()
}

/// Signs a person in by a development name, where that is open.
pub async fn by_development_name(app: &App, name: &str) -> Result<SignedIn> {
    if !app.dev_sign_in {
        return Err(Code::DevSignInOff.into());
    }
    as_person(app, "dev", name.to_owned()).await
}

async fn as_person(app: &App, provider: &'static str, subject: String) -> Result<SignedIn> {
    let (session, id) = (SessionId::new(), IdentityId::new());
    let refresh = RefreshToken::new(session)?;
    let hash = refresh.hash();
    let now = app.now();
    let principal = app
        .store
        .write_quietly(move |conn| {
            let identity = store::identities::find_or_create(conn, provider, &subject, id, now)?;
            let principal = Principal::Person(identity.id);
            store::sessions::open(conn, session, principal, &hash, now, now.plus_seconds(PERSON_LIFE_S))?;
            Ok(principal)
        })
        .await?;
    signed_in(app, session, principal, &refresh)
}

/// Signs a member of staff in by name and password. An unknown name takes as long as a wrong password.
pub async fn by_password(app: &App, login: &str, password: &str) -> Result<SignedIn> {
    let name = login.trim().to_lowercase();
    let account = app.store.read(move |conn| store::staff::by_login(conn, &name)).await?;
    let now = app.now();
    if account.as_ref().is_some_and(|a| a.locked_until.is_some_and(|until| until > now.0)) {
        return Err(Refusal::from(Code::Locked).retry_after(300).into());
    }
    let right = app.passwords.verify(password, account.as_ref().map(|a| a.password_hash.as_str())).await?;
    let Some(account) = account else { return Err(Code::PasswordWrong.into()) };
    if !right || account.disabled {
        let until = now.plus_seconds(LOCKED_S);
        app.store
            .write_quietly(move |conn| store::staff::note_failure(conn, account.id, FAILURES_MAX, until))
            .await?;
        return Err(Code::PasswordWrong.into());
    }
    let session = SessionId::new();
    let refresh = RefreshToken::new(session)?;
    let hash = refresh.hash();
    let principal = Principal::Staff(account.id);
    app.store
        .write_quietly(move |conn| {
            store::staff::note_success(conn, account.id)?;
            store::sessions::open(conn, session, principal, &hash, now, now.plus_seconds(STAFF_LIFE_S))
        })
        .await?;
    signed_in(app, session, principal, &refresh)
}

/// Rotates a refresh token. A reuse ends the session, and that end is committed although the answer is a refusal.
pub async fn refresh(app: &App, text: &str) -> Result<SignedIn> {
    let presented = RefreshToken::parse(text).map_err(|_| Error::from(Code::RefreshInvalid))?;
    let session = presented.session();
    let next = RefreshToken::new(session)?;
    let (old_hash, new_hash) = (presented.hash(), next.hash());
    let now = app.now();
    let outcome = app
        .store
        .write_quietly(move |conn| store::sessions::refresh(conn, session, &old_hash, &new_hash, now))
        .await?;
    match outcome {
        Refreshed::On(principal) => signed_in(app, session, principal, &next),
        Refreshed::Ended => Err(Code::RefreshInvalid.into()),
    }
}

/// Ends the session of a token.
pub async fn sign_out(app: &App, session: SessionId) -> Result<()> {
    let now = app.now();
    app.store.write_quietly(move |conn| store::sessions::end(conn, session, now)).await
}

fn signed_in(
    app: &App,
    session: SessionId,
    principal: Principal,
    refresh: &RefreshToken,
) -> Result<SignedIn> {
    let sub = match principal {
        Principal::Person(id) => id.to_string(),
        Principal::Staff(id) => id.to_string(),
    };
    let grant = Grant { iss: &app.id, aud: RESIDENT_AUDIENCE, sub: &sub, sid: &session.to_string() };
    let access = app.keys.issue(grant, app.now())?;
    Ok(SignedIn { access, expires_in_s: ACCESS_LIFE_S, refresh: refresh.text().to_string(), principal })
}

/// Checks an access token by its signature and claims alone.
pub fn verify(app: &App, token: &str) -> Result<Arc<Claims>> {
    Ok(app.verified.claims(&app.keys, token, RESIDENT_AUDIENCE, &app.id, app.now())?)
}

/// The session that a token names.
pub fn session_of(claims: &Claims) -> Result<SessionId> {
    claims.sid.parse().map_err(|_| Code::TokenInvalid.into())
}

/// The person of a token, with the session and the resident read from the database.
pub async fn person(app: &App, claims: &Claims) -> Result<Person> {
    if !claims.sub.starts_with(IdentityId::PREFIX) {
        return Err(Code::Forbidden.into());
    }
    let session = session_of(claims)?;
    let now = app.now();
    app.store.read(move |conn| store::sessions::person(conn, session, now)).await
}

/// The member of staff of a token, with the session and the roles read from the database.
pub async fn staff_actor(app: &App, claims: &Claims) -> Result<StaffActor> {
    if !claims.sub.starts_with(StaffId::PREFIX) {
        return Err(Code::Forbidden.into());
    }
    let session = session_of(claims)?;
    let now = app.now();
    app.store.read(move |conn| store::sessions::staff_actor(conn, session, now)).await
}
