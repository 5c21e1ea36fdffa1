//! The scores that boards are made from, and the log as boards read it. Scores are kept by subject and smallest unit for each day, month
//! and year and for all time; a week is the sum of its days, a quarter the sum of its months. Closed periods are answered from here.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, LogEntry, Subject};

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{board_visibility, ledger_log};
use crate::stmt;

type LogRow =
    (i64, i32, String, Option<String>, Option<AnyId>, Option<UnitId>, Option<AnyId>, Option<AnyId>, i64);

/// The log after `after`, at most `limit` entries, in order.
pub fn log_after(conn: &mut Db, after: u64, limit: i64) -> Result<Vec<LogEntry>> {
    use ledger_log as l;
    let rows: Vec<LogRow> = l::table
        .filter(l::seq.gt(i64::try_from(after).unwrap_or(i64::MAX)))
        .order(l::seq)
        .limit(limit)
        .select((
            l::seq,
            l::day,
            l::entry,
            l::subject,
            l::subject_id,
            l::unit_id,
            l::household_id,
            l::resident_id,
            l::score,
        ))
        .load(conn)?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: LogRow) -> Result<LogEntry> {
    let (seq, day, entry, subject, subject_id, unit, household, resident, score) = row;
    let whom = || {
        let subject = subject.as_deref().and_then(|s| s.parse::<Subject>().ok());
        subject
            .zip(subject_id)
            .map(|(s, id)| (s, id.0))
            .ok_or_else(|| Error::corrupt("a log entry of nobody"))
    };
    let change = match entry.as_str() {
        "hide" => whom().map(|(s, id)| BoardChange::Hide(s, id))?,
        "show" => whom().map(|(s, id)| BoardChange::Show(s, id))?,
        "erase" => whom().map(|(s, id)| BoardChange::Erase(s, id))?,
        _ => match unit {
            Some(unit) if score != 0 => BoardChange::Score {
                unit,
                resident: resident.map(|id| id.0),
                household: household.map(|id| id.0),
                amount: score,
            },
            _ => BoardChange::Nothing,
        },
    };
    Ok(LogEntry { seq: u64::try_from(seq).unwrap_or(0), day: Day(day), change })
}

stmt! { Enqueue { entry: String => Text, subject: String => Text, id: AnyId => Uid } -> BigInt =
"INSERT INTO ledger_queue (entry, subject, subject_id) VALUES (?, ?, ?)" }

/// Queues that a subject hides, shows or is erased: an entry of the same log.
pub fn enqueue_visibility(conn: &mut Db, entry: &str, subject: Subject, id: AnyId) -> Result<()> {
    Enqueue { entry: entry.to_owned(), subject: subject.word().to_owned(), id }.execute(conn)?;
    Ok(())
}

stmt! { CursorSqlite { } -> BigInt = "SELECT seq FROM projections WHERE name = 'board_scores'" }
stmt! { CursorPostgres { } -> BigInt = "SELECT seq FROM projections WHERE name = 'board_scores' FOR UPDATE" }
stmt! { SetCursor { seq: i64 => BigInt, day: i32 => Integer } -> BigInt =
"UPDATE projections SET seq = ?, day = ? WHERE name = 'board_scores'" }
stmt! { AddScore { span: String => Text, start: i32 => Integer, subject: String => Text, unit: UnitId => Uid, id: AnyId => Uid,
              score: i64 => BigInt, reached: i64 => BigInt } -> BigInt =
"INSERT INTO board_scores (span, start, subject, unit_id, subject_id, score, reached) VALUES (?, ?, ?, ?, ?, ?, ?) \
ON CONFLICT (span, start, subject, unit_id, subject_id) \
DO UPDATE SET score = board_scores.score + excluded.score, reached = excluded.reached" }
stmt! { Show { subject: String => Text, id: AnyId => Uid } -> BigInt =
"DELETE FROM board_visibility WHERE subject = ? AND subject_id = ? AND state = 'hidden'" }
stmt! { Conceal { subject: String => Text, id: AnyId => Uid, state: String => Text } -> BigInt =
"INSERT INTO board_visibility (subject, subject_id, state) VALUES (?, ?, ?) \
ON CONFLICT (subject, subject_id) DO UPDATE SET state = excluded.state WHERE board_visibility.state <> 'erased'" }

/// The spans that are stored; the others are sums of them.
const STORED: [Span; 4] = [Span::Day, Span::Month, Span::Year, Span::All];

type ScoreKey = (Span, Day, Subject, UnitId, uuid::Uuid);

/// Follows the log by at most `limit` entries; returns how many. Safe to run in several processes: the cursor's row is locked.
pub fn follow(conn: &mut Db, limit: i64) -> Result<usize> {
    let cursor: i64 = if conn.is_sqlite() {
        CursorSqlite {}.get_result(conn)?
    } else {
        CursorPostgres {}.get_result(conn)?
    };
    let entries = log_after(conn, u64::try_from(cursor).unwrap_or(0), limit)?;
    let Some(last) = entries.last() else { return Ok(0) };
    let (seq, day) = (i64::try_from(last.seq).unwrap_or(i64::MAX), last.day);
    let mut sums: HashMap<ScoreKey, (i64, u64)> = HashMap::new();
    for e in &entries {
        match &e.change {
            BoardChange::Score { unit, resident, household, amount } => {
                let subjects = [(Subject::Resident, resident), (Subject::Household, household)];
                for (subject, id) in subjects.into_iter().filter_map(|(s, id)| id.map(|id| (s, id))) {
                    for span in STORED {
                        let start = Period::of(span, e.day).start;
                        let sum = sums.entry((span, start, subject, *unit, id)).or_default();
                        *sum = (sum.0 + amount, e.seq);
                    }
                }
            }
            BoardChange::Hide(subject, id) => conceal(conn, *subject, *id, "hidden")?,
            BoardChange::Erase(subject, id) => conceal(conn, *subject, *id, "erased")?,
            BoardChange::Show(subject, id) => {
                Show { subject: subject.word().to_owned(), id: AnyId(*id) }.execute(conn)?;
            }
            BoardChange::Nothing => {}
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    // In the order of their keys, so that two who add wait for each other and not in a circle.
    sums.sort_unstable_by_key(|(key, _)| *key);
    add(conn, &sums)?;
    SetCursor { seq, day: day.0 }.execute(conn)?;
    Ok(entries.len())
}

/// The sum of a key, and the last entry that is in it.
type Sum = (ScoreKey, (i64, u64));

/// Adds sums to the scores: on PostgreSQL in one statement, on SQLite, where a statement costs no round trip, one by one.
fn add(conn: &mut Db, sums: &[Sum]) -> Result<()> {
    if let Db::Pg(pg) = conn {
        return add_all(pg, sums);
    }
    for ((span, start, subject, unit, id), (score, reached)) in sums {
        let row = AddScore {
            span: span.word().to_owned(),
            start: start.0,
            subject: subject.word().to_owned(),
            unit: *unit,
            id: AnyId(*id),
            score: *score,
            reached: i64::try_from(*reached).unwrap_or(i64::MAX),
        };
        row.execute(conn)?;
    }
    Ok(())
}

fn add_all(pg: &mut diesel::PgConnection, sums: &[Sum]) -> Result<()> {
    fn column<T>(sums: &[Sum], of: impl Fn(&Sum) -> T) -> Vec<T> {
        sums.iter().map(of).collect()
    }
    let text = "INSERT INTO board_scores (span, start, subject, unit_id, subject_id, score, reached) \
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (span, start, subject, unit_id, subject_id) \
        DO UPDATE SET score = board_scores.score + excluded.score, reached = excluded.reached";
    diesel::sql_query(text)
        .bind::<Array<Text>, _>(column(sums, |((span, ..), _)| span.word()))
        .bind::<Array<Integer>, _>(column(sums, |((_, start, ..), _)| start.0))
        .bind::<Array<Text>, _>(column(sums, |((_, _, subject, ..), _)| subject.word()))
        .bind::<Array<Uid>, _>(column(sums, |((_, _, _, unit, _), _)| AnyId::of(*unit)))
        .bind::<Array<Uid>, _>(column(sums, |((_, _, _, _, id), _)| AnyId(*id)))
        .bind::<Array<BigInt>, _>(column(sums, |(_, (score, _))| *score))
        .bind::<Array<BigInt>, _>(column(sums, |(_, (_, reached))| {
            i64::try_from(*reached).unwrap_or(i64::MAX)
        }))
        .execute(pg)?;
    Ok(())
}

fn conceal(conn: &mut Db, subject: Subject, id: uuid::Uuid, state: &str) -> Result<()> {
    Conceal { subject: subject.word().to_owned(), id: AnyId(id), state: state.to_owned() }.execute(conn)?;
    Ok(())
}

/// A subject's score in one smallest unit over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// The smallest unit.
    pub unit: UnitId,
    /// The resident or household.
    pub id: uuid::Uuid,
    /// Hundredths of merit.
    pub score: i64,
    /// The log entry of the last change.
    pub reached: u64,
}

/// The scores of one stored span, in the order in which they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// How long: a day, a month, a year or all time.
    pub span: Span,
    /// Its first day.
    pub start: Day,
    /// Who is ranked.
    pub subject: Subject,
}

impl Stored {
    /// What a period is the sum of, up to a day: a week of its days, a quarter of its months, any other of itself.
    pub fn of_period(period: Period, until: Day, subject: Subject) -> Vec<Self> {
        let span = match period.span {
            Span::Week => Span::Day,
            Span::Quarter => Span::Month,
            other => other,
        };
        let mut parts = vec![Self { span, start: period.start, subject }];
        let mut next = Period { span, start: period.start }.end();
        while let Some(start) = next.filter(|start| *start <= until && period.contains(*start)) {
            parts.push(Self { span, start, subject });
            next = Period { span, start }.end();
        }
        parts
    }
}

stmt! { Stretch { span: String => Text, start: i32 => Integer, subject: String => Text, unit: UnitId => Uid, id: AnyId => Uid, limit: i64 => BigInt }
   -> (Uid, Uid, BigInt, BigInt) =
"SELECT unit_id, subject_id, score, reached FROM board_scores \
WHERE span = ? AND start = ? AND subject = ? AND (unit_id, subject_id) > (?, ?) ORDER BY unit_id, subject_id LIMIT ?" }

/// The scores behind one that was read, at most so many. Cost: what is read, whatever the history.
pub fn stretch(conn: &mut Db, stored: Stored, after: Option<&Score>, limit: i64) -> Result<Vec<Score>> {
    let statement = Stretch {
        span: stored.span.word().to_owned(),
        start: stored.start.0,
        subject: stored.subject.word().to_owned(),
        unit: after.map_or(UnitId(uuid::Uuid::nil()), |score| score.unit),
        id: AnyId(after.map_or(uuid::Uuid::nil(), |score| score.id)),
        limit,
    };
    let rows: Vec<(UnitId, AnyId, i64, i64)> = statement.load(conn)?;
    let score = |(unit, id, score, reached): (UnitId, AnyId, i64, i64)| Score {
        unit,
        id: id.0,
        score,
        reached: u64::try_from(reached).unwrap_or(0),
    };
    Ok(rows.into_iter().map(score).collect())
}

/// Reads the scores of the periods that are open on a day in pieces of at most `limit`, each with the periods that it counts for. Nothing
/// is ever held but one piece.
pub fn each_open(
    conn: &mut Db,
    day: Day,
    limit: i64,
    mut take: impl FnMut(Subject, &[Period], Vec<Score>) -> Result<()>,
) -> Result<()> {
    let open = Period::every(day);
    for subject in Subject::BOTH {
        let mut parts: Vec<(Stored, Vec<Period>)> = Vec::new();
        for period in open {
            for part in Stored::of_period(period, day, subject) {
                match parts.iter_mut().find(|(known, _)| *known == part) {
                    Some((_, periods)) => periods.push(period),
                    None => parts.push((part, vec![period])),
                }
            }
        }
        for (part, periods) in parts {
            let mut last = None;
            loop {
                let rows = stretch(conn, part, last.as_ref(), limit)?;
                let Some(end) = rows.last().copied() else { break };
                let full = i64::try_from(rows.len()).is_ok_and(|n| n == limit);
                take(subject, &periods, rows)?;
                if !full {
                    break;
                }
                last = Some(end);
            }
        }
    }
    Ok(())
}

stmt! { Cursor { } -> (BigInt, Integer) = "SELECT seq, day FROM projections WHERE name = 'board_scores'" }

/// How far the scores have followed the log: `seq` and day.
pub fn cursor(conn: &mut Db) -> Result<(u64, Day)> {
    let (seq, day): (i64, i32) = Cursor {}.get_result(conn)?;
    Ok((u64::try_from(seq).unwrap_or(0), Day(day)))
}

/// Hidden and erased subjects, as of the cursor: subject, id, whether erased.
pub fn concealed(conn: &mut Db) -> Result<Vec<(Subject, uuid::Uuid, bool)>> {
    let rows: Vec<(String, AnyId, String)> = board_visibility::table
        .select((board_visibility::subject, board_visibility::subject_id, board_visibility::state))
        .load(conn)?;
    rows.into_iter()
        .map(|(subject, id, state)| {
            let subject = subject.parse().map_err(|()| Error::corrupt("a visibility of no subject"))?;
            Ok((subject, id.0, state == "erased"))
        })
        .collect()
}
