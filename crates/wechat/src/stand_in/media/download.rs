//! Fetching a file as WeChat does: from outside, without following anybody elsewhere, and not for ever.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};

/// The largest file that is looked at.
const BYTES_MAX: usize = 10 * 1024 * 1024;
/// The whole time that fetching may take.
const WITHIN: Duration = Duration::from_secs(10);

/// A file that was fetched.
pub(in crate::stand_in) struct Fetched {
    pub(in crate::stand_in) bytes: usize,
    /// Of all of it, in hexadecimal digits.
    pub(in crate::stand_in) sha256: String,
}

/// The file at `url`; nothing where there is none, an empty one, or one that is too large.
pub(in crate::stand_in) async fn fetch(http: &reqwest::Client, url: &str) -> Option<Fetched> {
    let mut response = http.get(url).timeout(WITHIN).send().await.ok()?;
    if response.status().as_u16() != 200 {
        return None;
    }
    let (mut bytes, mut digest) = (0, Context::new(&SHA256));
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes += chunk.len();
        if bytes > BYTES_MAX {
            return None;
        }
        digest.update(&chunk);
    }
    (bytes > 0).then(|| Fetched { bytes, sha256: hex::encode(digest.finish()) })
}
