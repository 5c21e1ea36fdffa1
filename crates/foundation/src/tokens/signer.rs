//! The keys themselves: one that signs, and ones that only verify.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A text or a sequence of bytes that is not an Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedKey;

impl fmt::Display for MalformedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an Ed25519 private key in PEM (PKCS#8), as `openssl genpkey -algorithm ed25519` writes it")
    }
}
impl std::error::Error for MalformedKey {}

const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_FOOT: &str = "-----END PRIVATE KEY-----";

/// A key that signs access tokens.
#[derive(Clone)]
pub struct Signer {
    pkcs8: Zeroizing<Vec<u8>>,
    pub(super) key: EncodingKey,
    verifier: Verifier,
}

impl Signer {
    /// A new key.
    pub fn generate() -> Result<Self, MalformedKey> {
        let pair = Ed25519KeyPair::generate().map_err(|_| MalformedKey)?;
        Self::from_pair(&pair)
    }

    /// The key of this PEM (PKCS#8).
    pub fn from_pem(pem: &str) -> Result<Self, MalformedKey> {
        let body = pem.trim().strip_prefix(PEM_HEAD).and_then(|rest| rest.strip_suffix(PEM_FOOT));
        let body: Zeroizing<String> =
            Zeroizing::new(body.ok_or(MalformedKey)?.split_ascii_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(body.as_bytes()).map_err(|_| MalformedKey)?);
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| MalformedKey)?;
        Self::from_pair(&pair)
    }

    fn from_pair(pair: &Ed25519KeyPair) -> Result<Self, MalformedKey> {
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| MalformedKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| MalformedKey)?;
        Ok(Self {
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()),
            verifier: Verifier::from_public(public),
        })
    }

    /// The PEM (PKCS#8) of this key, which is a secret.
    pub fn to_pem(&self) -> Zeroizing<String> {
        // An Ed25519 key has 48 bytes, which are one line of PEM.
        let body = Zeroizing::new(STANDARD.encode(self.pkcs8.as_slice()));
        Zeroizing::new(format!("{PEM_HEAD}\n{}\n{PEM_FOOT}\n", body.as_str()))
    }

    /// The name of this key: its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        self.verifier.kid()
    }

    /// The part of this key that may be known to everyone.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

/// A key that verifies access tokens and cannot sign any.
#[derive(Clone)]
pub struct Verifier {
    kid: String,
    public: [u8; 32],
    pub(super) key: DecodingKey,
}

impl Verifier {
    /// The verifier of this public key.
    pub fn from_public(public: [u8; 32]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public);
        // RFC 7638 and 8037: the required members, in the order of the alphabet, without white space.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self { kid: URL_SAFE_NO_PAD.encode(thumbprint), public, key: DecodingKey::from_ed_der(&public) }
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The name of this key: its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// This key as a member of a JWK set.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(self.public),
            "kid": self.kid, "use": "sig", "alg": "EdDSA",
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        // The example of RFC 8037, appendix A.3.
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let verifier = Verifier::from_public(x.try_into().unwrap());
        assert_eq!(verifier.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(verifier.jwk()["kid"], verifier.kid());
    }

    #[test]
    fn a_key_survives_its_pem() {
        let signer = Signer::generate().unwrap();
        let again = Signer::from_pem(&signer.to_pem()).unwrap();
        assert_eq!(again.kid(), signer.kid());
        assert_eq!(again.to_pem(), signer.to_pem());
        assert_eq!(signer.to_pem().lines().count(), 3);
    }

    #[test]
    fn a_key_made_by_openssl_is_read() {
        // The private key of RFC 8410, section 10.3; nobody uses it.
        let pem = "-----BEGIN PRIVATE KEY-----\r\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\r\n\
                   -----END PRIVATE KEY-----\r\n";
        let signer = Signer::from_pem(pem).unwrap();
        let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        assert_eq!(hex::encode(signer.verifier().public()), public);
    }

    #[test]
    fn what_is_no_ed25519_key_is_refused() {
        let pem = Signer::generate().unwrap().to_pem();
        for text in
            ["", "MC4CAQ", PEM_HEAD, &pem[..60], &pem.replace("PRIVATE", "PUBLIC"), &pem.replace('M', "N")]
        {
            assert_eq!(Signer::from_pem(text).err(), Some(MalformedKey), "{text}");
        }
    }

    #[test]
    fn the_text_for_logs_holds_no_secret() {
        let signer = Signer::generate().unwrap();
        let body = signer.to_pem().lines().nth(1).unwrap().to_owned();
        let shown = format!("{signer:?} {:?}", signer.verifier());
        assert!(shown.contains(signer.kid()) && !shown.contains(&body[20..]));
    }
}
