//! What a person is told about a change of points beside the claim and its item: deeds' titles, sales, who decided, whose names stand there.
//! Each is read for a whole page at once.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::access::{Grant, Role};
use domain::ids::{
    CatalogueId, ClaimId, DeedId, HouseholdId, ItemId, RedemptionId, ResidentId, StaffId, UnitId,
};
use domain::masking::Person;
use domain::{Day, Points};

use crate::adapters::{AnyId, Uid};
use crate::claims::Cause;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::{ByIds, among};
use crate::schema::{households, resident_names, residents};

/// What a claim says about the points that it moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The claim.
    pub claim: ClaimId,
    /// Its state's word.
    pub state: String,
    /// The rule item, of the version that was paid by.
    pub item: ItemId,
    /// The day of the act.
    pub day_of_act: Day,
    /// The quantity.
    pub quantity: Option<Points>,
    /// The deed it comes from, with its title.
    pub deed: Option<(DeedId, Option<String>)>,
    /// The title of the event at which it was earned.
    pub event_title: Option<String>,
    /// Who earned it.
    pub earner: Option<ResidentId>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// Who reversed it.
    pub reversed_by: Option<StaffId>,
    /// The note for whoever decides.
    pub note: Option<String>,
    /// Why it was reversed.
    pub reason: Option<String>,
}

type ClaimSql =
    (Uid, Text, Uid, Integer, Nullable<BigInt>, Text, Uid, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>);
type ClaimOf = (
    ClaimId,
    String,
    ItemId,
    i32,
    Option<i64>,
    String,
    AnyId,
    Option<StaffId>,
    Option<StaffId>,
    Option<ResidentId>,
);
type ToldSql = (Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<Text>);
type ToldOf = (Option<String>, Option<String>, Option<String>, Option<String>);

/// The claims, with what changes as they do. Rule items and names, which many claims share, are read apart.
const OF_CLAIMS: &str = "SELECT c.id, c.state, c.item_id, c.day_of_act, c.quantity, c.cause, c.cause_id, c.decided_by, c.reversed_by, \
c.resident_id, d.title, e.title, n.note, n.reason FROM claims c \
LEFT JOIN claim_notes n ON n.claim_id = c.id LEFT JOIN deeds d ON c.cause = 'deed' AND d.id = c.cause_id \
LEFT JOIN sign_ups s ON c.cause = 'check_in' AND s.id = c.cause_id LEFT JOIN events e ON e.id = s.event_id WHERE c.id";

/// What these claims say.
pub fn of_claims(conn: &mut Db, ids: impl IntoIterator<Item = ClaimId>) -> Result<HashMap<ClaimId, Reason>> {
    let rows: Vec<(ClaimOf, ToldOf)> = ByIds::<(ClaimSql, ToldSql)>::new(OF_CLAIMS, ids, "").load(conn)?;
    let reason = |(claim, told): (ClaimOf, ToldOf)| {
        let (id, state, item, day, quantity, cause, cause_id, decided_by, reversed_by, earner) = claim;
        let (deed_title, event_title, note, reason) = told;
        let is_deed = cause == Cause::Deed.word();
        let reason = Reason {
            claim: id,
            state,
            item,
            day_of_act: Day(day),
            quantity: quantity.map(Points::from_hundredths),
            deed: is_deed.then(|| (cause_id.typed(), deed_title)),
            event_title,
            earner,
            decided_by,
            reversed_by,
            note,
            reason,
        };
        (id, reason)
    };
    Ok(rows.into_iter().map(reason).collect())
}

/// A rule item of an adopted version: it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The item, as JSON.
    pub body: String,
    /// The version.
    pub catalogue: CatalogueId,
    /// Which version of its unit.
    pub number: i32,
}

/// The rule items that claims were paid by.
pub fn rules(conn: &mut Db, ids: impl IntoIterator<Item = ItemId>) -> Result<HashMap<ItemId, Rule>> {
    const RULES: &str = "SELECT i.id, i.body, k.id, k.number FROM items i JOIN catalogues k ON k.id = i.catalogue_id WHERE i.id";
    let rows: Vec<(ItemId, String, CatalogueId, i32)> =
        ByIds::<(Uid, Text, Uid, Integer)>::new(RULES, ids, "").load(conn)?;
    Ok(rows.into_iter().map(|(id, body, catalogue, number)| (id, Rule { body, catalogue, number })).collect())
}

/// What points were spent on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The customer.
    pub customer: ResidentId,
    /// The shop's name.
    pub shop: String,
    /// The offer's title.
    pub offer: String,
}

/// The sales of these redemptions.
pub fn sales(
    conn: &mut Db,
    ids: impl IntoIterator<Item = RedemptionId>,
) -> Result<HashMap<RedemptionId, Sale>> {
    const SALES: &str = "SELECT x.id, x.resident_id, m.name, o.title FROM redemptions x \
        JOIN merchants m ON m.id = x.merchant_id JOIN offers o ON o.id = x.offer_id WHERE x.id";
    let rows: Vec<(RedemptionId, ResidentId, String, String)> =
        ByIds::<(Uid, Uid, Text, Text)>::new(SALES, ids, "").load(conn)?;
    Ok(rows.into_iter().map(|(id, customer, shop, offer)| (id, Sale { customer, shop, offer })).collect())
}

/// A member of staff who decided.
#[derive(Clone, PartialEq, Eq)]
pub struct Decider {
    /// The name, to be masked before it leaves.
    pub name: String,
    /// The roles as of now.
    pub grants: Vec<Grant>,
}

/// The name stays out of logs.
impl std::fmt::Debug for Decider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decider").field("grants", &self.grants).finish_non_exhaustive()
    }
}

type DeciderRow = (StaffId, String, Option<(String, UnitId)>);

/// These members of staff.
pub fn deciders(conn: &mut Db, ids: impl IntoIterator<Item = StaffId>) -> Result<HashMap<StaffId, Decider>> {
    const DECIDERS: &str = "SELECT s.id, s.name, o.role, o.unit_id FROM staff s LEFT JOIN staff_roles o ON o.staff_id = s.id WHERE s.id";
    let rows: Vec<DeciderRow> =
        ByIds::<(Uid, Text, Nullable<(Text, Uid)>)>::new(DECIDERS, ids, " ORDER BY o.id").load(conn)?;
    let mut found: HashMap<StaffId, Decider> = HashMap::new();
    for (id, name, role) in rows {
        let decider = found.entry(id).or_insert_with(|| Decider { name, grants: Vec::new() });
        if let Some((role, unit)) = role {
            let role = Role::from_word(&role).ok_or_else(|| Error::corrupt("a role of no meaning"))?;
            decider.grants.push(Grant { role, unit });
        }
    }
    Ok(found)
}

/// A person's names, to be masked before they leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    /// The real name.
    pub name: Option<String>,
    /// The nickname.
    pub nickname: Option<String>,
    /// Whether the person hides.
    pub hidden: bool,
}

/// Names stay out of logs.
impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// The person, as masking wants it.
    pub fn person(&self) -> Person<'_> {
        Person { name: self.name.as_deref(), nickname: self.nickname.as_deref(), hidden: self.hidden }
    }
}

type NamesRow = (ResidentId, bool, Option<String>, Option<String>);

/// The names of these residents.
pub fn names(conn: &mut Db, ids: &[ResidentId]) -> Result<HashMap<ResidentId, Names>> {
    let rows: Vec<NamesRow> = residents::table
        .left_join(resident_names::table.on(resident_names::resident_id.eq(residents::id)))
        .filter(among(residents::id, ids.iter().copied()))
        .select((
            residents::id,
            residents::hidden,
            resident_names::name.nullable(),
            resident_names::nickname.nullable(),
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, hidden, name, nickname)| (id, Names { name, nickname, hidden })).collect())
}

/// The codes of these households.
pub fn household_codes(conn: &mut Db, ids: &[HouseholdId]) -> Result<HashMap<HouseholdId, String>> {
    let rows: Vec<(HouseholdId, String)> = households::table
        .filter(among(households::id, ids.iter().copied()))
        .select((households::id, households::code))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}
