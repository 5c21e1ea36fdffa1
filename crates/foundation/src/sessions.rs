//! Signing in, refreshing, signing out. An access token lives five minutes and is believed by its signature; whatever moves points or is
//! a staff operation also reads the session's row, so that signing out and disabling act at once.

use std::sync::Arc;

use domain::access::{ClerkActor, Person, StaffActor};
use domain::ids::{ClerkId, IdentityId, SessionId, StaffId};
use domain::{Code, Id, Refusal};
use store::sessions::{Principal, Refreshed};
use store::{Error, Result, sign_ins};
use wechat::WechatError;

use crate::app::{App, Service};
use crate::tokens::{ACCESS_LIFE_S, Claims, Grant, RefreshToken};

/// How long a person stays signed in at most: 30 days.
const PERSON_LIFE_S: i64 = 30 * 24 * 3_600;
/// How long staff and clerks stay signed in at most: 12 hours, a working day.
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

/// Signs a person in by a WeChat code, as a resident or as a clerk. The code is sent once and never again.
pub async fn by_wechat(app: &App, service: Service, code: &str) -> Result<SignedIn> {
    let client = app.wechat.as_ref().ok_or(Error::from(Code::Disabled))?;
    let identity = client.sign_in(code).await.map_err(wechat_refusal)?;
    by_subject(app, service, "wechat", identity.openid).await
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
pub async fn by_development_name(app: &App, service: Service, name: &str) -> Result<SignedIn> {
    if !app.dev_sign_in {
        return Err(Code::DevSignInOff.into());
    }
    by_subject(app, service, "dev", name.to_owned()).await
}

async fn by_subject(
    app: &App,
    service: Service,
    provider: &'static str,
    subject: String,
) -> Result<SignedIn> {
    let (session, identity, clerk) = (SessionId::new(), IdentityId::new(), ClerkId::new());
    let refresh = RefreshToken::new(session)?;
    let hash = refresh.hash();
    let now = app.now();
    let principal = app
        .store
        .write_quietly(move |conn| {
            let (principal, life_s) = match service {
                Service::Resident => {
                    let found = store::identities::find_or_create(conn, provider, &subject, identity, now)?;
                    (Principal::Person(found.id), PERSON_LIFE_S)
                }
                Service::Merchant => {
                    let found = store::clerks::find_or_create(conn, provider, &subject, clerk, now)?;
                    if found.disabled {
                        return Err(Code::Forbidden.into());
                    }
                    (Principal::Clerk(found.id), STAFF_LIFE_S)
                }
            };
            store::sessions::open(conn, session, principal, &hash, now, now.plus_seconds(life_s))?;
            Ok(principal)
        })
        .await?;
    signed_in(app, session, principal, &refresh)
}

/// Signs a member of staff (of the resident API) or a clerk (of the merchant service) in by name and password. An unknown name takes as
/// long as a wrong password.
pub async fn by_password(app: &App, service: Service, login: &str, password: &str) -> Result<SignedIn> {
    let name = login.trim().to_lowercase();
    let account = app
        .store
        .read(move |conn| match service {
            Service::Resident => sign_ins::of_staff(conn, &name),
            Service::Merchant => sign_ins::of_clerk(conn, &name),
        })
        .await?;
    let now = app.now();
    if account.as_ref().is_some_and(|a| a.locked_until.is_some_and(|until| until > now.0)) {
        return Err(Refusal::from(Code::Locked).retry_after(300).into());
    }
    let right = app.passwords.verify(password, account.as_ref().map(|a| a.password_hash.as_str())).await?;
    let Some(account) = account else { return Err(Code::PasswordWrong.into()) };
    let principal = account.principal;
    if !right || account.disabled {
        let until = now.plus_seconds(LOCKED_S);
        app.store
            .write_quietly(move |conn| sign_ins::note_failure(conn, principal, FAILURES_MAX, until))
            .await?;
        return Err(Code::PasswordWrong.into());
    }
    let session = SessionId::new();
    let refresh = RefreshToken::new(session)?;
    let hash = refresh.hash();
    app.store
        .write_quietly(move |conn| {
            sign_ins::note_success(conn, principal)?;
            store::sessions::open(conn, session, principal, &hash, now, now.plus_seconds(STAFF_LIFE_S))
        })
        .await?;
    signed_in(app, session, principal, &refresh)
}

/// Rotates a refresh token of this service. A reuse ends the session, and that end is committed although the answer is a refusal.
pub async fn refresh(app: &App, service: Service, text: &str) -> Result<SignedIn> {
    let presented = RefreshToken::parse(text).map_err(|_| Error::from(Code::RefreshInvalid))?;
    let session = presented.session();
    let next = RefreshToken::new(session)?;
    let (old_hash, new_hash) = (presented.hash(), next.hash());
    let now = app.now();
    let outcome = app
        .store
        .write_quietly(move |conn| {
            let Some(whose) =
                store::sessions::principal(conn, session)?.filter(|p| service_of(*p) == service)
            else {
                return Ok((None, Refreshed::Ended));
            };
            Ok((Some(whose), store::sessions::refresh(conn, session, &old_hash, &new_hash, now)?))
        })
        .await?;
    match outcome {
        (_, Refreshed::On(principal)) => signed_in(app, session, principal, &next),
        (whose, Refreshed::Ended) => {
            // What the session was shown is shown no more; nobody signed in said so.
            if let Some(Principal::Person(who)) = whose {
                app.own.wrote(who).await;
            }
            Err(Code::RefreshInvalid.into())
        }
    }
}

/// Ends the session of a token.
pub async fn sign_out(app: &App, session: SessionId) -> Result<()> {
    let now = app.now();
    app.store.write_quietly(move |conn| store::sessions::end(conn, session, now)).await
}

fn service_of(principal: Principal) -> Service {
    match principal {
        Principal::Person(_) | Principal::Staff(_) => Service::Resident,
        Principal::Clerk(_) => Service::Merchant,
    }
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
        Principal::Clerk(id) => id.to_string(),
    };
    let service = service_of(principal);
    let grant = Grant { iss: &app.id, aud: service.audience(), sub: &sub, sid: &session.to_string() };
    let access = app.door(service)?.keys.issue(grant, app.now())?;
    Ok(SignedIn { access, expires_in_s: ACCESS_LIFE_S, refresh: refresh.text().to_string(), principal })
}

/// Checks an access token by its signature and claims alone.
pub fn verify(app: &App, service: Service, token: &str) -> Result<Arc<Claims>> {
    let door = app.door(service)?;
    Ok(door.verified.claims(&door.keys, token, service.audience(), &app.id, app.now())?)
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
    app.store.person(session_of(claims)?).await
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

/// The clerk of a token, with the session and the shop read from the database.
pub async fn clerk_actor(app: &App, claims: &Claims) -> Result<ClerkActor> {
    if !claims.sub.starts_with(ClerkId::PREFIX) {
        return Err(Code::Forbidden.into());
    }
    app.store.clerk(session_of(claims)?).await
}
