//! The recap: what an event was like, with pictures, in the feed as a deed of the unit itself. Staff publish it, so it waits for nobody; it
//! carries no claim, and it belongs to no person who could change it.

use domain::access::StaffActor;
use domain::deeds::Section;
use domain::events::EventState;
use domain::ids::{DeedId, EventId, PictureId};
use domain::{Code, Id};
use foundation::content::{self, Author, Kind as Text};
use foundation::pictures::uploads::{Home, hang};
use foundation::{AnyId, App, Error, Once, RequestContext, Result};
use serde_json::json;

use super::{as_text, held, note};
use crate::deeds::Content;

/// What a recap says and shows.
#[derive(Debug, Clone)]
pub struct Recap {
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
}

/// Publishes the recap of a completed event, which has one.
pub async fn recap(
    app: &App,
    who: &StaffActor,
    id: EventId,
    recap: Recap,
    ctx: RequestContext,
) -> Result<Once<DeedId>> {
    let (who, now, zone, deed) = (who.clone(), app.now(), app.store.zone().clone(), DeedId::new());
    let wanted = Content::parse(Section::Other, &recap.title, &recap.text, recap.pictures)?;
    let author = Author::Staff(who.id);
    let finding = content::check_once(app, &ctx, as_text(author, crate::deeds::SAID, &wanted.said())).await?;
    app.store
        .write(move |conn| {
            let (event, _) = held(conn, &who, id)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                if event.state()? != EventState::Completed {
                    return Err(Code::EventStateConflict.into());
                }
                let section = Section::from_word(&event.section)
                    .ok_or_else(|| Error::corrupt("an event of no section"))?;
                let new = store::deeds::NewDeed {
                    id: deed,
                    identity: AnyId(who.id.uuid()),
                    resident: None,
                    household: None,
                    unit: event.unit,
                    section: section.word(),
                    title: wanted.title.clone(),
                    text: wanted.text.clone(),
                    day_of_act: event.times().day(&zone),
                    item: None,
                    quantity: None,
                    event: Some(id),
                };
                store::deeds::insert(conn, &new, now)?;
                if finding.verdict.needs_a_person() {
                    // A person has: whoever publishes it answers for it, and the note says so.
                    content::note(conn, Text::Deed, AnyId::of(deed), author, finding, now)?;
                }
                if !store::deeds::publish(conn, deed, now)? || !store::events::set_recap(conn, id, deed)? {
                    return Err(Code::EventStateConflict.into());
                }
                store::feed::show(conn, deed)?;
                content::pictures::may_show(conn, &wanted.pictures)?;
                hang(conn, AnyId::of(who.id), Home::Deed(deed), &wanted.pictures, true)?;
                note(conn, &who, "events.recap", &event, json!({"deed": deed}), &ctx, now)?;
                Ok(deed)
            })
        })
        .await
}
