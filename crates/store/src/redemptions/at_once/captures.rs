//! Holds that are confirmed: the points are the shop's.

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use domain::ids::{AccountId, InboxId, MerchantId, RedemptionId, ResidentId, TransferId};
use domain::{Code, Ts};

use super::Told as Entries;
use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::{Asked, Gathered, by_number};
use crate::handle::Store;
use crate::inbox::New;
use crate::pg_stmt;
use crate::redemptions::{Redemption, Told, ToldSql, business_key, columns, told};

/// A redemption that is to be captured.
#[derive(Debug, Clone)]
pub struct Captured {
    /// The redemption and the names, as they are before.
    pub told: Told,
    /// The account that points are held for.
    pub credit: AccountId,
}

// Each is one row by its key. Whatever is to be given back first, or would be refused, is for the long way.
pg_stmt! { ToCapture { ids: Vec<RedemptionId> => Array<Uid>, moments: Vec<i64> => Array<BigInt> }
-> (ToldSql, Nullable<Uid>, BigInt) =
concat!(told!(), ", (SELECT t.credit FROM transfers t WHERE t.id = redemptions.hold_id), x.n \
FROM unnest(?, ?) WITH ORDINALITY AS x (asked, now, n) JOIN redemptions ON redemptions.id = x.asked \
WHERE (SELECT TRUE FROM holds h WHERE h.transfer_id = redemptions.hold_id AND h.state = 'open' AND h.expires_at > x.now) \
AND (SELECT TRUE FROM holds h WHERE h.account_id = redemptions.account_id AND h.state = 'open' AND h.expires_at <= x.now LIMIT 1) IS NULL") }

/// A redemption that is to be captured.
#[derive(Debug)]
pub(crate) struct CapturedOf {
    id: RedemptionId,
    now: Ts,
}

impl Asked for CapturedOf {
    type Answer = Option<Captured>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Captured>>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("captures are gathered on PostgreSQL only")) };
        let ids = batch.iter().map(|asked| asked.id).collect();
        let moments = batch.iter().map(|asked| asked.now.0).collect();
        let rows: Vec<(Told, Option<AccountId>, i64)> = ToCapture { ids, moments }.load(pg)?;
        let rows =
            rows.into_iter().map(|(told, credit, n)| (n, credit.map(|credit| Captured { told, credit })));
        Ok(by_number(batch.len(), rows))
    }
}

impl Store {
    /// What there is to know of a redemption, if its hold is open and none of its account is to be given back first; on SQLite nothing,
    /// because there the long way is as short.
    pub async fn to_capture(&self, id: RedemptionId) -> Result<Option<Captured>> {
        if !self.gathers() {
            return Ok(None);
        }
        self.ask(&self.at_once.captured, CapturedOf { id, now: self.now() }).await
    }
}

/// Everything that a capture writes.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The redemption, as it was before.
    pub held: Redemption,
    /// The account that points are held for.
    pub credit: AccountId,
    /// The transfer that posts the pending one.
    pub transfer: TransferId,
    /// The receipt.
    pub receipt: String,
    /// What the customer is told.
    pub told: New,
    /// When.
    pub now: Ts,
}

// The order of locks: redemptions, holds, balances, customers of shops. Each part waits for all of the one before it, so that nothing is
// touched once a guard has refused. `IS NOT DISTINCT FROM` keeps the planner from going through everything that is held or open, of which
// it thinks there is little.
pg_stmt! { Captures {
    ids: Vec<RedemptionId> => Array<Uid>, at: Vec<i64> => Array<BigInt>, receipts: Vec<String> => Array<Text>,
    holds: Vec<TransferId> => Array<Uid>, accounts: Vec<AccountId> => Array<Uid>, credits: Vec<AccountId> => Array<Uid>,
    points: Vec<i64> => Array<BigInt>, transfers: Vec<TransferId> => Array<Uid>, groups: Vec<String> => Array<Text>,
    merchants: Vec<MerchantId> => Array<Uid>, residents: Vec<ResidentId> => Array<Uid>, days: Vec<i32> => Array<Integer>,
    notes: Vec<InboxId> => Array<Uid>, owners: Vec<AnyId> => Array<Uid>, owner_words: Vec<&'static str> => Array<Text>,
    kinds: Vec<&'static str> => Array<Text>, matters: Vec<String> => Array<Text>, said: Vec<String> => Array<Text>,
    told_at: Vec<i64> => Array<BigInt>
} -> BigInt =
"WITH x AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
  AS x (id, at, receipt, hold, account, credit, points, transfer, business_key, merchant, resident, day)), \
n AS MATERIALIZED (SELECT count(*) AS n FROM x), \
captured AS (UPDATE redemptions r SET state = 'captured', settled_at = x.at, receipt = x.receipt FROM x \
  WHERE r.id = x.id AND r.state IS NOT DISTINCT FROM 'held' AND r.approval <> 'awaited' AND r.expires_at > x.at RETURNING 1), \
keyed AS (INSERT INTO transfer_groups (business_key, created_at) SELECT business_key, at FROM x \
  WHERE (SELECT count(*) FROM captured) = (SELECT n FROM n) ON CONFLICT (business_key) DO NOTHING RETURNING 1), \
settled AS (UPDATE holds h SET state = 'posted' FROM x WHERE (SELECT count(*) FROM keyed) = (SELECT n FROM n) \
  AND h.transfer_id = x.hold AND h.account_id = x.account AND h.amount = x.points AND h.state IS NOT DISTINCT FROM 'open' \
  AND h.expires_at > x.at RETURNING 1), \
payers AS MATERIALIZED (SELECT account, points FROM x ORDER BY account), \
paid AS (UPDATE balances b SET posted = b.posted - p.points, pending = b.pending - p.points, version = b.version + 1 FROM payers p \
  WHERE (SELECT count(*) FROM settled) = (SELECT n FROM n) AND b.account_id = p.account RETURNING 1), \
moved AS (INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, pending_id, created_at) \
  SELECT transfer, business_key, 'redeemable', account, credit, points, 'post', 'redemption', hold, at FROM x \
  WHERE (SELECT count(*) FROM paid) = (SELECT n FROM n) RETURNING id), \
visited AS (INSERT INTO merchant_customers (merchant_id, resident_id, first_day, visits) \
  SELECT merchant, resident, day, 1 FROM x WHERE (SELECT count(*) FROM moved) = (SELECT n FROM n) ORDER BY merchant, resident \
  ON CONFLICT (merchant_id, resident_id) DO UPDATE SET visits = merchant_customers.visits + 1, \
  first_day = CASE WHEN merchant_customers.visits > 0 AND merchant_customers.first_day < excluded.first_day \
    THEN merchant_customers.first_day ELSE excluded.first_day END RETURNING 1), \
queued AS (INSERT INTO ledger_queue (entry, transfer_id) SELECT 'transfer', id FROM moved), \
told AS (INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)) \
SELECT count(*) FROM visited" }

impl Gathered for Capture {
    type Answer = ();
    const QUEUES: bool = true;

    fn marks(&self) -> Vec<String> {
        vec![self.held.id.to_string(), self.held.account.to_string(), self.held.resident.to_string()]
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<()>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("captures are gathered on PostgreSQL only")) };
        let mut sorted: Vec<&Self> = batch.iter().collect();
        sorted.sort_by_key(|capture| capture.held.id);
        let done = write(pg, &sorted)?;
        if usize::try_from(done) != Ok(batch.len()) {
            return Err(Code::RedemptionSettled.into());
        }
        Ok(vec![(); batch.len()])
    }
}

fn write(pg: &mut PgConnection, batch: &[&Capture]) -> Result<i64> {
    fn column<T>(batch: &[&Capture], of: impl Fn(&Capture) -> T) -> Vec<T> {
        batch.iter().map(|capture| of(capture)).collect()
    }
    let told = Entries::of(batch.iter().map(|c| (&c.told, c.now)));
    let statement = Captures {
        ids: column(batch, |c| c.held.id),
        at: column(batch, |c| c.now.0),
        receipts: column(batch, |c| c.receipt.clone()),
        holds: column(batch, |c| c.held.hold),
        accounts: column(batch, |c| c.held.account),
        credits: column(batch, |c| c.credit),
        points: column(batch, |c| c.held.points().hundredths()),
        transfers: column(batch, |c| c.transfer),
        groups: column(batch, |c| business_key(c.held.id, "capture")),
        merchants: column(batch, |c| c.held.merchant),
        residents: column(batch, |c| c.held.resident),
        days: column(batch, |c| c.held.day().0),
        notes: told.ids,
        owners: told.owners,
        owner_words: told.owner_words,
        kinds: told.kinds,
        matters: told.objects,
        said: told.details,
        told_at: told.at,
    };
    Ok(statement.get_result(pg)?)
}
