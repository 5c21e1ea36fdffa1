//! Tokens whose signature was checked: checking one costs more than answering most requests, and a client sends the same one for five
//! minutes. Only good signatures are kept, by the whole token; everything that time decides is judged anew with each request.

use std::sync::Arc;

use domain::{Code, Ts};
use quick_cache::sync::Cache;

use super::{Claims, Keys};

/// How many tokens are kept: with their texts some 16 MB at most.
const KEPT_MAX: usize = 16_384;

/// The tokens of one tenant whose signature this process has checked.
#[derive(Debug)]
pub struct Verified {
    kept: Cache<Box<str>, Arc<Claims>>,
}

impl Default for Verified {
    fn default() -> Self {
        Self { kept: Cache::new(KEPT_MAX) }
    }
}

impl Verified {
    /// As [`Keys::verify`].
    pub fn claims(
        &self,
        keys: &Keys,
        token: &str,
        audience: &str,
        issuer: &str,
        now: Ts,
    ) -> Result<Arc<Claims>, Code> {
        if let Some(claims) = self.kept.get(token) {
            claims.judge(audience, issuer, now)?;
            return Ok(claims);
        }
        let claims = Arc::new(keys.verify(token, audience, issuer, now)?);
        self.kept.insert(token.into(), claims.clone());
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ACCESS_LIFE_S, Grant, LEEWAY_S, Signer};
    use super::*;

    const NOW: Ts = Ts(1_767_225_600_000_000);

    #[test]
    fn a_kept_token_is_judged_anew_and_a_changed_one_is_another() {
        let (keys, verified) = (Keys::of(Signer::generate().unwrap()), Verified::default());
        let grant = Grant { iss: "yunxi", aud: "resident-api", sub: "idn_1", sid: "ses_1" };
        let token = keys.issue(grant, NOW).unwrap();
        let ask = |token: &str, aud: &str, now| verified.claims(&keys, token, aud, "yunxi", now);
        for _ in 0..2 {
            assert_eq!(ask(&token, "resident-api", NOW).unwrap().sub, "idn_1");
            assert_eq!(ask(&token, "merchant-service", NOW).err(), Some(Code::TokenInvalid));
            let late = NOW.plus_seconds(ACCESS_LIFE_S + LEEWAY_S);
            assert_eq!(ask(&token, "resident-api", late).err(), Some(Code::TokenExpired));
            let (head, signature) = token.rsplit_once('.').unwrap();
            let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
            assert_eq!(ask(&forged, "resident-api", NOW).err(), Some(Code::TokenInvalid));
        }
    }
}
