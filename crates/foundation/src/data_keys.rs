//! Keys under which personal data and secrets stand in the database: one secret of the tenant, from which a key for each purpose follows.
//!
//! Numbers are enciphered with AES-256-GCM, with the row's id authenticated beside them, so that no row can be given the number of another;
//! they are found again by an HMAC under another key. A file may hold several secrets: the first one is used for what is written, the others
//! read what was written before. So keys are changed: a new one on top, the old one below until nothing is left under it.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Code, Id};
use zeroize::Zeroizing;

use crate::codes::mac;
use crate::tokens::chance;

/// The length of a secret, in bytes; a shorter one is none.
const SECRET_BYTES: usize = 32;
/// Bytes of a secret's id, which says nothing of it.
const ID_BYTES: usize = 8;
/// Says of what the keys are, so that the same secret elsewhere makes others.
const SALT: &[u8] = b"jishan data key";

/// What a key is for. No two purposes share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Telephones.
    Phones,
    /// Invitations.
    Invitations,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Phones => "phones",
            Self::Invitations => "invitations",
        }
    }
}

/// Something enciphered, and by which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key's id.
    pub key: String,
    /// Nonce, text, tag.
    pub bytes: Vec<u8>,
}

#[derive(Clone)]
struct Secret {
    id: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Secret {
    fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        let id = hex::encode(&mac(&bytes, &[b"id"])[..ID_BYTES]);
        Self { id, bytes }
    }

    /// The key for a use of a purpose.
    fn key(&self, purpose: Purpose, of: &'static str) -> Result<Zeroizing<[u8; SECRET_BYTES]>, Code> {
        let mut key = Zeroizing::new([0; SECRET_BYTES]);
        let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&self.bytes);
        let info = [purpose.word().as_bytes(), b":", of.as_bytes()];
        let filled =
            pseudorandom.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice()));
        filled.map_err(|_| Code::Internal)?;
        Ok(key)
    }

    fn cipher(&self, purpose: Purpose) -> Result<LessSafeKey, Code> {
        let key = self.key(purpose, "seal")?;
        let unbound = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| Code::Internal)?;
        Ok(LessSafeKey::new(unbound))
    }
}

/// The keys of a tenant. Cheap to clone.
#[derive(Clone)]
pub struct DataKeys(Arc<[Secret]>);

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DataKeys").field(&self.current()).finish_non_exhaustive()
    }
}

impl DataKeys {
    /// A key of the system's chance. Fails only if the system gives none.
    pub fn generate() -> Result<Self, Code> {
        let secret = Secret::of(Zeroizing::new(chance::<SECRET_BYTES>()?.to_vec()));
        Ok(Self(Arc::new([secret])))
    }

    /// Reads the text that [`Self::to_text`] writes: a key a line, the one to write with first. `None` when one of them is none, or when
    /// one stands twice.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut secrets: Vec<Secret> = Vec::new();
        for line in text.split_whitespace() {
            let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(line).ok()?);
            let secret = (bytes.len() >= SECRET_BYTES).then(|| Secret::of(bytes))?;
            if secrets.iter().any(|known| known.id == secret.id) {
                return None;
            }
            secrets.push(secret);
        }
        (!secrets.is_empty()).then(|| Self(secrets.into()))
    }

    /// As text for a file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let lines: Vec<String> = self.0.iter().map(|s| URL_SAFE_NO_PAD.encode(s.bytes.as_slice())).collect();
        Zeroizing::new(lines.join("\n"))
    }

    /// The id of the key that is written with.
    pub fn current(&self) -> &str {
        self.0.first().map_or("", |secret| &secret.id)
    }

    /// The ids of the keys that only read.
    pub fn older(&self) -> Vec<String> {
        self.0.iter().skip(1).map(|secret| secret.id.clone()).collect()
    }

    /// Whether a key of this id is here.
    pub fn knows(&self, id: &str) -> bool {
        self.0.iter().any(|secret| secret.id == id)
    }

    /// Enciphers what stands in the row of this id.
    pub fn seal(&self, purpose: Purpose, row: impl Id, text: &[u8]) -> Result<Sealed, Code> {
        let secret = self.0.first().ok_or(Code::Internal)?;
        let nonce = chance::<NONCE_LEN>()?;
        let mut bytes = nonce.to_vec();
        let mut inner = text.to_vec();
        let sealed = secret.cipher(purpose)?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(beside(row)),
            &mut inner,
        );
        sealed.map_err(|_| Code::Internal)?;
        bytes.append(&mut inner);
        Ok(Sealed { key: secret.id.clone(), bytes })
    }

    /// Deciphers what stands in the row of this id; `None` where its key is not here, or where it is not what was written there.
    pub fn open(
        &self,
        purpose: Purpose,
        row: impl Id,
        key: &str,
        bytes: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let secret = self.0.iter().find(|secret| secret.id == key)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut inner = Zeroizing::new(sealed.to_vec());
        let length = {
            let cipher = secret.cipher(purpose).ok()?;
            cipher.open_in_place(nonce, Aad::from(beside(row)), inner.as_mut_slice()).ok()?.len()
        };
        inner.truncate(length);
        Some(inner)
    }

    /// What something is found by, under each of the keys: the one of [`Self::current`] first.
    pub fn hashes(&self, purpose: Purpose, text: &[u8]) -> Result<Vec<Vec<u8>>, Code> {
        self.0.iter().map(|secret| Ok(mac(secret.key(purpose, "match")?.as_slice(), &[text]))).collect()
    }

    /// What something is kept by.
    pub fn hash(&self, purpose: Purpose, text: &[u8]) -> Result<Vec<u8>, Code> {
        let secret = self.0.first().ok_or(Code::Internal)?;
        Ok(mac(secret.key(purpose, "match")?.as_slice(), &[text]))
    }
}

fn beside(row: impl Id) -> [u8; 16] {
    *row.uuid().as_bytes()
}

#[cfg(test)]
mod tests {
    use domain::ids::PhoneId;

    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_row_and_under_its_key_only() {
        let (keys, other, row) =
            (DataKeys::generate().unwrap(), DataKeys::generate().unwrap(), PhoneId::new());
        let sealed = keys.seal(Purpose::Phones, row, b"86 13800001234").unwrap();
        assert!(!sealed.bytes.windows(5).any(|w| w == b"13800"));
        let open = |keys: &DataKeys, purpose, row, bytes: &[u8]| {
            keys.open(purpose, row, &sealed.key, bytes).map(|text| text.to_vec())
        };
        assert_eq!(
            open(&keys, Purpose::Phones, row, &sealed.bytes).as_deref(),
            Some(b"86 13800001234".as_slice())
        );
        assert_eq!(open(&keys, Purpose::Phones, PhoneId::new(), &sealed.bytes), None);
        assert_eq!(open(&keys, Purpose::Invitations, row, &sealed.bytes), None);
        assert_eq!(open(&other, Purpose::Phones, row, &sealed.bytes), None);
        let mut changed = sealed.bytes.clone();
        changed[NONCE_LEN] ^= 1;
        assert_eq!(open(&keys, Purpose::Phones, row, &changed), None);
        assert_eq!(open(&keys, Purpose::Phones, row, b"short"), None);
        let again = keys.seal(Purpose::Phones, row, b"86 13800001234").unwrap();
        assert_ne!(again.bytes, sealed.bytes, "no two look alike");
    }

    #[test]
    fn a_new_key_on_top_writes_and_the_old_one_still_reads() {
        let (old, new, row) = (DataKeys::generate().unwrap(), DataKeys::generate().unwrap(), PhoneId::new());
        let both = DataKeys::from_text(&format!("{}\n{}\n", *new.to_text(), *old.to_text())).unwrap();
        assert_eq!(both.current(), new.current());
        assert!(both.knows(old.current()) && !new.knows(old.current()));
        let sealed = old.seal(Purpose::Phones, row, b"x").unwrap();
        assert!(both.open(Purpose::Phones, row, &sealed.key, &sealed.bytes).is_some());
        let hashes = both.hashes(Purpose::Phones, b"+8613800001234").unwrap();
        assert_eq!(hashes[0], new.hash(Purpose::Phones, b"+8613800001234").unwrap());
        assert_eq!(hashes[1], old.hash(Purpose::Phones, b"+8613800001234").unwrap());
        assert_ne!(hashes[0], new.hash(Purpose::Invitations, b"+8613800001234").unwrap());
        let twice = format!("{0} {0}", *old.to_text());
        for none in ["", "c2hvcnQ", "王", &twice] {
            assert!(DataKeys::from_text(none).is_none(), "{none}");
        }
        assert!(!format!("{both:?}").contains(old.to_text().as_str()));
    }
}
