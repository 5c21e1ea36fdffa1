//! Deeds as their authors write them: posting, changing what is not decided yet, taking one's own back.

mod at_once;

use domain::catalogue::{Direction, Item, Subject};
use domain::content::{Finding, Verdict};
use domain::deeds::{self, DeedState, Section};
use domain::ids::{ClaimId, DeedId, ItemId, PictureId, ReviewId, UnitId};
use domain::masking::Audience;
use domain::text;
use domain::{Code, Day, FieldFault, Points, Refusal, Ts};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::pictures::uploads::{self, Home as PictureHome};
use foundation::{AnyId, App, Error, Once, Person, RequestContext, Result};
use store::Db;
use store::claims::{Cause, NewClaim};
use store::deeds::{Card, Home};
use store::reviews::Kind;

use super::Shown;

/// What a deed says and shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The section.
    pub section: Section,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
}

/// The fields of which [`Content::said`] is made.
pub(crate) const SAID: &[&str] = &["title", "text"];

impl Content {
    /// Everything that others will read of it.
    pub(crate) fn said(&self) -> String {
        format!("{}\n{}", self.title, self.text)
    }
    /// Reads texts by their rules; every fault is named at once.
    pub fn parse(section: Section, title: &str, body: &str, pictures: Vec<PictureId>) -> Result<Self> {
        let mut fields = Vec::new();
        let mut read = |field, raw, rule| {
            text::parse(field, raw, rule).unwrap_or_else(|fault| {
                fields.push(fault);
                String::new()
            })
        };
        let title = read("title", title, text::TITLE);
        let text = read("text", body, text::DEED_TEXT);
        if !(1..=deeds::PICTURES_MAX).contains(&pictures.len()) {
            fields.push(FieldFault::new(
                "pictureIds",
                "out_of_range",
                "请附 1 到 9 张图片",
                "1 to 9 pictures",
            ));
        }
        if let Some(i) = (1..pictures.len()).find(|i| pictures[..*i].contains(&pictures[*i])) {
            let field = format!("pictureIds[{i}]");
            fields.push(FieldFault::new(field, "duplicate", "图片重复", "the picture is there already"));
        }
        if fields.is_empty() {
            return Ok(Self { section, title, text, pictures });
        }
        Err(Refusal { code: Code::Invalid, fields, retry_after_s: None }.into())
    }
}

/// A deed to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeed {
    /// What it says and shows.
    pub content: Content,
    /// The unit it belongs to, which is the resident's own.
    pub unit: Option<UnitId>,
    /// When the act was.
    pub day_of_act: Day,
    /// The rule item it claims.
    pub item: Option<ItemId>,
    /// How much of it.
    pub quantity: Option<Points>,
}

/// The ids of what a post makes.
#[derive(Debug, Clone, Copy)]
struct Made {
    deed: DeedId,
    review: ReviewId,
    claim: ClaimId,
}

/// Posts a deed: it waits for review, with its claim if it names a rule item.
pub async fn post(app: &App, who: Person, new: NewDeed, ctx: RequestContext) -> Result<Once<DeedId>> {
    who.require_resident()?;
    check_quantity(new.item, new.quantity)?;
    let said = new.content.said();
    let known = content::known(app, who.identity, (Scene::Forum, &said), &new.content.pictures).await?;
    crate::consents::require_shown(known.shown)?;
    let made = Made { deed: DeedId::new(), review: ReviewId::new(), claim: ClaimId::new() };
    let finding = content::check_known(app, &ctx, as_text(who, &said), &known).await?;
    content::pictures::admit_known(app, &known)?;
    let clean = finding.verdict == Verdict::Passed;
    if clean && at_once::post(app, (who, known.home), &new, made, &ctx).await? {
        return Ok(Once { outcome: made.deed, replayed: false });
    }
    let (now, today) = (app.now(), app.store.today());
    // Nobody but staff and the author sees it before it is published.
    app.store
        .write_quietly(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let home = store::deeds::home(conn, who.identity)?.ok_or(Error::from(Code::ResidentsOnly))?;
                check_unit(new.unit, home)?;
                let policy = store::units::policy(conn, home.unit)?;
                deeds::check_day_of_act(new.day_of_act, today, policy.claim_days_back)?;
                let item = match new.item {
                    Some(id) => {
                        let (item, _) = crate::rules::item_for(conn, id, home.unit, new.day_of_act)?;
                        check_item(&item, home)?;
                        Some((id, item.subject))
                    }
                    None => None,
                };
                store::deeds::insert(conn, &row(made.deed, who, home, &new), now)?;
                let owner = AnyId::of(who.identity);
                uploads::hang(conn, owner, PictureHome::Deed(made.deed), &new.content.pictures, true)?;
                let object = AnyId::of(made.deed);
                if !clean {
                    note(conn, made.deed, who, finding, now)?;
                }
                store::reviews::open(conn, made.review, Kind::Deed, object, home.unit, now)?;
                if let Some(item) = item {
                    store::claims::insert(conn, &claim(made, who, home, &new, item), now)?;
                }
                Ok(made.deed)
            })
        })
        .await
}

/// What a deed says, to look at.
fn as_text(who: Person, said: &str) -> content::Text<'_> {
    content::Text { author: Author::Person(who.identity), scene: Scene::Forum, fields: SAID, text: said }
}

fn note(conn: &mut Db, id: DeedId, who: Person, finding: Finding, now: Ts) -> Result<()> {
    content::note(conn, Text::Deed, AnyId::of(id), Author::Person(who.identity), finding, now)
}

/// A deed as its author reads it who has just posted it.
pub async fn posted(app: &App, id: DeedId) -> Result<Shown> {
    let found = app.store.card(id).await?.filter(|(card, ..)| !card.is_withdrawn());
    let (card, beside, _) = found.ok_or(Error::from(Code::DeedNotFound))?;
    let author = super::author(&card, Audience::SameUnit);
    Ok(Shown { author, beside, liked: Some(false), own: true, inside: true, card })
}

fn check_unit(wanted: Option<UnitId>, home: Home) -> Result<()> {
    if wanted.is_some_and(|unit| unit != home.unit) {
        let fault = FieldFault::new("unitId", "not_own", "只能发布到自己所在的单位", "your own unit only");
        return Err(fault.into());
    }
    Ok(())
}

fn claim(made: Made, who: Person, home: Home, new: &NewDeed, (item, subject): (ItemId, Subject)) -> NewClaim {
    NewClaim {
        id: made.claim,
        unit: home.unit,
        subject,
        resident: (subject == Subject::Resident).then_some(home.resident),
        household: home.household,
        item,
        day_of_act: new.day_of_act,
        quantity: new.quantity.map(Points::hundredths),
        cause: Cause::Deed,
        cause_id: AnyId::of(made.deed),
        claimant: Some(who.identity),
        entered_by: None,
        proxy: None,
        note: None,
    }
}

fn check_quantity(item: Option<ItemId>, quantity: Option<Points>) -> Result<()> {
    let Some(quantity) = quantity else { return Ok(()) };
    let fault = if item.is_none() {
        FieldFault::new("quantity", "unexpected", "没有积分项目时不填数量", "only with a rule item")
    } else if !quantity.is_positive() {
        FieldFault::new("quantity", "out_of_range", "数量应大于零", "more than nothing")
    } else {
        return Ok(());
    };
    Err(fault.into())
}

/// Whether a resident who lives there may claim by an item that is in force.
fn check_item(item: &Item, home: Home) -> Result<()> {
    match item.direction {
        Some(Direction::Award) => {}
        Some(Direction::Deduction) => return Err(Code::DeductionNeedsProcess.into()),
        None => return Err(Code::ItemWithoutPoints.into()),
    }
    if item.subject == Subject::Household && home.household.is_none() {
        return Err(Code::ItemOtherSubject.into());
    }
    Ok(())
}

fn row(id: DeedId, who: Person, home: Home, new: &NewDeed) -> store::deeds::NewDeed {
    store::deeds::NewDeed {
        id,
        identity: AnyId::of(who.identity),
        resident: Some(home.resident),
        household: home.household,
        unit: home.unit,
        section: new.content.section.word(),
        title: new.content.title.clone(),
        text: new.content.text.clone(),
        day_of_act: new.day_of_act,
        item: new.item,
        quantity: new.quantity.map(Points::hundredths),
        event: None,
    }
}

/// The deed, if it is this person's own. To others a published one is not theirs to change, and any other does not exist.
fn own(conn: &mut Db, who: Person, id: DeedId) -> Result<Card> {
    let card = super::standing(conn, id)?;
    if card.identity == who.identity || (card.resident.is_some() && who.resident == card.resident) {
        return Ok(card);
    }
    Err(if card.state()? == DeedState::Published { Code::Forbidden } else { Code::DeedNotFound }.into())
}

/// Changes a deed that is not decided yet. Whoever had claimed its review has to claim it again and read what it says now.
pub async fn edit(app: &App, who: Person, id: DeedId, wanted: Content) -> Result<()> {
    who.require_resident()?;
    let now = app.now();
    let finding = content::check(app, as_text(who, &wanted.said())).await?;
    content::pictures::admit(app, &wanted.pictures).await?;
    app.store
        .write(move |conn| {
            own(conn, who, id)?;
            let open = store::reviews::renew(conn, Kind::Deed, AnyId::of(id))?;
            let section = wanted.section.word();
            if !open || !store::deeds::rewrite(conn, id, section, &wanted.title, &wanted.text)? {
                return Err(Code::DeedNotEditable.into());
            }
            note(conn, id, who, finding, now)?;
            uploads::rehang(conn, AnyId::of(who.identity), PictureHome::Deed(id), &wanted.pictures, now)
        })
        .await
}

/// Takes one's own deed back, wherever it stands. What was never public is deleted; what was public is emptied, and points that were
/// awarded stay.
pub async fn withdraw(app: &App, who: Person, id: DeedId) -> Result<()> {
    let now = app.now();
    app.store
        .write(move |conn| {
            own(conn, who, id)?;
            take_back(conn, id, now)?;
            store::identities::wrote(conn, who.identity, now)
        })
        .await
}

/// Takes a deed that is not withdrawn back.
pub(crate) fn take_back(conn: &mut Db, id: DeedId, now: Ts) -> Result<()> {
    // Reviews before the deed, as deciding goes; then the state can be trusted.
    store::reviews::withdraw(conn, Kind::Deed, AnyId::of(id))?;
    store::reviews::withdraw_comments(conn, id)?;
    let state = super::standing(conn, id)?.state()?;
    store::deeds::withdraw_claim(conn, id, now)?;
    uploads::keep_only(conn, PictureHome::Deed(id), &[], now)?;
    match state {
        DeedState::Pending | DeedState::Rejected => store::deeds::delete(conn, id),
        DeedState::Published | DeedState::TakenDown => {
            store::deeds::empty(conn, id)?;
            store::feed::hide(conn, id)?;
            store::reports::settle(conn, id, false, None, now).map(drop)
        }
    }
}
