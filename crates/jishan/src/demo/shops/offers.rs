//! The offers of shops, and the pictures of both.

use domain::hours::{Hours, Window};
use domain::ids::{MerchantId, OfferId, PictureId, StaffId};
use domain::shops::OfferState;
use domain::time::{DAY, HOUR};
use domain::{Day, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Error, Result};

use super::super::chance::Chance;
use super::super::deeds::OF_SCENE;
use super::super::goods::{self, Good, Trade, Week};
use super::{Founding, Offer, PENDING_FOR};

impl Founding<'_> {
    /// Makes an offer.
    pub(super) fn offer(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        (shop, owner, trade): (MerchantId, AnyId, &Trade),
        (good, stands, secretary): (&Good, Stands, StaffId),
        opens: Day,
    ) -> Result<Offer> {
        let (state, decided) = match stands {
            Stands::Pending => (OfferState::Pending, false),
            Stands::Rejected => (OfferState::Rejected, true),
            Stands::Open | Stands::Ends | Stands::Closed => (OfferState::Published, true),
        };
        let created = match stands {
            Stands::Pending => Ts(self.until.0 - PENDING_FOR),
            _ => Ts(opens.starts_at(self.zone).0 - DAY - 6 * HOUR),
        };
        let hours = Hours {
            from_day: (stands == Stands::Ends).then_some(opens),
            until_day: (stands == Stands::Ends).then_some(self.plan.as_of.plus(30)),
            windows: good.hours.map(window).transpose()?.into_iter().collect(),
        };
        let windows = (!hours.windows.is_empty()).then(|| serde_json::to_string(&hours.windows)).transpose();
        let windows = windows.map_err(|e| Error::corrupt(format!("the hours of an offer: {e}")))?;
        let id: OfferId = chance.id(created);
        let (list_price, price) = (good.yuan.0 * 100, good.yuan.1 * 100);
        let points = good.points * 100;
        out.push(
            Table::Offers,
            [
                id.into(),
                shop.into(),
                good.title.into(),
                good.body.into(),
                list_price.into(),
                price.into(),
                points.into(),
                hours.from_day.into(),
                hours.until_day.into(),
                windows.into(),
                good.limit.map(|(count, _)| count).into(),
                good.limit.map(|(_, span)| span.word()).into(),
                good.per_day.into(),
                state.word().into(),
                (stands != Stands::Closed).into(),
                (stands == Stands::Rejected).then_some(goods::OFFER_REJECTED).into(),
                decided.then_some(secretary).into(),
                decided.then_some(Ts(created.0 + 16 * HOUR)).into(),
                if stands == Stands::Closed { 2 } else { 1 }.into(),
                created.into(),
            ],
        )?;
        if self.shape.looked_at {
            self.hang(out, chance, owner, (None, Some(id)), (trade, created))?;
        }
        let closed_from = (stands == Stands::Closed).then(|| self.plan.as_of.plus(-10));
        Ok(Offer {
            id,
            list_price,
            price,
            points,
            hours,
            limit: good.limit.map(|(count, span)| (count.into(), span)),
            per_day: good.per_day.map(i64::from),
            closed_from,
        })
    }

    /// Hangs a picture on a shop or an offer.
    pub(super) fn hang(
        &self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        owner: AnyId,
        (shop, offer): (Option<MerchantId>, Option<OfferId>),
        (trade, at): (&Trade, Ts),
    ) -> Result<()> {
        if self.album.0.is_empty() {
            return Ok(());
        }
        let n = (trade.scene * OF_SCENE) as usize + chance.below(OF_SCENE as usize);
        let picture = &self.album.0[n % self.album.0.len()];
        let id: PictureId = chance.id(at);
        out.push(
            Table::Pictures,
            [
                id.into(),
                owner.into(),
                picture.hash.clone().into(),
                picture.width.into(),
                picture.height.into(),
                picture.bytes.into(),
                Cell::Null,
                0.into(),
                at.into(),
                shop.into(),
                offer.into(),
                Cell::Null,
            ],
        )
    }
}

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    Open,
    /// It has a first and a last day.
    Ends,
    Closed,
    Pending,
    Rejected,
}

impl Stands {
    /// The last offer of some shops is not to be had.
    pub(super) fn of(shop: usize, good: usize, last: bool) -> Self {
        match shop % 9 {
            _ if !last || good == 0 => Self::Open,
            1 => Self::Pending,
            2 => Self::Rejected,
            3 => Self::Closed,
            4 => Self::Ends,
            _ => Self::Open,
        }
    }
}

fn window(week: Week) -> Result<Window> {
    let time = |text: &str| text.parse().map_err(|_| Error::corrupt("no time of day"));
    Ok(Window { weekdays: week.weekdays.to_vec(), from: time(week.from)?, until: time(week.until)? })
}
