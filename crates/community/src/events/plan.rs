//! What staff say about an event, read by its rules: every fault is named at once.

use domain::deeds::{PICTURES_MAX, Section};
use domain::events::{AwardPer, CAPACITY_MAX, Disorder, Kind, OFFER_MINUTES_MAX, THEMES_MAX, Times};
use domain::ids::{ItemId, PictureId};
use domain::text::{self, TextRule};
use domain::{Code, FieldFault, Refusal};
use foundation::{Error, Result};
use store::events::{Event, Plan};

/// What staff say about an event.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// The kind.
    pub kind: Kind,
    /// The section.
    pub section: Section,
    /// Free tags.
    pub themes: Vec<String>,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// The place.
    pub place: String,
    /// The times.
    pub times: Times,
    /// How many seats.
    pub capacity: i32,
    /// Minutes of an offer.
    pub offer_minutes: i32,
    /// The least age.
    pub minimum_age: Option<i32>,
    /// The rule item.
    pub item: Option<ItemId>,
    /// What it is counted by.
    pub award_per: Option<AwardPer>,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
}

/// A plan that was read.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
}

/// The faults that were found.
struct Faults(Vec<FieldFault>);

impl Faults {
    fn text(&mut self, field: &str, raw: &str, rule: TextRule) -> String {
        text::parse(field, raw, rule).unwrap_or_else(|fault| {
            self.0.push(fault);
            String::new()
        })
    }
    fn range(&mut self, field: &str, value: i32, range: std::ops::RangeInclusive<i32>) {
        if !range.contains(&value) {
            let (min, max) = range.into_inner();
            let (zh, en) = (format!("应在 {min} 到 {max} 之间"), format!("between {min} and {max}"));
            self.0.push(FieldFault::new(field, "out_of_range", zh, en));
        }
    }
    fn times(&mut self, times: &Times) {
        let (field, zh, en) = match times.check() {
            Ok(()) => return,
            Err(Disorder::Ends) => {
                ("endsAt", "结束须晚于开始，且不超过 31 天", "after the start, and within 31 days of it")
            }
            Err(Disorder::SignUp) => (
                "signUpUntil",
                "报名截止须晚于报名开始，且不晚于活动结束",
                "after signUpFrom, and not after the end",
            ),
            Err(Disorder::Withdrawal) => {
                ("withdrawUntil", "退出截止不能晚于活动结束", "not after the end of the event")
            }
        };
        self.0.push(FieldFault::new(field, "out_of_order", zh, en));
    }
    fn pictures(&mut self, pictures: &[PictureId]) {
        if pictures.len() > PICTURES_MAX {
            self.0.push(FieldFault::new("pictureIds", "out_of_range", "最多 9 张图片", "at most 9 pictures"));
        }
        if let Some(i) = (1..pictures.len()).find(|i| pictures[..*i].contains(&pictures[*i])) {
            let field = format!("pictureIds[{i}]");
            self.0.push(FieldFault::new(field, "duplicate", "图片重复", "the picture is there already"));
        }
    }
}

/// The fields of which [`Planned::said`] is made.
pub(super) const SAID: &[&str] = &["title", "place", "themes", "text"];

impl Planned {
    /// Everything that others will read of it.
    pub(super) fn said(&self) -> String {
        let Plan { title, text, place, themes, .. } = &self.plan;
        format!("{title}\n{place}\n{themes}\n{text}")
    }
}

impl NewPlan {
    /// Reads it.
    pub fn parse(self) -> Result<Planned> {
        let mut faults = Faults(Vec::new());
        let title = faults.text("title", &self.title, text::TITLE);
        let text = faults.text("text", &self.text, text::EVENT_TEXT);
        let place = faults.text("place", &self.place, text::PLACE);
        if self.themes.len() > THEMES_MAX {
            faults.0.push(FieldFault::new("themes", "out_of_range", "最多 8 个标签", "at most 8 themes"));
        }
        let mut themes: Vec<String> = Vec::new();
        for (i, theme) in self.themes.iter().enumerate().take(THEMES_MAX) {
            let theme = faults.text(&format!("themes[{i}]"), theme, text::THEME);
            if !themes.contains(&theme) {
                themes.push(theme);
            }
        }
        faults.times(&self.times);
        faults.range("capacity", self.capacity, 1..=CAPACITY_MAX);
        faults.range("offerMinutes", self.offer_minutes, 1..=OFFER_MINUTES_MAX);
        if let Some(age) = self.minimum_age {
            faults.range("minimumAge", age, 1..=120);
        }
        if self.item.is_some() != self.award_per.is_some() {
            let (zh, en) = ("积分项目和计分方式须同时填写", "itemId and awardPer come together");
            faults.0.push(FieldFault::new("awardPer", "both_or_none", zh, en));
        }
        faults.pictures(&self.pictures);
        if !faults.0.is_empty() {
            return Err(Refusal { code: Code::Invalid, fields: faults.0, retry_after_s: None }.into());
        }
        let themes = serde_json::to_string(&themes).map_err(|e| Error::corrupt(format!("themes: {e}")))?;
        let plan = Plan {
            kind: self.kind,
            section: self.section.word(),
            themes,
            title,
            text,
            place,
            times: self.times,
            capacity: self.capacity,
            offer_minutes: self.offer_minutes,
            minimum_age: self.minimum_age,
            award: self.item.zip(self.award_per),
        };
        Ok(Planned { plan, pictures: self.pictures })
    }
}

/// Refuses changes that would hurt who signed up: another time, less time to withdraw, a higher age, another award.
pub(super) fn harms_nobody(event: &Event, plan: &Plan) -> Result<()> {
    let (before, after) = (event.times(), &plan.times);
    let older = match (event.minimum_age, plan.minimum_age) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after > before,
    };
    let harms = [
        ("startsAt", before.starts_at != after.starts_at),
        ("endsAt", before.ends_at != after.ends_at),
        ("withdrawUntil", after.withdraw_until < before.withdraw_until),
        ("minimumAge", older),
        ("itemId", event.award()? != plan.award),
    ];
    let fault = |field| {
        let (zh, en) = ("已有人报名，不能这样更改", "people have signed up: this cannot be changed so");
        FieldFault::new(field, "signed_up", zh, en)
    };
    let fields: Vec<FieldFault> =
        harms.into_iter().filter(|(_, harm)| *harm).map(|(field, _)| fault(field)).collect();
    if fields.is_empty() {
        return Ok(());
    }
    Err(Refusal { code: Code::Invalid, fields, retry_after_s: None }.into())
}
