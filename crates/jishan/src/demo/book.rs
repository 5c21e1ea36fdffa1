//! The ledger of the demo: accounts, groups of transfers, the gapless log, and the scores of the boards, kept as the platform keeps
//! them, but summed up in memory and written once.

use domain::award::Award;
use domain::catalogue::Subject;
use domain::ids::{AccountId, ClaimId, TransferId, UnitId};
use domain::ledger::Kind;
use domain::period::{Period, Span};
use domain::{Day, Id, Ts};
use store::bulk::{Cell, Loader, Table};
use store::ledger::accounts::SYSTEM;
use store::{AnyId, Result};

use super::chance::Chance;
use super::people::People;

/// The spans whose scores are stored.
const STORED: [Span; 4] = [Span::Day, Span::Month, Span::Year, Span::All];
const SUBJECTS: [&str; 2] = ["resident", "household"];

/// The accounts of somebody: merit and redeemable, with what they hold.
#[derive(Debug, Clone, Copy)]
struct Purse {
    accounts: [AccountId; 2],
    posted: [i64; 2],
    version: i64,
}

/// The score of a subject in the open period of a span, and the log entry of its last change.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    score: i64,
    reached: i64,
}

/// The open period of a span.
#[derive(Debug)]
struct Open {
    span: Span,
    start: Day,
    sums: [Vec<Sum>; 2],
    touched: [Vec<usize>; 2],
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
        let open = STORED.map(|span| Open {
            span,
            start: Period::of(span, day).start,
            sums: sizes.map(|n| vec![Sum::default(); n]),
            touched: [Vec::new(), Vec::new()],
        });
        Ok(Self {
            issuing,
            issued: [0; 2],
            purses: sizes.map(|n| vec![None; n]),
            open,
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
        self.purses[kind][owner] = Some(Purse { posted, version: purse.version + 1, ..purse });
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
                reverses: None,
                score: if k == 0 { amounts[k] } else { 0 },
            };
            self.post(out, people, &key, standing, &move_, at)?;
        }
        Ok(Moved { claim, standing, transfers, amounts })
    }

    /// Reverses what a resident's claim moved.
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
        purse.version += 1;
        for k in 0..2 {
            purse.posted[k] -= moved.amounts[k];
            self.issued[k] -= moved.amounts[k];
        }
        let accounts = purse.accounts;
        let key = format!("reversal:{}", moved.claim.uuid().simple());
        out.push(Table::TransferGroups, [key.clone().into(), at.into()])?;
        for (k, debit) in accounts.into_iter().enumerate() {
            let move_ = Move {
                id: chance.id(at),
                kind: Kind::BOTH[k],
                debit,
                credit: self.issuing[k],
                amount: moved.amounts[k],
                reason: "reversal",
                reverses: Some(moved.transfers[k]),
                score: if k == 0 { -moved.amounts[k] } else { 0 },
            };
            self.post(out, people, &key, moved.standing, &move_, at)?;
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
        standing: Standing,
        m: &Move,
        at: Ts,
    ) -> Result<()> {
        let unit: Cell = people.unit_of(standing.household).id.into();
        let household: Cell = people.households[standing.household].id.into();
        let resident: Cell = standing.resident.map(|r| people.residents[r].id).into();
        out.push(
            Table::Transfers,
            [
                m.id.into(),
                key.to_owned().into(),
                m.kind.word().into(),
                m.debit.into(),
                m.credit.into(),
                m.amount.into(),
                "posted".into(),
                m.reason.into(),
                Cell::Null,
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
        if m.score != 0 {
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
                    0.into(),
                    floor.into(),
                    purse.version.into(),
                ];
                out.push(Table::Balances, row)?;
            }
        }
        for (account, issued) in self.issuing.into_iter().zip(self.issued) {
            out.push(Table::Folds, [account.into(), (-issued).into(), self.seq.into()])?;
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
    reverses: Option<TransferId>,
    score: i64,
}

impl Open {
    fn add(&mut self, subject: usize, place: Option<usize>, score: i64, seq: i64) {
        let Some(place) = place else { return };
        let sum = &mut self.sums[subject][place];
        if sum.reached == 0 {
            self.touched[subject].push(place);
        }
        *sum = Sum { score: sum.score + score, reached: seq };
    }

    fn write(&mut self, out: &mut Loader<'_>, people: &People) -> Result<()> {
        for (subject, word) in SUBJECTS.into_iter().enumerate() {
            for place in std::mem::take(&mut self.touched[subject]) {
                let sum = std::mem::take(&mut self.sums[subject][place]);
                let (unit, id): (UnitId, AnyId) = if subject == 0 {
                    let resident = people.residents[place];
                    (people.unit_of(resident.household).id, AnyId::of(resident.id))
                } else {
                    (people.unit_of(place).id, AnyId::of(people.households[place].id))
                };
                out.push(
                    Table::BoardScores,
                    [
                        self.span.word().into(),
                        self.start.into(),
                        word.into(),
                        unit.into(),
                        id.into(),
                        sum.score.into(),
                        sum.reached.into(),
                    ],
                )?;
            }
        }
        Ok(())
    }
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
    Ok(Purse { accounts, posted: [0; 2], version: 0 })
}
