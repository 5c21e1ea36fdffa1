//! A page of one kind of a person's data, as texts in the order of its columns.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::ids::{decode, encode};
use domain::{Day, Points, Ts};

use super::kinds::{As, COLUMNS_MAX, Kind};
use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::each;
use crate::error::Result;

/// Records of a page.
pub const PAGE: i64 = 200;

/// One record: its place, and a text for each column; nothing where nothing is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What the next page begins after.
    pub key: AnyId,
    /// The values.
    pub values: Vec<Option<String>>,
}

/// Texts stay out of logs.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("key", &self.key).finish_non_exhaustive()
    }
}

macro_rules! texts {
    ($($name:ident)*) => {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Uid)]
            k: AnyId,
            $(#[diesel(sql_type = Nullable<Text>)] $name: Option<String>,)*
        }
        impl Row {
            fn into_texts(self) -> [Option<String>; COLUMNS_MAX] { [$(self.$name,)*] }
        }
    };
}
texts! { c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15 }

/// The records of a kind that are this owner's, after one, at most [`PAGE`].
pub fn page(conn: &mut Db, kind: &Kind, owner: AnyId, after: Option<AnyId>) -> Result<Vec<Record>> {
    let text = statement(kind, conn.is_sqlite());
    let after = after.unwrap_or(AnyId(uuid::Uuid::nil()));
    let query = diesel::sql_query(text).bind::<Uid, _>(owner).bind::<Uid, _>(after);
    let rows: Vec<Row> = each!(conn, c => query.load(c)?);
    let record = |row: Row| {
        let key = row.k;
        let texts = row.into_texts();
        let values = kind.columns.iter().zip(texts).map(|(column, text)| Some(shown(column.form, text?)));
        Record { key, values: values.collect() }
    };
    Ok(rows.into_iter().map(record).collect())
}

fn statement(kind: &Kind, sqlite: bool) -> String {
    let mut text = format!("SELECT {} AS k", kind.key);
    for place in 0..COLUMNS_MAX {
        let value = match kind.columns.get(place) {
            Some(column) if column.form.is_id() && sqlite => format!("lower(hex({}))", column.sql),
            Some(column) => format!("CAST({} AS TEXT)", column.sql),
            None => "CAST(NULL AS TEXT)".to_owned(),
        };
        text.push_str(&format!(", {value} AS c{place}"));
    }
    text.push_str(&format!(" FROM {} AND {} > ?2 ORDER BY {} LIMIT {PAGE}", kind.from, kind.key, kind.key));
    if sqlite { text } else { text.replace("?1", "$1").replace("?2", "$2") }
}

/// A value as a person reads it. What does not read as it should is shown as it stands.
fn shown(form: As, text: String) -> String {
    match form {
        As::Text => text,
        As::Id(prefix) => typed(prefix, &text).unwrap_or_default(),
        As::At => text.parse().map_or(text, |at| Ts(at).to_string()),
        As::Day => text.parse().map_or(text, |day| Day(day).to_string()),
        As::Points => text.parse().map_or(text, |n| Points::from_hundredths(n).to_string()),
        As::Bool => if matches!(text.as_str(), "1" | "true" | "t") { "true" } else { "false" }.to_owned(),
        As::Cause => cause(&text),
        As::ItemName => item_name(&text).unwrap_or(text),
    }
}

/// An id as the API writes it, from the engine's form; empty where there is none.
fn typed(prefix: &str, text: &str) -> Option<String> {
    let id: uuid::Uuid = text.parse().ok()?;
    Some(format!("{prefix}_{}", encode(id)))
}

/// A business key with the id as the API writes it: `claim:claim_…`.
fn cause(key: &str) -> String {
    let parts = key.split(':').map(|part| {
        let prefix = match key.split(':').next() {
            Some("redemption") => "rdm",
            Some("erasure") => "res",
            _ => "claim",
        };
        let is_id = part.len() == 32 && decode(part).is_err();
        if is_id { typed(prefix, part).unwrap_or_else(|| part.to_owned()) } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join(":")
}

fn item_name(body: &str) -> Option<String> {
    let item: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(format!("{} / {}", item["nameZh"].as_str()?, item["nameEn"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_api_writes_them() {
        assert_eq!(shown(As::At, "0".to_owned()), "1970-01-01T00:00:00Z");
        assert_eq!(shown(As::Day, "20513".to_owned()), "2026-03-01");
        assert_eq!(shown(As::Points, "-250".to_owned()), "-2.50");
        assert_eq!(shown(As::Bool, "1".to_owned()), "true");
        let claim = domain::ids::ClaimId::new();
        let key = format!("claim:{}", claim.0.simple());
        assert_eq!(shown(As::Cause, key), format!("claim:{claim}"));
        assert_eq!(shown(As::Id("claim"), claim.0.to_string()), claim.to_string());
    }
}
