//! Codes taken for offers: the points are held.

use std::collections::BTreeMap;

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::ids::{AccountId, ClerkId, InboxId, MerchantId, OfferId, RedemptionId, ResidentId, TransferId};
use domain::period::{Period, Span};
use domain::{Code, Ts};

use super::Told;
use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::{Asked, Gathered, by_number};
use crate::handle::Store;
use crate::idempotency::KeyUse;
use crate::inbox::New;
use crate::ledger::counters::Take;
use crate::pg_stmt;
use crate::redemption_codes::{self as codes, Taken};
use crate::redemptions::terms::{TermsRow, TermsSql};
use crate::redemptions::{NewRedemption, Terms, business_key};

/// What there is to know of a code that is to be taken for an offer.
#[derive(Clone)]
pub struct Offered {
    /// The code.
    pub code: Taken,
    /// The offer and its shop.
    pub terms: Terms,
    /// The offer's title.
    pub offer_title: String,
    /// The shop's name.
    pub shop_name: String,
    /// The customer, as a shop may call them.
    pub customer: Option<String>,
}

/// Names stay out of logs.
impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("terms", &self.terms).finish_non_exhaustive()
    }
}

// Each is one row by its key. Whatever is to be given back first, or would be refused, is for the long way.
pg_stmt! { ToHold {
    hashes: Vec<Vec<u8>> => Array<Binary>, offers: Vec<OfferId> => Array<Uid>, orders: Vec<String> => Array<Text>,
    moments: Vec<i64> => Array<BigInt>
} -> (BigInt, codes::TakenSql, TermsSql, Text, Text, Nullable<Text>) =
"SELECT x.n, c.kind, c.resident_id, c.household_id, c.account_id, c.offer_id, c.offer_version, c.merchant_id, c.tap_above, \
m.id, m.account_id, m.state, o.list_price, o.price, o.points, o.from_day, o.until_day, o.windows, \
o.per_resident, o.per_resident_span, o.per_day, o.state, o.open, o.version, \
o.title, m.name, (SELECT masked_name FROM resident_names n WHERE n.resident_id = c.resident_id) \
FROM unnest(?, ?, ?, ?) WITH ORDINALITY AS x (hash, offer, order_no, now, n) \
JOIN redemption_codes c ON c.hash = x.hash JOIN balances b ON b.account_id = c.account_id \
JOIN offers o ON o.id = x.offer JOIN merchants m ON m.id = o.merchant_id \
WHERE c.state = 'issued' AND c.expires_at > x.now AND (b.floor IS NULL OR b.posted - b.pending - o.points >= b.floor) \
AND (SELECT TRUE FROM redemptions r WHERE r.account_id = c.account_id AND r.state = 'held' AND r.expires_at <= x.now LIMIT 1) IS NULL \
AND (SELECT TRUE FROM redemptions r WHERE r.offer_id = o.id AND r.state = 'held' AND r.expires_at <= x.now LIMIT 1) IS NULL \
AND (SELECT TRUE FROM holds h WHERE h.account_id = c.account_id AND h.state = 'open' AND h.expires_at <= x.now LIMIT 1) IS NULL \
AND (SELECT TRUE FROM redemptions r WHERE r.merchant_id = m.id AND r.order_no = x.order_no) IS NULL" }

type Row = (i64, codes::TakenRow, TermsRow, String, String, Option<String>);

/// A code that is to be taken for an offer, under the shop's number of the sale.
#[derive(Debug)]
pub(crate) struct OfferedOf {
    hash: Vec<u8>,
    offer: OfferId,
    order_no: String,
    now: Ts,
}

impl Asked for OfferedOf {
    type Answer = Option<Offered>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Offered>>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("holds are gathered on PostgreSQL only")) };
        let rows: Vec<Row> = ToHold {
            hashes: batch.iter().map(|asked| asked.hash.clone()).collect(),
            offers: batch.iter().map(|asked| asked.offer).collect(),
            orders: batch.iter().map(|asked| asked.order_no.clone()).collect(),
            moments: batch.iter().map(|asked| asked.now.0).collect(),
        }
        .load(pg)?;
        let rows = rows.into_iter().map(|(n, code, terms, offer_title, shop_name, customer)| {
            // A code that makes no sense is its own long way's to name.
            let code = codes::taken(code).ok();
            (n, code.map(|code| Offered { code, terms: terms.into(), offer_title, shop_name, customer }))
        });
        Ok(by_number(batch.len(), rows))
    }
}

pg_stmt! { UsedUp {
    askers: Vec<i32> => Array<Integer>, scopes: Vec<String> => Array<Text>, subjects: Vec<AnyId> => Array<Uid>,
    spans: Vec<&'static str> => Array<Text>, starts: Vec<i32> => Array<Integer>, amounts: Vec<i64> => Array<BigInt>,
    most: Vec<i64> => Array<BigInt>
} -> Integer =
"SELECT w.n FROM unnest(?, ?, ?, ?, ?, ?, ?) AS w (n, scope, subject_id, span, start, amount, most) \
JOIN counters k ON k.scope = w.scope AND k.subject_id = w.subject_id AND k.span = w.span AND k.start = w.start \
WHERE k.used + w.amount > w.most" }

/// What is to be taken from counters.
#[derive(Debug)]
pub(crate) struct RoomFor(Vec<Take>);

impl Asked for RoomFor {
    type Answer = bool;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<bool>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("holds are gathered on PostgreSQL only")) };
        let takes = || (0..).zip(batch).flat_map(|(n, asked)| asked.0.iter().map(move |take| (n, take)));
        let used_up: Vec<i32> = UsedUp {
            askers: takes().map(|(n, _)| n).collect(),
            scopes: takes().map(|(_, take)| take.scope.clone()).collect(),
            subjects: takes().map(|(_, take)| take.subject).collect(),
            spans: takes().map(|(_, take)| take.period.span.word()).collect(),
            starts: takes().map(|(_, take)| take.period.start.0).collect(),
            amounts: takes().map(|(_, take)| take.amount).collect(),
            most: takes().map(|(_, take)| take.max).collect(),
        }
        .load(pg)?;
        Ok((0..).zip(batch).map(|(n, _)| !used_up.contains(&n)).collect())
    }
}

impl Store {
    /// What there is to know of a code that is to be taken for an offer, if the code and the order number are to be had and nothing is to
    /// be given back first; on SQLite nothing, because there the long way is as short.
    pub async fn offered(&self, hash: Vec<u8>, offer: OfferId, order_no: String) -> Result<Option<Offered>> {
        if !self.gathers() {
            return Ok(None);
        }
        self.ask(&self.at_once.offered, OfferedOf { hash, offer, order_no, now: self.now() }).await
    }

    /// Whether all of it is to be had at this moment: everybody asks for what is in demand, and the last must not have their whole batch
    /// refused.
    pub async fn has_room(&self, takes: &[Take]) -> Result<bool> {
        if takes.is_empty() {
            return Ok(true);
        }
        self.ask(&self.at_once.room, RoomFor(takes.to_vec())).await
    }
}

/// Everything that a hold writes.
#[derive(Debug, Clone)]
pub struct Hold {
    /// The request's key.
    pub key: KeyUse,
    /// What came of it, as JSON.
    pub outcome: String,
    /// The redemption.
    pub new: NewRedemption,
    /// The shop's account.
    pub credit: AccountId,
    /// The version of the offer that was read.
    pub offer_version: i64,
    /// What it takes from the offer's limits.
    pub takes: Vec<Take>,
    /// What the customer is told.
    pub told: Option<New>,
    /// When.
    pub now: Ts,
}

// The order of locks: keys, codes, counters, balances; new rows after them. Each part waits for all of the one before it, so that whoever
// has a row of an earlier part is waited for before anything of a later one is touched, and nothing is once a guard has refused.
// `IS NOT DISTINCT FROM` keeps the planner from going through all codes that are unused, of which it thinks there are few. Whether the
// offer is still what was read is looked at, as on the long way, without a lock.
pg_stmt! { Holds {
    principals: Vec<AnyId> => Array<Uid>, keys: Vec<String> => Array<Text>, fingerprints: Vec<Vec<u8>> => Array<Binary>,
    outcomes: Vec<String> => Array<Text>, at: Vec<i64> => Array<BigInt>, hashes: Vec<Vec<u8>> => Array<Binary>,
    offers: Vec<OfferId> => Array<Uid>, versions: Vec<i64> => Array<BigInt>, merchants: Vec<MerchantId> => Array<Uid>,
    credits: Vec<AccountId> => Array<Uid>, ids: Vec<RedemptionId> => Array<Uid>, clerks: Vec<ClerkId> => Array<Uid>,
    orders: Vec<String> => Array<Text>, residents: Vec<ResidentId> => Array<Uid>, households: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    accounts: Vec<AccountId> => Array<Uid>, holds: Vec<TransferId> => Array<Uid>, list_prices: Vec<i64> => Array<BigInt>,
    prices: Vec<i64> => Array<BigInt>, points: Vec<i64> => Array<BigInt>, approvals: Vec<&'static str> => Array<Text>,
    expires_at: Vec<i64> => Array<BigInt>, days: Vec<i32> => Array<Integer>, weeks: Vec<i32> => Array<Integer>,
    months: Vec<i32> => Array<Integer>, limit_spans: Vec<Option<&'static str>> => Array<Nullable<Text>>,
    limit_starts: Vec<Option<i32>> => Array<Nullable<Integer>>, limits_of_day: Vec<bool> => Array<Bool>,
    groups: Vec<String> => Array<Text>,
    scopes: Vec<String> => Array<Text>, subjects: Vec<AnyId> => Array<Uid>, spans: Vec<&'static str> => Array<Text>,
    starts: Vec<i32> => Array<Integer>, amounts: Vec<i64> => Array<BigInt>, most: Vec<i64> => Array<BigInt>,
    notes: Vec<InboxId> => Array<Uid>, owners: Vec<AnyId> => Array<Uid>, owner_words: Vec<&'static str> => Array<Text>,
    kinds: Vec<&'static str> => Array<Text>, matters: Vec<String> => Array<Text>, said: Vec<String> => Array<Text>,
    told_at: Vec<i64> => Array<BigInt>
} -> (BigInt, BigInt) =
"WITH x AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
  AS x (principal, key, fingerprint, outcome, at, hash, offer, version, merchant, credit, id, clerk, order_no, resident, household, account, \
  hold, list_price, price, points, approval, expires_at, day, week, month, limit_span, limit_start, limit_of_day, business_key)), \
n AS MATERIALIZED (SELECT count(*) AS n FROM x), \
kept AS (INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) \
  SELECT principal, key, fingerprint, outcome, at FROM x ORDER BY principal, key ON CONFLICT (principal, key) DO NOTHING RETURNING 1), \
claimed AS (UPDATE redemption_codes c SET state = 'claimed' FROM x WHERE (SELECT count(*) FROM kept) = (SELECT n FROM n) \
  AND c.hash = x.hash AND c.state IS NOT DISTINCT FROM 'issued' AND c.expires_at > x.at RETURNING 1), \
agreed AS (SELECT 1 FROM x JOIN offers o ON o.id = x.offer AND o.merchant_id = x.merchant JOIN merchants m ON m.id = o.merchant_id \
  WHERE o.version = x.version AND o.state = 'published' AND o.open AND m.state = 'approved' AND m.account_id = x.credit), \
wanted AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?) AS w (scope, subject_id, span, start, amount, most)), \
counted AS (INSERT INTO counters (scope, subject_id, span, start, used) \
  SELECT scope, subject_id, span, start, amount FROM wanted WHERE (SELECT count(*) FROM claimed) = (SELECT n FROM n) AND amount <= most \
  ON CONFLICT (scope, subject_id, span, start) DO UPDATE SET used = counters.used + excluded.used \
  WHERE counters.used + excluded.used <= (SELECT most FROM wanted w WHERE w.scope = excluded.scope AND w.subject_id = excluded.subject_id \
    AND w.span = excluded.span AND w.start = excluded.start) RETURNING 1), \
keyed AS (INSERT INTO transfer_groups (business_key, created_at) SELECT business_key, at FROM x \
  WHERE (SELECT count(*) FROM claimed) = (SELECT n FROM n) AND (SELECT count(*) FROM counted) = (SELECT count(*) FROM wanted) \
  ON CONFLICT (business_key) DO NOTHING RETURNING 1), \
payers AS MATERIALIZED (SELECT account, points FROM x ORDER BY account), \
reserved AS (UPDATE balances b SET pending = b.pending + p.points, version = b.version + 1 FROM payers p \
  WHERE (SELECT count(*) FROM keyed) = (SELECT n FROM n) AND b.account_id = p.account \
  AND (b.floor IS NULL OR b.posted - b.pending - p.points >= b.floor) RETURNING 1), \
moved AS (INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, created_at) \
  SELECT x.hold, x.business_key, 'redeemable', x.account, x.credit, x.points, 'pending', 'redemption', x.at FROM x \
  JOIN accounts d ON d.id = x.account AND d.kind = 'redeemable' JOIN accounts c ON c.id = x.credit AND c.kind = 'redeemable' \
  WHERE (SELECT count(*) FROM reserved) = (SELECT n FROM n) RETURNING id), \
opened AS (INSERT INTO holds (transfer_id, account_id, amount, expires_at, state) \
  SELECT x.hold, x.account, x.points, x.expires_at, 'open' FROM x JOIN moved ON moved.id = x.hold RETURNING transfer_id), \
sold AS (INSERT INTO redemptions (id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, hold_id, \
    list_price, price, points, state, approval, expires_at, day, week, month, limit_span, limit_start, limit_of_day, created_at) \
  SELECT id, merchant, offer, clerk, order_no, hash, resident, household, account, hold, list_price, price, points, 'held', approval, \
    expires_at, day, week, month, limit_span, limit_start, limit_of_day, at FROM x JOIN opened ON opened.transfer_id = x.hold \
  ORDER BY merchant, order_no ON CONFLICT (merchant_id, order_no) DO NOTHING RETURNING 1), \
queued AS (INSERT INTO ledger_queue (entry, transfer_id) SELECT 'transfer', id FROM moved), \
told AS (INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)) \
SELECT (SELECT count(*) FROM agreed), (SELECT count(*) FROM sold)" }

impl Gathered for Hold {
    type Answer = ();
    const QUEUES: bool = true;

    fn marks(&self) -> Vec<String> {
        let Self { key, new, .. } = self;
        let code: String = new.code_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        vec![
            format!("key {} {}", key.principal, key.key),
            format!("code {code}"),
            format!("order {} {}", new.merchant, new.order_no),
            new.account.to_string(),
        ]
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<()>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("holds are gathered on PostgreSQL only")) };
        let mut sorted: Vec<&Self> = batch.iter().collect();
        sorted.sort_by(|a, b| a.new.code_hash.cmp(&b.new.code_hash));
        let (agreed, sold) = write(pg, &sorted)?;
        let all = |n: i64| usize::try_from(n) == Ok(batch.len());
        if !(all(agreed) && all(sold)) {
            return Err(Code::CodeUnknown.into());
        }
        Ok(vec![(); batch.len()])
    }
}

/// A counter, and what is taken from it and at most: several that take from one are one row of it, in the order of the keys, which is the
/// order of locks.
fn summed(batch: &[&Hold]) -> BTreeMap<(String, AnyId, Period), (i64, i64)> {
    let mut wanted = BTreeMap::new();
    for take in batch.iter().flat_map(|hold| &hold.takes) {
        let key = (take.scope.clone(), take.subject, take.period);
        let (amount, most) = wanted.entry(key).or_insert((0, take.max));
        // Two versions of an offer may say different maxima: the smaller one is true of both.
        (*amount, *most) = (*amount + take.amount, (*most).min(take.max));
    }
    wanted
}

fn write(pg: &mut PgConnection, batch: &[&Hold]) -> Result<(i64, i64)> {
    fn column<T>(batch: &[&Hold], of: impl Fn(&Hold) -> T) -> Vec<T> {
        batch.iter().map(|hold| of(hold)).collect()
    }
    let new = |of: fn(&NewRedemption) -> i64| column(batch, |h| of(&h.new));
    let start = |span: Span| column(batch, move |h| Period::of(span, h.new.day).start.0);
    let wanted = summed(batch);
    let told = Told::of(batch.iter().flat_map(|h| h.told.iter().map(|entry| (entry, h.now))));
    let statement = Holds {
        principals: column(batch, |h| h.key.principal),
        keys: column(batch, |h| h.key.key.clone()),
        fingerprints: column(batch, |h| h.key.fingerprint.clone()),
        outcomes: column(batch, |h| h.outcome.clone()),
        at: column(batch, |h| h.now.0),
        hashes: column(batch, |h| h.new.code_hash.clone()),
        offers: column(batch, |h| h.new.offer),
        versions: column(batch, |h| h.offer_version),
        merchants: column(batch, |h| h.new.merchant),
        credits: column(batch, |h| h.credit),
        ids: column(batch, |h| h.new.id),
        clerks: column(batch, |h| h.new.clerk),
        orders: column(batch, |h| h.new.order_no.clone()),
        residents: column(batch, |h| h.new.resident),
        households: column(batch, |h| h.new.household.map(uid)),
        accounts: column(batch, |h| h.new.account),
        holds: column(batch, |h| h.new.hold),
        list_prices: new(|n| n.list_price.fen()),
        prices: new(|n| n.price.fen()),
        points: new(|n| n.points.hundredths()),
        approvals: column(batch, |h| h.new.approval.word()),
        expires_at: new(|n| n.expires_at.0),
        days: column(batch, |h| h.new.day.0),
        weeks: start(Span::Week),
        months: start(Span::Month),
        limit_spans: column(batch, |h| h.new.limits.of_resident.map(|p| p.span.word())),
        limit_starts: column(batch, |h| h.new.limits.of_resident.map(|p| p.start.0)),
        limits_of_day: column(batch, |h| h.new.limits.of_day.is_some()),
        groups: column(batch, |h| business_key(h.new.id, "hold")),
        scopes: wanted.keys().map(|key| key.0.clone()).collect(),
        subjects: wanted.keys().map(|key| key.1).collect(),
        spans: wanted.keys().map(|key| key.2.span.word()).collect(),
        starts: wanted.keys().map(|key| key.2.start.0).collect(),
        amounts: wanted.values().map(|(amount, _)| *amount).collect(),
        most: wanted.values().map(|(_, most)| *most).collect(),
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
