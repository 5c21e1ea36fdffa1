//! Files beside the pictures: copies of people's own data. They are written while they are made and read while they are sent, so that none
//! is ever held in memory. A file lies under the id of its row; who may read it is decided by the row.

use bytes::Bytes;
use domain::ids::ExportId;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, WriteMultipart};
use tokio::sync::mpsc::Receiver;

use super::{PictureStore, PictureStoreError};

/// Parts that are on their way to the store at once.
const PARTS_AT_ONCE: usize = 2;

/// A file as it is sent.
pub struct File {
    /// How long it is.
    pub bytes: u64,
    /// Its content.
    pub content: BoxStream<'static, Result<Bytes, PictureStoreError>>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// What a writer of a file sends: a piece, or that it is finished. If the channel closes without an end, the writer failed.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes.
    Bytes(Bytes),
    /// There are no more.
    End,
}

impl PictureStore {
    /// Keeps a file; returns how long it is, or nothing if its writer failed: then there is no file.
    pub async fn put_file(
        &self,
        id: ExportId,
        mut pieces: Receiver<Piece>,
    ) -> Result<Option<u64>, PictureStoreError> {
        let upload = self
            .objects()
            .put_multipart_opts(&path(id), Default::default())
            .await
            .map_err(PictureStoreError::Unavailable)?;
        let mut write = WriteMultipart::new(upload);
        let mut bytes = 0;
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Bytes(some) => {
                    bytes += some.len() as u64;
                    write.wait_for_capacity(PARTS_AT_ONCE).await.map_err(PictureStoreError::Unavailable)?;
                    write.put(some);
                }
                Piece::End => {
                    write.finish().await.map_err(PictureStoreError::Unavailable)?;
                    return Ok(Some(bytes));
                }
            }
        }
        write.abort().await.map_err(PictureStoreError::Unavailable)?;
        Ok(None)
    }

    /// A file, if it is kept.
    pub async fn get_file(&self, id: ExportId) -> Result<Option<File>, PictureStoreError> {
        let found = match self.objects().get(&path(id)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(PictureStoreError::Unavailable)?,
        };
        let bytes = found.meta.size;
        let content = found.into_stream().map_err(PictureStoreError::Unavailable).boxed();
        Ok(Some(File { bytes, content }))
    }

    /// Takes a file away. Gone already is as good.
    pub async fn delete_file(&self, id: ExportId) -> Result<(), PictureStoreError> {
        match self.objects().delete(&path(id)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(PictureStoreError::Unavailable(error)),
        }
    }
}

fn path(id: ExportId) -> Path {
    Path::from(format!("exports/{id}.zip"))
}
