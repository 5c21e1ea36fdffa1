//! The names of the few who stand around somebody, read with what others ask at the same time.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::ranking::Subject;
use uuid::Uuid;

use super::{Named, NamedRow, named, whole};
use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::gather::Asked;
use crate::handle::Store;
use crate::stmt;

type NamedSql = (Uid, Uid, Text, Nullable<Text>, Nullable<Text>, Nullable<Bool>, Bool);

// One by its key: fixed texts, which SQLite prepares once.
stmt! { OneResident { id: AnyId => Uid } -> NamedSql =
"SELECT r.id, u.id, u.name, n.name, n.nickname, r.hidden, r.hidden FROM residents r JOIN units u ON u.id = r.unit_id \
LEFT JOIN resident_names n ON n.resident_id = r.id WHERE r.id = ?" }
stmt! { OneHousehold { id: AnyId => Uid } -> NamedSql =
"SELECT h.id, u.id, u.name, n.name, n.nickname, r.hidden, h.hidden FROM households h JOIN units u ON u.id = h.unit_id \
LEFT JOIN residents r ON r.id = h.householder_id LEFT JOIN resident_names n ON n.resident_id = h.householder_id WHERE h.id = ?" }

/// So many are looked up one by one on SQLite; a whole page is one statement, whose text depends on how many they are.
const FEW: usize = 8;

/// Whose names are asked for.
#[derive(Debug)]
pub(crate) struct NamesOf {
    subject: Subject,
    ids: Vec<Uuid>,
}

impl Asked for NamesOf {
    type Answer = HashMap<Uuid, Named>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Self::Answer>> {
        if conn.is_sqlite() && batch.iter().all(|asked| asked.ids.len() <= FEW) {
            return batch.iter().map(|asked| each(conn, asked)).collect();
        }
        let mut found: HashMap<Subject, HashMap<Uuid, Named>> = HashMap::new();
        for subject in Subject::BOTH {
            let of_subject = batch.iter().filter(|asked| asked.subject == subject);
            let mut ids: Vec<Uuid> = of_subject.flat_map(|asked| asked.ids.iter().copied()).collect();
            ids.sort_unstable();
            ids.dedup();
            found.insert(subject, named(conn, subject, &ids)?);
        }
        let names = |asked: &Self| {
            let named = |id: &Uuid| found.get(&asked.subject)?.get(id).map(|named| (*id, named.clone()));
            asked.ids.iter().filter_map(named).collect()
        };
        Ok(batch.iter().map(names).collect())
    }
}

fn each(conn: &mut Db, asked: &NamesOf) -> Result<HashMap<Uuid, Named>> {
    let mut names = HashMap::with_capacity(asked.ids.len());
    for id in asked.ids.iter().copied().map(AnyId) {
        let row: Option<NamedRow> = match asked.subject {
            Subject::Resident => OneResident { id }.get_result(conn),
            Subject::Household => OneHousehold { id }.get_result(conn),
        }
        .optional()?;
        names.extend(row.map(whole));
    }
    Ok(names)
}

impl Store {
    /// Who these few subjects are.
    pub async fn names(&self, subject: Subject, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Named>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        self.ask(&self.at_once.names, NamesOf { subject, ids }).await
    }
}
