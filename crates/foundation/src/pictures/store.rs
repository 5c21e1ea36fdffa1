//! Where pictures are kept: a folder of this machine, or a bucket that speaks S3. Both keep a picture under its hash, so putting it
//! again, or taking away what is gone, changes nothing.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
};
use zeroize::Zeroizing;

use super::{BYTES_MAX, Prepared};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// A person waits for the answer, and an upload is safe to repeat: two more attempts, then say so.
const RETRIES_MAX: usize = 2;
const RETRY_WITHIN: Duration = Duration::from_secs(30);

/// Which of the two that are kept of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// The picture.
    Full,
    /// The smaller one for lists.
    Thumbnail,
}

/// Where pictures are kept.
#[derive(Debug, Clone)]
pub enum PictureStoreSettings {
    /// In a folder of this machine, which is made if it is not there.
    Local {
        /// The folder.
        root: PathBuf,
    },
    /// In a bucket.
    S3(S3Settings),
}

/// A bucket that speaks S3: AWS, MinIO, or the S3 side of a Chinese cloud.
#[derive(Clone)]
pub struct S3Settings {
    /// The name of the bucket.
    pub bucket: String,
    /// The address of the service; with `virtual_hosted` the address of the bucket.
    pub endpoint: String,
    /// The region, as the service names it.
    pub region: String,
    /// Who signs the requests.
    pub access_key_id: String,
    /// With which secret.
    pub secret_access_key: Zeroizing<String>,
    /// Whether the address may be without TLS: for a test, or for a service on the same machine.
    pub allow_http: bool,
    /// Whether the bucket stands in the host name, as OSS and new AWS buckets ask for, and not in the path.
    pub virtual_hosted: bool,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("allow_http", &self.allow_http)
            .field("virtual_hosted", &self.virtual_hosted)
            .finish_non_exhaustive()
    }
}

/// A picture could not be kept, read or taken away.
#[derive(Debug, thiserror::Error)]
pub enum PictureStoreError {
    /// The folder cannot be made.
    #[error("the folder of the pictures, {root}, cannot be made")]
    Folder {
        /// Which folder.
        root: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The settings cannot be used.
    #[error("the settings of the picture store cannot be used")]
    Settings(#[source] Error),
    /// The name is not a hash of ours.
    #[error("a picture is named by 64 hexadecimal digits")]
    MalformedHash,
    /// Under the picture's name lies something that we did not put there.
    #[error("under the name of a picture lies an object of {0} bytes")]
    Foreign(u64),
    /// The store does not do it.
    #[error("the picture store does not answer as it should")]
    Unavailable(#[source] Error),
}

/// Keeps pictures.
#[derive(Debug, Clone)]
pub enum PictureStore {
    /// In a folder of this machine.
    Local(Arc<LocalFileSystem>),
    /// In a bucket.
    S3(Arc<AmazonS3>),
}

impl PictureStore {
    /// The store of these settings. A bucket is not asked yet; [`PictureStore::probe`] does.
    pub fn open(settings: &PictureStoreSettings) -> Result<Self, PictureStoreError> {
        match settings {
            PictureStoreSettings::Local { root } => {
                let folder = |source| PictureStoreError::Folder { root: root.clone(), source };
                crate::private_folder(root).map_err(folder)?;
                let files = LocalFileSystem::new_with_prefix(root).map_err(PictureStoreError::Settings)?;
                // A picture of which the database knows has to survive a power cut.
                Ok(Self::Local(Arc::new(files.with_fsync(true))))
            }
            PictureStoreSettings::S3(settings) => Ok(Self::S3(Arc::new(bucket(settings)?))),
        }
    }

    pub(super) fn objects(&self) -> &dyn ObjectStore {
        match self {
            Self::Local(files) => files.as_ref(),
            Self::S3(bucket) => bucket.as_ref(),
        }
    }

    /// Asks the store for a picture that is not there, to see that it answers.
    pub async fn probe(&self) -> Result<(), PictureStoreError> {
        self.get(&"0".repeat(64), Size::Thumbnail).await.map(drop)
    }

    /// Keeps a picture. The full size comes last: where it is, the thumbnail is.
    pub async fn put(&self, picture: &Prepared) -> Result<(), PictureStoreError> {
        for (size, bytes) in [(Size::Thumbnail, &picture.thumbnail), (Size::Full, &picture.jpeg)] {
            let path = path(&picture.hash, size).ok_or(PictureStoreError::MalformedHash)?;
            let put = self.objects().put(&path, PutPayload::from_bytes(bytes.clone())).await;
            put.map_err(PictureStoreError::Unavailable)?;
        }
        Ok(())
    }

    /// The JPEG of a picture, if it is kept.
    pub async fn get(&self, hash: &str, size: Size) -> Result<Option<Bytes>, PictureStoreError> {
        match path(hash, size) {
            Some(path) => self.bytes(&path).await,
            None => Ok(None),
        }
    }

    async fn bytes(&self, path: &Path) -> Result<Option<Bytes>, PictureStoreError> {
        let found = match self.objects().get(path).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(PictureStoreError::Unavailable)?,
        };
        if found.meta.size > BYTES_MAX as u64 {
            return Err(PictureStoreError::Foreign(found.meta.size));
        }
        found.bytes().await.map(Some).map_err(PictureStoreError::Unavailable)
    }

    /// Keeps the picture of a code, which is no upload and has one size.
    pub async fn put_code(&self, hash: &str, png: Bytes) -> Result<(), PictureStoreError> {
        let path = code_path(hash).ok_or(PictureStoreError::MalformedHash)?;
        let put = self.objects().put(&path, PutPayload::from_bytes(png)).await;
        put.map(drop).map_err(PictureStoreError::Unavailable)
    }

    /// The picture of a code, if it is kept.
    pub async fn get_code(&self, hash: &str) -> Result<Option<Bytes>, PictureStoreError> {
        match code_path(hash) {
            Some(path) => self.bytes(&path).await,
            None => Ok(None),
        }
    }

    /// Takes the picture of a code away. Gone already is as good.
    pub async fn delete_code(&self, hash: &str) -> Result<(), PictureStoreError> {
        let Some(path) = code_path(hash) else { return Ok(()) };
        match self.objects().delete(&path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(PictureStoreError::Unavailable(error)),
        }
    }

    /// Takes both sizes of a picture away, the full one first. Gone already is as good.
    pub async fn delete(&self, hash: &str) -> Result<(), PictureStoreError> {
        for path in [Size::Full, Size::Thumbnail].into_iter().filter_map(|size| path(hash, size)) {
            match self.objects().delete(&path).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(PictureStoreError::Unavailable(error)),
            }
        }
        Ok(())
    }
}

fn bucket(settings: &S3Settings) -> Result<AmazonS3, PictureStoreError> {
    let options = ClientOptions::new().with_connect_timeout(CONNECT_WITHIN).with_timeout(ANSWER_WITHIN);
    AmazonS3Builder::new()
        .with_client_options(options)
        .with_allow_http(settings.allow_http)
        .with_bucket_name(&settings.bucket)
        .with_endpoint(&settings.endpoint)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(settings.secret_access_key.as_str())
        .with_virtual_hosted_style_request(settings.virtual_hosted)
        .with_retry(RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_WITHIN,
        })
        .build()
        .map_err(PictureStoreError::Settings)
}

/// Where a picture lies: two levels of 256 folders, so that none holds too many. Nothing but a hash leads to a path.
fn path(hash: &str, size: Size) -> Option<Path> {
    let suffix = match size {
        Size::Full => "",
        Size::Thumbnail => "-thumb",
    };
    is_hash(hash).then(|| Path::from(format!("pictures/{}/{}/{hash}{suffix}.jpg", &hash[..2], &hash[2..4])))
}

/// Where the picture of a code lies: beside uploads, and never in their way.
fn code_path(hash: &str) -> Option<Path> {
    is_hash(hash).then(|| Path::from(format!("codes/{}/{}/{hash}.png", &hash[..2], &hash[2..4])))
}

fn is_hash(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
