//! Groups: all of it or none, once for ever.

use domain::Code;
use domain::ids::AccountId;
use domain::ledger::{Holder, Kind, Mode, Movement, Outcome, Reason};
use domain::points::Points;
use store::AnyId;
use store::ledger::posting::{self, Posted};
use store::ledger::{accounts, history};

use super::bed::{Bed, assert_refused, award, group, movement, spend};

const NOW: Posted = Posted::Now { uncollected: Points::ZERO };

on_both!(
    an_award_posts_both_kinds_once,
    one_key_posts_once_by_sixteen,
    a_balance_is_never_overdrawn_by_sixteen,
    a_balancing_debit_says_what_it_did_not_find,
    a_balancing_debit_sees_the_movements_before_it,
    a_balancing_debit_of_nothing_posts_nothing,
    a_transfer_is_reversed_at_most_once,
    each_group_has_an_outcome_and_the_refused_leave_nothing,
    merit_goes_below_zero_by_deduction,
    an_account_is_opened_once_by_sixteen,
    accounts_opened_together_are_found_by_who_comes_second,
    a_group_out_of_shape_is_a_fault,
    history_tells_the_newest_first,
);

async fn an_award_posts_both_kinds_once(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let group = award("step:1", &system, &person, 1_250);
    assert_eq!(bed.post(group.clone()).await.unwrap(), NOW);
    assert_eq!(bed.post(group).await.unwrap(), Posted::Before);
    assert_eq!((bed.posted(person.merit).await, bed.posted(person.redeemable).await), (1_250, 1_250));
    assert_eq!((bed.folded(system.issuing).await, bed.folded(system.issuing_merit).await), (-1_250, -1_250));
    let stored = bed.store.read(|c| posting::of_key(c, "step:1")).await.unwrap();
    assert_eq!(stored.iter().map(|t| t.amount.hundredths()).collect::<Vec<_>>(), [1_250, 1_250]);
    assert_eq!(stored[0].standing, person.standing);
    bed.assert_clean().await;
}

async fn one_key_posts_once_by_sixteen(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let posts = (0..16).map(|_| {
        // Each has ids of its own: the key alone makes it happen once.
        let (group, store, now) = (award("step:1", &system, &person, 100), bed.store.clone(), bed.now());
        tokio::spawn(async move { store.write(move |c| posting::post(c, &group, now)).await.unwrap() })
    });
    let mut now = 0;
    for post in posts.collect::<Vec<_>>() {
        now += usize::from(post.await.unwrap() == NOW);
    }
    assert_eq!((now, bed.posted(person.redeemable).await), (1, 100));
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM transfers"), 2);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn a_balance_is_never_overdrawn_by_sixteen(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 10_000).await;
    let spenders: Vec<_> = (0..16_i64)
        .map(|i| {
            let amount = 1_000 + i * 10;
            let group = spend(&format!("redemption:{i}"), &system, &person, amount, Mode::Posted);
            let (store, now) = (bed.store.clone(), bed.now());
            tokio::spawn(async move { (amount, store.write(move |c| posting::post(c, &group, now)).await) })
        })
        .collect();
    let mut spent = 0;
    for spender in spenders {
        match spender.await.unwrap() {
            (amount, Ok(_)) => spent += amount,
            (_, refused) => assert_refused(refused, Code::BalanceExceeded),
        }
    }
    let left = bed.posted(person.redeemable).await;
    assert_eq!(left, 10_000 - spent);
    assert!((0..1_150).contains(&left), "nobody was refused what was there: {left}");
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn a_balancing_debit_says_what_it_did_not_find(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 300).await;
    let posted = bed.post(spend("reset:1", &system, &person, 1_000, Mode::Balancing)).await.unwrap();
    assert_eq!(posted, Posted::Now { uncollected: Points::from_hundredths(700) });
    assert_eq!(bed.posted(person.redeemable).await, 0);
    assert_eq!(bed.folded(system.expiry).await, 300);
    bed.assert_clean().await;
}

async fn a_balancing_debit_sees_the_movements_before_it(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let mut both = spend("reset:1", &system, &person, 800, Mode::Posted);
    both.movements.extend(spend("", &system, &person, 500, Mode::Balancing).movements);
    both.movements.extend(spend("", &system, &person, 50, Mode::Balancing).movements);
    let posted = bed.post(both).await.unwrap();
    assert_eq!(posted, Posted::Now { uncollected: Points::from_hundredths(350) });
    assert_eq!(bed.posted(person.redeemable).await, 0);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn a_balancing_debit_of_nothing_posts_nothing(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let reset = spend("reset:1", &system, &person, 1_000, Mode::Balancing);
    let posted = bed.post(reset.clone()).await.unwrap();
    assert_eq!(posted, Posted::Now { uncollected: Points::from_hundredths(1_000) });
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM transfers"), 0);
    assert_eq!(bed.post(reset).await.unwrap(), Posted::Before);
    bed.assert_clean().await;
}

async fn a_transfer_is_reversed_at_most_once(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    bed.post(award("step:1", &system, &person, 500)).await.unwrap();
    let stored = bed.store.read(|c| posting::of_key(c, "step:1")).await.unwrap();
    let reversal = |key: &str| {
        let back = |t: &posting::Stored| Movement {
            reason: Reason::Reversal,
            reverses: Some(t.id),
            standing: t.standing,
            ..movement(t.kind, t.credit, t.debit, t.amount.hundredths())
        };
        group(key, stored.iter().map(back).collect())
    };
    assert_eq!(bed.post(reversal("reversal:1")).await.unwrap(), NOW);
    assert_eq!(bed.post(reversal("reversal:1")).await.unwrap(), Posted::Before);
    // The points are there again, so that nothing but the index stands against a second reversal under another key.
    bed.post(award("step:2", &system, &person, 500)).await.unwrap();
    let second = bed.post(reversal("reversal:2")).await;
    assert!(matches!(second, Err(store::Error::Database(_))), "{second:?}");
    assert_eq!(bed.posted(person.redeemable).await, 500);
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM transfer_groups WHERE business_key = 'reversal:2'"), 0);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn each_group_has_an_outcome_and_the_refused_leave_nothing(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let nowhere = AccountId::new();
    let mut half = award("half", &system, &person, 100);
    half.movements.extend(spend("", &system, &person, 5_000, Mode::Posted).movements);
    let settled = movement(Kind::Redeemable, person.redeemable, system.expiry, 10).id;
    let groups = vec![
        spend("a", &system, &person, 400, Mode::Posted),
        spend("b", &system, &person, 700, Mode::Posted),
        spend("a", &system, &person, 400, Mode::Posted),
        half,
        group("c", vec![movement(Kind::Redeemable, person.redeemable, nowhere, 10)]),
        group("d", vec![movement(Kind::Merit, person.redeemable, system.issuing, 10)]),
        spend("e", &system, &person, 10, Mode::PostPending(settled)),
        spend("f", &system, &person, 600, Mode::Posted),
    ];
    let posted = Outcome::Posted { uncollected: Points::ZERO };
    let expected = [
        posted.clone(),
        Outcome::ExceedsBalance(person.redeemable),
        Outcome::Exists,
        Outcome::ExceedsBalance(person.redeemable),
        Outcome::NoAccount(nowhere),
        Outcome::NoAccount(person.redeemable),
        Outcome::PendingSettled(settled),
        posted,
    ];
    assert_eq!(bed.outcomes(groups).await.unwrap(), expected);
    assert_eq!((bed.posted(person.redeemable).await, bed.posted(person.merit).await), (0, 1_000));
    let left = "SELECT COUNT(*) AS n FROM transfer_groups WHERE business_key IN ('b', 'half', 'c', 'd', 'e')";
    assert_eq!(bed.number(left), 0);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn merit_goes_below_zero_by_deduction(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let taken = movement(Kind::Merit, person.merit, system.issuing_merit, 200);
    bed.post(group("step:1", vec![Movement { reason: Reason::Deduction, ..taken }])).await.unwrap();
    assert_eq!(bed.posted(person.merit).await, -200);
    let spent = bed.post(spend("r", &system, &person, 1, Mode::Posted)).await;
    assert_refused(spent, Code::BalanceExceeded);
    bed.sequence().await;
    bed.assert_clean().await;
}

async fn an_account_is_opened_once_by_sixteen(bed: &Bed) {
    let owner = AnyId(uuid::Uuid::now_v7());
    let opened: Vec<_> = (0..16)
        .map(|_| {
            let (store, now) = (bed.store.clone(), bed.now());
            let open = move |c: &mut store::Db| {
                accounts::open(c, Kind::Redeemable, Holder::Household, owner, AccountId::new(), now)
            };
            tokio::spawn(async move { store.write(open).await.unwrap() })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for account in opened {
        ids.insert(account.await.unwrap());
    }
    assert_eq!((ids.len(), bed.number("SELECT COUNT(*) AS n FROM balances")), (1, 1));
}

/// Each looks first and opens what it does not find: nobody is refused because somebody else did it meanwhile.
async fn accounts_opened_together_are_found_by_who_comes_second(bed: &Bed) {
    let owners: Vec<AnyId> = (0..8).map(|_| AnyId(uuid::Uuid::now_v7())).collect();
    let looked = std::sync::Arc::new(std::sync::Barrier::new(if bed.is_sqlite() { 1 } else { 4 }));
    let opened = (0..4).map(|_| {
        let (store, now, owners, looked) = (bed.store.clone(), bed.now(), owners.clone(), looked.clone());
        let mut first = true;
        let open = move |c: &mut store::Db| {
            let known = accounts::of_owners(c, &owners)?;
            if std::mem::take(&mut first) {
                looked.wait();
            }
            let of = owners.iter().map(|owner| (Kind::Merit, Holder::Resident, *owner));
            let missing: Vec<_> = of.filter(|(k, h, o)| !known.contains_key(&(*o, *h, *k))).collect();
            if missing.is_empty() { Ok(Vec::new()) } else { accounts::open_all(c, &missing, now) }
        };
        tokio::spawn(async move { store.write(open).await.unwrap().len() })
    });
    let mut counts = Vec::new();
    for made in opened.collect::<Vec<_>>() {
        counts.push(made.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!((counts, bed.number("SELECT COUNT(*) AS n FROM balances")), (vec![0, 0, 0, 8], 8));
}

async fn a_group_out_of_shape_is_a_fault(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let one = || movement(Kind::Redeemable, person.redeemable, system.expiry, 1);
    let to_itself = movement(Kind::Redeemable, person.redeemable, person.redeemable, 1);
    let faulty = [
        group("none", vec![]),
        group("", vec![one()]),
        group("zero", vec![Movement { amount: Points::ZERO, ..one() }]),
        group("less", vec![Movement { amount: Points::from_hundredths(-5), ..one() }]),
        group("more", vec![Movement { amount: Points::from_hundredths(1_000_000_001), ..one() }]),
        group("itself", vec![to_itself]),
        group("many", (0..65).map(|_| one()).collect()),
    ];
    for group in faulty {
        let key = group.business_key.clone();
        let posted = bed.post(group).await;
        assert!(matches!(posted, Err(store::Error::Corrupt(_))), "{key}: {posted:?}");
    }
    assert_eq!(bed.posted(person.redeemable).await, 1_000);
}

async fn history_tells_the_newest_first(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    let (resident, unit) = (person.standing.resident.unwrap(), person.standing.unit.unwrap());
    bed.lives(resident, unit).await;
    bed.post(spend("a", &system, &person, 300, Mode::Posted)).await.unwrap();
    bed.post(spend("b", &system, &person, 200, Mode::Posted)).await.unwrap();
    let read = async |before, limit| {
        let found = bed.store.read(move |c| history::of_resident(c, resident, before, limit)).await.unwrap();
        assert!(found.iter().all(|(holder, _)| *holder == Holder::Resident));
        found.into_iter().map(|(_, movement)| movement).collect::<Vec<_>>()
    };
    let all = read(None, 10).await;
    let amounts: Vec<i64> = all.iter().map(|m| m.amount.hundredths()).collect();
    // An award moves both kinds.
    assert_eq!(amounts, [-200, -300, 1_000, 1_000]);
    assert_eq!(read(Some(all[0].id), 1).await, all[1..2]);
}
