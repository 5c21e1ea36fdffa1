//! Recomputation: each check is a query that must return nothing. What it returns is a difference, said with the ids it concerns.

mod events;
mod redemptions;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::Db;
use crate::error::Result;

/// A difference that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which check.
    pub check: &'static str,
    /// What differs.
    pub what: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    what: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// At most this many differences of one check are told.
const TOLD_MAX: u32 = 20;

/// The checks: name, and a query whose rows are differences. What stands in braces is said by each engine in its way.
const CHECKS: &[(&str, &str)] = &[
    (
        "every kind sums to zero over all accounts",
        "SELECT 'kind ' || kind || ' sums to ' || CAST(SUM(n) AS TEXT) AS what FROM (\
           SELECT a.kind AS kind, b.posted AS n FROM balances b JOIN accounts a ON a.id = b.account_id \
           UNION ALL SELECT a.kind, f.balance FROM folds f JOIN accounts a ON a.id = f.account_id \
           UNION ALL SELECT t.kind, t.amount FROM ledger_queue q JOIN transfers t ON t.id = q.transfer_id JOIN accounts a ON a.id = t.credit \
             WHERE t.mode IN ('posted', 'post') AND a.holder NOT IN ('resident', 'household') \
           UNION ALL SELECT t.kind, -t.amount FROM ledger_queue q JOIN transfers t ON t.id = q.transfer_id JOIN accounts a ON a.id = t.debit \
             WHERE t.mode IN ('posted', 'post') AND a.holder NOT IN ('resident', 'household')) x \
         GROUP BY kind HAVING SUM(n) <> 0",
    ),
    (
        "each balance is the sum of its transfers",
        "SELECT 'account ' || {hex:b.account_id} || ' holds ' || CAST(b.posted AS TEXT) || ', its transfers say ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM balances b LEFT JOIN (SELECT account, SUM(n) AS n FROM (\
           SELECT credit AS account, amount AS n FROM transfers WHERE mode IN ('posted', 'post') \
           UNION ALL SELECT debit, -amount FROM transfers WHERE mode IN ('posted', 'post')) y GROUP BY account) x \
         ON x.account = b.account_id WHERE b.posted <> COALESCE(x.n, 0)",
    ),
    (
        "each fold is the sum of its logged transfers",
        "SELECT 'account ' || {hex:a.id} || ' is folded to ' || CAST(COALESCE(f.balance, 0) AS TEXT) || ', the log says ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM accounts a LEFT JOIN folds f ON f.account_id = a.id LEFT JOIN (SELECT account, SUM(n) AS n FROM (\
           SELECT t.credit AS account, t.amount AS n FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id WHERE t.mode IN ('posted', 'post') \
           UNION ALL SELECT t.debit, -t.amount FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id WHERE t.mode IN ('posted', 'post')) y GROUP BY account) x \
         ON x.account = a.id WHERE a.holder NOT IN ('resident', 'household') AND COALESCE(f.balance, 0) <> COALESCE(x.n, 0)",
    ),
    (
        "pending is the sum of open holds",
        "SELECT 'account ' || {hex:b.account_id} || ' keeps ' || CAST(b.pending AS TEXT) || ', its holds say ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM balances b LEFT JOIN (SELECT account_id, SUM(amount) AS n FROM holds WHERE state = 'open' GROUP BY account_id) x \
         ON x.account_id = b.account_id WHERE b.pending <> COALESCE(x.n, 0)",
    ),
    (
        "no balance is below its floor",
        "SELECT 'account ' || {hex:account_id} || ' is below its floor' AS what FROM balances \
         WHERE floor IS NOT NULL AND posted - pending < floor",
    ),
    (
        "every transfer belongs to a group and moves between accounts of its kind",
        "SELECT 'transfer ' || {hex:t.id} || ' names what is not there or of another kind' AS what FROM transfers t \
         LEFT JOIN transfer_groups g ON g.business_key = t.business_key LEFT JOIN accounts d ON d.id = t.debit \
         LEFT JOIN accounts c ON c.id = t.credit \
         WHERE g.business_key IS NULL OR d.kind IS NULL OR c.kind IS NULL OR d.kind <> t.kind OR c.kind <> t.kind",
    ),
    (
        "the log is gapless",
        "SELECT 'the log has ' || CAST(l.n AS TEXT) || ' entries and ends at ' || CAST(s.seq AS TEXT) AS what \
         FROM (SELECT COUNT(*) AS n, COALESCE(MIN(seq), 1) AS first, COALESCE(MAX(seq), 0) AS last FROM ledger_log) l, sequencer s \
         WHERE s.id = 1 AND (l.n <> s.seq OR l.first <> 1 OR l.last <> s.seq)",
    ),
    (
        "every transfer is logged once or waits for it",
        "SELECT 'transfer ' || {hex:t.id} || CASE WHEN l.seq IS NULL THEN ' is neither logged nor queued' ELSE ' is logged and queued' END AS what FROM transfers t \
         LEFT JOIN ledger_log l ON l.transfer_id = t.id LEFT JOIN ledger_queue q ON q.transfer_id = t.id \
         WHERE (l.seq IS NULL) = (q.id IS NULL)",
    ),
    (
        "the log's day never decreases",
        "SELECT 'the log goes back in days at ' || CAST(seq AS TEXT) AS what FROM (\
           SELECT seq, day, LAG(day) OVER (ORDER BY seq) AS before FROM ledger_log) x WHERE before > day",
    ),
    (
        "every posted claim has its award and no other has one",
        "SELECT k || ' should have moved ' || CAST(SUM(due) AS TEXT) || ' of merit and moved ' || CAST(SUM(n) AS TEXT) AS what FROM (\
           SELECT 'claim:' || {hex:c.id} AS k, CASE WHEN c.state IN ('posted', 'reversed') THEN ABS(COALESCE(c.merit, 0)) ELSE 0 END AS due, 0 AS n \
             FROM claims c \
           UNION ALL SELECT business_key, 0, amount FROM transfers \
             WHERE kind = 'merit' AND reason IN ('award', 'deduction') AND mode = 'posted' AND business_key LIKE 'claim:%') x \
         GROUP BY k HAVING SUM(due) <> SUM(n)",
    ),
    (
        "every like is counted",
        "SELECT 'deed ' || {hex:d.id} || ' counts ' || CAST(d.like_count AS TEXT) || ' likes and has ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM deeds d LEFT JOIN (SELECT deed_id, COUNT(*) AS n FROM likes GROUP BY deed_id) x ON x.deed_id = d.id \
         WHERE d.like_count <> COALESCE(x.n, 0)",
    ),
    (
        "caps hold what posted claims took",
        "SELECT 'counter ' || k.scope || ' of ' || {hex:k.subject_id} || ' has ' || CAST(k.used AS TEXT) || ', claims took ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM counters k LEFT JOIN (SELECT t.scope, t.subject_id, t.span, t.start, SUM(t.amount) AS n FROM claim_takes t \
           JOIN claims c ON c.id = t.claim_id WHERE c.state = 'posted' GROUP BY t.scope, t.subject_id, t.span, t.start) x \
         ON x.scope = k.scope AND x.subject_id = k.subject_id AND x.span = k.span AND x.start = k.start \
         WHERE (k.scope LIKE 'item:%' OR k.scope LIKE 'shared:%') AND k.used <> COALESCE(x.n, 0)",
    ),
    (
        "scores follow the log",
        "SELECT 'the score of ' || s || ' ' || {hex:id} || ' on day ' || CAST(d AS TEXT) || ' is ' || CAST(SUM(kept) AS TEXT) \
           || ', the log says ' || CAST(SUM(said) AS TEXT) AS what FROM (\
           SELECT subject AS s, unit_id AS u, subject_id AS id, start AS d, score AS kept, reached AS kept_r, 0 AS said, 0 AS said_r \
             FROM board_scores WHERE span = 'day' \
           UNION ALL SELECT 'resident', l.unit_id, l.resident_id, l.day, 0, 0, l.score, l.seq \
             FROM ledger_log l, projections p WHERE p.name = 'board_scores' AND l.seq <= p.seq \
             AND l.resident_id IS NOT NULL AND l.unit_id IS NOT NULL AND l.score <> 0 \
           UNION ALL SELECT 'household', l.unit_id, l.household_id, l.day, 0, 0, l.score, l.seq \
             FROM ledger_log l, projections p WHERE p.name = 'board_scores' AND l.seq <= p.seq \
             AND l.household_id IS NOT NULL AND l.unit_id IS NOT NULL AND l.score <> 0) x \
         GROUP BY s, u, id, d HAVING SUM(kept) <> SUM(said) OR MAX(kept_r) <> MAX(said_r)",
    ),
    (
        "scores of months, years and all time are the sums of their days",
        "SELECT 'the score of ' || s || ' ' || {hex:id} || ' over the ' || span || ' from day ' || CAST(d AS TEXT) || ' is ' \
           || CAST(SUM(kept) AS TEXT) || ', its days say ' || CAST(SUM(said) AS TEXT) AS what FROM (\
           SELECT span, start AS d, subject AS s, unit_id AS u, subject_id AS id, score AS kept, reached AS kept_r, 0 AS said, 0 AS said_r \
             FROM board_scores WHERE span <> 'day' \
           UNION ALL SELECT x.span, CASE x.span WHEN 'month' THEN {month:c.start} WHEN 'year' THEN {year:c.start} ELSE 0 END, \
               c.subject, c.unit_id, c.subject_id, 0, 0, c.score, c.reached FROM board_scores c \
             CROSS JOIN (SELECT CAST('month' AS TEXT) AS span UNION ALL SELECT 'year' UNION ALL SELECT 'all') x WHERE c.span = 'day') y \
         GROUP BY span, d, s, u, id HAVING SUM(kept) <> SUM(said) OR MAX(kept_r) <> MAX(said_r)",
    ),
];

/// All of them, capability by capability.
fn every() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    CHECKS.iter().chain(redemptions::CHECKS).chain(events::CHECKS)
}

/// The names of the checks, in order.
pub fn checks() -> impl Iterator<Item = &'static str> {
    every().map(|(name, _)| *name)
}

/// Runs one check by its place; tells at most twenty differences.
pub fn run(conn: &mut Db, index: usize) -> Result<Vec<Difference>> {
    let Some((check, sql)) = every().nth(index) else { return Ok(Vec::new()) };
    let sql = format!("{} LIMIT {TOLD_MAX}", with_functions(sql, conn.is_sqlite()));
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn)?;
    Ok(rows.into_iter().map(|row| Difference { check, what: row.what }).collect())
}

/// How many transfers there are, for the report.
pub fn transfers(conn: &mut Db) -> Result<i64> {
    Ok(diesel::sql_query("SELECT COUNT(*) AS n FROM transfers").get_result::<Count>(conn)?.n)
}

/// Writes what the engines say differently: `{hex:x}` is an id as 32 hexadecimal digits, `{month:x}` and `{year:x}` the first day of the
/// month and year of a day.
fn with_functions(sql: &str, sqlite: bool) -> String {
    let mut out = String::with_capacity(sql.len() + 256);
    let mut rest = sql;
    while let Some(at) = rest.find('{') {
        let end = rest[at..].find('}').map_or(rest.len(), |n| at + n);
        out.push_str(&rest[..at]);
        let (function, x) = rest[at + 1..end].split_once(':').unwrap_or_default();
        out.push_str(&match (function, sqlite) {
            ("hex", true) => format!("lower(hex({x}))"),
            ("hex", false) => format!("replace(CAST({x} AS TEXT), '-', '')"),
            (span, true) => format!(
                "CAST(julianday(date({x} * 86400, 'unixepoch', 'start of {span}')) - 2440587.5 AS INTEGER)"
            ),
            (span, false) => format!(
                "(CAST(date_trunc('{span}', CAST(DATE '1970-01-01' + {x} AS timestamp)) AS date) - DATE '1970-01-01')"
            ),
        });
        rest = &rest[(end + 1).min(rest.len())..];
    }
    out.push_str(rest);
    out
}
