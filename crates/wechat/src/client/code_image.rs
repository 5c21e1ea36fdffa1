//! Mini-program codes, a picture that opens a page of the mini-program with a short word, the scene; and links, an address that does.
//!
//! A code is good for ever, and how many there are is not limited: it is made once and kept.

use serde::{Deserialize, Serialize};

use super::{Client, transport};
use crate::error::WechatError;

const PATH: &str = "/wxa/getwxacodeunlimit";

/// The most characters of a scene.
pub const SCENE_CHARS_MAX: usize = 32;
/// What may stand in one beside letters and digits.
const SCENE_MARKS: &str = "!#$&'()*+,/:;=?@-._~";
/// The narrowest and the widest picture, in pixels.
const WIDTHS: std::ops::RangeInclusive<u32> = 280..=1_280;

/// Which mini-program is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// The one that everybody has.
    #[default]
    Release,
    /// The one that is being tried.
    Trial,
    /// The one that is being made.
    Develop,
}

impl Release {
    /// The same, as messages call it.
    pub(super) const fn state(self) -> &'static str {
        match self {
            Self::Release => "formal",
            Self::Trial => "trial",
            Self::Develop => "developer",
        }
    }
}

#[derive(Serialize)]
struct Ask<'a> {
    scene: &'a str,
    page: &'a str,
    /// Pages that are not released yet are checked by whoever releases them.
    check_path: bool,
    env_version: Release,
    width: u32,
}

/// Whether a word can be a scene: 1 to 32 letters, digits and a few marks.
pub fn is_scene(word: &str) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || SCENE_MARKS.contains(c);
    (1..=SCENE_CHARS_MAX).contains(&word.len()) && word.chars().all(may)
}

impl Client {
    /// The picture of a code, as PNG or JPEG, that opens `page` (no slash in front, no query) with this scene; `width` in pixels is brought
    /// into what WeChat makes. Asked again where WeChat does not answer: a code that is made twice is the same.
    pub async fn code_image(
        &self,
        page: &str,
        scene: &str,
        release: Release,
        width: u32,
    ) -> Result<Vec<u8>, WechatError> {
        if !is_scene(scene) {
            return Err(WechatError::BadMessage { errcode: 40129 });
        }
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        let ask = &Ask { scene, page, check_path: false, env_version: release, width };
        let once = || {
            self.with_token(|token| async move {
                let request = self.post(PATH).query(&[("access_token", token.reveal())]);
                transport::send_for_bytes(PATH, request.json(ask)).await
            })
        };
        self.again(once).await
    }
}

const LINK: &str = "/wxa/generate_urllink";

#[derive(Serialize)]
struct AskLink<'a> {
    path: &'a str,
    query: &'a str,
    expire_type: u8,
    expire_interval: u32,
    env_version: Release,
}

#[derive(Deserialize)]
struct Link {
    url_link: String,
}

impl Client {
    /// An address that opens a page from outside of WeChat, for 1 to 30 days. Each request makes another one, so it is asked for once.
    pub async fn url_link(
        &self,
        path: &str,
        query: &str,
        release: Release,
        days: u32,
    ) -> Result<String, WechatError> {
        let expire_interval = days.clamp(1, 30);
        let ask = &AskLink { path, query, expire_type: 1, expire_interval, env_version: release };
        self.with_token(|token| async move {
            let request = self.post(LINK).query(&[("access_token", token.reveal())]);
            transport::send::<Link>(LINK, request.json(ask)).await.map(|link| link.url_link)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_short_and_of_few_characters() {
        for scene in ["d=9fk3x", &"a".repeat(32), "~"] {
            assert!(is_scene(scene), "{scene}");
        }
        for scene in ["", &"a".repeat(33), "a b", "善", "100%", "a\"b"] {
            assert!(!is_scene(scene), "{scene}");
        }
    }
}
