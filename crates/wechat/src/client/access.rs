//! Asking whether WeChat lets us in: the smallest request that needs an access token.

use serde::Deserialize;

use super::{Client, transport};
use crate::error::WechatError;

const PATH: &str = "/cgi-bin/get_api_domain_ip";

/// The answer's list of addresses is not used; that there is one is enough.
#[derive(Deserialize)]
struct Addresses {
    #[serde(rename = "ip_list")]
    _ip_list: Vec<String>,
}

impl Client {
    /// Proves that the app id, the secret, this machine's address and the token are accepted, and changes nothing.
    ///
    /// Meant for an operator's check of an installation, not for a health probe: it spends quota.
    pub async fn check_access(&self) -> Result<(), WechatError> {
        self.with_token(|token| async move {
            let request = self.get(PATH).query(&[("access_token", token.reveal())]);
            transport::send::<Addresses>(PATH, request).await.map(drop)
        })
        .await
    }
}
