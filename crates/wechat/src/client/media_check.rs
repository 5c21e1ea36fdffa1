//! Content safety of pictures and sounds: whether what somebody handed in may be shown to others.
//!
//! WeChat fetches the file from an address, looks at it later, and pushes what it found, within thirty minutes: the id that a request is
//! answered with is all there is until then. As with texts, it looks at nothing by somebody who was not there within two hours.

use serde::{Deserialize, Serialize};
use url::Url;

use super::text_check::Scene;
use super::{Client, transport};
use crate::error::{Outage, WechatError};

const PATH: &str = "/wxa/media_check_async";

/// The longest address that is sent on; a signed one of an object store has some hundred characters.
const URL_BYTES_MAX: usize = 2_048;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A sound.
    Audio = 1,
    /// A picture; of one that moves, WeChat looks at the first.
    Image = 2,
}

#[derive(Serialize)]
struct Ask<'a> {
    media_url: &'a str,
    media_type: u8,
    version: u8,
    scene: u8,
    openid: &'a str,
}

#[derive(Deserialize)]
struct Given {
    trace_id: String,
}

impl Client {
    /// Has a file by this person looked at, which WeChat fetches from `url`; answers the id under which
    /// [`Event::MediaChecked`](crate::push::Event::MediaChecked) will tell what was found. Keep the id at once: the event may come first.
    ///
    /// A request makes a check, so it is asked again only where WeChat says that it is busy and has made none. Where an answer is lost, a
    /// check may be under way whose id nobody knows; asking later makes another, or is [`WechatError::AskedJustNow`].
    ///
    /// [`WechatError::NotSeenLately`] is somebody who did not use the mini-program within two hours.
    pub async fn check_media(
        &self,
        url: &str,
        kind: MediaKind,
        scene: Scene,
        openid: &str,
    ) -> Result<String, WechatError> {
        if !can_be_fetched(url) {
            return Err(WechatError::BadMessage { errcode: 40097 });
        }
        let ask = &Ask { media_url: url, media_type: kind as u8, version: 2, scene: scene as u8, openid };
        let once = || {
            self.with_token(|token| async move {
                let request = self.post(PATH).query(&[("access_token", token.reveal())]);
                transport::send::<Given>(PATH, request.json(ask)).await
            })
        };
        let given = self.again_while_busy(once).await?;
        if given.trace_id.is_empty() {
            return Err(WechatError::Unavailable(Outage::Unreadable));
        }
        Ok(given.trace_id)
    }
}

/// An http or https address of a length that anybody reads.
fn can_be_fetched(url: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    url.len() <= URL_BYTES_MAX && Url::parse(url).is_ok_and(is_web)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_fetched_is_an_address() {
        for url in ["https://p.example/1.jpg?sign=a%2Bb", "http://127.0.0.1:8080/1"] {
            assert!(can_be_fetched(url), "{url}");
        }
        let long = format!("https://p.example/{}", "a".repeat(URL_BYTES_MAX));
        for url in ["", "1.jpg", "file:///etc/passwd", "ftp://p.example/1.jpg", "data:,x", &long] {
            assert!(!can_be_fetched(url), "{url}");
        }
    }
}
