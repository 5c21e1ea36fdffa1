//! What this database is: the tenant, its time zone, whether a demo made it.

use diesel::prelude::*;

use crate::Both;
use crate::db::Db;
use crate::error::Result;
use crate::schema::meta;

/// The key of the tenant's id.
pub const TENANT: &str = "tenant";
/// The key of the tenant's time zone.
pub const ZONE: &str = "zone";
/// The key that says who made the database; `demo` allows development sign-in.
pub const MADE_BY: &str = "made_by";

/// A value.
pub fn get(conn: &mut Db, key: &str) -> Result<Option<String>> {
    Ok(meta::table.find(key).select(meta::value).first(conn).optional()?)
}

/// Sets a value that is not there yet; `false` when it is.
pub fn put_new(conn: &mut Db, key: &str, value: &str) -> Result<bool> {
    let insert = diesel::insert_into(meta::table)
        .values((meta::key.eq(key), meta::value.eq(value)))
        .on_conflict(meta::key)
        .do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}
