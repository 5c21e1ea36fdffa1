//! Grants of several requests, or of several claims of one, in one transaction, for PostgreSQL: everything that they write, in two statements
//! (three where caps are taken from). It is for the grant that nothing is in the way of. Where a guard refuses one of them, nothing of any
//! is written, and each goes the long way, which says why.

use std::collections::BTreeMap;

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use domain::ids::{AuditId, ClaimId, InboxId, ItemId, ReviewId, StaffId};
use domain::ledger::{Group, Outcome};
use domain::{Code, Ts};

use crate::adapters::{AnyId, Uid, uid};
use crate::audit::Act;
use crate::claims::Granted;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Gathered;
use crate::idempotency::KeyUse;
use crate::inbox::New;
use crate::ledger::counters::Take;
use crate::ledger::posting::at_once::post;
use crate::pg_stmt;

/// Everything that a grant writes, decided from what was read a moment ago.
#[derive(Debug, Clone)]
pub struct Writes {
    /// The key of a request of its own, and what came of it, as JSON.
    pub request: Option<(KeyUse, String)>,
    /// The review that is decided with it.
    pub review: ReviewId,
    /// The claim.
    pub claim: ClaimId,
    /// The version of the claim that was read.
    pub version: i64,
    /// What is granted.
    pub granted: Granted,
    /// Who decides.
    pub by: StaffId,
    /// What it takes from counters.
    pub takes: Vec<Take>,
    /// What it posts.
    pub group: Group,
    /// Its own row of the audit.
    pub act: Option<Act>,
    /// Who is told what.
    pub told: Vec<New>,
    /// When.
    pub now: Ts,
}

impl Gathered for Writes {
    type Answer = ();
    const SEEN: bool = true;
    const QUEUES: bool = true;

    fn marks(&self) -> Vec<String> {
        let Self { request, review, claim, group, .. } = self;
        let key = request.as_ref().map(|(key, _)| format!("key {} {}", key.principal, key.key));
        let own = [review.to_string(), claim.to_string(), format!("group {}", group.business_key)];
        own.into_iter().chain(key).collect()
    }

    fn write(conn: &mut Db, batch: &[Self], now: Ts) -> Result<Vec<()>> {
        write(conn, batch, now)?;
        Ok(vec![(); batch.len()])
    }
}

// The order of locks: the review, the claim, counters; balances are the next statement's. `IS NOT DISTINCT FROM` keeps the planner from
// going through all claims that are submitted, of which it thinks there are few.
pg_stmt! { Grants {
    principals: Vec<AnyId> => Array<Uid>, keys: Vec<String> => Array<Text>, fingerprints: Vec<Vec<u8>> => Array<Binary>,
    outcomes: Vec<String> => Array<Text>, used_at: Vec<i64> => Array<BigInt>,
    reviews: Vec<ReviewId> => Array<Uid>, deciders: Vec<StaffId> => Array<Uid>, decided_at: Vec<i64> => Array<BigInt>,
    claims: Vec<ClaimId> => Array<Uid>, versions: Vec<i64> => Array<BigInt>, items: Vec<ItemId> => Array<Uid>,
    quantities: Vec<Option<i64>> => Array<Nullable<BigInt>>, merits: Vec<i64> => Array<BigInt>, redeemables: Vec<i64> => Array<BigInt>,
    granters: Vec<StaffId> => Array<Uid>, granted_at: Vec<i64> => Array<BigInt>,
    audits: Vec<AuditId> => Array<Uid>, acted_at: Vec<i64> => Array<BigInt>, staff: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    actions: Vec<&'static str> => Array<Text>, objects: Vec<String> => Array<Text>, units: Vec<Option<AnyId>> => Array<Nullable<Uid>>,
    details: Vec<String> => Array<Text>, requests: Vec<String> => Array<Text>,
    notes: Vec<InboxId> => Array<Uid>, owners: Vec<AnyId> => Array<Uid>, owner_words: Vec<&'static str> => Array<Text>,
    kinds: Vec<&'static str> => Array<Text>, matters: Vec<String> => Array<Text>, said: Vec<String> => Array<Text>,
    told_at: Vec<i64> => Array<BigInt>
} -> (BigInt, BigInt, BigInt) =
"WITH kept AS (INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?) \
  ON CONFLICT (principal, key) DO NOTHING RETURNING 1), \
decided AS (UPDATE reviews r SET state = 'decided', decided_by = x.by, decided_at = x.at FROM unnest(?, ?, ?) AS x (id, by, at) \
  WHERE r.id = x.id AND r.state = 'open' AND r.claimed_by = x.by AND r.lease_until > x.at RETURNING 1), \
granted AS (UPDATE claims c SET state = 'posted', item_id = x.item, quantity = x.quantity, merit = x.merit, redeemable = x.redeemable, \
  decided_by = x.by, decided_at = x.at, version = c.version + 1 \
  FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS x (id, version, item, quantity, merit, redeemable, by, at) \
  WHERE c.id = x.id AND c.version = x.version AND c.state IS NOT DISTINCT FROM 'submitted' RETURNING 1), \
audited AS (INSERT INTO audit (id, at, staff_id, action, object, unit_id, detail, request_id) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)), \
told AS (INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)) \
SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM decided), (SELECT count(*) FROM granted)" }

// A counter that several of them take from is taken from once, by their sum.
pg_stmt! { Takes {
    scopes: Vec<String> => Array<Text>, subjects: Vec<AnyId> => Array<Uid>, spans: Vec<&'static str> => Array<Text>,
    starts: Vec<i32> => Array<Integer>, amounts: Vec<i64> => Array<BigInt>, most: Vec<i64> => Array<BigInt>,
    claims: Vec<ClaimId> => Array<Uid>, scopes_of: Vec<String> => Array<Text>, subjects_of: Vec<AnyId> => Array<Uid>,
    spans_of: Vec<&'static str> => Array<Text>, starts_of: Vec<i32> => Array<Integer>, amounts_of: Vec<i64> => Array<BigInt>
} -> BigInt =
"WITH wanted AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?) AS w (scope, subject_id, span, start, amount, most)), \
counted AS (INSERT INTO counters (scope, subject_id, span, start, used) \
  SELECT scope, subject_id, span, start, amount FROM wanted WHERE amount <= most \
  ON CONFLICT (scope, subject_id, span, start) DO UPDATE SET used = counters.used + excluded.used \
  WHERE counters.used + excluded.used <= (SELECT most FROM wanted w WHERE w.scope = excluded.scope AND w.subject_id = excluded.subject_id \
    AND w.span = excluded.span AND w.start = excluded.start) RETURNING 1), \
taken AS (INSERT INTO claim_takes (claim_id, scope, subject_id, span, start, amount) SELECT * FROM unnest(?, ?, ?, ?, ?, ?)) \
SELECT count(*) FROM counted" }

/// Writes them all, or refuses: then the transaction must be rolled back, and each goes the long way.
pub fn write(conn: &mut Db, batch: &[Writes], now: Ts) -> Result<()> {
    let Db::Pg(pg) = conn else { return Err(Error::corrupt("grants are gathered on PostgreSQL only")) };
    let all = |n: i64| usize::try_from(n) == Ok(batch.len());
    let keyed = batch.iter().filter(|writes| writes.request.is_some()).count();
    let (kept, decided, granted): (i64, i64, i64) = statement(batch).get_result(pg)?;
    if !(usize::try_from(kept) == Ok(keyed) && all(decided) && all(granted)) {
        return Err(Code::AlreadyDecided.into());
    }
    count(pg, batch)?;
    let groups: Vec<&Group> = batch.iter().map(|writes| &writes.group).collect();
    match post(pg, &groups, now)? {
        Some(Outcome::Posted { .. }) => Ok(()),
        _ => Err(Code::AlreadyDecided.into()),
    }
}

/// Takes from the counters; refused when one of them does not have so much.
fn count(pg: &mut PgConnection, batch: &[Writes]) -> Result<()> {
    type Key<'a> = (&'a str, AnyId, &'static str, i32);
    let mut wanted: BTreeMap<Key<'_>, (i64, i64)> = BTreeMap::new();
    let mut taken = Vec::new();
    for writes in batch {
        for take in &writes.takes {
            let key = (take.scope.as_str(), take.subject, take.period.span.word(), take.period.start.0);
            let (amount, most) = wanted.entry(key).or_insert((0, take.max));
            // Two versions of an item may say different maxima: the smaller one is true of both.
            (*amount, *most) = (*amount + take.amount, (*most).min(take.max));
            taken.push((writes.claim, key, take.amount));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let statement = Takes {
        scopes: wanted.keys().map(|key| key.0.to_owned()).collect(),
        subjects: wanted.keys().map(|key| key.1).collect(),
        spans: wanted.keys().map(|key| key.2).collect(),
        starts: wanted.keys().map(|key| key.3).collect(),
        amounts: wanted.values().map(|(amount, _)| *amount).collect(),
        most: wanted.values().map(|(_, most)| *most).collect(),
        claims: taken.iter().map(|(claim, ..)| *claim).collect(),
        scopes_of: taken.iter().map(|(_, key, _)| key.0.to_owned()).collect(),
        subjects_of: taken.iter().map(|(_, key, _)| key.1).collect(),
        spans_of: taken.iter().map(|(_, key, _)| key.2).collect(),
        starts_of: taken.iter().map(|(_, key, _)| key.3).collect(),
        amounts_of: taken.iter().map(|(.., amount)| *amount).collect(),
    };
    let counted: i64 = statement.get_result(pg)?;
    if usize::try_from(counted) == Ok(wanted.len()) { Ok(()) } else { Err(Code::CapReached.into()) }
}

fn statement(batch: &[Writes]) -> Grants {
    fn column<T>(batch: &[Writes], of: impl Fn(&Writes) -> T) -> Vec<T> {
        batch.iter().map(of).collect()
    }
    let moments = || column(batch, |w| w.now.0);
    let deciders = || column(batch, |w| w.by);
    let told: Vec<(&New, Ts)> = batch.iter().flat_map(|w| w.told.iter().map(|new| (new, w.now))).collect();
    let keyed: Vec<(&KeyUse, &String, Ts)> =
        batch.iter().filter_map(|w| w.request.as_ref().map(|(key, outcome)| (key, outcome, w.now))).collect();
    let acts: Vec<(&Act, Ts)> = batch.iter().filter_map(|w| w.act.as_ref().map(|act| (act, w.now))).collect();
    Grants {
        principals: keyed.iter().map(|(key, ..)| key.principal).collect(),
        keys: keyed.iter().map(|(key, ..)| key.key.clone()).collect(),
        fingerprints: keyed.iter().map(|(key, ..)| key.fingerprint.clone()).collect(),
        outcomes: keyed.iter().map(|(_, outcome, _)| (*outcome).clone()).collect(),
        used_at: keyed.iter().map(|(.., at)| at.0).collect(),
        reviews: column(batch, |w| w.review),
        deciders: deciders(),
        decided_at: moments(),
        claims: column(batch, |w| w.claim),
        versions: column(batch, |w| w.version),
        items: column(batch, |w| w.granted.item),
        quantities: column(batch, |w| w.granted.quantity),
        merits: column(batch, |w| w.granted.merit.hundredths()),
        redeemables: column(batch, |w| w.granted.redeemable.hundredths()),
        granters: deciders(),
        granted_at: moments(),
        audits: acts.iter().map(|_| AuditId::new()).collect(),
        acted_at: acts.iter().map(|(_, at)| at.0).collect(),
        staff: acts.iter().map(|(act, _)| act.staff.map(uid)).collect(),
        actions: acts.iter().map(|(act, _)| act.action).collect(),
        objects: acts.iter().map(|(act, _)| act.object.clone()).collect(),
        units: acts.iter().map(|(act, _)| act.unit.map(uid)).collect(),
        details: acts.iter().map(|(act, _)| act.detail.to_string()).collect(),
        requests: acts.iter().map(|(act, _)| act.request_id.clone()).collect(),
        notes: told.iter().map(|_| InboxId::new()).collect(),
        owners: told.iter().map(|(new, _)| new.owner.id()).collect(),
        owner_words: told.iter().map(|(new, _)| new.owner.word()).collect(),
        kinds: told.iter().map(|(new, _)| new.kind).collect(),
        matters: told.iter().map(|(new, _)| new.object.clone()).collect(),
        said: told.iter().map(|(new, _)| new.detail.clone()).collect(),
        told_at: told.iter().map(|(_, at)| at.0).collect(),
    }
}
