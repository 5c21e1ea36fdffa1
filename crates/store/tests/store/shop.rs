//! A shop with one offer, which sells in the steps that the alliance does it in.

use diesel::prelude::*;
use domain::ids::{AccountId, ClerkId, MerchantId, OfferId, RedemptionId, TransferId, UnitId};
use domain::ledger::{Holder, Kind, Mode, Movement, Reason};
use domain::period::{Period, Span};
use domain::redemption::{Approval, HOLD_S};
use domain::{Code, Day, Money, Points};
use store::ledger::counters::{self, Take};
use store::ledger::posting;
use store::redemptions::{self as rows, DAY_SCOPE, Limits, NewRedemption, Void, resident_scope};
use store::schema::{clerks, merchants, offers, units};
use store::{AnyId, Db, uid};

use super::bed::{Bed, Person, group, movement};

/// The points of the offer, in hundredths.
pub const COSTS: i64 = 50;
/// The day of every sale.
const DAY: Day = Day(20_514);

/// How far a sale goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    Held,
    Captured,
    Voided,
}

/// A shop that takes part.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    pub id: MerchantId,
    pub clerk: ClerkId,
    pub offer: OfferId,
    pub account: AccountId,
}

impl Shop {
    pub async fn open(bed: &Bed) -> Self {
        let id = MerchantId::new();
        let account = bed.account(Kind::Redeemable, Holder::Merchant, AnyId::of(id)).await;
        let shop = Self { id, clerk: ClerkId::new(), offer: OfferId::new(), account };
        bed.store.write(move |c| shop.write(c)).await.expect("a shop");
        shop
    }

    fn write(&self, c: &mut Db) -> store::Result<()> {
        let unit = UnitId::new();
        let row = (
            units::id.eq(uid(unit)),
            units::type_.eq("village"),
            units::setting.eq("rural"),
            units::name.eq("柳湾村"),
            units::code.eq("LW"),
            units::version.eq(0),
            units::created_at.eq(0),
        );
        diesel::insert_into(units::table).values(row).execute(c)?;
        let row = (
            clerks::id.eq(uid(self.clerk)),
            clerks::provider.eq("dev"),
            clerks::subject.eq(self.clerk.to_string()),
            clerks::name.eq("刘师傅"),
            clerks::disabled.eq(false),
            clerks::failures.eq(0),
            clerks::version.eq(1),
            clerks::created_at.eq(0),
        );
        diesel::insert_into(clerks::table).values(row).execute(c)?;
        let row = (
            merchants::id.eq(uid(self.id)),
            merchants::unit_id.eq(uid(unit)),
            merchants::category.eq("hairdressing"),
            merchants::name.eq("柳湾理发店"),
            merchants::address.eq("桥头"),
            merchants::body.eq(""),
            merchants::search_text.eq(""),
            merchants::state.eq("approved"),
            merchants::account_id.eq(uid(self.account)),
            merchants::applied_by.eq(uid(self.clerk)),
            merchants::thanks_count.eq(0),
            merchants::version.eq(1),
            merchants::created_at.eq(0),
        );
        diesel::insert_into(merchants::table).values(row).execute(c)?;
        let row = (
            offers::id.eq(uid(self.offer)),
            offers::merchant_id.eq(uid(self.id)),
            offers::title.eq("剪发"),
            offers::body.eq(""),
            offers::list_price.eq(3_500),
            offers::price.eq(3_000),
            offers::points.eq(COSTS),
            offers::per_resident.eq(9),
            offers::per_resident_span.eq("month"),
            offers::per_day.eq(9),
            offers::state.eq("published"),
            offers::open.eq(true),
            offers::version.eq(1),
            offers::created_at.eq(0),
        );
        diesel::insert_into(offers::table).values(row).execute(c)?;
        Ok(())
    }

    /// Sells the offer once.
    pub async fn sell(&self, bed: &Bed, to: &Person, until: Until) -> RedemptionId {
        let (shop, to, now) = (*self, *to, bed.now());
        let (id, hold) = (RedemptionId::new(), TransferId::new());
        let body = move |c: &mut Db| {
            let new = shop.new_redemption(&to, id, hold, now.plus_seconds(HOLD_S));
            for take in shop.takes(&new) {
                counters::take(c, &take, Code::OfferUsedUp)?;
            }
            let pending = Mode::Pending { expires_at: new.expires_at };
            let held = Movement { id: hold, ..shop.movement(&to, pending) };
            posting::post_apart(c, &group(&rows::business_key(id, "hold"), vec![held]), now)?;
            assert!(rows::insert(c, &new, now)?);
            if until >= Until::Captured {
                assert!(rows::capture(c, id, "receipt", now)?);
                let paid = shop.movement(&to, Mode::PostPending(hold));
                posting::post_apart(c, &group(&rows::business_key(id, "capture"), vec![paid]), now)?;
                rows::visited(c, shop.id, new.resident, DAY)?;
            }
            if until == Until::Voided {
                shop.take_back(c, &to, &new)?;
            }
            Ok(())
        };
        bed.store.write(body).await.expect("a sale");
        bed.sequence().await;
        id
    }

    fn take_back(&self, c: &mut Db, to: &Person, sold: &NewRedemption) -> store::Result<()> {
        let (key, now) = (rows::business_key(sold.id, "capture"), sold.expires_at.plus_seconds(-HOLD_S));
        let paid = posting::of_key(c, &key)?.remove(0);
        for take in self.takes(sold) {
            counters::give_back(c, &take.scope, take.subject, take.period, 1)?;
        }
        let returned_version = rows::lock_balance(c, to.redeemable)? + 1;
        let void = Void { by: self.clerk, returned_version, receipt: "receipt".to_owned() };
        assert!(rows::void(c, sold.id, &void, now)?);
        let back = movement(Kind::Redeemable, self.account, to.redeemable, COSTS);
        let back = Movement { reason: Reason::Reversal, reverses: Some(paid.id), ..back };
        posting::post_apart(c, &group(&rows::business_key(sold.id, "void"), vec![back]), now)?;
        assert_eq!(rows::lock_balance(c, to.redeemable)?, returned_version);
        rows::unvisited(c, self.id, sold.resident)
    }

    fn movement(&self, from: &Person, mode: Mode) -> Movement {
        let moved = movement(Kind::Redeemable, from.redeemable, self.account, COSTS);
        Movement { mode, reason: Reason::Redemption, ..moved }
    }

    fn takes(&self, new: &NewRedemption) -> [Take; 2] {
        let month = Period::of(Span::Month, DAY);
        let (own, subject) = (resident_scope(self.offer), AnyId::of(new.resident));
        let day = (DAY_SCOPE.to_owned(), AnyId::of(self.offer), Period::of(Span::Day, DAY));
        [(own, subject, month), day].map(|(scope, subject, period)| Take {
            scope,
            subject,
            period,
            amount: 1,
            max: 9,
        })
    }

    fn new_redemption(
        &self,
        to: &Person,
        id: RedemptionId,
        hold: TransferId,
        until: domain::Ts,
    ) -> NewRedemption {
        NewRedemption {
            id,
            merchant: self.id,
            offer: self.offer,
            clerk: self.clerk,
            order_no: id.to_string(),
            code_hash: id.to_string().into_bytes(),
            resident: to.standing.resident.expect("a resident"),
            household: to.standing.household,
            account: to.redeemable,
            hold,
            list_price: Money::from_fen(3_500),
            price: Money::from_fen(3_000),
            points: Points::from_hundredths(COSTS),
            approval: Approval::Given,
            expires_at: until,
            day: DAY,
            limits: Limits { of_resident: Some(Period::of(Span::Month, DAY)), of_day: Some(DAY) },
        }
    }
}
