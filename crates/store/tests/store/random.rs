//! A long random history, told to the store and to a model of a few lines; the two agree at every step, and the checks find nothing.

use std::collections::BTreeMap;

use domain::ids::TransferId;
use domain::ledger::{Group, Kind, Mode, Movement, Outcome, Reason};
use domain::{Points, Ts};
use store::ledger::{holds, posting, scores};

use super::bed::{Bed, Person, System, award, group, movement, spend};

on_both!(a_history_of_seed_one, a_history_of_seed_two, a_history_of_seed_three);

/// Chance that a seed repeats (SplitMix64).
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }
    /// A number from 0 to below `n`.
    pub fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) >> 1).unwrap_or(0) % n
    }
    fn one_of<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let n = i64::try_from(among.len()).ok().filter(|n| *n > 0)?;
        among.get(usize::try_from(self.below(n)).ok()?)
    }
}

#[derive(Debug, Clone, Copy)]
struct Held {
    person: usize,
    amount: i64,
    expires_at: Ts,
    open: bool,
}

#[derive(Debug, Default)]
struct Model {
    merit: [i64; 4],
    redeemable: [i64; 4],
    held: BTreeMap<TransferId, Held>,
    keys: Vec<Group>,
    awards: Vec<(String, usize, i64)>,
}

impl Model {
    fn available(&self, person: usize, now: Ts) -> i64 {
        let open = self.held.values().filter(|h| h.open && h.person == person && h.expires_at > now);
        self.redeemable[person] - open.map(|h| h.amount).sum::<i64>()
    }
}

struct Teller<'a> {
    bed: &'a Bed,
    system: System,
    people: Vec<Person>,
    model: Model,
    chance: Chance,
    step: usize,
}

const POSTED: Outcome = Outcome::Posted { uncollected: Points::ZERO };

async fn tell(bed: &Bed, seed: u64) {
    let system = bed.system_accounts().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(bed.person().await);
    }
    let mut teller =
        Teller { bed, system, people, model: Model::default(), chance: Chance::of(seed), step: 0 };
    for step in 0..300 {
        teller.step = step;
        teller.go_on().await;
    }
    teller.compare().await;
    assert!(teller.model.awards.len() > 20 && teller.model.held.len() > 20, "a history that tells something");
    // The checks hold at any moment, also while rows wait for the log.
    bed.assert_clean().await;
    bed.sequence().await;
    while bed.store.write(|c| scores::follow(c, 50)).await.unwrap() > 0 {}
    bed.assert_clean().await;
}

async fn a_history_of_seed_one(bed: &Bed) {
    tell(bed, 1).await;
}
async fn a_history_of_seed_two(bed: &Bed) {
    tell(bed, 2).await;
}
async fn a_history_of_seed_three(bed: &Bed) {
    tell(bed, 3).await;
}

impl Teller<'_> {
    fn key(&self) -> String {
        format!("step:{}", self.step)
    }

    async fn expect(&mut self, group: Group, expected: Outcome) {
        let outcome = self.bed.outcomes(vec![group.clone()]).await.unwrap();
        assert_eq!(outcome, std::slice::from_ref(&expected), "step {}: {group:?}", self.step);
        if matches!(expected, Outcome::Posted { .. }) {
            self.model.keys.push(group);
        }
    }

    async fn go_on(&mut self) {
        let who = usize::try_from(self.chance.below(4)).unwrap();
        let amount = 1 + self.chance.below(400);
        match self.chance.below(12) {
            0..=2 => self.award(who, amount * 2).await,
            3 => self.deduct(who, amount).await,
            4 => self.spend(who, amount).await,
            5 | 6 => self.hold(who, amount).await,
            7 => self.settle().await,
            8 => self.collect(who, amount).await,
            9 => self.reverse().await,
            10 => self.repeat().await,
            _ => self.pass_time().await,
        }
        if self.step.is_multiple_of(25) {
            self.compare().await;
        }
    }

    async fn award(&mut self, who: usize, amount: i64) {
        self.expect(award(&self.key(), &self.system, &self.people[who], amount), POSTED).await;
        self.model.merit[who] += amount;
        self.model.redeemable[who] += amount;
        self.model.awards.push((self.key(), who, amount));
    }

    async fn deduct(&mut self, who: usize, amount: i64) {
        let person = self.people[who];
        let taken = movement(Kind::Merit, person.merit, self.system.issuing_merit, amount);
        let taken = Movement { reason: Reason::Deduction, standing: person.standing, ..taken };
        self.expect(group(&self.key(), vec![taken]), POSTED).await;
        self.model.merit[who] -= amount;
    }

    async fn spend(&mut self, who: usize, amount: i64) {
        let enough = self.model.available(who, self.bed.now()) >= amount;
        let group = spend(&self.key(), &self.system, &self.people[who], amount, Mode::Posted);
        let refused = Outcome::ExceedsBalance(self.people[who].redeemable);
        self.expect(group, if enough { POSTED } else { refused }).await;
        if enough {
            self.model.redeemable[who] -= amount;
        }
    }

    async fn hold(&mut self, who: usize, amount: i64) {
        let now = self.bed.now();
        let expires_at = now.plus_seconds(1 + self.chance.below(7_200));
        let enough = self.model.available(who, now) >= amount;
        let group = spend(&self.key(), &self.system, &self.people[who], amount, Mode::Pending { expires_at });
        let id = group.movements[0].id;
        let refused = Outcome::ExceedsBalance(self.people[who].redeemable);
        self.expect(group, if enough { POSTED } else { refused }).await;
        if enough {
            self.model.held.insert(id, Held { person: who, amount, expires_at, open: true });
        }
    }

    async fn settle(&mut self) {
        let every: Vec<TransferId> = self.model.held.keys().copied().collect();
        let Some(id) = self.chance.one_of(&every).copied() else { return };
        let post = self.chance.below(2) == 0;
        let held = self.model.held[&id];
        let mode = if post { Mode::PostPending(id) } else { Mode::VoidPending(id) };
        let open = held.open && held.expires_at > self.bed.now();
        let group = spend(&self.key(), &self.system, &self.people[held.person], held.amount, mode);
        self.expect(group, if open { POSTED } else { Outcome::PendingSettled(id) }).await;
        if open {
            self.model.held.entry(id).and_modify(|h| h.open = false);
            self.model.redeemable[held.person] -= if post { held.amount } else { 0 };
        }
    }

    async fn collect(&mut self, who: usize, amount: i64) {
        let taken = self.model.available(who, self.bed.now()).clamp(0, amount);
        let group = spend(&self.key(), &self.system, &self.people[who], amount, Mode::Balancing);
        self.expect(group, Outcome::Posted { uncollected: Points::from_hundredths(amount - taken) }).await;
        self.model.redeemable[who] -= taken;
    }

    async fn reverse(&mut self) {
        let Some((cause, who, amount)) = self.chance.one_of(&self.model.awards).cloned() else { return };
        let key = format!("reversal:{cause}");
        let stored = self.bed.store.read(move |c| posting::of_key(c, &cause)).await.unwrap();
        let back = |t: &posting::Stored| Movement {
            reason: Reason::Reversal,
            reverses: Some(t.id),
            standing: t.standing,
            ..movement(t.kind, t.credit, t.debit, t.amount.hundredths())
        };
        let group = group(&key, stored.iter().map(back).collect());
        let before = self.model.keys.iter().any(|g| g.business_key == key);
        let enough = self.model.available(who, self.bed.now()) >= amount;
        let refused = Outcome::ExceedsBalance(self.people[who].redeemable);
        let expected = if before {
            Outcome::Exists
        } else if enough {
            POSTED
        } else {
            refused
        };
        self.expect(group, expected.clone()).await;
        if expected == POSTED {
            self.model.merit[who] -= amount;
            self.model.redeemable[who] -= amount;
        }
    }

    async fn repeat(&mut self) {
        let Some(group) = self.chance.one_of(&self.model.keys).cloned() else { return };
        self.expect(group, Outcome::Exists).await;
    }

    async fn pass_time(&mut self) {
        let seconds = self.chance.below(20_000) - 2_000;
        // A clock that goes back must not open what has expired: the model keeps what the store has seen.
        if seconds > 0 {
            self.bed.move_clock(seconds);
        }
        let now = self.bed.now();
        match self.chance.below(3) {
            0 => drop(self.bed.store.sequence().await.unwrap()),
            1 => drop(self.bed.store.write(|c| scores::follow(c, 10)).await.unwrap()),
            _ => drop(self.bed.store.write(move |c| holds::sweep(c, now, 3)).await.unwrap()),
        }
    }

    async fn compare(&self) {
        let now = self.bed.now();
        for (who, person) in self.people.iter().enumerate() {
            assert_eq!(self.bed.posted(person.merit).await, self.model.merit[who], "step {}", self.step);
            assert_eq!(
                self.bed.posted(person.redeemable).await,
                self.model.redeemable[who],
                "step {}",
                self.step
            );
            let available = self.bed.available(person.redeemable).await;
            assert_eq!(available, self.model.available(who, now), "step {}", self.step);
        }
    }
}
