//! Receipts: signed statements of a sale and of its return, for the customer and for the shop. They hold ids and amounts only. Whoever has
//! the merchant service's public keys can check one, without asking anybody.

use domain::{Code, Ts};
use foundation::Result;
use foundation::tokens::Keys;
use serde::Serialize;
use store::redemptions::Redemption;

/// The type in a receipt's header: no access token has it.
pub const TYPE: &str = "receipt+jwt";

/// What a receipt states.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
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
    pub(crate) fn of_sale(issuer: &str, sale: &Redemption, captured_at: Ts) -> Self {
        Self {
            iss: issuer.to_owned(),
            iat: captured_at.unix_seconds(),
            redemption: sale.id.to_string(),
            shop: sale.merchant.to_string(),
            offer: sale.offer.to_string(),
            order_no: sale.order_no.clone(),
            list_price: sale.list_price().to_string(),
            price: sale.price().to_string(),
            points: sale.points().to_string(),
            captured_at: captured_at.to_string(),
            voided_at: None,
        }
    }
    /// Of the same sale, given back.
    pub(crate) fn voided(self, at: Ts) -> Self {
        Self { iat: at.unix_seconds(), voided_at: Some(at.to_string()), ..self }
    }
    /// As it is kept and shown.
    pub(crate) fn signed(&self, keys: &Keys) -> Result<String> {
        keys.state(TYPE, self).map_err(|code: Code| code.into())
    }
}
