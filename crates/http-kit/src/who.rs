//! Who asks. A handler cannot be written without naming who may call it: these extractors are how.
//!
//! [`Viewer`] believes the token's signature (for reads), and so do those whose name begins with `Named`, for use cases that look at the
//! session by themselves; the others also read the session's row, so that signing out and disabling act at once.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::Code;
use domain::access::{ClerkActor, Permission, Person, StaffActor};
use domain::ids::{IdentityId, ResidentId, SessionId, StaffId};
use foundation::tokens::Claims;
use foundation::{AnyId, sessions};

use crate::context::tenant_of;
use crate::problem::ApiError;

/// What the gate found in the `Authorization` header.
#[derive(Debug, Clone)]
pub(crate) enum Bearer {
    /// Nothing was sent.
    Nobody,
    /// A good token.
    Claims(Arc<Claims>),
    /// A token that is not believed, and why.
    Refused(Code),
}

fn claims(req: &HttpRequest) -> Result<Option<Arc<Claims>>, ApiError> {
    match req.extensions().get::<Bearer>() {
        None | Some(Bearer::Nobody) => Ok(None),
        Some(Bearer::Claims(claims)) => Ok(Some(claims.clone())),
        Some(Bearer::Refused(code)) => Err((*code).into()),
    }
}

fn required(req: &HttpRequest) -> Result<Arc<Claims>, ApiError> {
    claims(req)?.ok_or_else(|| Code::SignInRequired.into())
}

/// Whoever reads: somebody signed in, or nobody. A token that is sent must be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The person, if a person is signed in.
    pub identity: Option<IdentityId>,
    /// The staff account, if staff are signed in.
    pub staff: Option<StaffId>,
    /// The session, if any.
    pub session: Option<SessionId>,
}

impl Viewer {
    /// Whether nobody is signed in.
    pub fn is_nobody(&self) -> bool {
        self.session.is_none()
    }
}

impl FromRequest for Viewer {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(claims(req).map(|claims| match claims {
            None => Self { identity: None, staff: None, session: None },
            Some(c) => {
                Self { identity: c.sub.parse().ok(), staff: c.sub.parse().ok(), session: c.sid.parse().ok() }
            }
        }))
    }
}

/// Anybody who is signed in, by the token alone: for signing out.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<Claims>);

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(required(req).map(Self))
    }
}

/// A person as the token names one: for the use case that looks at the session itself, with what it does.
#[derive(Debug, Clone, Copy)]
pub struct NamedPerson {
    /// The person.
    pub identity: IdentityId,
    /// The session, which may have ended.
    pub session: SessionId,
}

impl FromRequest for NamedPerson {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = |claims: Arc<Claims>| {
            // Staff have tokens, too; they are not people who like.
            let identity = claims.sub.parse().map_err(|_| ApiError::from(Code::Forbidden))?;
            Ok(Self { identity, session: sessions::session_of(&claims)? })
        };
        ready(required(req).and_then(named))
    }
}

/// Staff as the token names them: for the use case that looks at the session itself, with what it does.
#[derive(Debug, Clone, Copy)]
pub struct NamedStaff {
    /// The account.
    pub staff: StaffId,
    /// The session, which may have ended.
    pub session: SessionId,
}

impl FromRequest for NamedStaff {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = |claims: Arc<Claims>| {
            let staff = claims.sub.parse().map_err(|_| ApiError::from(Code::Forbidden))?;
            Ok(Self { staff, session: sessions::session_of(&claims)? })
        };
        ready(required(req).and_then(named))
    }
}

/// A signed-in person, guest or resident, whose session is live.
#[derive(Debug, Clone, Copy)]
pub struct CurrentPerson(pub Person);

impl FromRequest for CurrentPerson {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = required(req).and_then(|claims| tenant_of(req).map(|app| (app, claims)));
        Box::pin(async move {
            let (app, claims) = found?;
            Ok(Self(sessions::person(&app, &claims).await?))
        })
    }
}

/// A signed-in resident whose session is live.
#[derive(Debug, Clone, Copy)]
pub struct CurrentResident {
    /// The person.
    pub person: Person,
    /// The resident.
    pub resident: ResidentId,
}

impl FromRequest for CurrentResident {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let person = CurrentPerson::from_request(req, payload);
        Box::pin(async move {
            let person = person.await?.0;
            Ok(Self { person, resident: person.require_resident()? })
        })
    }
}

/// A signed-in member of staff whose session is live, with the roles as of now.
#[derive(Debug, Clone)]
pub struct CurrentStaff(pub StaffActor);

impl FromRequest for CurrentStaff {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = required(req).and_then(|claims| tenant_of(req).map(|app| (app, claims)));
        Box::pin(async move {
            let (app, claims) = found?;
            Ok(Self(sessions::staff_actor(&app, &claims).await?))
        })
    }
}

/// A signed-in clerk whose session is live, with the shop as of now.
#[derive(Debug, Clone, Copy)]
pub struct CurrentClerk(pub ClerkActor);

impl FromRequest for CurrentClerk {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = tenant_of(req).and_then(|app| {
            // Where there are no shops, whoever asks is told so.
            app.require_merchants()?;
            Ok((required(req)?, app))
        });
        Box::pin(async move {
            let (claims, app) = found?;
            Ok(Self(sessions::clerk_actor(&app, &claims).await?))
        })
    }
}

/// Who may upload pictures at the resident API: a person (a guest has a picture of oneself, too), or staff who run events somewhere; the account whose picture it will be.
#[derive(Debug, Clone, Copy)]
pub struct Uploader(pub AnyId);

impl FromRequest for Uploader {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = required(req).and_then(|claims| tenant_of(req).map(|app| (app, claims)));
        Box::pin(async move {
            let (app, claims) = found?;
            if claims.sub.parse::<StaffId>().is_ok() {
                let staff = sessions::staff_actor(&app, &claims).await?;
                let runs_events = !staff.reach(Permission::ManageEvents).is_empty();
                return if runs_events { Ok(Self(AnyId::of(staff.id))) } else { Err(Code::Forbidden.into()) };
            }
            Ok(Self(AnyId::of(sessions::person(&app, &claims).await?.identity)))
        })
    }
}
