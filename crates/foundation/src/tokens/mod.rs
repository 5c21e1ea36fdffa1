//! What a signed-in client carries: a short-lived access token, which is a signed statement that anyone with the public key can
//! check, and a refresh token, which is a secret that only the database can answer for.
//!
//! An access token is a JWT of type `at+jwt`, signed with Ed25519 and nothing else. Keys belong to one tenant and one service;
//! which key signed a token is looked up among our own by `kid`, and no header can bring a key along. All times are judged
//! against the moment that the caller passes in.

mod keys;
mod parts;
mod refresh;
mod signer;
#[cfg(test)]
mod tests;
mod verified;

pub use keys::{Claims, Grant, Keys};
pub use refresh::RefreshToken;
pub use signer::{MalformedKey, Signer, Verifier};
pub use verified::Verified;

use domain::Code;

/// For how many seconds an access token is good: within them an ended session may still read.
pub const ACCESS_LIFE_S: i64 = 300;
/// By how many seconds the clocks of two machines may differ.
pub const LEEWAY_S: i64 = 5;
/// The longest access token that is looked at. Ours have about 500 bytes.
pub const TOKEN_BYTES_MAX: usize = 2_048;

/// This many bytes of the system's chance.
pub(crate) fn chance<const N: usize>() -> Result<[u8; N], Code> {
    use aws_lc_rs::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        tracing::error!("the system gives no randomness");
        Code::Internal
    })?;
    Ok(bytes)
}
