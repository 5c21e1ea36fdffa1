//! Invitations: staff invite a household, and whoever has the code becomes the member of that name, or asks to join.

use domain::access::{Permission, Person, StaffActor};
use domain::ids::{HouseholdId, InvitationId, JoinRequestId, ResidentId};
use domain::invitations::{DAYS_DEFAULT, InvitationCode, USES_MAX};
use domain::paging::{Page, Slice};
use domain::qr_codes::{Kind as Named, Scene};
use domain::{Code, Ts, text};
use foundation::data_keys::{DataKeys, Purpose};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{App, Error, Once, RequestContext, Result, qr_codes};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Db;
use store::households::Household;
use store::invitations::Asked;
pub use store::invitations::Invitation;

use crate::people::{Deed, reach, record};
use crate::phones;
use crate::qr_codes::{Format, Image};

/// Seconds of a day.
const DAY_S: i64 = 24 * 3_600;

fn hashes(keys: &DataKeys, code: &InvitationCode) -> Result<Vec<Vec<u8>>> {
    Ok(keys.hashes(Purpose::Invitations, code.bare().as_bytes())?)
}

/// The household, within reach of who manages its people.
fn managed(conn: &mut Db, who: &StaffActor, id: HouseholdId) -> Result<Household> {
    let household = store::households::require(conn, id)?;
    reach(conn, who, Permission::ManagePeople, household.unit)?;
    Ok(household)
}

/// What an invitation is wanted to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// For how many days it is good.
    pub days: Option<u32>,
    /// How many people it lets in; if nothing is said, as many as the household has members without a sign-in.
    pub uses: Option<u32>,
}

/// Makes an invitation. Its code is told this once; whoever lost it makes another and ends this one.
pub async fn create(
    app: &App,
    who: &StaffActor,
    household: HouseholdId,
    wanted: Wanted,
    ctx: RequestContext,
) -> Result<(InvitationCode, Invitation)> {
    let (who, now) = (who.clone(), app.now());
    let code = InvitationCode::of(foundation::chance()?);
    let hash = app.data_keys()?.hash(Purpose::Invitations, code.bare().as_bytes())?;
    let id = InvitationId::new();
    let made =
        app.store
            .write_quietly(move |conn| {
                let home = managed(conn, &who, household)?;
                let uses = match wanted.uses {
                    Some(uses) => uses,
                    None => u32::try_from(store::invitations::unlinked(conn, household)?.len())
                        .unwrap_or(USES_MAX),
                };
                let days = wanted.days.unwrap_or(DAYS_DEFAULT);
                let invitation = Invitation {
                    id,
                    household,
                    uses_max: i32::try_from(uses.clamp(1, USES_MAX)).unwrap_or(1),
                    used: 0,
                    made_by: who.id,
                    expires_at: now.plus_seconds(i64::from(days) * DAY_S).0,
                    ended_at: None,
                    created_at: now.0,
                };
                store::invitations::insert(conn, &invitation, &hash)?;
                let detail = json!({"householdId": household, "uses": invitation.uses_max, "days": days});
                note(conn, &who, ("invitations.create", id), &home, detail, &ctx, now)?;
                Ok(invitation)
            })
            .await?;
    Ok((code, made))
}

fn note(
    conn: &mut Db,
    who: &StaffActor,
    (action, id): (&'static str, InvitationId),
    home: &Household,
    detail: serde_json::Value,
    ctx: &RequestContext,
    now: Ts,
) -> Result<()> {
    let deed = Deed { who: Some(who), action, object: id.to_string(), unit: home.unit, detail };
    record(conn, deed, &ctx.request_id, now)
}

/// The invitations of a household, newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    household: HouseholdId,
    page: Page<InvitationId>,
) -> Result<Slice<Invitation, InvitationId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            managed(conn, &who, household)?;
            let found = store::invitations::of_household(conn, household, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |invitation| invitation.id))
        })
        .await
}

/// Ends an invitation: nobody uses it any more. To end it again changes nothing.
pub async fn end(
    app: &App,
    who: &StaffActor,
    household: HouseholdId,
    id: InvitationId,
    ctx: RequestContext,
) -> Result<()> {
    let (who, now) = (who.clone(), app.now());
    app.store
        .write_quietly(move |conn| {
            let home = managed(conn, &who, household)?;
            store::invitations::find(conn, household, id)?.ok_or(Error::from(Code::InvitationNotFound))?;
            if store::invitations::end(conn, id, now)? {
                note(
                    conn,
                    &who,
                    ("invitations.end", id),
                    &home,
                    json!({"householdId": household}),
                    &ctx,
                    now,
                )?;
            }
            Ok(())
        })
        .await
}

/// The code of an invitation of this household as a picture to be printed. Kept nowhere.
pub async fn print(
    app: &App,
    who: &StaffActor,
    household: HouseholdId,
    code: InvitationCode,
    format: Format,
    ctx: RequestContext,
) -> Result<Image> {
    let (who, now) = (who.clone(), app.now());
    let hashes = hashes(app.data_keys()?, &code)?;
    app.store
        .write_quietly(move |conn| {
            let home = managed(conn, &who, household)?;
            let found = store::invitations::usable(conn, household, &hashes, now)?;
            let id = found.ok_or(Error::from(Code::InvitationNotFound))?;
            note(conn, &who, ("invitations.print", id), &home, json!({"householdId": household}), &ctx, now)
        })
        .await?;
    let scene = Scene::Invitation(code).text();
    let real = match format {
        Format::Png => qr_codes::fresh(app, Named::Invitation, &scene).await,
        Format::Svg => None,
    };
    Ok(Image::of(app, &scene, format, real, false)?)
}

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// The request to join: accepted, or open until staff decide.
    pub request: JoinRequestId,
    /// The resident that the person is now; none where staff decide.
    pub resident: Option<ResidentId>,
}

/// Redeems a code: a guest whose name exactly one member of the household bears, and as whom nobody signs in yet, becomes that member;
/// anybody else asks to join. Why a code is not taken is told to nobody.
pub async fn redeem(
    app: &App,
    who: Person,
    code: InvitationCode,
    name: &str,
    ctx: RequestContext,
) -> Result<Once<Redeemed>> {
    let name = text::parse("name", name, text::PERSON_NAME)?;
    let (hashes, now, request) = (hashes(app.data_keys()?, &code)?, app.now(), JoinRequestId::new());
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let identity = store::identities::find(conn, who.identity)?;
                if identity.ok_or(Error::from(Code::SessionEnded))?.resident.is_some() {
                    return Err(Code::AlreadyResident.into());
                }
                let (invitation, household) = take(conn, &hashes, now)?;
                let unit = store::households::require(conn, household)?.unit;
                let name = name.clone();
                let asked = Asked { id: request, identity: who.identity, unit, household, invitation, name };
                match named(conn, &asked)? {
                    Some(resident) => let_in(conn, &asked, resident, &ctx, now),
                    None if store::invitations::ask(conn, &asked, now)? => {
                        Ok(Redeemed { request, resident: None })
                    }
                    None => Err(Code::AlreadyRequested.into()),
                }
            })
        })
        .await
}

/// Uses the invitation that is kept by one of these hashes.
fn take(conn: &mut Db, hashes: &[Vec<u8>], now: Ts) -> Result<(InvitationId, HouseholdId)> {
    for hash in hashes {
        if let Some(taken) = store::invitations::take(conn, hash, now)? {
            return Ok(taken);
        }
    }
    Err(Code::InvitationUnknown.into())
}

/// The one member of that name; none where there are several.
fn named(conn: &mut Db, asked: &Asked) -> Result<Option<ResidentId>> {
    let members = store::invitations::unlinked(conn, asked.household)?;
    let mut named = members.into_iter().filter(|(_, name)| *name == asked.name).map(|(id, _)| id);
    Ok(named.next().filter(|_| named.next().is_none()))
}

/// Makes a guest the resident, as an accepted request to join does; the audit says by which invitation, and nobody of staff.
fn let_in(
    conn: &mut Db,
    asked: &Asked,
    resident: ResidentId,
    ctx: &RequestContext,
    now: Ts,
) -> Result<Redeemed> {
    if !store::invitations::link(conn, asked.identity, resident)? {
        return Err(Code::AlreadyResident.into());
    }
    phones::joined(conn, asked.identity)?;
    let nickname = store::identities::find(conn, asked.identity)?.and_then(|identity| identity.nickname);
    if let Some(nickname) = nickname {
        store::residents::adopt_nickname(conn, resident, &nickname)?;
    }
    let request = store::invitations::accept(conn, asked, now)?;
    inbox::hand_over(conn, asked.identity, resident)?;
    let to = Owner::person(Some(resident), asked.identity);
    inbox::tell(conn, &[Note::new(to, Kind::JoinAccepted, request)], now)?;
    let detail = json!({"requestId": request, "residentId": resident, "householdId": asked.household});
    let deed = Deed {
        who: None,
        action: "invitations.redeem",
        object: asked.invitation.to_string(),
        unit: asked.unit,
        detail,
    };
    record(conn, deed, &ctx.request_id, now)?;
    Ok(Redeemed { request, resident: Some(resident) })
}
