//! Days of birth, where the desk knows them: for events with a minimum age, and for nothing else. They stand in rows of their own, so that
//! they can be deleted.

use diesel::prelude::*;
use domain::Day;
use domain::ids::ResidentId;

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::each;
use crate::error::Result;
use crate::schema::resident_births;

/// When somebody was born, if the desk knows it.
pub fn find(conn: &mut Db, id: ResidentId) -> Result<Option<Day>> {
    let row = resident_births::table.find(uid(id)).select(resident_births::born);
    Ok(row.first::<i32>(conn).optional()?.map(Day))
}

/// Says when somebody was born, or forgets it.
pub fn set(conn: &mut Db, id: ResidentId, born: Option<Day>) -> Result<()> {
    let Some(Day(born)) = born else {
        diesel::delete(resident_births::table.find(uid(id))).execute(conn)?;
        return Ok(());
    };
    let row = (resident_births::resident_id.eq(uid(id)), resident_births::born.eq(born));
    let upsert = diesel::insert_into(resident_births::table)
        .values(row)
        .on_conflict(resident_births::resident_id)
        .do_update()
        .set(resident_births::born.eq(born));
    Both(upsert).execute(conn)?;
    Ok(())
}

/// Says when these persons, of whom nothing was known, were born.
pub fn add(conn: &mut Db, new: &[(ResidentId, Day)]) -> Result<()> {
    let rows: Vec<_> = new
        .iter()
        .map(|(id, born)| (resident_births::resident_id.eq(uid(*id)), resident_births::born.eq(born.0)))
        .collect();
    if !rows.is_empty() {
        each!(conn, c => diesel::insert_into(resident_births::table).values(rows).execute(c)?);
    }
    Ok(())
}
