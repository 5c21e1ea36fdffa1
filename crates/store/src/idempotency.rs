//! Idempotency: a request's key with what came of it, in the transaction of the effect. The row holds ids, codes and amounts, and no
//! text; the handler renders the answer again. Only what succeeded is kept: a refusal changed nothing and is decided anew.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use domain::{Code, Ts};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::adapters::{AnyId, Uid, together};
use crate::audit::{Act, Record};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::stmt;

/// For how long a key is kept, in hours. Business keys protect for ever.
pub const KEPT_H: i64 = 24;

/// A key as used by one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Who uses it: nobody can fetch another's outcome.
    pub principal: AnyId,
    /// The client's key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: Vec<u8>,
}

/// What came of a request, and whether it was done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once<T> {
    /// The outcome.
    pub outcome: T,
    /// Whether an earlier request did it.
    pub replayed: bool,
}

stmt! { Claim { principal: AnyId => Uid, key: String => Text, fingerprint: Vec<u8> => Binary, now: i64 => BigInt } -> Text =
"INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) VALUES (?, ?, ?, '', ?) \
ON CONFLICT (principal, key) DO NOTHING RETURNING key" }
stmt! { Found { principal: AnyId => Uid, key: String => Text } -> (Binary, Text) =
"SELECT fingerprint, outcome FROM idempotency WHERE principal = ? AND key = ?" }
stmt! { Keep { outcome: String => Text, principal: AnyId => Uid, key: String => Text } -> BigInt =
"UPDATE idempotency SET outcome = ? WHERE principal = ? AND key = ?" }

/// Does something once per key; without a key it is simply done. The same key with another request is refused.
pub fn once<T, F>(conn: &mut Db, key: Option<&KeyUse>, now: Ts, body: F) -> Result<Once<T>>
where
    T: Serialize + DeserializeOwned,
    F: FnOnce(&mut Db) -> Result<T>,
{
    if let Some(outcome) = before(conn, key, now)? {
        return Ok(Once { outcome, replayed: true });
    }
    let outcome = body(conn)?;
    if let Some(used) = key {
        keep(used, &outcome)?.execute(conn)?;
    }
    Ok(Once { outcome, replayed: false })
}

/// As [`once`], for an act of staff that the body also answers: its row of the audit and the outcome are written together.
pub fn once_recorded<T, F>(conn: &mut Db, key: Option<&KeyUse>, now: Ts, body: F) -> Result<Once<T>>
where
    T: Serialize + DeserializeOwned,
    F: FnOnce(&mut Db) -> Result<(T, Act)>,
{
    if let Some(outcome) = before(conn, key, now)? {
        return Ok(Once { outcome, replayed: true });
    }
    let (outcome, act) = body(conn)?;
    let record = Record::of(&act, now);
    match key {
        Some(used) => drop(together(conn, record, keep(used, &outcome)?)?),
        None => drop(record.execute(conn)?),
    }
    Ok(Once { outcome, replayed: false })
}

/// Claims the key; what came of the request that had claimed it before.
fn before<T: DeserializeOwned>(conn: &mut Db, key: Option<&KeyUse>, now: Ts) -> Result<Option<T>> {
    let Some(used) = key else { return Ok(None) };
    let claim = Claim {
        principal: used.principal,
        key: used.key.clone(),
        fingerprint: used.fingerprint.clone(),
        now: now.0,
    };
    if claim.get_result::<String>(conn).optional()?.is_some() {
        return Ok(None);
    }
    let found = Found { principal: used.principal, key: used.key.clone() };
    let (fingerprint, outcome): (Vec<u8>, String) = found.get_result(conn)?;
    if fingerprint != used.fingerprint {
        return Err(Code::KeyReused.into());
    }
    let outcome =
        serde_json::from_str(&outcome).map_err(|e| Error::corrupt(format!("a kept outcome: {e}")))?;
    Ok(Some(outcome))
}

/// Whether something was done under this key.
pub fn is_used(conn: &mut Db, used: &KeyUse) -> Result<bool> {
    let found = Found { principal: used.principal, key: used.key.clone() };
    Ok(found.get_result::<(Vec<u8>, String)>(conn).optional()?.is_some())
}

fn keep<T: Serialize>(used: &KeyUse, outcome: &T) -> Result<Keep> {
    let outcome = serde_json::to_string(outcome).map_err(|e| Error::corrupt(format!("an outcome: {e}")))?;
    Ok(Keep { outcome, principal: used.principal, key: used.key.clone() })
}

stmt! { Purge { before: i64 => BigInt, limit: i64 => BigInt } -> BigInt =
"DELETE FROM idempotency WHERE (principal, key) IN \
(SELECT principal, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)" }

/// Deletes keys older than `before`, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    Ok(Purge { before: before.0, limit }.execute(conn)?)
}
