//! Secrets of redemption codes. A shown code is 128 random bits behind `JS1.`, kept by its SHA-256: nobody can guess it, so a plain hash
//! is enough. A typed code is ten digits and a check digit, which a table of all codes would reveal: it is kept by an HMAC under a key that
//! is not in the database, together with the shop that it is bound to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Code;
use domain::ids::MerchantId;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::tokens::chance;

/// What every shown code begins with: it tells a till what it scanned.
pub const SHOWN_PREFIX: &str = "JS1.";
/// Digits of a typed code, with its check digit.
pub const TYPED_DIGITS: usize = 11;
/// The least length of the key, in bytes.
pub const KEY_BYTES_MIN: usize = 32;

/// The key under which typed codes are kept.
#[derive(Clone)]
pub struct CodeKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey(…)")
    }
}

impl CodeKey {
    /// A key of the system's chance. Fails only if the system gives none.
    pub fn generate() -> Result<Self, Code> {
        Ok(Self(Zeroizing::new(chance::<KEY_BYTES_MIN>()?.to_vec())))
    }
    /// Reads the text that [`Self::to_text`] writes; `None` when it is none or too short.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        (bytes.len() >= KEY_BYTES_MIN).then(|| Self(Zeroizing::new(bytes)))
    }
    /// As text for a file.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }
    /// What a message under this key is kept by.
    pub fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        mac(&self.0, parts)
    }
}

/// The HMAC-SHA256 of these parts under a secret.
pub(crate) fn mac(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("an HMAC takes a key of any length");
    for part in parts {
        // Lengths before the parts: no two lists of parts make one message.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// A code as a client sends or shows it.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// 128 random bits.
    Shown(Zeroizing<String>),
    /// Eleven digits, the last of which checks the others.
    Typed(Zeroizing<String>),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Shown(_)) { "Shown(…)" } else { "Typed(…)" })
    }
}

impl Secret {
    /// A new code to show. Fails only if the system gives no randomness.
    pub fn shown() -> Result<Self, Code> {
        let bits = URL_SAFE_NO_PAD.encode(chance::<16>()?);
        Ok(Self::Shown(Zeroizing::new(format!("{SHOWN_PREFIX}{bits}"))))
    }
    /// A new code to type. Fails only if the system gives no randomness.
    pub fn typed() -> Result<Self, Code> {
        // Of 128 bits the remainder is as good as even.
        let number = u128::from_be_bytes(chance::<16>()?) % 10_u128.pow(10);
        let digits = format!("{number:010}");
        let check = check_digit(&digits);
        Ok(Self::Typed(Zeroizing::new(format!("{digits}{check}"))))
    }
    /// Reads what a till sent; `None` when it can be no code at all, which is told without looking anything up.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(bits) = text.strip_prefix(SHOWN_PREFIX) {
            let decoded = URL_SAFE_NO_PAD.decode(bits).ok()?;
            return (decoded.len() == 16).then(|| Self::Shown(Zeroizing::new(text.to_owned())));
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let good = digits.len() == TYPED_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let (body, check) = digits.split_at_checked(TYPED_DIGITS - 1)?;
        (good && check == check_digit(body).to_string()).then(|| Self::Typed(Zeroizing::new(digits)))
    }
    /// The text to show.
    pub fn text(&self) -> &str {
        match self {
            Self::Shown(text) | Self::Typed(text) => text,
        }
    }
    /// Whether it was typed.
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Typed(_))
    }
    /// What it is kept by; a typed one is bound to a shop. Refused: a typed code without a shop.
    pub fn hash(&self, key: &CodeKey, merchant: Option<MerchantId>) -> Result<Vec<u8>, Code> {
        match (self, merchant) {
            (Self::Shown(text), _) => Ok(Sha256::digest(text.as_bytes()).to_vec()),
            (Self::Typed(digits), Some(merchant)) => {
                Ok(key.mac(&[b"typed-code", merchant.to_string().as_bytes(), digits.as_bytes()]))
            }
            (Self::Typed(_), None) => Err(Code::CodeUnknown),
        }
    }
}

/// The check digit of Luhn (ISO/IEC 7812): it finds every wrong digit and nearly every exchange of two neighbours, which is what typing
/// gets wrong.
fn check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let n = u32::from(b - b'0');
            if i % 2 == 0 {
                let twice = n * 2;
                twice / 10 + twice % 10
            } else {
                n
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_a_mistyped_one_does_not() {
        assert_eq!(check_digit("7992739871"), 3, "the example of the standard");
        for _ in 0..100 {
            let (shown, typed) = (Secret::shown().unwrap(), Secret::typed().unwrap());
            assert_eq!(Secret::parse(shown.text()), Some(shown.clone()));
            assert_eq!(Secret::parse(typed.text()), Some(typed.clone()));
            let mut wrong = typed.text().to_owned().into_bytes();
            wrong[3] = b'0' + (wrong[3] - b'0' + 1) % 10;
            assert_eq!(Secret::parse(std::str::from_utf8(&wrong).unwrap()), None);
        }
        assert_eq!(Secret::parse("JS1.short"), None);
        assert_eq!(Secret::parse("王"), None);
    }

    #[test]
    fn a_typed_code_belongs_to_one_shop_and_one_key() {
        let (key, code, shop) = (CodeKey::generate().unwrap(), Secret::typed().unwrap(), MerchantId::new());
        let hash = code.hash(&key, Some(shop)).unwrap();
        assert_eq!(code.hash(&key, Some(shop)), Ok(hash.clone()));
        assert_ne!(code.hash(&key, Some(MerchantId::new())), Ok(hash.clone()));
        assert_ne!(code.hash(&CodeKey::generate().unwrap(), Some(shop)), Ok(hash));
        assert_eq!(code.hash(&key, None), Err(Code::CodeUnknown));
        assert!(CodeKey::from_text(&key.to_text()).is_some());
        assert!(CodeKey::from_text("c2hvcnQ").is_none());
    }
}
