//! What staff say about an event.

use community::events::NewPlan;
use domain::Ts;
use domain::events::Times;
use domain::ids::{ItemId, PictureId, UnitId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, Object, Type};
use validator::Validate;

use crate::deeds::views::SectionKey;
use crate::events::views::EventKind;

/// What an award is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "hour")]
pub enum AwardPerWord {
    /// Everybody who came.
    Person,
    /// The hours of everybody who came and checked out.
    Hour,
}

impl From<AwardPerWord> for domain::events::AwardPer {
    fn from(word: AwardPerWord) -> Self {
        match word {
            AwardPerWord::Person => Self::Person,
            AwardPerWord::Hour => Self::Hour,
        }
    }
}

/// At most eight tags of one to twenty characters.
fn themes() -> Array {
    let theme = Object::builder().schema_type(Type::String).min_length(Some(1)).max_length(Some(20));
    Array::builder().items(theme).max_items(Some(8)).build()
}

/// A body that says what an event is, beside fields of its own.
macro_rules! plan_body {
    ($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $of:ty,)* }) => {
        #[derive(Debug, Deserialize, Validate, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        $(#[$doc])*
        pub struct $name {
            $($(#[$of_field])* pub $field: $of,)*
            /// The kind of activity.
            pub kind: EventKind,
            /// The section.
            pub section: SectionKey,
            /// Free tags of "points +" programmes.
            #[serde(default)]
            #[validate(length(max = 8))]
            #[schema(schema_with = themes)]
            pub themes: Vec<String>,
            /// Its title.
            #[validate(length(min = 2, max = 40))]
            #[schema(min_length = 2, max_length = 40)]
            pub title: String,
            /// Its text.
            #[validate(length(min = 1, max = 2000))]
            #[schema(min_length = 1, max_length = 2000)]
            pub text: String,
            /// Where it is.
            #[validate(length(min = 1, max = 60))]
            #[schema(min_length = 1, max_length = 60)]
            pub place: String,
            /// When it starts.
            #[schema(value_type = String, format = DateTime, example = "2026-03-07T01:00:00Z")]
            pub starts_at: Ts,
            /// When it ends: within 31 days.
            #[schema(value_type = String, format = DateTime, example = "2026-03-07T03:00:00Z")]
            pub ends_at: Ts,
            /// From when people sign up.
            #[schema(value_type = String, format = DateTime, example = "2026-03-01T00:00:00Z")]
            pub sign_up_from: Ts,
            /// Until when: not after the end.
            #[schema(value_type = String, format = DateTime, example = "2026-03-06T12:00:00Z")]
            pub sign_up_until: Ts,
            /// Until when a confirmed seat may be given back: not after the end.
            #[schema(value_type = String, format = DateTime, example = "2026-03-06T12:00:00Z")]
            pub withdraw_until: Ts,
            /// How many seats there are.
            #[validate(range(min = 1, max = 100_000))]
            #[schema(minimum = 1, maximum = 100_000)]
            pub capacity: i32,
            /// For how many minutes a free seat waits for whoever it is offered to.
            #[validate(range(min = 1, max = 20_160))]
            #[schema(minimum = 1, maximum = 20_160)]
            pub offer_minutes: i32,
            /// The least age on the day of the event.
            #[validate(range(min = 1, max = 120))]
            #[schema(minimum = 1, maximum = 120)]
            pub minimum_age: Option<i32>,
            /// The rule item that who came earns by; comes with `awardPer`.
            #[schema(value_type = Option<String>, example = "item_01jbr62tryfk1sh9p01j0gre6f")]
            pub item_id: Option<ItemId>,
            /// What is earned is counted by.
            pub award_per: Option<AwardPerWord>,
            /// Pictures that were uploaded before, in order.
            #[serde(default)]
            #[validate(length(max = 9))]
            #[schema(value_type = Vec<String>, max_items = 9)]
            pub picture_ids: Vec<PictureId>,
        }

        impl From<$name> for NewPlan {
            fn from(body: $name) -> Self {
                let times = Times {
                    starts_at: body.starts_at,
                    ends_at: body.ends_at,
                    sign_up_from: body.sign_up_from,
                    sign_up_until: body.sign_up_until,
                    withdraw_until: body.withdraw_until,
                };
                Self {
                    kind: body.kind.into(),
                    section: body.section.into(),
                    themes: body.themes,
                    title: body.title,
                    text: body.text,
                    place: body.place,
                    times,
                    capacity: body.capacity,
                    offer_minutes: body.offer_minutes,
                    minimum_age: body.minimum_age,
                    item: body.item_id,
                    award_per: body.award_per.map(Into::into),
                    pictures: body.picture_ids,
                }
            }
        }
    };
}

plan_body! {
    /// An event to draft.
    #[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "kind": "volunteering", "section": "environment",
        "themes": ["积分+清洁"], "title": "河道清洁日", "text": "自带手套，村里备有垃圾袋和饮水。", "place": "村口石桥",
        "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
        "signUpUntil": "2026-03-06T12:00:00Z", "withdrawUntil": "2026-03-06T12:00:00Z", "capacity": 30, "offerMinutes": 60,
        "minimumAge": 16, "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "awardPer": "hour", "pictureIds": []}))]
    DraftEvent {
        /// The unit it belongs to: it is for the residents of its subtree.
        #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
        unit_id: UnitId,
    }
}

plan_body! {
    /// What an event says instead.
    #[schema(example = json!({"kind": "volunteering", "section": "environment",
        "themes": ["积分+清洁"], "title": "河道清洁日", "text": "自带手套，村里备有垃圾袋和饮水。", "place": "村口石桥",
        "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
        "signUpUntil": "2026-03-06T12:00:00Z", "withdrawUntil": "2026-03-06T12:00:00Z", "capacity": 40, "offerMinutes": 60,
        "minimumAge": 16, "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "awardPer": "hour", "pictureIds": []}))]
    ChangeEvent {}
}
