#![doc = include_str!("../README.md")]

pub mod access;
pub mod award;
pub mod catalogue;
pub mod consents;
pub mod content;
pub mod deeds;
pub mod erasure;
pub mod events;
pub mod hours;
pub mod ids;
pub mod invitations;
pub mod ledger;
pub mod masking;
pub mod money;
pub mod paging;
pub mod period;
pub mod personal_data;
pub mod phones;
pub mod points;
pub mod policy;
pub mod qr_codes;
pub mod quiet;
pub mod ranking;
pub mod rate;
pub mod redemption;
pub mod refusal;
pub mod shops;
pub mod text;
pub mod thanks;
pub mod time;
pub mod words;

pub use ids::Id;
pub use money::Money;
pub use points::Points;
pub use refusal::{Code, FieldFault, Refusal};
pub use time::{Day, Ts};
