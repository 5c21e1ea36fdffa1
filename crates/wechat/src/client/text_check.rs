//! Content safety of texts: whether what somebody wrote may be shown to others.
//!
//! WeChat looks at 2,500 characters at once and only for somebody who used the mini-program within two hours: a check belongs into the request
//! in which the text is handed in. A longer text is looked at in pieces that overlap, so that no word is cut in two unseen; the worst of them
//! counts.

use serde::{Deserialize, Serialize};

use super::{Client, transport};
use crate::error::WechatError;

const PATH: &str = "/wxa/msg_sec_check";

/// Characters that WeChat looks at in one request.
const CHARS_MAX: usize = 2_500;
/// Characters that a piece shares with the one before.
const OVERLAP: usize = 50;
/// What the older check calls a text that must not be shown.
const RISKY: i64 = 87014;

/// Where a text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Names and pictures of people.
    Profile = 1,
    /// Comments.
    Comment = 2,
    /// Posts.
    Forum = 3,
    /// Notes to a circle of people.
    Social = 4,
}

/// What WeChat advises. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suggestion {
    /// It may be shown.
    Pass,
    /// A person has to look at it.
    Review,
    /// It must not be shown.
    Risky,
}

impl Suggestion {
    /// By WeChat's word; one that is not known is for a person to look at.
    pub fn of(word: &str) -> Self {
        match word {
            "pass" => Self::Pass,
            "risky" => Self::Risky,
            _ => Self::Review,
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextVerdict {
    /// What WeChat advises.
    pub suggestion: Suggestion,
    /// Why, by WeChat's number: 100 nothing, 10001 advertising, 20001 politics, 20002 pornography, 20003 abuse, 20006 crime, 20008 fraud,
    /// 20012 vulgarity, 20013 copyright, 21000 other.
    pub label: i64,
}

#[derive(Serialize)]
struct Ask<'a> {
    content: &'a str,
    version: u8,
    scene: u8,
    openid: &'a str,
}

#[derive(Deserialize)]
struct Given {
    result: Found,
}

#[derive(Deserialize)]
struct Found {
    suggest: String,
    label: Option<i64>,
}

impl Client {
    /// Whether a text by this person may be shown. Nothing changes by asking, so it is asked again where WeChat does not answer.
    ///
    /// [`WechatError::NotSeenLately`] is somebody who did not use the mini-program within two hours.
    pub async fn check_text(
        &self,
        text: &str,
        scene: Scene,
        openid: &str,
    ) -> Result<TextVerdict, WechatError> {
        let mut worst = TextVerdict { suggestion: Suggestion::Pass, label: 100 };
        for piece in pieces(text) {
            let found = self.again(|| self.check_piece(piece, scene, openid)).await?;
            if found.suggestion > worst.suggestion {
                worst = found;
            }
        }
        Ok(worst)
    }

    async fn check_piece(
        &self,
        content: &str,
        scene: Scene,
        openid: &str,
    ) -> Result<TextVerdict, WechatError> {
        let asked = self.with_token(|token| async move {
            let request = self.post(PATH).query(&[("access_token", token.reveal())]);
            let ask = Ask { content, version: 2, scene: scene as u8, openid };
            transport::send::<Given>(PATH, request.json(&ask)).await
        });
        match asked.await {
            Ok(Given { result: Found { suggest, label } }) => {
                Ok(TextVerdict { suggestion: Suggestion::of(&suggest), label: label.unwrap_or_default() })
            }
            Err(WechatError::Unexpected { errcode: RISKY }) => {
                Ok(TextVerdict { suggestion: Suggestion::Risky, label: 21000 })
            }
            Err(other) => Err(other),
        }
    }
}

/// The pieces of a text that are looked at one by one; none of a text that says nothing.
fn pieces(text: &str) -> Vec<&str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let end_of = |n: usize| starts.get(n).copied().unwrap_or(text.len());
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < starts.len() {
        pieces.push(&text[end_of(from)..end_of(from + CHARS_MAX)]);
        if from + CHARS_MAX >= starts.len() {
            break;
        }
        from += CHARS_MAX - OVERLAP;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_overlap_and_leave_nothing_out() {
        assert!(pieces("").is_empty());
        assert_eq!(pieces("好人好事"), ["好人好事"]);
        let exact: String = "善".repeat(CHARS_MAX);
        assert_eq!(pieces(&exact), [exact.as_str()]);
        let long: String = (0..6_000).map(|n| char::from_u32(0x4e00 + n).unwrap_or('善')).collect();
        let found = pieces(&long);
        assert_eq!(
            found.iter().map(|piece| piece.chars().count()).collect::<Vec<_>>(),
            [2_500, 2_500, 1_100]
        );
        let mut whole = found[0].to_owned();
        for piece in &found[1..] {
            let shared: String = piece.chars().take(OVERLAP).collect();
            assert!(whole.ends_with(&shared));
            whole.extend(piece.chars().skip(OVERLAP));
        }
        assert_eq!(whole, long);
    }

    #[test]
    fn an_unknown_advice_is_for_a_person() {
        assert_eq!(Suggestion::of("pass"), Suggestion::Pass);
        assert_eq!(Suggestion::of("risky"), Suggestion::Risky);
        assert_eq!(Suggestion::of("perhaps"), Suggestion::Review);
        assert!(Suggestion::Risky > Suggestion::Review && Suggestion::Review > Suggestion::Pass);
    }
}
