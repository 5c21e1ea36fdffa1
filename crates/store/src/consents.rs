//! What people said about purposes. A row is added for each word of theirs; the last one counts, and all of them are the proof.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::Ts;
use domain::consents::{Purpose, Said};
use domain::ids::{ConsentId, IdentityId};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::consents;

/// How many words of one person are read: far more than anybody says.
const READ_MAX: i64 = 1_000;

/// A word of a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What was said.
    pub said: Said,
    /// When.
    pub at: Ts,
}

/// Writes down what a person says.
pub fn insert(conn: &mut Db, who: IdentityId, purpose: Purpose, said: Said, now: Ts) -> Result<()> {
    let row = (
        consents::id.eq(uid(ConsentId::new())),
        consents::identity_id.eq(uid(who)),
        consents::purpose.eq(purpose.word()),
        consents::version.eq(said.version),
        consents::given.eq(said.given),
        consents::at.eq(now.0),
    );
    diesel::insert_into(consents::table).values(row).execute(conn)?;
    Ok(())
}

/// The last word of a person about a purpose.
pub fn last(conn: &mut Db, who: IdentityId, purpose: Purpose) -> Result<Option<Said>> {
    let row: Option<(i32, bool)> = consents::table
        .filter(consents::identity_id.eq(uid(who)))
        .filter(consents::purpose.eq(purpose.word()))
        .order((consents::at.desc(), consents::id.desc()))
        .select((consents::version, consents::given))
        .first(conn)
        .optional()?;
    Ok(row.map(|(version, given)| Said { version, given }))
}

/// The last word of a person about each purpose that was spoken of.
pub fn every(conn: &mut Db, who: IdentityId) -> Result<HashMap<Purpose, Word>> {
    let rows: Vec<(String, i32, bool, i64)> = consents::table
        .filter(consents::identity_id.eq(uid(who)))
        .order((consents::at.desc(), consents::id.desc()))
        .select((consents::purpose, consents::version, consents::given, consents::at))
        .limit(READ_MAX)
        .load(conn)?;
    let mut words = HashMap::new();
    for (purpose, version, given, at) in rows {
        let purpose =
            Purpose::from_word(&purpose).ok_or_else(|| Error::corrupt("a consent of no purpose"))?;
        words.entry(purpose).or_insert(Word { said: Said { version, given }, at: Ts(at) });
    }
    Ok(words)
}
