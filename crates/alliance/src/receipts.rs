//! Receipts: signed statements of a sale and of its return, for the customer and for the shop. They hold ids and amounts only. Whoever has
//! the merchant service's public keys can check one, without asking anybody.

use domain::ids::{MerchantId, OfferId, RedemptionId};
use domain::{Code, Money, Points, Ts};
use foundation::Result;
use foundation::tokens::Keys;
use serde::Serialize;
use store::redemptions::Redemption;

/// The type in a receipt's header: no access token has it.
pub const TYPE: &str = "receipt+jwt";

/// A sale, as a receipt states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// The redemption.
    pub redemption: RedemptionId,
    /// The shop.
    pub shop: MerchantId,
    /// The offer.
    pub offer: OfferId,
    /// The shop's number of the sale.
    pub order_no: String,
    /// Without the offer.
    pub list_price: Money,
    /// What was paid.
    pub price: Money,
    /// What it cost beside the price.
    pub points: Points,
    /// When the points became the shop's.
    pub captured_at: Ts,
}

/// What a receipt states.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    iss: String,
    iat: i64,
    redemption: String,
    shop: String,
    offer: String,
    order_no: String,
    list_price: String,
    price: String,
    points: String,
    captured_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    voided_at: Option<String>,
}

impl Receipt {
    /// Of a sale.
    pub fn of(issuer: &str, sold: &Sold) -> Self {
        Self {
            iss: issuer.to_owned(),
            iat: sold.captured_at.unix_seconds(),
            redemption: sold.redemption.to_string(),
            shop: sold.shop.to_string(),
            offer: sold.offer.to_string(),
            order_no: sold.order_no.clone(),
            list_price: sold.list_price.to_string(),
            price: sold.price.to_string(),
            points: sold.points.to_string(),
            captured_at: sold.captured_at.to_string(),
            voided_at: None,
        }
    }
    /// Of the sale of a redemption.
    pub(crate) fn of_sale(issuer: &str, sale: &Redemption, captured_at: Ts) -> Self {
        let sold = Sold {
            redemption: sale.id,
            shop: sale.merchant,
            offer: sale.offer,
            order_no: sale.order_no.clone(),
            list_price: sale.list_price(),
            price: sale.price(),
            points: sale.points(),
            captured_at,
        };
        Self::of(issuer, &sold)
    }
    /// Of the same sale, given back.
    pub fn voided(self, at: Ts) -> Self {
        Self { iat: at.unix_seconds(), voided_at: Some(at.to_string()), ..self }
    }
    /// As it is kept and shown.
    pub fn signed(&self, keys: &Keys) -> Result<String> {
        keys.state(TYPE, self).map_err(|code: Code| code.into())
    }
}
