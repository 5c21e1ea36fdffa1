//! What a tenant says of its mini-program, of codes and of messages, and what may be wrong with it.

use std::net::SocketAddr;

use domain::quiet::Quiet;

use super::{Profile, Tenant};

impl Tenant {
    /// Where the tenant is reached from outside, if the resident API listens here; without a slash at the end.
    pub fn public_url(&self, resident: SocketAddr) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.trim_end_matches('/').to_owned();
        }
        match self.hosts.first().map(String::as_str) {
            None | Some("localhost") => format!("http://{resident}"),
            Some(host) => format!("https://{host}"),
        }
    }

    /// Every fault.
    pub(super) fn mini_program_faults(&self, profile: Profile) -> Vec<&'static str> {
        let has = |value: &str, file: &str| !(value.is_empty() && file.is_empty());
        let wechat = !self.wechat_app_id.is_empty();
        let secret = has(&self.wechat_app_secret, &self.wechat_app_secret_file);
        let pushes = has(&self.wechat_push_token, &self.wechat_push_token_file);
        let keyed = has(&self.wechat_push_key, &self.wechat_push_key_file);
        let faults = [
            (wechat && !secret, "wechat_app_secret: missing beside wechat_app_id"),
            (pushes && !wechat, "wechat_push_token: pushes come for a wechat_app_id"),
            (keyed && !pushes, "wechat_push_key: missing wechat_push_token"),
            (
                // A plain signature is over nothing of what is said, and a push can end an account.
                pushes && !keyed && profile == Profile::Production,
                "wechat_push_key: missing beside wechat_push_token; set the console to secure mode",
            ),
            (
                !(100..=30_000).contains(&self.wechat_timeout_ms),
                "wechat_timeout_ms: 100 to 30000; people wait that long when WeChat hangs",
            ),
            (
                Quiet::between(&self.quiet_from, &self.quiet_until).is_none(),
                "quiet_from, quiet_until: times of the day, as 22:00",
            ),
            (
                !self.public_url.is_empty() && !is_address(&self.public_url),
                "public_url: https://… without a query (http:// only for this machine)",
            ),
            (
                !self.wechat_pages.every().into_iter().all(is_page),
                "wechat_pages: pages of the mini-program, without a slash in front or a query",
            ),
        ];
        faults.into_iter().filter(|(bad, _)| *bad).map(|(_, what)| what).collect()
    }
}

/// An address that others can open, without a query; in clear text only on this machine.
fn is_address(url: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let rest = url
        .strip_prefix("https://")
        .or_else(|| here.iter().find_map(|host| url.strip_prefix(host).map(|_| *host)));
    let rest = rest.map(|rest| rest.trim_end_matches('/')).unwrap_or_default();
    !rest.is_empty() && url.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\"<>\\^`{|}".contains(&b))
}

fn is_page(page: &str) -> bool {
    !page.is_empty()
        && !page.starts_with('/')
        && page.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\"\\".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_machines() {
        for good in [
            "https://town.example",
            "https://town.example/points/",
            "http://127.0.0.1:8080",
            "http://localhost",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "http://town.example",
            "https://",
            "town.example",
            "https://town.example/?a",
            "https://town example",
            "ftp://x",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
