//! Issues access tokens with the current key, and verifies them with every key that may still have signed one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Code, Ts};
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signer::{Signer, Verifier};
use super::{ACCESS_LIFE_S, LEEWAY_S, TOKEN_BYTES_MAX, chance, parts};

const TOKEN_TYPE: &str = "at+jwt";

/// What an access token states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the tenant.
    pub iss: String,
    /// For which service.
    pub aud: String,
    /// Who carries it.
    pub sub: String,
    /// In which session.
    pub sid: String,
    /// The token's own name.
    pub jti: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// From when it is good.
    pub nbf: i64,
    /// Until when it is good.
    pub exp: i64,
}

impl Claims {
    /// Whether a token of these claims, whose signature is good, is for this audience and of this issuer, and good at this moment.
    pub(super) fn judge(&self, audience: &str, issuer: &str, now: Ts) -> Result<(), Code> {
        let named = [&self.sub, &self.sid, &self.jti].iter().all(|claim| !claim.is_empty());
        if !named || self.aud != audience || self.iss != issuer {
            return Err(Code::TokenInvalid);
        }
        let now_s = now.unix_seconds();
        let latest_start = now_s.saturating_add(LEEWAY_S);
        let life_s = self.exp.saturating_sub(self.iat);
        if self.iat > latest_start || self.nbf > latest_start || !(1..=ACCESS_LIFE_S).contains(&life_s) {
            return Err(Code::TokenInvalid);
        }
        if now_s.saturating_sub(LEEWAY_S) >= self.exp {
            return Err(Code::TokenExpired);
        }
        Ok(())
    }
}

/// For whom a token is issued; the rest of its claims follow from the moment and from chance.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Who issues it: the tenant.
    pub iss: &'a str,
    /// For which service.
    pub aud: &'a str,
    /// Who will carry it.
    pub sub: &'a str,
    /// In which session.
    pub sid: &'a str,
}

/// The keys of one tenant and one service. To change the key without signing anybody out, the new one is first published as
/// `next`, then becomes current while the old one stays as `previous`, and the old one goes when its last token has expired.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key that signs.
    pub current: Signer,
    /// Keys that will sign, published ahead.
    pub next: Vec<Verifier>,
    /// Keys that signed until a short time ago.
    pub previous: Vec<Verifier>,
}

impl Keys {
    /// This key alone.
    pub fn of(current: Signer) -> Self {
        Self { current, next: Vec::new(), previous: Vec::new() }
    }

    fn verifiers(&self) -> impl Iterator<Item = &Verifier> {
        std::iter::once(self.current.verifier()).chain(&self.next).chain(&self.previous)
    }

    /// The JWK set of the public keys, as it stands at `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.verifiers().map(Verifier::jwk).collect::<Vec<_>>() })
    }

    /// A token that is good from now on for [`ACCESS_LIFE_S`] seconds. Fails only if the system gives no randomness.
    pub fn issue(&self, grant: Grant<'_>, now: Ts) -> Result<String, Code> {
        let now_s = now.unix_seconds();
        let claims = Claims {
            iss: grant.iss.to_owned(),
            aud: grant.aud.to_owned(),
            sub: grant.sub.to_owned(),
            sid: grant.sid.to_owned(),
            jti: URL_SAFE_NO_PAD.encode(chance::<16>()?),
            iat: now_s,
            nbf: now_s,
            exp: now_s.saturating_add(ACCESS_LIFE_S),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.current.kid().to_owned());
        jsonwebtoken::encode(&header, &claims, &self.current.key).map_err(|error| {
            tracing::error!(%error, "an access token could not be signed");
            Code::Internal
        })
    }

    /// A signed statement of another type than an access token, such as a receipt: nobody signs in with it.
    pub fn state<T: Serialize>(&self, of_type: &'static str, statement: &T) -> Result<String, Code> {
        debug_assert_ne!(of_type, TOKEN_TYPE, "access tokens are issued");
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(of_type.to_owned());
        header.kid = Some(self.current.kid().to_owned());
        jsonwebtoken::encode(&header, statement, &self.current.key).map_err(|error| {
            tracing::error!(%error, "a statement could not be signed");
            Code::Internal
        })
    }

    /// The claims of a token, if one of these keys signed it for this audience and issuer and it is good at this moment.
    /// A token that only came too late is told apart from every other, since a refresh helps it.
    pub fn verify(&self, token: &str, audience: &str, issuer: &str, now: Ts) -> Result<Claims, Code> {
        let claims = self.signed_claims(token).ok_or(Code::TokenInvalid)?;
        claims.judge(audience, issuer, now)?;
        Ok(claims)
    }

    /// The claims, if one of these keys signed them. Nothing of them is looked at before the signature is known to be good.
    fn signed_claims(&self, token: &str) -> Option<Claims> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let parts = parts::split(token)?;
        let mut header = parts::members(parts.header)?;
        let (alg, typ, kid) = (header.remove("alg")?, header.remove("typ")?, header.remove("kid")?);
        // Whatever else stands in a header (`jku`, `jwk`, `x5u`, `crit`, …) was not written by us.
        if alg != "EdDSA" || typ != TOKEN_TYPE || !header.is_empty() {
            return None;
        }
        let verifier = self.verifiers().find(|verifier| kid == verifier.kid())?;
        let signed = parts.signed.as_bytes();
        let good = jsonwebtoken::crypto::verify(parts.signature, signed, &verifier.key, Algorithm::EdDSA);
        if !good.unwrap_or(false) {
            return None;
        }
        let claims = parts::members(parts.claims)?.into_iter().collect();
        serde_json::from_value(Value::Object(claims)).ok()
    }
}
