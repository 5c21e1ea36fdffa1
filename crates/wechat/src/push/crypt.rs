//! The cipher of message push: AES-256-CBC over `16 random bytes | length, 4 bytes big-endian | message | app id`, padded to 32 bytes.
//!
//! Two things of it are not what libraries expect. The key is 43 characters of Base64 by chance, which leave two bits over that are seldom
//! zero, so it is read without looking at them. And the padding counts to 32, twice the block of AES, so it is taken off here and not by the
//! cipher.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// As many characters as the console shows.
const KEY_CHARS: usize = 43;
/// What a message is padded to.
pub(crate) const PAD_BLOCK: usize = 32;
/// The bytes by chance before the length.
pub(crate) const RANDOM_BYTES: usize = 16;
/// Where the message begins.
const HEAD: usize = RANDOM_BYTES + 4;

const LAX: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// An EncodingAESKey.
pub(crate) struct Key([u8; 32]);

impl Key {
    /// Reads the 43 characters of the console.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != KEY_CHARS {
            return None;
        }
        LAX.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The message for `app_id`; nothing where it is none, whatever is wrong with it.
    pub(super) fn open(&self, sealed: &str, app_id: &str) -> Option<Vec<u8>> {
        let mut bytes = STANDARD.decode(sealed).ok()?;
        let key = DecryptingKey::cbc(UnboundCipherKey::new(&AES_256, &self.0).ok()?).ok()?;
        key.decrypt(&mut bytes, DecryptionContext::Iv128(self.iv())).ok()?;
        let plain = unpadded(&bytes)?;
        let (head, rest) = plain.split_at_checked(HEAD)?;
        let length = u32::from_be_bytes(head.get(RANDOM_BYTES..)?.try_into().ok()?);
        let (message, whose) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        verify_slices_are_equal(whose, app_id.as_bytes()).ok()?;
        Some(message.to_vec())
    }

    /// The other way round, as WeChat does it.
    pub(crate) fn seal(&self, random: [u8; RANDOM_BYTES], message: &[u8], app_id: &str) -> Option<String> {
        let length = u32::try_from(message.len()).ok()?;
        let mut bytes = [&random[..], &length.to_be_bytes(), message, app_id.as_bytes()].concat();
        let pad = padding(message.len(), app_id);
        bytes.resize(bytes.len() + pad, u8::try_from(pad).ok()?);
        let key = EncryptingKey::cbc(UnboundCipherKey::new(&AES_256, &self.0).ok()?).ok()?;
        key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(self.iv())).ok()?;
        Some(STANDARD.encode(bytes))
    }

    /// The first half of the key, as WeChat has it: the random bytes in front stand for what an IV is for.
    fn iv(&self) -> FixedLength<16> {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.0[..16]);
        FixedLength::from(iv)
    }
}

/// How many bytes a message of this length is padded with: 1 to 32.
pub(crate) const fn padding(message_bytes: usize, app_id: &str) -> usize {
    PAD_BLOCK - (HEAD + message_bytes + app_id.len()) % PAD_BLOCK
}

/// Without the padding: 1 to 32 bytes that all say how many there are.
fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*bytes.last()?);
    let (plain, padding) = bytes.split_at_checked(bytes.len().checked_sub(pad)?)?;
    let right = (1..=PAD_BLOCK).contains(&pad) && padding.iter().all(|byte| usize::from(*byte) == pad);
    right.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_by_chance_is_read_although_bits_are_left_over() {
        // The last character has two bits that no byte needs; only one in four of them is zero.
        for key in ["kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", &"A".repeat(43), &"z".repeat(43)] {
            assert!(Key::parse(key).is_some(), "{key}");
        }
        for bad in ["", &"A".repeat(42), &"A".repeat(44), &format!("{}=", "A".repeat(42)), &"-".repeat(43)] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn padding_counts_to_thirty_two() {
        assert_eq!(unpadded(&[7, 1]), Some(&[7][..]));
        assert_eq!(unpadded(&[32; 32]), Some(&[][..]));
        let wrong: [&[u8]; 5] = [&[], &[0], &[2, 1, 2], &[33; 33], &[4, 4, 4]];
        for bytes in wrong {
            assert_eq!(unpadded(bytes), None, "{bytes:?}");
        }
    }
}
