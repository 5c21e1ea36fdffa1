//! Reviews as answers show them.

use community::reviews::Proposal;
use community::reviews::{Check, Claimed, Entry, Object};
use domain::catalogue::Item;
use domain::ids::PictureId;
use domain::{Day, Points, Ts};
use foundation::content::pictures::Standing;
use http_kit::findings::FindingView;
use serde::Serialize;
use utoipa::ToSchema;

/// A claim as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "claim_01jbr62tryfk1sh9p01j0gre6f", "state": "submitted", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f",
    "householdId": null, "name": "王小明", "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "itemCode": "CMP-005", "itemNameZh": "志愿服务",
    "itemNameEn": "Volunteering", "needsPoints": false, "needsQuantity": true, "quantity": "1.50", "dayOfAct": "2026-03-01", "note": null}))]
pub struct ReviewedClaim {
    /// Its id.
    pub id: String,
    /// `submitted`, `rejected`, `posted` or `reversed`.
    pub state: String,
    /// The resident it is for; null if it is a household's.
    pub resident_id: Option<String>,
    /// The household.
    pub household_id: Option<String>,
    /// The resident's name.
    pub name: Option<String>,
    /// The rule item.
    pub item_id: String,
    /// The item's code.
    pub item_code: String,
    /// The item's name in Chinese.
    pub item_name_zh: String,
    /// The item's name in English.
    pub item_name_en: String,
    /// Whether who grants it says how many points.
    pub needs_points: bool,
    /// Whether it is paid by a quantity.
    pub needs_quantity: bool,
    /// The quantity.
    pub quantity: Option<String>,
    /// The day of the act.
    pub day_of_act: String,
    /// A note for whoever decides.
    pub note: Option<String>,
}

impl From<Claimed> for ReviewedClaim {
    fn from(c: Claimed) -> Self {
        let (needs_points, needs_quantity) = (c.item.needs_grant(), c.item.needs_quantity());
        let Item { code, name_zh, name_en, .. } = c.item;
        Self {
            id: c.id.to_string(),
            state: c.state,
            resident_id: c.resident.map(|id| id.to_string()),
            household_id: c.household.map(|id| id.to_string()),
            name: c.name,
            item_id: c.item_id.to_string(),
            item_code: code,
            item_name_zh: name_zh,
            item_name_en: name_en,
            needs_points,
            needs_quantity,
            quantity: c.quantity.map(|quantity| Points::from_hundredths(quantity).to_string()),
            day_of_act: Day(c.day_of_act).to_string(),
            note: c.note,
        }
    }
}

/// A deed as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "deed_01jbr62tryfk1sh9p01j0gre6f", "state": "pending", "section": "neighbours", "title": "帮邻居修水管",
    "text": "周六上午帮三单元的李奶奶修好了漏水的水管。", "author": "王小明", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f",
    "dayOfAct": "2026-03-01", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "reason": null}))]
pub struct ReviewedDeed {
    /// Its id.
    pub id: String,
    /// `pending`, `published`, `rejected` or `taken_down`.
    pub state: String,
    /// The section's key.
    pub section: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Its author's name.
    pub author: String,
    /// Its author.
    pub resident_id: String,
    /// The day of the act.
    pub day_of_act: String,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
    /// Why it was rejected or taken down.
    pub reason: Option<String>,
}

/// A comment as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cmt_01jbr62tryfk1sh9p01j0gre6f", "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "state": "pending",
    "author": "李小红", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "text": "好样的！", "reason": null}))]
pub struct ReviewedComment {
    /// Its id.
    pub id: String,
    /// On which deed.
    pub deed_id: String,
    /// `pending`, `published`, `rejected` or `removed`.
    pub state: String,
    /// Its author's name.
    pub author: String,
    /// Its author.
    pub resident_id: String,
    /// What it says.
    pub text: String,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// A nickname that somebody wants.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"nickname": "阳光", "current": null, "reason": null}))]
pub struct ReviewedNickname {
    /// What is wanted.
    pub nickname: String,
    /// What the person is called now.
    pub current: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// What a check of a picture said, or that it is still looked at.
fn of_picture(standing: Standing) -> FindingView {
    match standing {
        Standing::Found(finding) => finding.into(),
        Standing::Waiting => {
            FindingView { verdict: "waiting".to_owned(), label: 0, label_zh: None, label_en: None }
        }
    }
}

/// What the check of a picture said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"pictureId": "pic_01jbr62tryfk1sh9p01j0gre6f", "finding": {"verdict": "waiting", "label": 0, "labelZh": null, "labelEn": null}}))]
pub struct PictureFindingView {
    /// The picture.
    pub picture_id: String,
    /// What was said of it.
    pub finding: FindingView,
}

/// What the checks of content said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"text": {"verdict": "failed", "label": 0, "labelZh": null, "labelEn": null}, "pictures": []}))]
pub struct CheckView {
    /// Of the text; null if it passed, or nobody was asked.
    pub text: Option<FindingView>,
    /// Of the pictures; those of which nobody was asked are left out.
    pub pictures: Vec<PictureFindingView>,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        let picture = |(id, standing): (PictureId, Standing)| PictureFindingView {
            picture_id: id.to_string(),
            finding: of_picture(standing),
        };
        Self { text: check.text.map(Into::into), pictures: check.pictures.into_iter().map(picture).collect() }
    }
}

/// A review with what it is of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "rev_01jbr62tryfk1sh9p01j0gre6f", "kind": "comment", "state": "open", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "claimedBy": "staff_01jbr62tryfk1sh9p01j0gre6f", "leaseUntil": "2026-03-02T02:15:00Z", "decidedBy": null, "decidedAt": null,
    "createdAt": "2026-03-01T08:00:00Z", "deed": null, "comment": {"id": "cmt_01jbr62tryfk1sh9p01j0gre6f",
    "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "state": "pending", "author": "李小红", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f",
    "text": "好样的！", "reason": null}, "claim": null, "nickname": null, "avatarId": null, "check": null}))]
pub struct ReviewView {
    /// Its id.
    pub id: String,
    /// `deed`, `comment`, `claim`, `nickname` or `avatar`.
    pub kind: String,
    /// `open`, `decided` or `withdrawn`.
    pub state: String,
    /// The unit it concerns.
    pub unit_id: String,
    /// Who works on it; null when nobody does.
    pub claimed_by: Option<String>,
    /// Until when it stays with them.
    pub lease_until: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// The deed, if it is of one.
    pub deed: Option<ReviewedDeed>,
    /// The comment, if it is of one.
    pub comment: Option<ReviewedComment>,
    /// The claim that a deed carries, or that staff entered.
    pub claim: Option<ReviewedClaim>,
    /// The nickname, if it is of one.
    pub nickname: Option<ReviewedNickname>,
    /// The picture that somebody wants to be shown by, if it is of one.
    pub avatar_id: Option<String>,
    /// What the checks of content said; null where they found nothing.
    pub check: Option<CheckView>,
}

impl From<Entry> for ReviewView {
    fn from(entry: Entry) -> Self {
        let Parts { deed, comment, claim, nickname, avatar_id } = parts(entry.object);
        let review = entry.review;
        let held = |text: Option<String>| text.filter(|_| entry.held);
        Self {
            id: review.id.to_string(),
            kind: review.kind,
            state: review.state,
            unit_id: review.unit.to_string(),
            claimed_by: held(review.claimed_by.map(|id| id.to_string())),
            lease_until: held(review.lease_until.map(|at| Ts(at).to_string())),
            decided_by: review.decided_by.map(|id| id.to_string()),
            decided_at: review.decided_at.map(|at| Ts(at).to_string()),
            created_at: Ts(review.created_at).to_string(),
            deed,
            comment,
            claim,
            nickname,
            avatar_id,
            check: entry.check.map(Into::into),
        }
    }
}

#[derive(Default)]
struct Parts {
    deed: Option<ReviewedDeed>,
    comment: Option<ReviewedComment>,
    claim: Option<ReviewedClaim>,
    nickname: Option<ReviewedNickname>,
    avatar_id: Option<String>,
}

fn parts(object: Object) -> Parts {
    match object {
        Object::Deed { card, author, pictures, claim } => {
            let deed = ReviewedDeed {
                id: card.id.to_string(),
                state: card.state,
                section: card.section,
                title: card.title,
                text: card.text,
                author,
                resident_id: card.resident.map(|id| id.to_string()).unwrap_or_default(),
                day_of_act: Day(card.day_of_act).to_string(),
                picture_ids: pictures.iter().map(ToString::to_string).collect(),
                reason: card.reason,
            };
            let claim = claim.map(|claim| (*claim).into());
            Parts { deed: Some(deed), claim, ..Parts::default() }
        }
        Object::Comment { comment, author } => {
            let comment = ReviewedComment {
                id: comment.id.to_string(),
                deed_id: comment.deed.to_string(),
                state: comment.state,
                author,
                resident_id: comment.resident.to_string(),
                text: comment.text,
                reason: comment.reason,
            };
            Parts { comment: Some(comment), ..Parts::default() }
        }
        Object::Claim(claim) => Parts { claim: Some((*claim).into()), ..Parts::default() },
        Object::Nickname { proposal, current } => {
            let Proposal { nickname, reason, .. } = *proposal;
            Parts { nickname: Some(ReviewedNickname { nickname, current, reason }), ..Parts::default() }
        }
        Object::Avatar(picture) => Parts { avatar_id: Some(picture.to_string()), ..Parts::default() },
        Object::Gone => Parts::default(),
    }
}
