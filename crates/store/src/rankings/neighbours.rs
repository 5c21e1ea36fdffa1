//! The names of the few who stand around somebody, read with what others ask at the same time.

use std::collections::HashMap;

use domain::ranking::Subject;
use uuid::Uuid;

use super::{Named, named};
use crate::db::Db;
use crate::error::Result;
use crate::gather::Asked;
use crate::handle::Store;

/// Whose names are asked for.
#[derive(Debug)]
pub(crate) struct NamesOf {
    subject: Subject,
    ids: Vec<Uuid>,
}

impl Asked for NamesOf {
    type Answer = HashMap<Uuid, Named>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Self::Answer>> {
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

impl Store {
    /// Who these few subjects are.
    pub async fn names(&self, subject: Subject, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Named>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        self.ask(&self.at_once.names, NamesOf { subject, ids }).await
    }
}
