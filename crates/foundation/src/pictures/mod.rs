//! Pictures: what comes from a stranger's telephone is read with limits, made small and free of what it tells about its maker,
//! and only then kept.
//!
//! A picture is named by the SHA-256 of what is kept of it, so that the same picture is kept once and a repeated upload changes
//! nothing. The pixels are decoded in a bounded pool: each worker takes up to 260 MB for a moment, at the worst picture.

mod decode;
pub mod files;
mod pool;
mod store;
#[cfg(test)]
mod tests;
pub mod uploads;

pub use decode::Prepared;
pub(crate) use pool::Pool;
pub use store::{PictureStore, PictureStoreError, PictureStoreSettings, S3Settings, Size};

use bytes::Bytes;
use domain::Refusal;

/// The largest file that is looked at.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
/// The most pixels that are decoded: 24 megapixels as telephones count them (one says 24 and makes 5712 × 4284).
pub const PIXELS_MAX: u64 = 24 * 1024 * 1024;
/// The longer edge of what is kept.
pub const EDGE_MAX: u32 = 2_048;
/// The longer edge of a thumbnail.
pub const THUMBNAIL_EDGE_MAX: u32 = 480;

/// Makes pictures ready to be kept, a few at a time.
#[derive(Debug, Clone)]
pub struct Decoder {
    pool: Pool,
}

impl Decoder {
    /// A pool of so many workers, for which so many pictures may wait.
    pub fn new(workers: usize, waiting_max: usize) -> Self {
        Self { pool: Pool::new(workers, waiting_max) }
    }

    /// The picture in these bytes, as it will be kept.
    pub async fn prepare(&self, bytes: Bytes) -> Result<Prepared, Refusal> {
        // What is no picture at all takes nobody's place.
        let format = decode::recognise(&bytes)?;
        self.pool.run(move || decode::prepare(&bytes, format)).await?.map_err(Refusal::from)
    }
}
