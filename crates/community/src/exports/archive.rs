//! The file of a copy: a ZIP that is written from front to back on a thread of its own, while another task takes the pieces away.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use domain::Ts;
use domain::ids::{ExportId, PictureId, ResidentId};
use foundation::pictures::files::Piece;
use foundation::pictures::{PictureStoreError, Size};
use foundation::{AnyId, App, phones};
use store::erasure::Whom;
use store::exports::{self as rows, KINDS, Kind, Record, Whose};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Sender, channel};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::sheet;

/// Bytes that are sent at once.
const PIECE: usize = 256 * 1024;
/// Pieces that may wait to be taken away.
const WAITING: usize = 4;
/// Pictures that are looked up at once.
const PICTURES: i64 = 50;

/// Why a copy was not made.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the database was not read")]
    Store(#[from] foundation::Error),
    #[error("a picture was not read")]
    Picture(#[from] PictureStoreError),
    #[error("the archive was not written")]
    Zip(#[from] zip::result::ZipError),
    #[error("the archive was not written")]
    Io(#[from] io::Error),
    #[error("a record was not written")]
    Json(#[from] serde_json::Error),
    #[error("a sheet was not written")]
    Csv(#[from] csv::Error),
}

/// Writes the file; returns how long it is, or nothing if the data could not be read.
pub(super) async fn write(
    app: &Arc<App>,
    id: ExportId,
    whom: Whom,
    now: Ts,
) -> Result<Option<u64>, PictureStoreError> {
    let (send, receive) = channel(WAITING);
    let source = Source { app: app.clone(), handle: Handle::current(), whom };
    let writer = tokio::task::spawn_blocking(move || {
        if let Err(fault) = source.write_to(&send, now) {
            // Nothing is said of what was being written, which may be anything that the person wrote.
            tracing::error!(error = &fault as &dyn std::error::Error, %id, "export.failed");
        }
    });
    let kept = app.pictures.put_file(id, receive).await;
    if let Err(error) = writer.await {
        tracing::error!(%error, %id, "export.ended");
    }
    kept
}

/// Where the data comes from, for a thread that may block.
struct Source {
    app: Arc<App>,
    handle: Handle,
    whom: Whom,
}

type Zip = ZipWriter<StreamWriter<Pieces>>;

impl Source {
    fn write_to(&self, to: &Sender<Piece>, now: Ts) -> Result<(), Fault> {
        let mut zip = ZipWriter::new_stream(Pieces { to: to.clone(), some: Vec::with_capacity(PIECE) });
        zip.start_file("README.txt", text())?;
        zip.write_all(sheet::readme(now).as_bytes())?;
        zip.start_file("data.json", text())?;
        self.json(&mut zip, now)?;
        for kind in KINDS {
            zip.start_file(format!("{}.csv", kind.name), text())?;
            self.csv(&mut zip, kind)?;
        }
        zip.start_file(format!("{}.csv", sheet::PHONE), text())?;
        zip.write_all("\u{feff}number\n".as_bytes())?;
        if let Some(number) = self.phone()? {
            writeln!(zip, "{number}")?;
        }
        for &resident in &self.whom.residents {
            self.pictures(&mut zip, resident)?;
        }
        self.faces(&mut zip)?;
        let mut pieces = zip.finish()?.into_inner();
        pieces.flush()?;
        to.blocking_send(Piece::End).map_err(|_| io::ErrorKind::BrokenPipe.into()).map_err(Fault::Io)
    }

    /// The telephone number, which is the person's own: it stands enciphered in the database, and is told here alone.
    fn phone(&self) -> Result<Option<String>, Fault> {
        let who = self.whom.identity;
        let read = move |conn: &mut store::Db| store::phones::of_identity(conn, who);
        let found = self.handle.block_on(self.app.store.read(read))?;
        let opened =
            found.zip(self.app.data_keys.as_ref()).and_then(|(phone, keys)| phones::open(keys, &phone));
        Ok(opened.map(|number| number.e164()))
    }

    /// Everything once, list by list.
    fn json(&self, zip: &mut Zip, now: Ts) -> Result<(), Fault> {
        write!(zip, "{{\"madeAt\":\"{now}\"")?;
        write!(zip, ",\n\"{}\":{}", sheet::PHONE, serde_json::to_string(&self.phone()?)?)?;
        for kind in KINDS {
            write!(zip, ",\n\"{}\":[", kind.name)?;
            let mut first = true;
            self.each(kind, |record| {
                zip.write_all(if first { b"\n" } else { b",\n" })?;
                first = false;
                serde_json::to_writer(&mut *zip, &sheet::object(kind, &record))?;
                Ok(())
            })?;
            zip.write_all(b"]")?;
        }
        Ok(zip.write_all(b"}\n")?)
    }

    /// One kind as a sheet, with the mark at the beginning by which spreadsheets know the encoding.
    fn csv(&self, zip: &mut Zip, kind: &'static Kind) -> Result<(), Fault> {
        zip.write_all("\u{feff}".as_bytes())?;
        let mut sheet = csv::Writer::from_writer(zip);
        sheet.write_record(kind.columns.iter().map(|column| column.name))?;
        self.each(kind, |record| Ok(sheet.write_record(record.values.into_iter().map(sheet::cell))?))?;
        Ok(sheet.flush()?)
    }

    /// The pictures of deeds, as they are kept.
    fn pictures(&self, zip: &mut Zip, resident: ResidentId) -> Result<(), Fault> {
        let mut after: Option<PictureId> = None;
        loop {
            let read = move |conn: &mut store::Db| rows::pictures(conn, resident, after, PICTURES);
            let found = self.handle.block_on(self.app.store.read(read))?;
            let Some((last, ..)) = found.last() else { return Ok(()) };
            after = Some(*last);
            for (picture, hash, deed) in found {
                self.picture(zip, &hash, format!("pictures/{deed}/{picture}.jpg"))?;
            }
        }
    }

    /// The picture that the person is shown by, and one that waits.
    fn faces(&self, zip: &mut Zip) -> Result<(), Fault> {
        let who = self.whom.identity;
        let read = move |conn: &mut store::Db| store::pictures::avatars(conn, who);
        for face in self.handle.block_on(self.app.store.read(read))? {
            self.picture(zip, &face.hash, format!("pictures/avatar/{}.jpg", face.id))?;
        }
        Ok(())
    }

    fn picture(&self, zip: &mut Zip, hash: &str, name: String) -> Result<(), Fault> {
        let Some(jpeg) = self.handle.block_on(self.app.pictures.get(hash, Size::Full))? else {
            return Ok(());
        };
        // It is compressed already.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, stored)?;
        Ok(zip.write_all(&jpeg)?)
    }

    /// Every record of a kind, page by page.
    fn each(
        &self,
        kind: &'static Kind,
        mut take: impl FnMut(Record) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for owner in self.owners(kind.whose) {
            let mut after = None;
            loop {
                let read = move |conn: &mut store::Db| rows::page(conn, kind, owner, after);
                let page = self.handle.block_on(self.app.store.read(read))?;
                let full = i64::try_from(page.len()).is_ok_and(|n| n >= rows::PAGE);
                after = page.last().map(|record| record.key);
                page.into_iter().try_for_each(&mut take)?;
                if !full {
                    break;
                }
            }
        }
        Ok(())
    }

    fn owners(&self, whose: Whose) -> Vec<AnyId> {
        let identity = AnyId::of(self.whom.identity);
        let residents = self.whom.residents.iter().copied().map(AnyId::of);
        match whose {
            Whose::Identity => vec![identity],
            Whose::Resident => residents.collect(),
            Whose::Both => std::iter::once(identity).chain(residents).collect(),
        }
    }
}

fn text() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Sends what is written, piece by piece; waits where nobody takes them away.
struct Pieces {
    to: Sender<Piece>,
    some: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.some.extend_from_slice(bytes);
        if self.some.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        if self.some.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.some, Vec::with_capacity(PIECE));
        self.to.blocking_send(Piece::Bytes(Bytes::from(piece))).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
