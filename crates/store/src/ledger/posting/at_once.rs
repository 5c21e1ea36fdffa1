//! Groups of plain transfers in one statement, for PostgreSQL, where each statement is a round trip: their keys, the expired holds of who
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

// Every part but `moves` needs `key`, so that nothing is touched before a key is ours: another who posts it makes this one wait there, and
// then do nothing. Transfers are queued in the order in which they were given. Balances are in the order of their ids, the lock order. What a guard refused is missing from `changed`.
pg_stmt! { PostAtOnce {
    group: Vec<String> => Array<Text>, ids: Vec<TransferId> => Array<Uid>, kinds: Vec<&'static str> => Array<Text>,
    debits: Vec<AccountId> => Array<Uid>, credits: Vec<AccountId> => Array<Uid>, amounts: Vec<i64> => Array<BigInt>,
    reasons: Vec<&'static str> => Array<Text>, reverses: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    units: Vec<Option<AnyId>> => Array<Nullable<Uid>>, households: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    residents: Vec<Option<AnyId>> => Array<Nullable<Uid>>, at: i64 => BigInt, keys: Vec<String> => Array<Text>, many: i64 => BigInt,
    now: i64 => BigInt, created: i64 => BigInt
} -> (BigInt, BigInt, BigInt, Nullable<Uid>) =
"WITH moves AS MATERIALIZED (\
  SELECT m.* FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY \
    AS m (business_key, id, kind, debit, credit, amount, reason, reverses, unit_id, household_id, resident_id, place) \
  JOIN accounts d ON d.id = m.debit AND d.kind = m.kind JOIN accounts c ON c.id = m.credit AND c.kind = m.kind), \
key AS (INSERT INTO transfer_groups (business_key, created_at) \
  SELECT k, ? FROM unnest(?) AS k WHERE (SELECT count(*) FROM moves) = ? \
  ON CONFLICT (business_key) DO NOTHING RETURNING business_key), \
freed AS (UPDATE holds SET state = 'expired' WHERE EXISTS (SELECT 1 FROM key) AND account_id IN (SELECT debit FROM moves) \
  AND state = 'open' AND expires_at <= ? RETURNING account_id, amount), \
changes AS MATERIALIZED (SELECT account_id, CAST(SUM(posted) AS bigint) AS posted, CAST(SUM(pending) AS bigint) AS pending, count(*) AS changes FROM (\
    SELECT credit AS account_id, amount AS posted, 0 AS pending FROM moves \
    UNION ALL SELECT debit, -amount, 0 FROM moves UNION ALL SELECT account_id, 0, -amount FROM freed) x \
  GROUP BY account_id ORDER BY account_id), \
changed AS (UPDATE balances b SET posted = b.posted + x.posted, pending = b.pending + x.pending, version = b.version + x.changes \
  FROM changes x WHERE EXISTS (SELECT 1 FROM key) AND b.account_id = x.account_id \
    AND (b.floor IS NULL OR x.posted - x.pending >= 0 OR b.posted - b.pending + x.posted - x.pending >= b.floor) RETURNING b.account_id), \
moved AS (INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, reverses, unit_id, household_id, resident_id, \
    created_at) \
  SELECT id, business_key, kind, debit, credit, amount, 'posted', reason, reverses, unit_id, household_id, resident_id, ? \
  FROM moves JOIN key USING (business_key) ORDER BY place RETURNING id), \
queued AS (INSERT INTO ledger_queue (entry, transfer_id) SELECT 'transfer', id FROM moved) \
SELECT (SELECT count(*) FROM moves), (SELECT count(*) FROM key), (SELECT count(*) FROM moved), \
  (SELECT b.account_id FROM changes x JOIN balances b ON b.account_id = x.account_id \
   WHERE b.account_id NOT IN (SELECT account_id FROM changed) LIMIT 1)" }

/// Whether a group is one that this posts: nothing but plain transfers.
pub(super) fn takes(group: &Group) -> bool {
    group.movements.iter().all(|m| m.mode == Mode::Posted)
}

/// Posts groups of different keys, all of them or none, with one outcome for all; none when one names an account that is not there or of
/// another kind: then nothing was done, and the long way says which. What is not `Posted` must be rolled back.
pub(crate) fn post(pg: &mut PgConnection, groups: &[&Group], now: Ts) -> Result<Option<Outcome>> {
    let many = groups.iter().map(|group| group.movements.len()).sum::<usize>();
    let many = i64::try_from(many).unwrap_or(i64::MAX);
    let (known, keys, moved, short): (i64, i64, i64, Option<AccountId>) =
        statement(groups, many, now).get_result(pg)?;
    match short {
        _ if known != many => Ok(None),
        _ if usize::try_from(keys) != Ok(groups.len()) => Ok(Some(Outcome::Exists)),
        Some(account) => Ok(Some(Outcome::ExceedsBalance(account))),
        None if moved == many => Ok(Some(Outcome::Posted { uncollected: Points::ZERO })),
        None => Err(Error::corrupt("a group was posted in part")),
    }
}

fn statement(groups: &[&Group], many: i64, now: Ts) -> PostAtOnce {
    fn column<T>(groups: &[&Group], of: impl Fn(&Movement) -> T) -> Vec<T> {
        groups.iter().flat_map(|group| &group.movements).map(of).collect()
    }
    let keys = |group: &&Group| vec![group.business_key.clone(); group.movements.len()];
    PostAtOnce {
        group: groups.iter().flat_map(keys).collect(),
        ids: column(groups, |m| m.id),
        kinds: column(groups, |m| m.kind.word()),
        debits: column(groups, |m| m.debit),
        credits: column(groups, |m| m.credit),
        amounts: column(groups, |m| m.amount.hundredths()),
        reasons: column(groups, |m| m.reason.word()),
        reverses: column(groups, |m| m.reverses.map(uid)),
        units: column(groups, |m| m.standing.unit.map(uid)),
        households: column(groups, |m| m.standing.household.map(uid)),
        residents: column(groups, |m| m.standing.resident.map(uid)),
        at: now.0,
        keys: groups.iter().map(|group| group.business_key.clone()).collect(),
        many,
        now: now.0,
        created: now.0,
    }
}
