//! Holds: settled once, and free again when their time is over, whether a worker runs or not.

use domain::ids::TransferId;
use domain::ledger::{Mode, Outcome};
use domain::{Code, Points};
use store::ledger::{holds, posting};

use super::bed::{Bed, Person, System, assert_refused, spend};

on_both!(
    a_hold_is_posted_once,
    a_hold_is_voided_once,
    an_expired_hold_gives_back_at_the_next_touch,
    an_expired_hold_cannot_be_settled,
    the_sweep_releases_what_expired,
    a_hold_is_settled_once_by_eight,
    a_hold_is_settled_with_its_own_accounts_and_amount,
);

/// Holds `amount` for an hour.
async fn hold(bed: &Bed, key: &str, system: &System, person: &Person, amount: i64) -> TransferId {
    let expires_at = bed.now().plus_seconds(3_600);
    let group = spend(key, system, person, amount, Mode::Pending { expires_at });
    let id = group.movements[0].id;
    bed.post(group).await.unwrap();
    id
}

async fn a_hold_is_posted_once(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let held = hold(bed, "hold", &system, &person, 600).await;
    assert_eq!((bed.posted(person.redeemable).await, bed.available(person.redeemable).await), (1_000, 400));
    assert_eq!(bed.folded(system.expiry).await, 0);
    assert_refused(bed.post(spend("x", &system, &person, 401, Mode::Posted)).await, Code::BalanceExceeded);
    bed.post(spend("post", &system, &person, 600, Mode::PostPending(held))).await.unwrap();
    assert_eq!((bed.posted(person.redeemable).await, bed.available(person.redeemable).await), (400, 400));
    assert_eq!(bed.folded(system.expiry).await, 600);
    for mode in [Mode::PostPending(held), Mode::VoidPending(held)] {
        assert_refused(bed.post(spend("again", &system, &person, 600, mode)).await, Code::HoldSettled);
    }
    bed.assert_clean().await;
}

async fn a_hold_is_voided_once(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let held = hold(bed, "hold", &system, &person, 600).await;
    bed.post(spend("void", &system, &person, 600, Mode::VoidPending(held))).await.unwrap();
    assert_eq!((bed.posted(person.redeemable).await, bed.available(person.redeemable).await), (1_000, 1_000));
    assert_eq!(bed.folded(system.expiry).await, 0);
    let again = bed.post(spend("post", &system, &person, 600, Mode::PostPending(held))).await;
    assert_refused(again, Code::HoldSettled);
    bed.assert_clean().await;
}

async fn an_expired_hold_gives_back_at_the_next_touch(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    hold(bed, "hold", &system, &person, 600).await;
    bed.move_clock(3_599);
    assert_refused(
        bed.post(spend("early", &system, &person, 1_000, Mode::Posted)).await,
        Code::BalanceExceeded,
    );
    bed.move_clock(1);
    assert_eq!(bed.available(person.redeemable).await, 1_000, "a read counts it as free already");
    bed.post(spend("late", &system, &person, 1_000, Mode::Posted)).await.unwrap();
    assert_eq!(bed.posted(person.redeemable).await, 0);
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM holds WHERE state = 'expired'"), 1);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn an_expired_hold_cannot_be_settled(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let held = hold(bed, "hold", &system, &person, 600).await;
    bed.move_clock(3_600);
    for mode in [Mode::PostPending(held), Mode::VoidPending(held)] {
        assert_refused(bed.post(spend("late", &system, &person, 600, mode)).await, Code::HoldSettled);
        let each = bed.outcomes(vec![spend("late", &system, &person, 600, mode)]).await.unwrap();
        assert_eq!(each, [Outcome::PendingSettled(held)]);
    }
    assert_eq!(bed.available(person.redeemable).await, 1_000);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn the_sweep_releases_what_expired(bed: &Bed) {
    let system = bed.system_accounts().await;
    let (one, other) = (bed.person_with(&system, 1_000).await, bed.person_with(&system, 1_000).await);
    hold(bed, "a", &system, &one, 100).await;
    hold(bed, "b", &system, &one, 200).await;
    bed.move_clock(1_800);
    hold(bed, "c", &system, &other, 300).await;
    bed.move_clock(1_800);
    let now = bed.now();
    assert_eq!(bed.store.write(move |c| holds::sweep(c, now, 10)).await.unwrap(), 1);
    assert_eq!(bed.store.write(move |c| holds::sweep(c, now, 10)).await.unwrap(), 0);
    assert_eq!(bed.balance(one.redeemable).await.pending, Points::ZERO);
    assert_eq!(bed.balance(other.redeemable).await.pending, Points::from_hundredths(300));
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn a_hold_is_settled_once_by_eight(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let held = hold(bed, "hold", &system, &person, 600).await;
    let settlers: Vec<_> = (0..8)
        .map(|i| {
            let mode = if i % 2 == 0 { Mode::PostPending(held) } else { Mode::VoidPending(held) };
            let group = spend(&format!("settle:{i}"), &system, &person, 600, mode);
            let (store, now) = (bed.store.clone(), bed.now());
            tokio::spawn(async move { store.write(move |c| posting::post(c, &group, now)).await })
        })
        .collect();
    let mut settled = 0;
    for settler in settlers {
        match settler.await.unwrap() {
            Ok(_) => settled += 1,
            refused => assert_refused(refused, Code::HoldSettled),
        }
    }
    let balance = bed.balance(person.redeemable).await;
    assert_eq!((settled, balance.pending), (1, Points::ZERO));
    assert!([400, 1_000].contains(&balance.posted.hundredths()));
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn a_hold_is_settled_with_its_own_accounts_and_amount(bed: &Bed) {
    let system = bed.system_accounts().await;
    let (person, other) = (bed.person_with(&system, 1_000).await, bed.person_with(&system, 1_000).await);
    let held = hold(bed, "hold", &system, &person, 600).await;
    let astray = System { expiry: system.issuing, ..system };
    for faulty in [
        spend("astray", &astray, &person, 600, Mode::PostPending(held)),
        spend("less", &system, &person, 500, Mode::PostPending(held)),
        spend("other", &system, &other, 600, Mode::PostPending(held)),
    ] {
        let settled = bed.post(faulty).await;
        assert!(matches!(settled, Err(store::Error::Corrupt(_))), "{settled:?}");
    }
    assert_eq!(bed.available(person.redeemable).await, 400);
    bed.sequence().await;
    bed.assert_clean().await;
}
