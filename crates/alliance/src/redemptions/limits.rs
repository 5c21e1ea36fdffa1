//! An offer's limits: counters that a redemption takes from, and gives back to when it ends without a sale. In one transaction they are
//! touched in the order of their keys, so that two which touch the same wait for each other and not in a circle.

use std::collections::BTreeMap;

use domain::ids::{OfferId, ResidentId};
use domain::period::{Period, Span};
use domain::{Code, Day};
use foundation::{AnyId, Error, Result};
use store::Db;
use store::ledger::counters::{self, Take};
use store::redemptions::expiry::Expired;
use store::redemptions::{Counter, DAY_SCOPE, Limits, Redemption, Terms, resident_scope};

/// What a redemption of these terms takes.
pub(super) fn of(
    terms: &Terms,
    offer: OfferId,
    resident: ResidentId,
    today: Day,
) -> Result<(Limits, Vec<Take>)> {
    let mut takes = Vec::with_capacity(2);
    let mut limits = Limits { of_resident: None, of_day: None };
    if let Some((max, span)) = &terms.per_resident {
        let span: Span = span.parse().map_err(|()| Error::corrupt("a limit of no span"))?;
        let period = Period::of(span, today);
        let (scope, subject) = (resident_scope(offer), AnyId::of(resident));
        takes.push(Take { scope, subject, period, amount: 1, max: i64::from(*max) });
        limits.of_resident = Some(period);
    }
    if let Some(max) = terms.per_day {
        let (scope, subject) = (DAY_SCOPE.to_owned(), AnyId::of(offer));
        takes.push(Take {
            scope,
            subject,
            period: Period::of(Span::Day, today),
            amount: 1,
            max: i64::from(max),
        });
        limits.of_day = Some(today);
    }
    Ok((limits, takes))
}

/// Takes, after what has expired was given back.
pub(super) fn take(conn: &mut Db, expired: &[Expired], takes: Vec<Take>) -> Result<()> {
    let mut changes = backs(expired.iter().flat_map(counters_of));
    for take in takes {
        let key = (take.scope.clone(), take.subject, take.period);
        changes.entry(key).or_default().1 = Some(take);
    }
    apply(conn, changes)
}

/// Gives back what has expired.
pub(super) fn give_back(conn: &mut Db, expired: &[Expired]) -> Result<()> {
    apply(conn, backs(expired.iter().flat_map(counters_of)))
}

fn counters_of(expired: &Expired) -> impl Iterator<Item = Counter> + use<> {
    expired.limits.counters(expired.offer, expired.resident)
}

/// Gives back what one redemption took.
pub(super) fn give_back_of(conn: &mut Db, redemption: &Redemption) -> Result<()> {
    apply(conn, backs(redemption.limits()?.counters(redemption.offer, redemption.resident)))
}

/// How often a counter gets something back, and what is taken from it then.
type Changes = BTreeMap<Counter, (i64, Option<Take>)>;

fn backs(counters: impl Iterator<Item = Counter>) -> Changes {
    let mut changes = Changes::new();
    for counter in counters {
        changes.entry(counter).or_default().0 += 1;
    }
    changes
}

fn apply(conn: &mut Db, changes: Changes) -> Result<()> {
    for ((scope, subject, period), (back, take)) in changes {
        if back > 0 {
            counters::give_back(conn, &scope, subject, period, back)?;
        }
        if let Some(take) = take {
            counters::take(conn, &take, Code::OfferUsedUp)?;
        }
    }
    Ok(())
}
