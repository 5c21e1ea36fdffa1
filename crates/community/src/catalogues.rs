//! Catalogues at the desk: drafting, checking, adopting.

use domain::access::{Permission, StaffActor};
use domain::catalogue::{CatalogueDocument, carried, check, extra_rows};
use domain::ids::{CatalogueId, ItemId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, Day, FieldFault, Refusal};
use foundation::{App, Error, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::audit::Act;
pub use store::catalogues::Catalogue;
use store::catalogues::NewDraft;

use crate::people::{reach_object, roots};
use crate::rules::{document as effective_document, stored};

/// What a draft is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// A document.
    Document(Box<CatalogueDocument>),
    /// A rule table that is compiled in.
    Carried {
        /// Its key, such as `baqiao`.
        key: String,
        /// Whether only its awards are taken.
        awards_only: bool,
    },
}

impl Draft {
    /// The document, if it is well formed.
    fn document(&self) -> Result<CatalogueDocument> {
        let document = match self {
            Self::Document(document) => (**document).clone(),
            Self::Carried { key, awards_only } => {
                let table = carried().iter().chain(extra_rows()).find(|table| table.key == key);
                let document = table.ok_or_else(|| unknown_table(key))?.document();
                if *awards_only { document.awards_only() } else { document }
            }
        };
        let mut faults = document.validate();
        if faults.is_empty() {
            return Ok(document);
        }
        faults.iter_mut().for_each(|fault| fault.field = format!("document.{}", fault.field));
        Err(Refusal { code: Code::Invalid, fields: faults, retry_after_s: None }.into())
    }
}

fn unknown_table(key: &str) -> Error {
    let known: Vec<&str> = carried().iter().chain(extra_rows()).map(|table| table.key).collect();
    let known = known.join(", ");
    let en = format!("there is no carried table {key:?}; there are: {known}");
    FieldFault::new("carried", "unknown_value", format!("没有这份自带细则；现有：{known}"), en).into()
}

/// A version with its document and what keeps it from being adopted.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The version.
    pub catalogue: Catalogue,
    /// Its document.
    pub document: CatalogueDocument,
    /// What the checker says, against what holds above the unit today.
    pub faults: Vec<FieldFault>,
}

/// The versions that this account may read, newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    page: Page<CatalogueId>,
) -> Result<Slice<Catalogue, CatalogueId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, unit)?;
            let found = store::catalogues::list(conn, &roots, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |catalogue| catalogue.id))
        })
        .await
}

/// Keeps a draft for a unit.
pub async fn draft(
    app: &App,
    who: &StaffActor,
    unit: UnitId,
    draft: Draft,
    ctx: RequestContext,
) -> Result<Once<CatalogueId>> {
    let (who, now, id) = (who.clone(), app.now(), CatalogueId::new());
    let document = draft.document()?;
    let new = new_draft(id, unit, &document, &who)?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                who.require(Permission::ManageRules, &store::units::path(conn, unit)?)?;
                let number = store::catalogues::insert_draft(conn, &new, now)?;
                let detail = json!({"number": number, "items": new.items.len()});
                store::audit::record(conn, &act(&who, "catalogues.draft", id, unit, detail, &ctx), now)?;
                Ok(id)
            })
        })
        .await
}

fn new_draft(
    id: CatalogueId,
    unit: UnitId,
    document: &CatalogueDocument,
    who: &StaffActor,
) -> Result<NewDraft> {
    let items = document.items.iter().map(|item| Ok((ItemId::new(), item.code.clone(), written(item)?)));
    Ok(NewDraft {
        id,
        unit,
        name_zh: document.name_zh.clone(),
        name_en: document.name_en.clone(),
        source: document.source.as_ref().map(written).transpose()?,
        document: written(document)?,
        items: items.collect::<Result<_>>()?,
        by: who.id,
    })
}

fn written(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::corrupt(format!("a catalogue cannot be written: {e}")))
}

fn act(
    who: &StaffActor,
    action: &'static str,
    id: CatalogueId,
    unit: UnitId,
    detail: serde_json::Value,
    ctx: &RequestContext,
) -> Act {
    let request_id = ctx.request_id.clone();
    Act { staff: Some(who.id), action, object: id.to_string(), unit: Some(unit), detail, request_id }
}

/// One version.
pub async fn detail(app: &App, who: &StaffActor, id: CatalogueId) -> Result<Detail> {
    let (who, today) = (who.clone(), app.store.today());
    app.store
        .read(move |conn| {
            let catalogue = readable(conn, &who, id, Permission::ReadDesk)?;
            let (document, faults) = checked(conn, &catalogue, today)?;
            Ok(Detail { catalogue, document, faults })
        })
        .await
}

/// The version, if it exists for this account.
fn readable(conn: &mut Db, who: &StaffActor, id: CatalogueId, permission: Permission) -> Result<Catalogue> {
    let found = store::catalogues::find(conn, id)?.ok_or(Error::from(Code::CatalogueNotFound))?;
    reach_object(conn, who, permission, found.unit, Code::CatalogueNotFound)?;
    Ok(found)
}

/// The document of a version and what the checker says of it, against what holds above its unit on a day.
fn checked(conn: &mut Db, catalogue: &Catalogue, day: Day) -> Result<(CatalogueDocument, Vec<FieldFault>)> {
    let text =
        store::catalogues::document(conn, catalogue.id)?.ok_or(Error::from(Code::CatalogueNotFound))?;
    let document: CatalogueDocument = stored("catalogue", &text)?;
    let above = match store::units::require(conn, catalogue.unit)?.parent {
        Some(parent) => Some(effective_document(conn, parent, day)?),
        None => None,
    };
    let faults = check(&document, above.as_ref());
    Ok((document, faults))
}

/// Adopts a draft from a day on. Of two who adopt one draft at once, one does; of two drafts of a unit, the later decision holds from its
/// day on.
pub async fn adopt(
    app: &App,
    who: &StaffActor,
    id: CatalogueId,
    version: i64,
    from: Day,
    ctx: RequestContext,
) -> Result<()> {
    let (who, now, today) = (who.clone(), app.now(), app.store.today());
    app.store
        .write(move |conn| {
            let catalogue = readable(conn, &who, id, Permission::ManageRules)?;
            if catalogue.state != "draft" {
                return Err(Code::CatalogueNotDraft.into());
            }
            if from < today {
                return Err(Code::ForceDatePast.into());
            }
            // A rule table makes points: who wrote it does not put it into force alone.
            let four_eyes = store::units::policy(conn, catalogue.unit)?.four_eyes;
            if four_eyes && catalogue.created_by == Some(who.id) {
                return Err(Code::FourEyes.into());
            }
            let (_, faults) = checked(conn, &catalogue, from)?;
            if !faults.is_empty() {
                return Err(
                    Refusal { code: Code::CatalogueRefused, fields: faults, retry_after_s: None }.into()
                );
            }
            if !store::catalogues::adopt(conn, &catalogue, version, from, who.id)? {
                return Err(Code::PreconditionFailed.into());
            }
            let detail = json!({"number": catalogue.number, "forceFrom": from.to_string()});
            store::audit::record(conn, &act(&who, "catalogues.adopt", id, catalogue.unit, detail, &ctx), now)
        })
        .await
}
