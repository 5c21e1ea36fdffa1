//! Carrying the log over into SQLite's file so that others can flush meanwhile. A pass writes some hundred pages all over the file and then
//! flushes them, all at once; who commits at that moment waits behind all of them. Here a few pages are brought to the disk at a time, while
//! the pass goes on: then a commit waits for a few. (Measured with 256 pages and a flush of 16 KB each millisecond: of a hundred flushes one
//! takes 0.8 ms and not 5, and in all of them the disk does 15 % more.)
//!
//! SQLite is told nothing of it, and still flushes at the end of a pass: what is on the disk by then is only less work for that.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use libsqlite3_sys as sqlite;

use crate::db;

/// Pages that are on their way to the disk at a time.
const AT_A_TIME: u32 = 16;

thread_local! {
    /// Whether the connection that this thread opens is to write gently.
    static WANTED: Cell<bool> = const { Cell::new(false) };
    /// The file that the connection of this thread writes to.
    static GENTLE: RefCell<Option<Gentle>> = const { RefCell::new(None) };
}

/// How SQLite itself writes.
static PLAIN: OnceLock<sqlite::sqlite3_io_methods> = OnceLock::new();
/// The same, but for [`write`].
static GENTLY: OnceLock<sqlite::sqlite3_io_methods> = OnceLock::new();

struct Gentle {
    /// Never closed: with it the process would lose its locks on the file, by whichever connection they were taken.
    file: ManuallyDrop<File>,
    /// Pages that were written and may not be on the disk, and between which bytes of the file they are.
    pages: u32,
    from: i64,
    until: i64,
    /// How often pages were brought to the disk.
    rounds: u64,
}

/// Opens a connection that writes gently, and that only this thread uses. On what is no file, and where the system does not allow it, it
/// writes as any other.
pub(crate) fn gently<T>(open: impl FnOnce() -> T) -> T {
    db::tell_of_connections(opened);
    WANTED.set(true);
    let opened = open();
    WANTED.set(false);
    opened
}

#[expect(unsafe_code, reason = "called by SQLite with a connection that it has just opened")]
unsafe extern "C" fn opened(
    db: *mut sqlite::sqlite3,
    _error: *mut *mut c_char,
    _api: *const sqlite::sqlite3_api_routines,
) -> c_int {
    if WANTED.get() {
        // SAFETY: the connection is open, and its file as well. The methods that are put in the place of its own live as long as the process,
        // and are its own but for one, which calls what it replaces.
        unsafe {
            if let Some((file, path)) = file_of(db)
                && let Ok(own) = File::open(path)
            {
                let methods = &*(*file).pMethods;
                let plain = PLAIN.get_or_init(|| *methods);
                // Files on other systems may be written to in another way.
                if matches!((plain.xWrite, methods.xWrite), (Some(one), Some(other)) if ptr::fn_addr_eq(one, other))
                {
                    let gently =
                        GENTLY.get_or_init(|| sqlite::sqlite3_io_methods { xWrite: Some(write), ..*plain });
                    (*file).pMethods = ptr::from_ref(gently);
                    let file = ManuallyDrop::new(own);
                    GENTLE.set(Some(Gentle { file, pages: 0, from: i64::MAX, until: 0, rounds: 0 }));
                }
            }
        }
    }
    sqlite::SQLITE_OK
}

#[expect(unsafe_code, reason = "asks SQLite for the file behind a connection")]
unsafe fn file_of<'a>(db: *mut sqlite::sqlite3) -> Option<(*mut sqlite::sqlite3_file, &'a Path)> {
    let mut file: *mut sqlite::sqlite3_file = ptr::null_mut();
    let into = ptr::from_mut(&mut file).cast::<c_void>();
    // SAFETY: the connection is open; both answers are null or live as long as it does.
    unsafe {
        let told =
            sqlite::sqlite3_file_control(db, c"main".as_ptr(), sqlite::SQLITE_FCNTL_FILE_POINTER, into);
        let name = sqlite::sqlite3_db_filename(db, c"main".as_ptr());
        let there = told == sqlite::SQLITE_OK && !file.is_null() && !(*file).pMethods.is_null();
        if !there || name.is_null() || *name == 0 {
            return None;
        }
        Some((file, Path::new(std::ffi::OsStr::from_bytes(CStr::from_ptr(name).to_bytes()))))
    }
}

#[expect(unsafe_code, reason = "called by SQLite to write a page")]
unsafe extern "C" fn write(
    file: *mut sqlite::sqlite3_file,
    page: *const c_void,
    length: c_int,
    at: sqlite::sqlite3_int64,
) -> c_int {
    let Some(plain) = PLAIN.get().and_then(|plain| plain.xWrite) else { return sqlite::SQLITE_IOERR_WRITE };
    // SAFETY: the arguments are SQLite's, for the function that it would have called.
    let written = unsafe { plain(file, page, length, at) };
    if written == sqlite::SQLITE_OK {
        GENTLE.with_borrow_mut(|gentle| {
            if let Some(gentle) = gentle {
                gentle.wrote(at, i64::from(length));
            }
        });
    }
    written
}

impl Gentle {
    /// A pass goes through the file from the front to the end: what lies between the first and the last of some pages is these pages, and
    /// what else the pass has not flushed yet.
    #[expect(unsafe_code, reason = "a call of the system that has no safe form")]
    fn wrote(&mut self, at: i64, length: i64) {
        self.pages += 1;
        self.from = self.from.min(at);
        self.until = self.until.max(at + length);
        if self.pages < AT_A_TIME {
            return;
        }
        let how = libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
        // SAFETY: the file is open. What goes wrong here is told to SQLite when it flushes: an error is kept for each that has the file open.
        unsafe {
            libc::sync_file_range(self.file.as_raw_fd(), self.from, self.until - self.from, how);
        }
        (self.pages, self.from, self.until) = (0, i64::MAX, 0);
        self.rounds += 1;
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::db::{Address, Purpose, open};

    #[test]
    fn what_is_carried_over_gently_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a town.sqlite");
        let address = Address::Sqlite(path.clone());
        let mut writer = open(&address, Purpose::Write).unwrap();
        writer.batch_execute("PRAGMA wal_autocheckpoint=0; CREATE TABLE t (x BLOB);").unwrap();
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
                    INSERT INTO t SELECT zeroblob(3000) FROM n;";
        writer.batch_execute(fill).unwrap();
        assert!(GENTLE.with_borrow(Option::is_none), "nobody wanted it");
        let before = std::fs::metadata(&path).unwrap().len();
        let mut own = gently(|| open(&address, Purpose::Write)).unwrap();
        own.batch_execute("PRAGMA wal_checkpoint(PASSIVE);").unwrap();
        let rounds = GENTLE.with_borrow(|gentle| gentle.as_ref().map_or(0, |gentle| gentle.rounds));
        assert!(rounds >= u64::from(200 / AT_A_TIME), "{rounds}");
        assert!(std::fs::metadata(&path).unwrap().len() > before + 200 * 3_000);
        drop((writer, own));
        let mut again = open(&address, Purpose::Read).unwrap();
        again.batch_execute("PRAGMA integrity_check;").unwrap();
    }
}
