//! Login codes that nobody has to issue, for demonstrations and for a browser without WeChat.
//!
//! `demo-alice` signs in as the same person every time, for as long as the stand-in runs. `demo-alice.7f3a` is the same
//! person with a code that is used up like a real one; whatever follows the point is free.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What every demonstration code begins with.
pub const DEMO_PREFIX: &str = "demo-";

const PART_CHARS_MAX: usize = 64;

/// A demonstration code, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DemoCode<'a> {
    pub(super) name: &'a str,
    pub(super) single_use: bool,
}

pub(super) fn read(code: &str) -> Option<DemoCode<'_>> {
    let rest = code.strip_prefix(DEMO_PREFIX)?;
    let (name, once) = rest.split_once('.').map_or((rest, None), |(name, once)| (name, Some(once)));
    let is_part = |part: &str| {
        let fits = (1..=PART_CHARS_MAX).contains(&part.len());
        fits && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    (is_part(name) && once.is_none_or(is_part)).then_some(DemoCode { name, single_use: once.is_some() })
}

/// The openid that `demo-<name>` signs in as: the same in every run, different from app to app.
pub fn demo_openid(app_id: &str, name: &str) -> String {
    format!("o{}", scatter(&format!("{app_id}/{name}")))
}

/// The unionid of the same person, which does not depend on the app.
pub(super) fn demo_unionid(name: &str) -> String {
    format!("u{}", scatter(name))
}

/// 27 characters that depend on every character of `text`. Not a secret: FNV-1a, stretched to 20 bytes.
fn scatter(text: &str) -> String {
    let lane = |salt: u64| {
        let start = 0xcbf2_9ce4_8422_2325 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed =
            text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        (mixed ^ (mixed >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd)
    };
    let bytes: Vec<u8> = (1..=3).flat_map(|salt| lane(salt).to_be_bytes()).take(20).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_code_names_a_person() {
        assert_eq!(read("demo-alice"), Some(DemoCode { name: "alice", single_use: false }));
        assert_eq!(read("demo-alice.7f3a"), Some(DemoCode { name: "alice", single_use: true }));
        for other in ["alice", "demo-", "demo-alice.", "demo-a b", "demo-.x", "demo-a.b.c"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_demo_person_has_one_openid_per_app_and_one_unionid() {
        let openid = demo_openid("wx1", "alice");
        assert_eq!(openid.len(), 28);
        assert_eq!(openid, demo_openid("wx1", "alice"));
        assert_ne!(openid, demo_openid("wx2", "alice"));
        assert_ne!(openid, demo_openid("wx1", "alicf"));
        assert_ne!(demo_unionid("alice"), demo_unionid("bob"));
    }
}
