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
        self.sweep(id).await;
        let upload = self
            .objects()
            .put_multipart_opts(&path(id), Default::default())
            .await
            .map_err(PictureStoreError::Unavailable)?;
        let mut write = WriteMultipart::new(upload);
        match fill(&mut write, &mut pieces).await {
            Ok(Some(bytes)) => {
                write.finish().await.map_err(PictureStoreError::Unavailable)?;
                Ok(Some(bytes))
            }
            failed => {
                // What was written of it goes, whatever hindered the rest.
                write.abort().await.map_err(PictureStoreError::Unavailable)?;
                failed.map_err(PictureStoreError::Unavailable)
            }
        }
    }

    /// Takes away what a process left of this file that ended while it wrote: in a folder it stands beside, under a name of its own. (A bucket
    /// is told to do so after a day: see `deploy/README.md`.)
    async fn sweep(&self, id: ExportId) {
        let Self::Local(files) = self else { return };
        let Ok(whole) = files.path_to_filesystem(&path(id)) else { return };
        let Some(folder) = whole.parent().map(std::path::Path::to_owned) else { return };
        let part = format!("{id}.zip#");
        let swept = tokio::task::spawn_blocking(move || {
            for entry in std::fs::read_dir(folder)?.flatten() {
                if entry.file_name().to_string_lossy().starts_with(&part) {
                    std::fs::remove_file(entry.path())?;
                }
            }
            std::io::Result::Ok(())
        });
        match swept.await {
            Ok(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, %id, "export.leftover");
            }
            _ => {}
        }
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
        self.sweep(id).await;
        match self.objects().delete(&path(id)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(PictureStoreError::Unavailable(error)),
        }
    }
}

/// Writes the pieces; how many bytes they were, or nothing if their writer failed.
async fn fill(write: &mut WriteMultipart, pieces: &mut Receiver<Piece>) -> Result<Option<u64>, Error> {
    let mut bytes = 0;
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Bytes(some) => {
                bytes += some.len() as u64;
                write.wait_for_capacity(PARTS_AT_ONCE).await?;
                write.put(some);
            }
            Piece::End => return Ok(Some(bytes)),
        }
    }
    Ok(None)
}

fn path(id: ExportId) -> Path {
    Path::from(format!("exports/{id}.zip"))
}
