//! Counters: a cap is never passed, and what is given back can be taken again.

use domain::Code;
use domain::period::{Period, Span};
use domain::time::Day;
use store::AnyId;
use store::ledger::counters::{self, Take};

use super::bed::{Bed, assert_refused};

on_both!(
    a_cap_is_never_passed_by_sixteen,
    what_is_given_back_can_be_taken_again,
    what_was_never_taken_is_not_given_back,
    more_than_the_cap_is_refused
);

fn seat(amount: i64) -> Take {
    Take {
        scope: "item:BQ-001:times".to_owned(),
        subject: AnyId(uuid::Uuid::from_u128(7)),
        period: Period::of(Span::Month, Day(20_500)),
        amount,
        max: 10,
    }
}

async fn take(bed: &Bed, what: Take) -> store::Result<()> {
    bed.store.write(move |c| counters::take(c, &what, Code::CapReached)).await
}

async fn a_cap_is_never_passed_by_sixteen(bed: &Bed) {
    let takers: Vec<_> = (0..16)
        .map(|_| {
            let store = bed.store.clone();
            tokio::spawn(async move { store.write(|c| counters::take(c, &seat(3), Code::CapReached)).await })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        match taker.await.unwrap() {
            Ok(()) => taken += 1,
            refused => assert_refused(refused, Code::CapReached),
        }
    }
    assert_eq!((taken, bed.number("SELECT used AS n FROM counters")), (3, 9));
}

async fn what_is_given_back_can_be_taken_again(bed: &Bed) {
    take(bed, seat(10)).await.unwrap();
    assert_refused(take(bed, seat(1)).await, Code::CapReached);
    let back = |c: &mut store::Db| counters::give_back(c, &seat(4).scope, seat(4).subject, seat(4).period, 4);
    bed.store.write(back).await.unwrap();
    assert_refused(take(bed, seat(5)).await, Code::CapReached);
    take(bed, seat(4)).await.unwrap();
    let other = Take { period: Period::of(Span::Month, Day(20_600)), ..seat(10) };
    take(bed, other).await.unwrap();
}

async fn what_was_never_taken_is_not_given_back(bed: &Bed) {
    take(bed, seat(4)).await.unwrap();
    // One give-back that finds its counter, and one that does not: neither stands.
    let elsewhere = Period::of(Span::Month, Day(20_600));
    let back = move |c: &mut store::Db| {
        counters::give_back(c, &seat(4).scope, seat(4).subject, seat(4).period, 4)?;
        counters::give_back(c, &seat(4).scope, seat(4).subject, elsewhere, 4)
    };
    let failed = bed.store.write(back).await.unwrap_err();
    assert!(
        matches!(&failed, store::Error::Corrupt(what) if what.contains("item:BQ-001:times")),
        "{failed:?}"
    );
    assert_eq!(bed.number("SELECT used AS n FROM counters"), 4);
}

async fn more_than_the_cap_is_refused(bed: &Bed) {
    assert_refused(take(bed, seat(11)).await, Code::CapReached);
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM counters"), 0);
}
