//! Rate limits: per person and per address, by class of route. The classes and their quotas are the operator's.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use domain::ids::IdentityId;
use domain::rate::{Quota, Verdict};
use domain::{Code, Refusal};
use foundation::App;

use crate::problem::ApiError;
use crate::server::Gate;

/// What a request does, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Signs in: by address, because nobody is known yet.
    SignIn,
    /// Uploads a picture.
    Upload,
    /// Is pushed by WeChat: by address, and from few of them.
    Push,
}

impl Class {
    /// The class of a request.
    pub fn of(method: &Method, path: &str) -> Self {
        if method.is_safe() {
            return Self::Read;
        }
        if path.starts_with("/v1/sessions") && *method == Method::POST {
            return Self::SignIn;
        }
        match path {
            "/v1/pictures" => Self::Upload,
            "/v1/wechat/push" => Self::Push,
            _ => Self::Write,
        }
    }
    /// The word in keys and headers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::SignIn => "sign-in",
            Self::Upload => "upload",
            Self::Push => "push",
        }
    }
}

/// Requests a minute, by class: of a person, and of an address (behind which a whole village may sit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Reads of a person, of an address.
    pub read: (u32, u32),
    /// Writes.
    pub write: (u32, u32),
    /// Sign-ins: of an address only.
    pub sign_in: u32,
    /// Uploads.
    pub upload: (u32, u32),
    /// Pushes: of an address only.
    pub push: u32,
    /// Codes of invitations that are well-formed: beside the writes that they are, too.
    pub invitation: (u32, u32),
}

impl Default for Quotas {
    fn default() -> Self {
        let invitation = (10, 60);
        Self {
            read: (600, 6_000),
            write: (120, 1_200),
            sign_in: 60,
            upload: (60, 600),
            push: 30_000,
            invitation,
        }
    }
}

impl Quotas {
    fn of(self, class: Class) -> (Option<u32>, u32) {
        match class {
            Class::Read => (Some(self.read.0), self.read.1),
            Class::Write => (Some(self.write.0), self.write.1),
            Class::SignIn => (None, self.sign_in),
            Class::Upload => (Some(self.upload.0), self.upload.1),
            Class::Push => (None, self.push),
        }
    }
}

/// What the limiter said, for the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Which class.
    pub class: Class,
    /// The quota that came nearest to its end.
    pub quota: u32,
    /// The verdict.
    pub verdict: Verdict,
}

/// Where a request comes from, as far as it is believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

/// The limits of what can be guessed, for an operation that looks at its body before it counts.
#[derive(Debug, Clone, Copy)]
pub struct Guesses {
    quotas: Quotas,
    address: IpAddr,
}

impl FromRequest for Guesses {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let quotas = req.app_data::<web::Data<Gate>>().map(|gate| gate.quotas);
        let address = req.extensions().get::<Address>().map(|address| address.0);
        let found = quotas.zip(address).map(|(quotas, address)| Self { quotas, address });
        ready(found.ok_or_else(|| Code::Internal.into()))
    }
}

impl Guesses {
    /// Counts one code of an invitation, of a person and of the address. Refused when either has tried too many.
    pub async fn count_invitation(&self, app: &App, who: IdentityId) -> Result<(), ApiError> {
        let (by_person, by_address) = self.quotas.invitation;
        let keys = [(who.to_string(), by_person), (counted(self.address).to_string(), by_address)];
        for (of, quota) in keys {
            let key = format!("invitation:{of}");
            let verdict = app.limiter.check(&key, Quota::per_minute(quota), app.now()).await;
            if let Verdict::Wait { retry_after_us } = verdict {
                return Err(Refusal::from(Code::TooManyRequests).retry_after(seconds(retry_after_us)).into());
            }
        }
        Ok(())
    }
}

/// Whole seconds after which so many microseconds are over.
pub(crate) fn seconds(us: i64) -> u32 {
    u32::try_from(us.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX)
}

/// The address that is counted: of IPv6 the network of 64 bits, because whoever has one of its addresses has them all.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

/// Decides a request: by its person, if any, and by its address.
pub async fn decide(
    app: &App,
    quotas: Quotas,
    class: Class,
    person: Option<&str>,
    address: IpAddr,
) -> Decision {
    let (by_person, by_address) = quotas.of(class);
    let now = app.now();
    let word = class.word();
    let mut tightest = Decision { class, quota: by_address, verdict: Verdict::Pass { remaining: u32::MAX } };
    let person = person.zip(by_person).map(|(who, quota)| (format!("{word}:{who}"), quota));
    let address = Some((format!("{word}:{}", counted(address)), by_address));
    for (key, quota) in [person, address].into_iter().flatten() {
        let verdict = app.limiter.check(&key, Quota::per_minute(quota), now).await;
        match (verdict, tightest.verdict) {
            (Verdict::Wait { .. }, _) => return Decision { class, quota, verdict },
            (Verdict::Pass { remaining }, Verdict::Pass { remaining: least }) if remaining < least => {
                tightest = Decision { class, quota, verdict };
            }
            _ => {}
        }
    }
    tightest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_by_who_can_choose_it() {
        let of = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(of("203.0.113.9"), "203.0.113.9");
        assert_eq!(of("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
