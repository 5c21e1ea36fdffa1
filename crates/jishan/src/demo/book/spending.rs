//! Spending: points are held for a shop; then they are its own, or free again, or given back. As at a till, a hold is a pending transfer, and
//! nothing of it stands on a board.

use domain::Ts;
use domain::ids::{AccountId, MerchantId, RedemptionId, TransferId};
use domain::ledger::Kind;
use domain::redemption::HOLD_S;
use store::bulk::{Loader, Table};
use store::{AnyId, Error, Result, redemptions};

use super::super::chance::Chance;
use super::super::people::People;
use super::{Book, Move, Purse, open_account};

/// The account of a shop: it has no balance row, and is folded from the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Till {
    pub(super) account: AccountId,
    pub(super) balance: i64,
    /// The place in the log of what it was last changed by.
    pub(super) seq: i64,
}

/// Points that are held, and perhaps captured.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Held {
    pub(in super::super) redemption: RedemptionId,
    pub(in super::super) transfer: TransferId,
    pub(in super::super) account: AccountId,
    pub(in super::super) expires_at: Ts,
    resident: usize,
    till: usize,
    amount: i64,
    captured: Option<TransferId>,
}

/// How a hold ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum End {
    /// The points are the shop's.
    Captured,
    /// Somebody let it go.
    Released,
    /// Its time is over.
    Expired,
}

impl Book {
    /// Opens the account of a shop.
    pub(in super::super) fn open_till(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        shop: MerchantId,
        at: Ts,
    ) -> Result<(usize, AccountId)> {
        let account: AccountId = chance.id(at);
        open_account(out, account, Kind::Redeemable, "merchant", AnyId::of(shop), at)?;
        self.tills.push(Till { account, balance: 0, seq: 0 });
        Ok((self.tills.len() - 1, account))
    }

    /// What a resident can spend, in hundredths.
    pub(in super::super) fn available(&self, resident: usize) -> i64 {
        self.purses[0][resident].map_or(0, |purse| purse.posted[1] - purse.pending)
    }

    /// Holds points for a shop. The caller knows that they are available.
    pub(in super::super) fn hold(
        &mut self,
        out: &mut Loader<'_>,
        (chance, people): (&mut Chance, &People),
        (resident, till, amount): (usize, usize, i64),
        at: Ts,
    ) -> Result<Held> {
        let purse = self.purse(resident)?;
        purse.pending += amount;
        purse.versions[1] += 1;
        let account = purse.accounts[1];
        if purse.posted[1] < purse.pending {
            return Err(Error::corrupt("the demo holds what is not there"));
        }
        let held = Held {
            redemption: chance.id(at),
            transfer: chance.id(at),
            account,
            expires_at: at.plus_seconds(HOLD_S),
            resident,
            till,
            amount,
            captured: None,
        };
        self.spend(out, people, &held, (held.transfer, "hold", "pending"), at)?;
        Ok(held)
    }

    /// Ends a hold.
    pub(in super::super) fn settle(
        &mut self,
        out: &mut Loader<'_>,
        (chance, people): (&mut Chance, &People),
        held: &mut Held,
        end: End,
        at: Ts,
    ) -> Result<()> {
        let purse = self.purse(held.resident)?;
        purse.pending -= held.amount;
        purse.versions[1] += 1;
        let state = match end {
            End::Captured => {
                purse.posted[1] -= held.amount;
                let id = chance.id(at);
                held.captured = Some(id);
                self.spend(out, people, held, (id, "capture", "post"), at)?;
                self.fold(held.till, held.amount);
                "posted"
            }
            End::Released => {
                self.spend(out, people, held, (chance.id(at), "release", "void"), at)?;
                "voided"
            }
            End::Expired => "expired",
        };
        let row = [
            held.transfer.into(),
            held.account.into(),
            held.amount.into(),
            held.expires_at.into(),
            state.into(),
        ];
        out.push(Table::Holds, row)
    }

    /// Gives back what was captured; the version of the balance after it.
    pub(in super::super) fn give_back(
        &mut self,
        out: &mut Loader<'_>,
        (chance, people): (&mut Chance, &People),
        held: &Held,
        at: Ts,
    ) -> Result<i64> {
        let purse = self.purse(held.resident)?;
        purse.posted[1] += held.amount;
        purse.versions[1] += 1;
        let version = purse.versions[1];
        let key = redemptions::business_key(held.redemption, "void");
        out.push(Table::TransferGroups, [key.clone().into(), at.into()])?;
        let move_ = Move {
            id: chance.id(at),
            kind: Kind::Redeemable,
            debit: self.tills[held.till].account,
            credit: held.account,
            amount: held.amount,
            reason: "reversal",
            settles: ("posted", None),
            reverses: held.captured,
            score: 0,
        };
        self.post(out, people, &key, None, &move_, at)?;
        self.fold(held.till, -held.amount);
        Ok(version)
    }

    fn spend(
        &mut self,
        out: &mut Loader<'_>,
        people: &People,
        held: &Held,
        (id, step, mode): (TransferId, &str, &'static str),
        at: Ts,
    ) -> Result<()> {
        let key = redemptions::business_key(held.redemption, step);
        out.push(Table::TransferGroups, [key.clone().into(), at.into()])?;
        let move_ = Move {
            id,
            kind: Kind::Redeemable,
            debit: held.account,
            credit: self.tills[held.till].account,
            amount: held.amount,
            reason: "redemption",
            settles: (mode, (id != held.transfer).then_some(held.transfer)),
            reverses: None,
            score: 0,
        };
        self.post(out, people, &key, None, &move_, at)
    }

    fn fold(&mut self, till: usize, amount: i64) {
        let till = &mut self.tills[till];
        till.balance += amount;
        till.seq = self.seq;
    }

    fn purse(&mut self, resident: usize) -> Result<&mut Purse> {
        self.purses[0][resident].as_mut().ok_or_else(|| Error::corrupt("somebody spends without a purse"))
    }
}
