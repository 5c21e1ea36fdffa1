//! Deeds as answers show them.

use community::deeds::{EXCERPT_MAX, Shown};
use domain::{Day, Points, Ts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "neighbours")]
pub enum SectionKey {
    /// 邻里互助.
    Neighbours,
    /// 孝老爱亲.
    Family,
    /// 志愿服务.
    Volunteering,
    /// 环境整治.
    Environment,
    /// 移风易俗.
    Customs,
    /// 见义勇为.
    Bravery,
    /// 其他好事.
    Other,
}

impl From<SectionKey> for domain::deeds::Section {
    fn from(key: SectionKey) -> Self {
        match key {
            SectionKey::Neighbours => Self::Neighbours,
            SectionKey::Family => Self::Family,
            SectionKey::Volunteering => Self::Volunteering,
            SectionKey::Environment => Self::Environment,
            SectionKey::Customs => Self::Customs,
            SectionKey::Bravery => Self::Bravery,
            SectionKey::Other => Self::Other,
        }
    }
}

/// A unit by name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "一组"}))]
pub struct UnitName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A published deed in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "deed_01jbr62tryfk1sh9p01j0gre6f", "section": "neighbours", "title": "帮邻居修水管", "excerpt": "周六上午…",
    "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "一组"}, "author": "王*", "authorAvatarId": null, "dayOfAct": "2026-03-01",
    "publishedAt": "2026-03-02T02:00:00Z", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "likeCount": 12, "commentCount": 3,
    "shareCount": 1, "likedByMe": null, "points": "5.00"}))]
pub struct DeedCardView {
    /// Its id.
    pub id: String,
    /// The section's key.
    pub section: String,
    /// Its title.
    pub title: String,
    /// The beginning of its text.
    pub excerpt: String,
    /// The unit it belongs to.
    pub unit: UnitName,
    /// Its author, in the form for this reader.
    pub author: String,
    /// The picture that the author is shown by; null if there is none.
    pub author_avatar_id: Option<String>,
    /// The day of the act.
    pub day_of_act: String,
    /// When it was published; null until then.
    pub published_at: Option<String>,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
    /// Likes.
    pub like_count: i64,
    /// Published comments.
    pub comment_count: i64,
    /// Shares.
    pub share_count: i64,
    /// Whether the reader likes it; null for readers who are not signed in as a person.
    pub liked_by_me: Option<bool>,
    /// The merit that it earned, if any.
    pub points: Option<String>,
}

/// The beginning of a text, with an ellipsis if more follows.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

impl From<Shown> for DeedCardView {
    fn from(shown: Shown) -> Self {
        let card = shown.card;
        Self {
            id: card.id.to_string(),
            section: card.section,
            title: card.title,
            excerpt: excerpt(&card.text),
            unit: UnitName { id: card.unit.to_string(), name: card.unit_name },
            author: shown.author,
            author_avatar_id: shown.beside.face.map(|id| id.to_string()),
            day_of_act: Day(card.day_of_act).to_string(),
            published_at: card.published_at.map(|at| Ts(at).to_string()),
            picture_ids: shown.beside.pictures.iter().map(ToString::to_string).collect(),
            like_count: card.like_count,
            comment_count: card.comment_count,
            share_count: card.share_count,
            liked_by_me: shown.liked,
            points: card.merit.map(|merit| Points::from_hundredths(merit).to_string()),
        }
    }
}

/// An own deed in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "deed_01jbr62tryfk1sh9p01j0gre6f", "section": "neighbours", "title": "帮邻居修水管", "excerpt": "周六上午…",
    "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "一组"}, "author": "王*", "authorAvatarId": null, "dayOfAct": "2026-03-01", "publishedAt": null,
    "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "likeCount": 0, "commentCount": 0, "shareCount": 0, "likedByMe": false,
    "points": null, "state": "rejected", "reason": "图片看不清", "createdAt": "2026-03-01T08:00:00Z"}))]
pub struct OwnDeedView {
    /// The deed.
    #[serde(flatten)]
    pub card: DeedCardView,
    /// `pending`, `published`, `rejected` or `taken_down`.
    pub state: String,
    /// Why it was rejected or taken down.
    pub reason: Option<String>,
    /// When it was posted.
    pub created_at: String,
}

impl From<Shown> for OwnDeedView {
    fn from(shown: Shown) -> Self {
        Self {
            state: shown.card.state.clone(),
            reason: shown.card.reason.clone(),
            created_at: Ts(shown.card.created_at).to_string(),
            card: shown.into(),
        }
    }
}

/// A deed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "deed_01jbr62tryfk1sh9p01j0gre6f", "section": "neighbours", "title": "帮邻居修水管",
    "text": "周六上午帮三单元的李奶奶修好了漏水的水管。", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "一组"}, "author": "王*", "authorAvatarId": null,
    "own": false, "dayOfAct": "2026-03-01", "createdAt": "2026-03-01T08:00:00Z", "publishedAt": "2026-03-02T02:00:00Z",
    "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "itemId": null, "quantity": null, "likeCount": 12, "commentCount": 3,
    "shareCount": 1, "likedByMe": true, "points": "5.00", "state": "published", "reason": null}))]
pub struct DeedView {
    /// Its id.
    pub id: String,
    /// The section's key.
    pub section: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// The unit it belongs to.
    pub unit: UnitName,
    /// Its author, in the form for this reader.
    pub author: String,
    /// The picture that the author is shown by; null if there is none.
    pub author_avatar_id: Option<String>,
    /// Whether it is the reader's own.
    pub own: bool,
    /// The day of the act.
    pub day_of_act: String,
    /// When it was posted.
    pub created_at: String,
    /// When it was published; null until then.
    pub published_at: Option<String>,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
    /// The rule item that it claims, if any.
    pub item_id: Option<String>,
    /// How much of it.
    pub quantity: Option<String>,
    /// Likes.
    pub like_count: i64,
    /// Published comments.
    pub comment_count: i64,
    /// Shares.
    pub share_count: i64,
    /// Whether the reader likes it; null for readers who are not signed in as a person.
    pub liked_by_me: Option<bool>,
    /// The merit that it earned, if any.
    pub points: Option<String>,
    /// `pending`, `published`, `rejected` or `taken_down`.
    pub state: String,
    /// Why it was rejected or taken down: for its author and for staff.
    pub reason: Option<String>,
}

impl From<Shown> for DeedView {
    fn from(shown: Shown) -> Self {
        let card = shown.card;
        Self {
            id: card.id.to_string(),
            section: card.section,
            title: card.title,
            text: card.text,
            unit: UnitName { id: card.unit.to_string(), name: card.unit_name },
            author: shown.author,
            author_avatar_id: shown.beside.face.map(|id| id.to_string()),
            own: shown.own,
            day_of_act: Day(card.day_of_act).to_string(),
            created_at: Ts(card.created_at).to_string(),
            published_at: card.published_at.map(|at| Ts(at).to_string()),
            picture_ids: shown.beside.pictures.iter().map(ToString::to_string).collect(),
            item_id: card.item.map(|id| id.to_string()),
            quantity: card.quantity.map(|quantity| Points::from_hundredths(quantity).to_string()),
            like_count: card.like_count,
            comment_count: card.comment_count,
            share_count: card.share_count,
            liked_by_me: shown.liked,
            points: card.merit.map(|merit| Points::from_hundredths(merit).to_string()),
            state: card.state,
            reason: card.reason.filter(|_| shown.inside),
        }
    }
}
