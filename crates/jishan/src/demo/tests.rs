//! A town on either engine: everything that `verify` recomputes is as it was written, and two runs are one. PostgreSQL is tried where
//! `JISHAN_TEST_POSTGRES` names a server on which databases may be made.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use store::db::{Purpose, open};
use store::ledger::verify;
use store::{Address, Db};

use super::*;

fn plan() -> Plan {
    Plan {
        seed: 7,
        as_of: "2026-11-22".parse().unwrap(),
        until: Some("2026-11-22T02:10:00Z".parse().unwrap()),
        scale: Scale::Town,
        staff_password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        wechat_app_id: "wx0123456789abcdef".to_owned(),
    }
}

fn stored(n: u32) -> Result<Picture> {
    Ok(Picture { hash: format!("{n:064x}"), width: 800, height: 600, bytes: 50_000 })
}

fn write_town(conn: &mut Db, plan: &Plan) -> Written {
    store::migrations::run(conn).unwrap();
    write(conn, plan, &mut stored, &|_, _, _| {}).unwrap()
}

fn file(dir: &tempfile::TempDir, name: &str) -> Db {
    open(&Address::Sqlite(dir.path().join(name)), Purpose::Write).unwrap()
}

fn expect_clean(conn: &mut Db) {
    for index in 0..verify::checks().count() {
        assert_eq!(verify::run(conn, index).unwrap(), []);
    }
    let empty = "SELECT 'an unknown unit stands in a score' AS line FROM board_scores s LEFT JOIN units u ON u.id = s.unit_id \
                 WHERE u.id IS NULL \
                 UNION ALL SELECT 'a counter is missing' FROM claim_takes t LEFT JOIN counters c ON c.scope = t.scope \
                 AND c.subject_id = t.subject_id AND c.span = t.span AND c.start = t.start WHERE c.used IS NULL \
                 UNION ALL SELECT 'an act is later than the claim' FROM claims c JOIN deeds d ON d.id = c.cause_id \
                 WHERE c.day_of_act <> d.day_of_act OR d.created_at <> c.created_at OR c.state = 'submitted' AND d.state <> 'pending' \
                 UNION ALL SELECT 'a score differs from the log' FROM \
                 (SELECT start, SUM(score) AS n FROM board_scores WHERE span = 'day' AND subject = 'household' GROUP BY start) s \
                 JOIN (SELECT day, SUM(score) AS n FROM ledger_log GROUP BY day) l ON l.day = s.start WHERE s.n <> l.n";
    assert_eq!(lines(conn, empty), Vec::<String>::new());
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Db, query: &str) -> Vec<String> {
    diesel::sql_query(query).load::<Line>(conn).unwrap().into_iter().map(|l| l.line).collect()
}

/// What tells two databases apart, in a form that both engines share.
const FINGERPRINT: &str = "SELECT code || name AS line FROM units UNION ALL SELECT subject FROM identities \
    UNION ALL SELECT title || CAST(created_at AS TEXT) || CAST(like_count AS TEXT) FROM deeds \
    UNION ALL SELECT CAST(seq AS TEXT) || ' ' || CAST(score AS TEXT) || ' ' || CAST(at AS TEXT) FROM ledger_log ORDER BY 1";

#[test]
fn a_town_in_a_file_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = file(&dir, "town.db");
    let plan = plan();
    let written = write_town(&mut conn, &plan);
    eprintln!("{written:?}");
    expect_clean(&mut conn);
    assert_eq!((written.residents, written.units, written.deeds), (360, 36, 420));
    assert!(written.published_today >= 5 && written.waiting >= 12 && written.pictures > 400, "{written:?}");
    let late = format!(
        "SELECT 'x' AS line FROM likes WHERE created_at > {0} UNION ALL SELECT 'x' FROM comments WHERE created_at > {0} \
         UNION ALL SELECT 'x' FROM ledger_log WHERE at > {0} UNION ALL SELECT 'x' FROM reviews WHERE decided_at > {0}",
        plan.until.unwrap().0
    );
    assert_eq!(lines(&mut conn, &late).len(), 0, "nothing is later than the last moment");
    for persona in names::PERSONAS {
        let posted = format!(
            "SELECT d.title AS line FROM deeds d JOIN identities i ON i.id = d.identity_id JOIN resident_names n \
             ON n.resident_id = d.resident_id WHERE i.subject = '{}' AND n.name = '{}'",
            persona.subject, persona.name
        );
        assert!(!lines(&mut conn, &posted).is_empty(), "{} has posted", persona.subject);
    }
    assert!(
        write(&mut conn, &plan, &mut stored, &|_, _, _| {}).is_err(),
        "a database that holds something is refused"
    );
}

#[test]
fn two_runs_are_one_and_another_seed_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let ids =
        "SELECT lower(hex(id)) AS line FROM deeds UNION ALL SELECT lower(hex(id)) FROM transfers ORDER BY 1";
    let mut seen = Vec::new();
    for (n, seed) in [7, 7, 8].into_iter().enumerate() {
        let mut conn = file(&dir, &format!("{n}.db"));
        write_town(&mut conn, &Plan { seed, ..plan() });
        seen.push((lines(&mut conn, FINGERPRINT), lines(&mut conn, ids)));
    }
    assert!(seen[0] == seen[1], "the same seed writes the same rows");
    assert!(seen[0].1 != seen[2].1);
}

#[test]
fn no_row_stands_before_what_it_refers_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = file(&dir, "town.db");
    store::migrations::run(&mut conn).unwrap();
    // Every row is sent at once, and the foreign keys judge.
    write_holding(1, &mut conn, &plan(), &mut stored, &|_, _, _| {}).unwrap();
    expect_clean(&mut conn);
}

#[test]
fn a_small_platform_adds_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = file(&dir, "platform.db");
    let written = write_town(&mut conn, &Plan { scale: Scale::Platform(0.004), until: None, ..plan() });
    eprintln!("{written:?}");
    expect_clean(&mut conn);
    let expected = 2_960_000.0 * 0.004;
    assert!((written.points as f64 / expected - 1.0).abs() < 0.08, "{written:?}");
    assert!((written.likes as f64 / (1_620_000.0 * 0.004) - 1.0).abs() < 0.08, "{written:?}");
}

#[test]
fn a_town_on_postgres_is_the_town_in_a_file() {
    let Ok(server) = std::env::var("JISHAN_TEST_POSTGRES") else {
        eprintln!("JISHAN_TEST_POSTGRES names no server: not tried");
        return;
    };
    let name = format!("jishan_demo_{}", uuid::Uuid::now_v7().simple());
    let mut server_conn = open(&Address::Postgres(server.clone()), Purpose::Long).unwrap();
    server_conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let outcome = std::panic::catch_unwind(|| {
        let (base, _) = server.rsplit_once('/').unwrap();
        let mut conn = open(&Address::Postgres(format!("{base}/{name}")), Purpose::Write).unwrap();
        let written = write_town(&mut conn, &plan());
        eprintln!("{written:?}");
        expect_clean(&mut conn);
        let dir = tempfile::tempdir().unwrap();
        let mut in_file = file(&dir, "town.db");
        let same = write_town(&mut in_file, &plan());
        assert_eq!(Written { seconds: 0.0, ..written }, Written { seconds: 0.0, ..same });
        let sorted = |mut of: Vec<String>| {
            of.sort();
            of
        };
        assert!(sorted(lines(&mut conn, FINGERPRINT)) == sorted(lines(&mut in_file, FINGERPRINT)));
    });
    server_conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    outcome.unwrap();
}
