//! What a person is told about a change of points beside the claim and its item: deeds' titles, sales, who decided, whose names stand there.
//! Each is read for a whole page at once.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::{Grant, Role};
use domain::ids::{DeedId, HouseholdId, RedemptionId, ResidentId, StaffId, UnitId};
use domain::masking::Person;

use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{
    deeds, households, merchants, offers, redemptions, resident_names, residents, staff, staff_roles,
};

/// The titles of these deeds.
pub fn deed_titles(conn: &mut Db, ids: &[DeedId]) -> Result<HashMap<DeedId, String>> {
    let rows: Vec<(DeedId, String)> = deeds::table
        .filter(among(deeds::id, ids.iter().copied()))
        .select((deeds::id, deeds::title))
        .load(conn)?;
    Ok(rows.into_iter().collect())
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
pub fn sales(conn: &mut Db, ids: &[RedemptionId]) -> Result<HashMap<RedemptionId, Sale>> {
    let rows: Vec<(RedemptionId, ResidentId, String, String)> = redemptions::table
        .inner_join(merchants::table.on(merchants::id.eq(redemptions::merchant_id)))
        .inner_join(offers::table.on(offers::id.eq(redemptions::offer_id)))
        .filter(among(redemptions::id, ids.iter().copied()))
        .select((redemptions::id, redemptions::resident_id, merchants::name, offers::title))
        .load(conn)?;
    let sale = |(id, customer, shop, offer)| (id, Sale { customer, shop, offer });
    Ok(rows.into_iter().map(sale).collect())
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

/// These members of staff.
pub fn deciders(conn: &mut Db, ids: &[StaffId]) -> Result<HashMap<StaffId, Decider>> {
    let rows: Vec<(StaffId, String)> = staff::table
        .filter(among(staff::id, ids.iter().copied()))
        .select((staff::id, staff::name))
        .load(conn)?;
    let mut found: HashMap<StaffId, Decider> =
        rows.into_iter().map(|(id, name)| (id, Decider { name, grants: Vec::new() })).collect();
    let roles: Vec<(StaffId, String, UnitId)> = staff_roles::table
        .filter(among(staff_roles::staff_id, ids.iter().copied()))
        .order(staff_roles::id)
        .select((staff_roles::staff_id, staff_roles::role, staff_roles::unit_id))
        .load(conn)?;
    for (id, role, unit) in roles {
        let role = Role::from_word(&role).ok_or_else(|| Error::corrupt("a role of no meaning"))?;
        if let Some(decider) = found.get_mut(&id) {
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
