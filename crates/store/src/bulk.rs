//! Filling an empty database: many rows of many tables at once, by COPY on PostgreSQL and by statements of many rows on SQLite. A row
//! is an array of [`Cell`]s in the order of the table's columns. Rows wait in memory until there are enough of them, and then go in
//! the order of [`Table`]; what a row refers to is pushed before it.

mod cell;

use std::borrow::Cow;
use std::io::Write;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{meta, schema, stmt, writer};

pub use cell::Cell;
use cell::encode;

/// How many cells wait in memory before they go: about 20 MB.
pub const HELD: usize = 400_000;
/// Binds of one statement on SQLite; more are no faster.
const BINDS: usize = 240;
/// Cells of one transaction on SQLite: its write-ahead log stays below half a gigabyte. PostgreSQL loads in one transaction.
const TRANSACTION_CELLS: usize = 4_000_000;

macro_rules! tables {
    ($($variant:ident = $table:ident($($column:ident),* $(,)?);)*) => {
        /// A table that can be filled; the cells of a row stand in this order. What is referred to stands before what refers to it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Table {
            $(#[doc = concat!("`", stringify!($table), "`: ", $(stringify!($column), " "),*)] $variant,)*
        }

        impl Table {
            const EVERY: &'static [Self] = &[$(Self::$variant),*];

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($table),)* }
            }
            const fn columns(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$(<schema::$table::$column as Column>::NAME),*],)* }
            }
        }

        fn copy(conn: &mut PgConnection, table: Table, data: &[u8]) -> QueryResult<usize> {
            let send = |out: &mut dyn Write| {
                out.write_all(data).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))
            };
            match table {
                $(Table::$variant => diesel::copy_from(schema::$table::table)
                    .from_raw_data(($(schema::$table::$column,)*), send)
                    .execute(conn),)*
            }
        }

        fn insert(conn: &mut SqliteConnection, table: Table, cells: &[Cell], full: bool) -> QueryResult<usize> {
            match (table, full) {
                $(
                    (Table::$variant, true) => Rows::<{ Table::$variant as usize }, true>(cells).execute(conn),
                    (Table::$variant, false) => Rows::<{ Table::$variant as usize }, false>(cells).execute(conn),
                )*
            }
        }
    };
}

tables! {
    Units = units(id, parent_id, type_, setting, name, code, version, created_at);
    UnitPaths = unit_paths(unit_id, ancestor_id, depth);
    Households = households(id, unit_id, code, householder_id, hidden, version, created_at);
    HouseholdDoors = household_doors(household_id, door);
    Residents = residents(id, unit_id, household_id, code, hidden, state, version, created_at);
    ResidentNames = resident_names(resident_id, name, nickname);
    Identities = identities(id, provider, subject, resident_id, nickname, version, created_at);
    JoinRequests = join_requests(
        id, identity_id, unit_id, name, door, note, state, reason, decided_by, decided_at, created_at
    );
    Staff = staff(
        id, login, password_hash, name, resident_id, disabled, failures, locked_until, version, created_at
    );
    StaffRoles = staff_roles(id, staff_id, unit_id, role);
    Accounts = accounts(id, kind, holder, created_at);
    AccountOwners = account_owners(account_id, holder, owner_id, kind);
    Balances = balances(account_id, posted, pending, floor, version);
    TransferGroups = transfer_groups(business_key, created_at);
    Transfers = transfers(
        id, business_key, kind, debit, credit, amount, mode, reason, pending_id, reverses, unit_id, household_id, resident_id,
        created_at
    );
    LedgerLog = ledger_log(
        seq, day, entry, transfer_id, subject, subject_id, unit_id, household_id, resident_id, score, at
    );
    Holds = holds(transfer_id, account_id, amount, expires_at, state);
    Folds = folds(account_id, balance, seq);
    Counters = counters(scope, subject_id, span, start, used);
    BoardScores = board_scores(span, start, subject, unit_id, subject_id, score, reached);
    BoardVisibility = board_visibility(subject, subject_id, state);
    Catalogues = catalogues(
        id, unit_id, number, state, name_zh, name_en, source, force_from, force_until, document, created_by, adopted_by,
        created_at, version
    );
    Items = items(id, catalogue_id, position, code, body);
    Claims = claims(
        id, unit_id, subject, resident_id, household_id, item_id, day_of_act, quantity, cause, cause_id, claimant_id, entered_by,
        proxy_id, state, merit, redeemable, decided_by, decided_at, created_at, version
    );
    ClaimNotes = claim_notes(claim_id, note, reason);
    ClaimTakes = claim_takes(claim_id, scope, subject_id, span, start, amount);
    Clerks = clerks(
        id, provider, subject, login, password_hash, name, resident_id, disabled, failures, locked_until, version, created_at
    );
    Merchants = merchants(
        id, unit_id, category, name, address, phone, body, search_text, state, reason, account_id, applied_by, decided_by, decided_at,
        thanks_count, version, created_at
    );
    MerchantStaff = merchant_staff(merchant_id, clerk_id, role, since, ended_at);
    Offers = offers(
        id, merchant_id, title, body, list_price, price, points, from_day, until_day, windows, per_resident, per_resident_span, per_day,
        state, open, reason, decided_by, decided_at, version, created_at
    );
    Redemptions = redemptions(
        id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, hold_id, list_price, price,
        points, state, approval, expires_at, day, week, month, limit_span, limit_start, limit_of_day, settled_at, voided_at, ended_by,
        returned_version, receipt, void_receipt, created_at
    );
    RedemptionNotes = redemption_notes(redemption_id, note);
    MerchantCustomers = merchant_customers(merchant_id, resident_id, first_day, visits);
    Thanks = thanks(id, merchant_id, resident_id, words, day, created_at);
    Events = events(
        id, unit_id, kind, section, themes, title, body, place, starts_at, ends_at, sign_up_from, sign_up_until, withdraw_until,
        capacity, offer_minutes, minimum_age, item_id, award_per, state, reason, taken, next_place, door_secret, reminded, drafted_by,
        completed_by, completed_at, version, created_at
    );
    EventCalendar = event_calendar(unit_id, starts_at, event_id, section);
    SignUps = sign_ups(
        id, event_id, resident_id, state, place, entered_by, checked_in_at, checked_out_at, minutes, claim_id, version, created_at
    );
    ResidentBirths = resident_births(resident_id, born);
    Deeds = deeds(
        id, identity_id, resident_id, household_id, unit_id, section, title, body, day_of_act, item_id, quantity, state, reason,
        like_count, comment_count, share_count, version, created_at, published_at, event_id
    );
    DeedFeed = deed_feed(unit_id, deed_id, section, published_at);
    DeedPopularity = deed_popularity(deed_id, unit_id, section, likes);
    Likes = likes(deed_id, identity_id, created_at);
    Shares = shares(deed_id, identity_id, created_at);
    Pictures = pictures(
        id, identity_id, hash, width, height, bytes, deed_id, position, created_at, merchant_id, offer_id, event_id
    );
    Comments = comments(id, deed_id, identity_id, resident_id, body, state, reason, created_at);
    Reports = reports(id, deed_id, identity_id, unit_id, cause, note, state, decided_by, decided_at, created_at);
    Reviews = reviews(
        id, kind, object_id, unit_id, state, claimed_by, lease_until, decided_by, decided_at, created_at
    );
    Inbox = inbox(id, owner_id, owner, kind, object, detail, created_at, read_at);
}

/// Rows of one table in one statement of SQLite. As many rows as fit (`FULL`) or one, so that each is prepared once.
struct Rows<'a, const TABLE: usize, const FULL: bool>(&'a [Cell]);

impl<const TABLE: usize, const FULL: bool> QueryId for Rows<'_, TABLE, FULL> {
    type QueryId = Rows<'static, TABLE, FULL>;
    const HAS_STATIC_QUERY_ID: bool = true;
}
impl<const TABLE: usize, const FULL: bool> Query for Rows<'_, TABLE, FULL> {
    type SqlType = BigInt;
}
impl<const TABLE: usize, const FULL: bool> RunQueryDsl<SqliteConnection> for Rows<'_, TABLE, FULL> {}
impl<const TABLE: usize, const FULL: bool> QueryFragment<Sqlite> for Rows<'_, TABLE, FULL> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let table = Table::EVERY[TABLE];
        out.push_sql("INSERT INTO ");
        out.push_sql(table.name());
        for (i, column) in table.columns().iter().enumerate() {
            out.push_sql(if i == 0 { " (" } else { ", " });
            out.push_identifier(column)?;
        }
        out.push_sql(") VALUES ");
        for (r, row) in self.0.chunks(table.columns().len()).enumerate() {
            for (i, cell) in row.iter().enumerate() {
                out.push_sql(match (r, i) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                });
                match cell {
                    Cell::Null => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>)?,
                    Cell::Int(n) => out.push_bind_param::<BigInt, _>(n)?,
                    Cell::Bool(b) => out.push_bind_param::<BigInt, _>(if *b { &1_i64 } else { &0_i64 })?,
                    Cell::Id(id) => out.push_bind_param::<Uid, _>(id)?,
                    Cell::Bytes(bytes) => out.push_bind_param::<Binary, [u8]>(bytes)?,
                    Cell::Text(text) => match text {
                        Cow::Borrowed(text) => out.push_bind_param::<Text, str>(text)?,
                        Cow::Owned(text) => out.push_bind_param::<Text, String>(text)?,
                    },
                }
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

/// Takes rows.
#[derive(Debug)]
pub struct Loader<'c> {
    conn: &'c mut Db,
    waiting: Vec<Vec<Cell>>,
    held: usize,
    held_max: usize,
    uncommitted: usize,
    text: Vec<u8>,
}

impl Loader<'_> {
    /// Adds a row: as many cells as the table has columns.
    pub fn push<const N: usize>(&mut self, table: Table, row: [Cell; N]) -> Result<()> {
        if N != table.columns().len() {
            return Err(Error::corrupt(format!("a row of {} has {N} cells", table.name())));
        }
        self.waiting[table as usize].extend(row);
        self.held += N;
        if self.held >= self.held_max {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        for table in Table::EVERY {
            let mut cells = std::mem::take(&mut self.waiting[*table as usize]);
            let width = table.columns().len();
            match &mut *self.conn {
                Db::Sqlite(c) => {
                    let chunk = (BINDS / width).max(1) * width;
                    for rows in cells.chunks(chunk) {
                        if rows.len() == chunk {
                            insert(c, *table, rows, true)?;
                            continue;
                        }
                        for row in rows.chunks(width) {
                            insert(c, *table, row, false)?;
                        }
                    }
                }
                Db::Pg(c) if !cells.is_empty() => {
                    self.text.clear();
                    for row in cells.chunks(width) {
                        encode(row, &mut self.text)?;
                    }
                    copy(c, *table, &self.text)?;
                }
                Db::Pg(_) => {}
            }
            cells.clear();
            self.waiting[*table as usize] = cells;
        }
        self.uncommitted += std::mem::take(&mut self.held);
        if self.conn.is_sqlite() && self.uncommitted >= TRANSACTION_CELLS {
            writer::commit(self.conn)?;
            writer::begin(self.conn)?;
            self.uncommitted = 0;
        }
        Ok(())
    }

    /// Ends the log here, with the scores' cursor at its end.
    pub fn end_log(&mut self, seq: i64, day: domain::Day) -> Result<()> {
        self.flush()?;
        EndOfLog { seq, day: day.0 }.execute(self.conn)?;
        EndOfScores { seq, day: day.0 }.execute(self.conn)?;
        Ok(())
    }

    /// Writes what is known of a row only when others stand: how often shops were thanked, and the recaps of events, which name the
    /// events, too.
    pub fn look_back(&mut self) -> Result<()> {
        self.flush()?;
        (CountThanks {}).execute(self.conn)?;
        (NameRecaps {}).execute(self.conn)?;
        Ok(())
    }
}

stmt! { CountThanks { } -> BigInt =
"UPDATE merchants SET thanks_count = (SELECT COUNT(*) FROM thanks t WHERE t.merchant_id = merchants.id)" }
stmt! { NameRecaps { } -> BigInt = "UPDATE events SET recap_id = d.id FROM deeds d WHERE d.event_id = events.id" }
stmt! { EndOfLog { seq: i64 => BigInt, day: i32 => Integer } -> BigInt = "UPDATE sequencer SET seq = ?, day = ? WHERE id = 1" }
stmt! { EndOfScores { seq: i64 => BigInt, day: i32 => Integer } -> BigInt =
"UPDATE projections SET seq = ?, day = ? WHERE name = 'board_scores'" }
stmt! { Occupied { } -> BigInt =
"SELECT CAST((SELECT COUNT(*) FROM meta) + (SELECT COUNT(*) FROM units) + (SELECT COUNT(*) FROM identities) \
+ (SELECT COUNT(*) FROM staff) + (SELECT COUNT(*) FROM accounts) AS BIGINT)" }

/// Fills an empty, migrated database; refuses one that holds anything. `marks` are the rows of `meta`: they are written last, durably,
/// so that a database with them is whole. On PostgreSQL everything is one transaction; on SQLite a load that was cut short leaves a file
/// without marks that is to be deleted. At most `held_max` cells ([`HELD`]) wait before they are sent, so what a row refers to is pushed
/// before the row.
pub fn load<T>(
    conn: &mut Db,
    marks: &[(&str, &str)],
    held_max: usize,
    body: impl FnOnce(&mut Loader<'_>) -> Result<T>,
) -> Result<T> {
    if (Occupied {}).get_result::<i64>(conn)? != 0 {
        return Err(Error::corrupt("the database is not empty"));
    }
    if conn.is_sqlite() {
        conn.batch_execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;")?;
    }
    let outcome = in_transactions(conn, held_max, body);
    if conn.is_sqlite() {
        conn.batch_execute("PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;")?;
    }
    let value = outcome?;
    writer::begin(conn)?;
    let marked = marks.iter().try_for_each(|(key, value)| meta::put_new(conn, key, value).map(|_| ()));
    if let Err(error) = marked.and_then(|()| writer::commit(conn)) {
        writer::rollback(conn);
        return Err(error);
    }
    // The checkpoint after a synchronous commit also syncs what the load left to the operating system.
    conn.batch_execute(if conn.is_sqlite() {
        "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);"
    } else {
        "ANALYZE;"
    })?;
    Ok(value)
}

fn in_transactions<T>(
    conn: &mut Db,
    held_max: usize,
    body: impl FnOnce(&mut Loader<'_>) -> Result<T>,
) -> Result<T> {
    writer::begin(conn)?;
    let outcome = (|| {
        if !conn.is_sqlite() {
            conn.batch_execute(
                "SET LOCAL statement_timeout = '15min'; SET LOCAL idle_in_transaction_session_timeout = 0;",
            )?;
        }
        let waiting = Table::EVERY.iter().map(|_| Vec::new()).collect();
        let mut loader =
            Loader { conn: &mut *conn, waiting, held: 0, held_max, uncommitted: 0, text: Vec::new() };
        let value = body(&mut loader)?;
        loader.flush()?;
        writer::commit(conn)?;
        Ok(value)
    })();
    if outcome.is_err() {
        writer::rollback(conn);
    }
    outcome
}
