//! A group of plain transfers in one statement, for PostgreSQL, where each statement is a round trip: its key, the expired holds of who
//! gives, balances under their guard, transfers, their places in the queue.

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use domain::ids::{AccountId, TransferId};
use domain::ledger::{Group, Mode, Movement, Outcome};
use domain::{Points, Ts};

use crate::adapters::{AnyId, Uid, uid};
use crate::error::{Error, Result};
use crate::pg_stmt;

// Every part but `moves` joins `key`, so that nothing is touched before the key is ours: another who posts it makes this one wait there, and
// then do nothing. Balances are in the order of their ids, the lock order. What a guard refused is missing from `changed`.
pg_stmt! { PostAtOnce {
    ids: Vec<TransferId> => Array<Uid>, kinds: Vec<&'static str> => Array<Text>, debits: Vec<AccountId> => Array<Uid>,
    credits: Vec<AccountId> => Array<Uid>, amounts: Vec<i64> => Array<BigInt>, reasons: Vec<&'static str> => Array<Text>,
    reverses: Vec<Option<AnyId>> => Array<Nullable<Uid>>, units: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    households: Vec<Option<AnyId>> => Array<Nullable<Uid>>, residents: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    key: String => Text, at: i64 => BigInt, many: i64 => BigInt, now: i64 => BigInt, created: i64 => BigInt
} -> (BigInt, BigInt, BigInt, Nullable<Uid>) =
"WITH moves AS MATERIALIZED (\
  SELECT m.* FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    AS m (id, kind, debit, credit, amount, reason, reverses, unit_id, household_id, resident_id) \
  JOIN accounts d ON d.id = m.debit AND d.kind = m.kind JOIN accounts c ON c.id = m.credit AND c.kind = m.kind), \
key AS (INSERT INTO transfer_groups (business_key, created_at) \
  SELECT ?, ? WHERE (SELECT count(*) FROM moves) = ? ON CONFLICT (business_key) DO NOTHING RETURNING business_key), \
freed AS (UPDATE holds SET state = 'expired' FROM key WHERE account_id IN (SELECT debit FROM moves) AND state = 'open' AND expires_at <= ? \
  RETURNING account_id, amount), \
changes AS MATERIALIZED (SELECT account_id, CAST(SUM(posted) AS bigint) AS posted, CAST(SUM(pending) AS bigint) AS pending FROM (\
    SELECT credit AS account_id, amount AS posted, 0 AS pending FROM moves \
    UNION ALL SELECT debit, -amount, 0 FROM moves UNION ALL SELECT account_id, 0, -amount FROM freed) x \
  GROUP BY account_id ORDER BY account_id), \
changed AS (UPDATE balances b SET posted = b.posted + x.posted, pending = b.pending + x.pending, version = b.version + 1 \
  FROM changes x, key WHERE b.account_id = x.account_id \
    AND (b.floor IS NULL OR x.posted - x.pending >= 0 OR b.posted - b.pending + x.posted - x.pending >= b.floor) RETURNING b.account_id), \
moved AS (INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, reverses, unit_id, household_id, resident_id, \
    created_at) \
  SELECT id, business_key, kind, debit, credit, amount, 'posted', reason, reverses, unit_id, household_id, resident_id, ? \
  FROM moves, key RETURNING id), \
queued AS (INSERT INTO ledger_queue (entry, transfer_id) SELECT 'transfer', id FROM moved) \
SELECT (SELECT count(*) FROM moves), (SELECT count(*) FROM key), (SELECT count(*) FROM moved), \
  (SELECT b.account_id FROM changes x JOIN balances b ON b.account_id = x.account_id \
   WHERE b.account_id NOT IN (SELECT account_id FROM changed) LIMIT 1)" }

/// Whether a group is one that this posts: nothing but plain transfers.
pub(super) fn takes(group: &Group) -> bool {
    group.movements.iter().all(|m| m.mode == Mode::Posted)
}

/// Posts it; none when it names an account that is not there or of another kind: then nothing was done, and the long way says which. What is
/// not `Posted` or `Exists` must be rolled back, as ever.
pub(super) fn post(pg: &mut PgConnection, group: &Group, now: Ts) -> Result<Option<Outcome>> {
    let many = i64::try_from(group.movements.len()).unwrap_or(i64::MAX);
    let (known, keys, moved, short): (i64, i64, i64, Option<AccountId>) =
        statement(group, many, now).get_result(pg)?;
    match short {
        _ if known != many => Ok(None),
        _ if keys == 0 => Ok(Some(Outcome::Exists)),
        Some(account) => Ok(Some(Outcome::ExceedsBalance(account))),
        None if moved == many => Ok(Some(Outcome::Posted { uncollected: Points::ZERO })),
        None => Err(Error::corrupt("a group was posted in part")),
    }
}

fn statement(group: &Group, many: i64, now: Ts) -> PostAtOnce {
    fn column<T>(group: &Group, of: impl Fn(&Movement) -> T) -> Vec<T> {
        group.movements.iter().map(of).collect()
    }
    PostAtOnce {
        ids: column(group, |m| m.id),
        kinds: column(group, |m| m.kind.word()),
        debits: column(group, |m| m.debit),
        credits: column(group, |m| m.credit),
        amounts: column(group, |m| m.amount.hundredths()),
        reasons: column(group, |m| m.reason.word()),
        reverses: column(group, |m| m.reverses.map(uid)),
        units: column(group, |m| m.standing.unit.map(uid)),
        households: column(group, |m| m.standing.household.map(uid)),
        residents: column(group, |m| m.standing.resident.map(uid)),
        key: group.business_key.clone(),
        at: now.0,
        many,
        now: now.0,
        created: now.0,
    }
}
