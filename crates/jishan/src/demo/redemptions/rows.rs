//! The rows of redemptions, and of what is counted by them.

use alliance::receipts::Sold;
use domain::period::{Period, Span};
use domain::{Money, Points};
use store::bulk::{Loader, Table};
use store::redemptions::{DAY_SCOPE, resident_scope};
use store::{AnyId, Result};

use super::super::chance::Chance;
use super::super::shops::Offer;
use super::{Fate, Sale, Sales};

impl Sales<'_> {
    /// Writes a redemption as it stands in the end.
    pub(super) fn write(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        sale: &Sale,
        returned_version: Option<i64>,
    ) -> Result<()> {
        let Sale { held, planned, .. } = sale;
        let (shop, offer) = (&self.alliance.shops[sale.shop], &self.alliance.offers[sale.offer]);
        let resident = self.people.residents[sale.resident];
        let day = self.day;
        let order_no = format!("{}-{:03}", day.to_string().replace('-', ""), sale.number);
        let sold = sale.captured.map(|captured_at| Sold {
            redemption: held.redemption,
            shop: shop.id,
            offer: offer.id,
            order_no: order_no.clone(),
            list_price: Money::from_fen(offer.list_price),
            price: Money::from_fen(offer.price),
            points: Points::from_hundredths(offer.points),
            captured_at,
        });
        let receipts = self.signing.zip(sold).map(|(signing, sold)| signing.receipts(&sold, planned.voided));
        let (receipt, void_receipt) = receipts.transpose()?.unzip();
        let (state, by) = match planned.fate {
            Fate::Captured => ("captured", None),
            Fate::Voided => ("voided", Some(sale.clerk.id)),
            Fate::Cancelled => ("cancelled", Some(sale.clerk.id)),
            Fate::Declined => ("declined", None),
            Fate::Expired => ("expired", None),
        };
        let mut hash = [0; 32];
        for eight in hash.chunks_mut(8) {
            eight.copy_from_slice(&chance.next().to_le_bytes());
        }
        let start = |span| Period::of(span, day).start;
        self.done += 1;
        out.push(
            Table::Redemptions,
            [
                held.redemption.into(),
                shop.id.into(),
                offer.id.into(),
                sale.clerk.id.into(),
                order_no.into(),
                hash.into(),
                resident.id.into(),
                self.people.households[resident.household].id.into(),
                held.account.into(),
                held.transfer.into(),
                offer.list_price.into(),
                offer.price.into(),
                offer.points.into(),
                state.into(),
                sale.approval.into(),
                held.expires_at.into(),
                day.into(),
                start(Span::Week).into(),
                start(Span::Month).into(),
                offer.limit.map(|(_, span)| span.word()).into(),
                offer.limit.map(|(_, span)| start(span)).into(),
                offer.per_day.is_some().into(),
                planned.settled.into(),
                planned.voided.into(),
                by.into(),
                returned_version.into(),
                receipt.into(),
                void_receipt.flatten().into(),
                planned.at.into(),
            ],
        )
    }

    /// Writes what was counted.
    pub(in super::super) fn close(&self, out: &mut Loader<'_>) -> Result<()> {
        for ((offer, resident, start), used) in &self.used {
            let Offer { id, limit, .. } = self.alliance.offers[*offer];
            let (scope, subject, span) = match (resident, limit) {
                (Some(resident), Some((_, span))) => {
                    (resident_scope(id), AnyId::of(self.people.residents[*resident].id), span)
                }
                _ => (DAY_SCOPE.to_owned(), AnyId::of(id), Span::Day),
            };
            out.push(
                Table::Counters,
                [scope.into(), subject.into(), span.word().into(), (*start).into(), (*used).into()],
            )?;
        }
        for ((shop, resident), (first_day, visits)) in &self.customers {
            let row = [
                self.alliance.shops[*shop].id.into(),
                self.people.residents[*resident].id.into(),
                (*first_day).into(),
                (*visits).into(),
            ];
            out.push(Table::MerchantCustomers, row)?;
        }
        Ok(())
    }
}
