//! Refresh tokens: opaque secrets that name their session, so that it is found by its key and not by a search for a hash. The
//! database keeps only the hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Code;
use domain::ids::{Id, SessionId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::chance;

const PREFIX: &str = "jrt_";
const SESSION_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const BYTES: usize = SESSION_BYTES + SECRET_BYTES;

/// A secret with which a session gets its next access token: `jrt_`, then the session's id and 256 bits of chance in base64url.
/// Its life is the session's and stands in the database.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<[u8; BYTES]>);

impl RefreshToken {
    /// A new secret for this session. Fails only if the system gives no randomness.
    pub fn new(session: SessionId) -> Result<Self, Code> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let secret = Zeroizing::new(chance::<SECRET_BYTES>()?);
        bytes[..SESSION_BYTES].copy_from_slice(session.uuid().as_bytes());
        bytes[SESSION_BYTES..].copy_from_slice(secret.as_slice());
        Ok(Self(bytes))
    }

    /// Reads what a client presents.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let encoded = text.strip_prefix(PREFIX).ok_or(Code::RefreshInvalid)?;
        match URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()) {
            Ok(BYTES) => Ok(Self(bytes)),
            _ => Err(Code::RefreshInvalid),
        }
    }

    /// The text for the client.
    pub fn text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()));
        Zeroizing::new(format!("{PREFIX}{}", encoded.as_str()))
    }

    /// The session whose secret this claims to be.
    pub fn session(&self) -> SessionId {
        let mut id = [0; SESSION_BYTES];
        id.copy_from_slice(&self.0[..SESSION_BYTES]);
        SessionId::from_uuid(Uuid::from_bytes(id))
    }

    /// What the database keeps. 256 bits of chance need no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }

    /// Whether this is the token of this stored hash; takes the same time however many bytes agree.
    pub fn matches(&self, stored_hash: &[u8]) -> bool {
        self.hash().ct_eq(stored_hash).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, …)", self.session())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_names_its_session() {
        let session = SessionId::new();
        let token = RefreshToken::new(session).unwrap();
        let text = token.text();
        assert_eq!(text.len(), PREFIX.len() + 64);
        let read = RefreshToken::parse(&text).unwrap();
        assert_eq!(read.session(), session);
        assert!(read.matches(&token.hash()));
    }

    #[test]
    fn two_tokens_of_one_session_differ() {
        let session = SessionId::new();
        let (one, two) = (RefreshToken::new(session).unwrap(), RefreshToken::new(session).unwrap());
        assert!(!one.matches(&two.hash()));
        assert!(!one.matches(&one.hash()[..31]) && !one.matches(&[]));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let text = RefreshToken::new(SessionId::new()).unwrap().text();
        let body = &text[PREFIX.len()..];
        let wrong = [
            String::new(),
            body.to_owned(),
            format!("JRT_{body}"),
            format!("jrt_{}", &body[..63]),
            format!("jrt_{body}A"),
            format!("jrt_{body}="),
            format!("jrt_{}+/", &body[..62]),
            format!("jrt_{}", "A".repeat(100_000)),
            format!(" {}", text.as_str()),
        ];
        for text in wrong {
            assert_eq!(RefreshToken::parse(&text).err(), Some(Code::RefreshInvalid), "{text:.80}");
        }
    }

    #[test]
    fn the_text_for_logs_holds_no_secret() {
        let token = RefreshToken::new(SessionId::new()).unwrap();
        let shown = format!("{token:?}");
        assert!(shown.starts_with("RefreshToken(sess_") && !shown.contains(&token.text()[30..]));
    }
}
