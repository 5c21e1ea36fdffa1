//! The alliance: shops with who works in them, and their offers. Most take part; one applies, one was refused, one is suspended.

mod offers;

use std::ops::Range;

use domain::access::{MerchantState, ShopRole};
use domain::hours::Hours;
use domain::ids::{ClerkId, MerchantId, OfferId};
use domain::period::Span;
use domain::shops::searchable;
use domain::time::{DAY, HOUR, Zone};
use domain::{Day, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Result};

use super::book::Book;
use super::chance::Chance;
use super::deeds::Album;
use super::goods::{self, TRADES};
use super::names;
use super::notices::Waiting;
use super::people::People;
use super::{Plan, Shape};
use offers::Stands;

/// The sign-in name of the account that stands at the till of the first shop.
pub const TILL: &str = "till-1";

/// For so long an offer has waited for the desk.
const PENDING_FOR: i64 = 5 * HOUR;

/// Somebody who works in a shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clerk {
    pub(super) id: ClerkId,
    pub(super) resident: Option<usize>,
}

/// A shop that sells, or did.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) id: MerchantId,
    /// The place of its account in the book.
    pub(super) till: usize,
    pub(super) community: usize,
    /// The owner first.
    pub(super) clerks: Vec<Clerk>,
    /// Its offers, by their places.
    pub(super) offers: Range<usize>,
    /// The days on which it sells.
    pub(super) days: Range<Day>,
    pub(super) weight: u32,
}

/// An offer that was published.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) id: OfferId,
    pub(super) list_price: i64,
    pub(super) price: i64,
    pub(super) points: i64,
    pub(super) hours: Hours,
    pub(super) limit: Option<(i64, Span)>,
    pub(super) per_day: Option<i64>,
    /// From this day on it is closed.
    pub(super) closed_from: Option<Day>,
}

/// The shops, and their offers.
#[derive(Debug, Default)]
pub(super) struct Alliance {
    pub(super) shops: Vec<Shop>,
    pub(super) offers: Vec<Offer>,
    /// What the first community's desk has to decide.
    pub(super) waiting: Waiting,
}

/// What founding shops needs.
pub(super) struct Founding<'a> {
    pub(super) plan: &'a Plan,
    pub(super) shape: &'a Shape,
    pub(super) zone: &'a Zone,
    pub(super) people: &'a People,
    pub(super) album: &'a Album,
    pub(super) until: Ts,
}

/// What becomes of the account of each clerk.
struct Register {
    /// How many clerks beside owners there are.
    clerks: usize,
    /// Residents who keep a shop and have none yet.
    keepers: Vec<Option<(usize, String)>>,
}

impl Founding<'_> {
    /// Founds every shop.
    pub(super) fn found(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        book: &mut Book,
    ) -> Result<(Alliance, u64)> {
        let mut alliance = Alliance::default();
        let keepers = self.people.shopkeepers.iter().cloned().map(Some).collect();
        let mut register = Register { clerks: 0, keepers };
        let mut made = 0;
        for n in 0..self.shape.shops + self.shape.other_shops {
            made += self.shop(out, chance, book, (&mut alliance, &mut register), n)?;
        }
        Ok((alliance, made))
    }

    /// Where a shop stands: those that take part come first.
    fn state(&self, n: usize) -> MerchantState {
        use MerchantState::{Applied, Approved, Rejected, Suspended};
        if n < self.shape.shops {
            Approved
        } else {
            [Applied, Rejected, Suspended][(n - self.shape.shops) % 3]
        }
    }

    /// In which community: the first three in the first one, and whoever applies there, too.
    fn community(&self, n: usize) -> usize {
        let of = self.people.tree.communities.len();
        if n < 3 || n == self.shape.shops { 0 } else { (n - 2) % of }
    }

    /// The first day on which it sells: some were there at the beginning, others joined since.
    fn opens(&self, n: usize) -> Day {
        let begins = self.plan.as_of.plus(1 - i32::try_from(self.shape.sales_days).unwrap_or(i32::MAX));
        let (count, n) = (self.shape.shops.max(1), n % self.shape.shops.max(1));
        let later = n.saturating_sub(count / 2) * self.shape.sales_days / count;
        begins.plus(i32::try_from(later).unwrap_or(0))
    }

    fn shop(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        book: &mut Book,
        (alliance, register): (&mut Alliance, &mut Register),
        n: usize,
    ) -> Result<u64> {
        use MerchantState::{Applied, Approved, Rejected, Suspended};
        let state = self.state(n);
        let (community, trade) = (self.community(n), &TRADES[n % TRADES.len()]);
        let opens = self.opens(n);
        let start = Ts(opens.starts_at(self.zone).0);
        let applied = match state {
            Applied => Ts(self.until.0 - 20 * HOUR),
            Rejected => Ts(self.until.0 - 9 * DAY),
            Approved | Suspended => Ts(start.0 - 4 * DAY + 10 * HOUR),
        };
        let decided = (state != Applied).then_some(Ts(applied.0 + 2 * DAY + 5 * HOUR));
        let suspended = (state == Suspended).then_some(Ts(self.until.0 - 12 * DAY));
        let secretary = self.people.staff.secretaries[community];
        let id: MerchantId = chance.id(applied);
        let clerks = self.clerks(out, chance, register, (n, community), applied)?;
        let till = match decided {
            Some(at) if state != Rejected => Some(book.open_till(out, chance, id, at)?),
            _ => None,
        };
        let name = if n == 0 {
            "老槐树理发店".to_owned()
        } else {
            format!("{}{}", names::place(300 + n), chance.pick(trade.names))
        };
        let address = format!("{}路{}号", names::place(40 + community), chance.between(1, 260));
        let phone = format!("000-6{:06}", chance.between(0, 999_999));
        let last = suspended.or(decided);
        let reason = match state {
            Rejected => Some(goods::SHOP_REJECTED),
            Suspended => Some(goods::SHOP_SUSPENDED),
            Applied | Approved => None,
        };
        out.push(
            Table::Merchants,
            [
                id.into(),
                self.people.tree.communities[community].id.into(),
                trade.category.word().into(),
                name.clone().into(),
                address.clone().into(),
                phone.into(),
                trade.body.into(),
                searchable(&[&name, &address, trade.body]).into(),
                state.word().into(),
                reason.into(),
                till.map(|(_, account)| account).into(),
                clerks[0].id.into(),
                last.map(|_| secretary).into(),
                last.into(),
                0.into(),
                (1 + i64::from(decided.is_some()) + i64::from(suspended.is_some())).into(),
                applied.into(),
            ],
        )?;
        for (i, clerk) in clerks.iter().enumerate() {
            let role = if i == 0 { ShopRole::Owner } else { ShopRole::Clerk };
            let since = decided.filter(|_| i > 0).unwrap_or(applied);
            out.push(
                Table::MerchantStaff,
                [id.into(), clerk.id.into(), role.word().into(), since.into(), Cell::Null],
            )?;
        }
        self.hang(out, chance, AnyId::of(clerks[0].id), (Some(id), None), (trade, applied))?;
        if state == Applied && community == 0 {
            alliance.waiting.shop = Some((id, applied));
        }
        let Some((till, _)) = till else { return Ok(0) };
        let offers = alliance.offers.len();
        for (i, good) in trade.goods.iter().enumerate() {
            let last = i + 1 == trade.goods.len();
            let stands = Stands::of(n, i, last);
            let owner = AnyId::of(clerks[0].id);
            let made = self.offer(out, chance, (id, owner, trade), (good, stands, secretary), opens)?;
            if stands == Stands::Pending && community == 0 {
                alliance.waiting.offer = Some((id, made.id, Ts(self.until.0 - PENDING_FOR)));
            }
            if !matches!(stands, Stands::Pending | Stands::Rejected) {
                alliance.offers.push(made);
            }
        }
        let ends = suspended.map_or(self.plan.as_of.plus(1), |at| Day::of(at, self.zone));
        let weight = if n == 0 { 24 } else { u32::try_from(chance.between(2, 20)).unwrap_or(2) };
        let offers = offers..alliance.offers.len();
        alliance.shops.push(Shop { id, till, community, clerks, offers, days: opens..ends, weight });
        Ok(trade.goods.len() as u64)
    }

    /// The owner, one or two clerks, and the account of the first shop's till.
    fn clerks(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        register: &mut Register,
        (n, community): (usize, usize),
        at: Ts,
    ) -> Result<Vec<Clerk>> {
        let near = &self.people.of_community[community];
        let keeper = register.keepers.iter_mut().find(|k| k.as_ref().is_some_and(|(i, _)| near.contains(i)));
        let keeper = keeper.filter(|_| n.is_multiple_of(3)).and_then(Option::take);
        let mut clerks = vec![self.clerk(out, chance, (format!("owner-{}", n + 1), false), keeper, at)?];
        let more = if n == 0 { 2 } else { chance.between(1, 2) };
        for _ in 0..more {
            register.clerks += 1;
            clerks.push(self.clerk(out, chance, (format!("clerk-{}", register.clerks), false), None, at)?);
        }
        if n == 0 {
            clerks.push(self.clerk(out, chance, (TILL.to_owned(), true), None, at)?);
        }
        Ok(clerks)
    }

    /// An account: by the development sign-in, or by name and password.
    fn clerk(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        (called, by_password): (String, bool),
        keeper: Option<(usize, String)>,
        at: Ts,
    ) -> Result<Clerk> {
        let id: ClerkId = chance.id(Ts(at.0 - HOUR));
        let surname = names::surname(chance);
        let own = names::person(chance, surname);
        let (resident, name) = keeper.map_or((None, own), |(i, name)| (Some(i), name));
        let hash = self.plan.staff_password_hash.clone();
        let (subject, login) = if by_password { (None, Some(called)) } else { (Some(called), None) };
        out.push(
            Table::Clerks,
            [
                id.into(),
                subject.as_ref().map(|_| "dev").into(),
                subject.into(),
                login.into(),
                by_password.then_some(hash).into(),
                name.into(),
                resident.map(|i| self.people.residents[i].id).into(),
                false.into(),
                0.into(),
                Cell::Null,
                1.into(),
                Ts(at.0 - HOUR).into(),
            ],
        )?;
        Ok(Clerk { id, resident })
    }
}
