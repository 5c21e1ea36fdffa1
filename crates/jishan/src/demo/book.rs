//! The ledger of the demo: accounts, groups of transfers, the gapless log, and the scores of the boards, kept as the platform keeps
//! them, but summed up in memory and written once.

mod scores;
pub(super) mod spending;

use domain::award::Award;
use domain::catalogue::Subject;
use domain::ids::{AccountId, ClaimId, TransferId};
use domain::ledger::Kind;
use domain::period::Period;
use domain::{Day, Id, Ts};
use store::bulk::{Cell, Loader, Table};
use store::ledger::accounts::SYSTEM;
use store::{AnyId, Result};

use super::chance::Chance;
use super::people::People;
use scores::Open;
use spending::Till;

const SUBJECTS: [&str; 2] = ["resident", "household"];

/// The accounts of somebody: merit and redeemable, with what they hold.
#[derive(Debug, Clone, Copy)]
struct Purse {
    accounts: [AccountId; 2],
    posted: [i64; 2],
    /// Redeemable points that are held.
    pending: i64,
    versions: [i64; 2],
}

/// Whom an award concerns: the resident's and the household's place, as the transfer keeps them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) resident: Option<usize>,
    pub(super) household: usize,
}

/// What a posted claim moved, for its reversal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub(super) claim: ClaimId,
    standing: Standing,
    transfers: [TransferId; 2],
    amounts: [i64; 2],
}

/// The ledger.
#[derive(Debug)]
pub(super) struct Book {
    issuing: [AccountId; 2],
    issued: [i64; 2],
    purses: [Vec<Option<Purse>>; 2],
    open: [Open; 4],
    tills: Vec<Till>,
    pub(super) seq: i64,
    pub(super) transfers: u64,
    day: Day,
}

impl Book {
    pub(super) fn open(
        out: &mut Loader<'_>,
        chance: &mut Chance,
        people: &People,
        at: Ts,
        day: Day,
    ) -> Result<Self> {
        let issuing = Kind::BOTH.map(|_| chance.id(at));
        for (id, kind) in issuing.into_iter().zip(Kind::BOTH) {
            open_account(out, id, kind, "issuing", SYSTEM, at)?;
        }
        let sizes = [people.residents.len(), people.households.len()];
        Ok(Self {
            issuing,
            issued: [0; 2],
            purses: sizes.map(|n| vec![None; n]),
            open: Open::all(sizes, day),
            tills: Vec::new(),
            seq: 0,
            transfers: 0,
            day,
        })
    }

    /// Begins a day of the log: periods that have ended are written.
    pub(super) fn begin_day(&mut self, out: &mut Loader<'_>, people: &People, day: Day) -> Result<()> {
        self.day = day;
        for open in &mut self.open {
            let start = Period::of(open.span, day).start;
            if start != open.start {
                open.write(out, people)?;
                open.start = start;
            }
        }
        Ok(())
    }

    /// Posts the award of a claim.
    pub(super) fn award(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        people: &People,
        claim: ClaimId,
        (subject, standing, award): (Subject, Standing, &Award),
        at: Ts,
    ) -> Result<Moved> {
        let (kind, owner) = match (subject, standing.resident) {
            (Subject::Resident, Some(resident)) => (0, resident),
            _ => (1, standing.household),
        };
        let amounts = [award.merit.hundredths(), award.redeemable.hundredths()];
        let purse = match self.purses[kind][owner] {
            Some(purse) => purse,
            None => open_purse(out, chance, people, kind, owner, at)?,
        };
        let posted = [purse.posted[0] + amounts[0], purse.posted[1] + amounts[1]];
        let versions = purse.versions.map(|version| version + 1);
        self.purses[kind][owner] = Some(Purse { posted, versions, ..purse });
        let key = format!("claim:{}", claim.uuid().simple());
        out.push(Table::TransferGroups, [key.clone().into(), at.into()])?;
        let transfers: [TransferId; 2] = [chance.id(at), chance.id(at)];
        for k in 0..2 {
            self.issued[k] += amounts[k];
            let move_ = Move {
                id: transfers[k],
                kind: Kind::BOTH[k],
                debit: self.issuing[k],
                credit: purse.accounts[k],
                amount: amounts[k],
                reason: "award",
                settles: ("posted", None),
                reverses: None,
                score: if k == 0 { amounts[k] } else { 0 },
            };
            self.post(out, people, &key, Some(standing), &move_, at)?;
        }
        Ok(Moved { claim, standing, transfers, amounts })
    }

    /// Reverses what a resident's claim moved: the redeemable points as far as they are there.
    pub(super) fn reverse(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        people: &People,
        moved: &Moved,
        at: Ts,
    ) -> Result<()> {
        let Some(Some(purse)) = moved.standing.resident.map(|r| &mut self.purses[0][r]) else {
            return Ok(());
        };
        let there = (purse.posted[1] - purse.pending).clamp(0, moved.amounts[1]);
        let amounts = [moved.amounts[0], there];
        for (k, amount) in amounts.into_iter().enumerate() {
            purse.versions[k] += 1;
            purse.posted[k] -= amount;
            self.issued[k] -= amount;
        }
        let accounts = purse.accounts;
        let key = format!("reversal:{}", moved.claim.uuid().simple());
        out.push(Table::TransferGroups, [key.clone().into(), at.into()])?;
        for (k, debit) in accounts.into_iter().enumerate().filter(|(k, _)| amounts[*k] > 0) {
            let move_ = Move {
                id: chance.id(at),
                kind: Kind::BOTH[k],
                debit,
                credit: self.issuing[k],
                amount: amounts[k],
                reason: "reversal",
                settles: ("posted", None),
                reverses: Some(moved.transfers[k]),
                score: if k == 0 { -amounts[k] } else { 0 },
            };
            self.post(out, people, &key, Some(moved.standing), &move_, at)?;
        }
        Ok(())
    }

    /// Hides a resident from the boards.
    pub(super) fn hide(
        &mut self,
        out: &mut Loader<'_>,
        people: &People,
        resident: usize,
        at: Ts,
    ) -> Result<()> {
        let id = people.residents[resident].id;
        self.seq += 1;
        out.push(
            Table::LedgerLog,
            [
                self.seq.into(),
                self.day.into(),
                "hide".into(),
                Cell::Null,
                "resident".into(),
                id.into(),
                Cell::Null,
                Cell::Null,
                Cell::Null,
                0.into(),
                at.into(),
            ],
        )?;
        out.push(Table::BoardVisibility, ["resident".into(), id.into(), "hidden".into()])
    }

    fn post(
        &mut self,
        out: &mut Loader<'_>,
        people: &People,
        key: &str,
        standing: Option<Standing>,
        m: &Move,
        at: Ts,
    ) -> Result<()> {
        let unit: Cell = standing.map(|s| people.unit_of(s.household).id).into();
        let household: Cell = standing.map(|s| people.households[s.household].id).into();
        let resident: Cell = standing.and_then(|s| s.resident).map(|r| people.residents[r].id).into();
        out.push(
            Table::Transfers,
            [
                m.id.into(),
                key.to_owned().into(),
                m.kind.word().into(),
                m.debit.into(),
                m.credit.into(),
                m.amount.into(),
                m.settles.0.into(),
                m.reason.into(),
                m.settles.1.into(),
                m.reverses.into(),
                unit.clone(),
                household.clone(),
                resident.clone(),
                at.into(),
            ],
        )?;
        self.seq += 1;
        self.transfers += 1;
        out.push(
            Table::LedgerLog,
            [
                self.seq.into(),
                self.day.into(),
                "transfer".into(),
                m.id.into(),
                Cell::Null,
                Cell::Null,
                unit,
                household,
                resident,
                m.score.into(),
                at.into(),
            ],
        )?;
        if let Some(standing) = standing.filter(|_| m.score != 0) {
            for open in &mut self.open {
                open.add(0, standing.resident, m.score, self.seq);
                open.add(1, Some(standing.household), m.score, self.seq);
            }
        }
        Ok(())
    }

    /// Writes what was summed up: balances, folds, open periods, the end of the log.
    pub(super) fn close(&mut self, out: &mut Loader<'_>, people: &People) -> Result<()> {
        for purse in self.purses.iter().flatten().flatten() {
            for (k, floor) in [None, Some(0_i64)].into_iter().enumerate() {
                let row = [
                    purse.accounts[k].into(),
                    purse.posted[k].into(),
                    if k == 1 { purse.pending } else { 0 }.into(),
                    floor.into(),
                    purse.versions[k].into(),
                ];
                out.push(Table::Balances, row)?;
            }
        }
        for (account, issued) in self.issuing.into_iter().zip(self.issued) {
            out.push(Table::Folds, [account.into(), (-issued).into(), self.seq.into()])?;
        }
        for till in self.tills.iter().filter(|till| till.seq > 0) {
            out.push(Table::Folds, [till.account.into(), till.balance.into(), till.seq.into()])?;
        }
        for open in &mut self.open {
            open.write(out, people)?;
        }
        out.end_log(self.seq, self.day)
    }

    /// Hundredths of merit that residents and households hold.
    pub(super) fn merit(&self) -> i64 {
        self.issued[0]
    }
}

struct Move {
    id: TransferId,
    kind: Kind,
    debit: AccountId,
    credit: AccountId,
    amount: i64,
    reason: &'static str,
    /// The mode's word, and the pending transfer that it settles.
    settles: (&'static str, Option<TransferId>),
    reverses: Option<TransferId>,
    score: i64,
}

fn open_account(
    out: &mut Loader<'_>,
    id: AccountId,
    kind: Kind,
    holder: &'static str,
    owner: AnyId,
    at: Ts,
) -> Result<()> {
    out.push(Table::Accounts, [id.into(), kind.word().into(), holder.into(), at.into()])?;
    out.push(Table::AccountOwners, [id.into(), holder.into(), owner.into(), kind.word().into()])
}

fn open_purse(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    people: &People,
    kind: usize,
    owner: usize,
    at: Ts,
) -> Result<Purse> {
    let id = if kind == 0 {
        AnyId::of(people.residents[owner].id)
    } else {
        AnyId::of(people.households[owner].id)
    };
    let accounts = [chance.id(at), chance.id(at)];
    for (account, of) in accounts.into_iter().zip(Kind::BOTH) {
        open_account(out, account, of, SUBJECTS[kind], id, at)?;
    }
    Ok(Purse { accounts, posted: [0; 2], pending: 0, versions: [0; 2] })
}
