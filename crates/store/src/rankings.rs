//! What boards read beside the live ones: the whole of a board from the database, how old the unknown end of the log is, and the names of
//! a page. A board read here is exact as of its `as_of_seq`: the kept scores, and over them the log that they have not followed yet.

mod neighbours;

use std::collections::{HashMap, HashSet};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::masking::Person;
use domain::period::Span;
use domain::ranking::{BoardChange, BoardKey, LogEntry, Place, Subject};
use domain::{Day, Ts};
use uuid::Uuid;

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::scores;
use crate::lists::among;
use crate::schema::{board_visibility, households, resident_names, residents, unit_paths, units};
use crate::stmt;

pub(crate) use neighbours::NamesOf;

/// How much of the log a board is read with: past that it ends earlier, and says so by its `as_of_seq`.
pub const TAIL_MAX: i64 = 5_000;

/// Reads everything as of one moment, whatever is written meanwhile, for as long as it takes.
pub fn at_one_moment<T>(conn: &mut Db, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    conn.transaction(|conn| {
        if !conn.is_sqlite() {
            conn.batch_execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = '15min'",
            )?;
        }
        body(conn)
    })
}

/// A whole board as of one entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Every subject with a score in the period, in no order, whoever it is and whatever the score is.
    pub places: Vec<Place>,
    /// Who is in no list.
    pub hidden: HashSet<Uuid>,
    /// Who is gone.
    pub erased: HashSet<Uuid>,
    /// The last entry that is in it.
    pub as_of_seq: u64,
    /// The log's day at that entry.
    pub log_day: Day,
}

stmt! { ScoresOf { unit: UnitId => Uid, span: String => Text, from: i32 => Integer, to: i32 => Integer, subject: String => Text }
   -> (Uid, BigInt, BigInt) =
"SELECT s.subject_id, CAST(SUM(s.score) AS BIGINT), MAX(s.reached) FROM unit_paths p \
JOIN board_scores s ON s.unit_id = p.unit_id \
WHERE p.ancestor_id = ? AND s.span = ? AND s.start >= ? AND s.start < ? AND s.subject = ? GROUP BY s.subject_id" }

/// Folds a board, as of one moment. Cost: the period's own rows in the subtree, whatever the history.
pub fn fold(conn: &mut Db, key: BoardKey) -> Result<Fold> {
    at_one_moment(conn, |conn| fold_now(conn, key))
}

fn fold_now(conn: &mut Db, key: BoardKey) -> Result<Fold> {
    let (as_of_seq, log_day) = scores::cursor(conn)?;
    let (mut hidden, mut erased) = (HashSet::new(), HashSet::new());
    for (id, state) in concealed(conn, key.subject)? {
        if state == "erased" {
            erased.insert(id)
        } else {
            hidden.insert(id)
        };
    }
    let mut fold = Fold { places: scores_of(conn, key)?, hidden, erased, as_of_seq, log_day };
    let tail = scores::log_after(conn, as_of_seq, TAIL_MAX)?;
    if !tail.is_empty() {
        let inside = subtree(conn, key.unit)?;
        take_all(&mut fold, key, &inside, &tail);
    }
    Ok(fold)
}

fn scores_of(conn: &mut Db, BoardKey { unit, period, subject }: BoardKey) -> Result<Vec<Place>> {
    let span = match period.span {
        Span::Week => Span::Day,
        Span::Quarter => Span::Month,
        stored => stored,
    };
    let from = period.start.0;
    let to = period.end().map_or(from + 1, |end| end.0);
    let statement =
        ScoresOf { unit, span: span.word().to_owned(), from, to, subject: subject.word().to_owned() };
    let rows: Vec<(AnyId, i64, i64)> = statement.load(conn)?;
    let place = |(id, score, reached): (AnyId, i64, i64)| {
        Place::new(score, u64::try_from(reached).unwrap_or(0), id.0)
    };
    Ok(rows.into_iter().map(place).collect())
}

fn concealed(conn: &mut Db, subject: Subject) -> Result<Vec<(Uuid, String)>> {
    let rows: Vec<(AnyId, String)> = board_visibility::table
        .filter(board_visibility::subject.eq(subject.word()))
        .select((board_visibility::subject_id, board_visibility::state))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, state)| (id.0, state)).collect())
}

fn subtree(conn: &mut Db, unit: UnitId) -> Result<HashSet<UnitId>> {
    let ids: Vec<UnitId> = unit_paths::table
        .filter(unit_paths::ancestor_id.eq(uid(unit)))
        .select(unit_paths::unit_id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// Lays entries of the log over a board that ends before them.
fn take_all(fold: &mut Fold, key: BoardKey, inside: &HashSet<UnitId>, entries: &[LogEntry]) {
    let mut at: HashMap<Uuid, usize> = fold.places.iter().enumerate().map(|(i, p)| (p.id, i)).collect();
    for entry in entries {
        (fold.as_of_seq, fold.log_day) = (entry.seq, entry.day);
        match entry.change {
            BoardChange::Score { unit, resident, household, amount } => {
                let id = if key.subject == Subject::Resident { resident } else { household };
                let counts = amount != 0 && key.period.contains(entry.day) && inside.contains(&unit);
                let Some(id) = id.filter(|_| counts) else { continue };
                let i = *at.entry(id).or_insert_with(|| {
                    fold.places.push(Place::new(0, 0, id));
                    fold.places.len() - 1
                });
                fold.places[i] = Place::new(fold.places[i].score() + amount, entry.seq, id);
            }
            BoardChange::Hide(subject, id) if subject == key.subject => drop(fold.hidden.insert(id)),
            BoardChange::Show(subject, id) if subject == key.subject => drop(fold.hidden.remove(&id)),
            BoardChange::Erase(subject, id) if subject == key.subject => drop(fold.erased.insert(id)),
            BoardChange::Hide(..) | BoardChange::Show(..) | BoardChange::Erase(..) | BoardChange::Nothing => {
            }
        }
    }
}

stmt! { Changed { after: i64 => BigInt } -> Nullable<BigInt> =
"SELECT MAX(seq) FROM ledger_log WHERE seq > ? AND entry <> 'transfer'" }

/// Whether somebody hid, showed or was erased after an entry. Cost: the log since then.
pub fn visibility_changed(conn: &mut Db, after: u64) -> Result<bool> {
    let last: Option<i64> = Changed { after: i64::try_from(after).unwrap_or(i64::MAX) }.get_result(conn)?;
    Ok(last.is_some())
}

stmt! { Unknown { seq: i64 => BigInt } -> Nullable<BigInt> =
"SELECT MIN(at) FROM (SELECT at FROM ledger_log WHERE seq = ? \
UNION ALL SELECT at FROM (SELECT t.created_at AS at FROM ledger_queue q JOIN transfers t ON t.id = q.transfer_id ORDER BY q.id LIMIT 1) w) x" }

/// When the first thing happened that an answer as of this entry does not know: the next entry of the log, or what waits for the log.
pub fn oldest_unknown(conn: &mut Db, as_of_seq: u64) -> Result<Option<Ts>> {
    let next = i64::try_from(as_of_seq).unwrap_or(i64::MAX).saturating_add(1);
    let at: Option<i64> = Unknown { seq: next }.get_result(conn)?;
    Ok(at.map(Ts))
}

/// Who stands on a line of a board, as masking wants it: the resident, or the household with its householder.
#[derive(Clone, PartialEq, Eq)]
pub struct Named {
    /// The unit it belongs to now.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// The resident's or householder's name; none once erased, or for a household without householder.
    pub name: Option<String>,
    /// The nickname.
    pub nickname: Option<String>,
    /// Whether the resident or householder hides.
    pub hidden: bool,
    /// Whether the subject itself hides.
    pub subject_hidden: bool,
}

/// Names stay out of logs.
impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Named").field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl Named {
    /// The person.
    pub fn person(&self) -> Person<'_> {
        Person { name: self.name.as_deref(), nickname: self.nickname.as_deref(), hidden: self.hidden }
    }
}

type NamedRow = (AnyId, UnitId, String, Option<String>, Option<String>, Option<bool>, bool);

/// Who these subjects are, in one statement.
pub fn named(conn: &mut Db, subject: Subject, ids: &[Uuid]) -> Result<HashMap<Uuid, Named>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = ids.iter().copied().map(AnyId);
    let rows: Vec<NamedRow> = match subject {
        Subject::Resident => residents::table
            .inner_join(units::table.on(units::id.eq(residents::unit_id)))
            .left_join(resident_names::table.on(resident_names::resident_id.eq(residents::id)))
            .filter(among(residents::id, wanted))
            .select((
                residents::id,
                units::id,
                units::name,
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                residents::hidden.nullable(),
                residents::hidden,
            ))
            .load(conn)?,
        Subject::Household => households::table
            .inner_join(units::table.on(units::id.eq(households::unit_id)))
            .left_join(residents::table.on(residents::id.nullable().eq(households::householder_id)))
            .left_join(
                resident_names::table
                    .on(resident_names::resident_id.nullable().eq(households::householder_id)),
            )
            .filter(among(households::id, wanted))
            .select((
                households::id,
                units::id,
                units::name,
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                residents::hidden.nullable(),
                households::hidden,
            ))
            .load(conn)?,
    };
    Ok(rows.into_iter().map(whole).collect())
}

fn whole((id, unit, unit_name, name, nickname, hidden, subject_hidden): NamedRow) -> (Uuid, Named) {
    (id.0, Named { unit, unit_name, name, nickname, hidden: hidden.unwrap_or(false), subject_hidden })
}

/// The household that a resident belongs to.
pub fn household_of(conn: &mut Db, resident: ResidentId) -> Result<Option<HouseholdId>> {
    let found: Option<Option<HouseholdId>> =
        residents::table.find(uid(resident)).select(residents::household_id).first(conn).optional()?;
    found.ok_or_else(|| Error::from(domain::Code::NotFound))
}

/// The unit at the top of the tree, if there is one.
pub fn root(conn: &mut Db) -> Result<Option<UnitId>> {
    Ok(units::table
        .filter(units::parent_id.is_null())
        .order(units::id)
        .select(units::id)
        .first(conn)
        .optional()?)
}
