//! A town on either engine: everything that `verify` recomputes is as it was written, and two runs are one. PostgreSQL is tried where
//! `JISHAN_TEST_POSTGRES` names a server on which databases may be made.

use std::sync::LazyLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use foundation::tokens::Signer;
use store::db::{Purpose, open};
use store::ledger::verify;
use store::{Address, Db};

use super::*;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::of(Signer::generate().unwrap()));

fn plan() -> Plan {
    Plan {
        seed: 7,
        as_of: "2026-11-22".parse().unwrap(),
        until: Some("2026-11-22T02:10:00Z".parse().unwrap()),
        scale: Scale::Town,
        staff_password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        wechat_app_id: "wx0123456789abcdef".to_owned(),
        signing: Some(Signing { keys: KEYS.clone(), issuer: TENANT.to_owned() }),
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
    assert_eq!(lines(conn, NEVER), Vec::<String>::new());
}

/// What no moment of the history may show: each line is one that does.
const NEVER: &str = "\
    SELECT 'somebody spends what is not there' AS line FROM (\
      SELECT account, SUM(n) OVER (PARTITION BY account ORDER BY at, seq) AS available FROM (\
        SELECT t.credit AS account, t.amount AS n, l.at AS at, l.seq AS seq FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id \
          WHERE t.kind = 'redeemable' AND t.mode IN ('posted', 'post') \
        UNION ALL SELECT t.debit, CASE t.mode WHEN 'void' THEN t.amount WHEN 'post' THEN 0 ELSE -t.amount END, l.at, l.seq \
          FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id WHERE t.kind = 'redeemable' \
        UNION ALL SELECT account_id, amount, expires_at, 0 FROM holds WHERE state = 'expired') m) a \
      JOIN balances b ON b.account_id = a.account WHERE a.available < 0 \
    UNION ALL SELECT 'the log goes back in time' FROM (SELECT at, LAG(at) OVER (ORDER BY seq) AS before FROM ledger_log) l WHERE before > at \
    UNION ALL SELECT 'a shop buys from itself' FROM redemptions r JOIN merchant_staff m ON m.merchant_id = r.merchant_id \
      JOIN clerks c ON c.id = m.clerk_id WHERE c.resident_id = r.resident_id \
    UNION ALL SELECT 'a sale is not of its offer' FROM redemptions r JOIN offers o ON o.id = r.offer_id JOIN merchants m ON m.id = r.merchant_id \
      WHERE o.merchant_id <> m.id OR o.state <> 'published' OR m.account_id IS NULL OR r.created_at < o.decided_at OR r.created_at < m.created_at \
        OR (r.state IN ('captured', 'voided')) <> (r.receipt IS NOT NULL) OR (r.state = 'voided') <> (r.void_receipt IS NOT NULL) \
        OR (r.state = 'voided') <> (r.returned_version IS NOT NULL) \
    UNION ALL SELECT 'a clerk sells elsewhere' FROM redemptions r LEFT JOIN merchant_staff m ON m.merchant_id = r.merchant_id \
      AND m.clerk_id = r.clerk_id WHERE m.clerk_id IS NULL OR m.since > r.created_at \
    UNION ALL SELECT 'thanks are not counted' FROM merchants m WHERE thanks_count <> (SELECT COUNT(*) FROM thanks t WHERE t.merchant_id = m.id) \
    UNION ALL SELECT 'seats are not counted' FROM events e WHERE taken <> \
      (SELECT COUNT(*) FROM sign_ups s WHERE s.event_id = e.id AND s.state IN ('confirmed', 'offered')) \
    UNION ALL SELECT 'somebody waits for a free seat' FROM events e JOIN sign_ups s ON s.event_id = e.id \
      WHERE s.state = 'waiting' AND (e.taken < e.capacity OR s.place >= e.next_place) \
    UNION ALL SELECT 'an event is not in its calendars' FROM events e WHERE (SELECT COUNT(*) FROM event_calendar c WHERE c.event_id = e.id) \
      <> CASE e.state WHEN 'draft' THEN 0 ELSE (SELECT COUNT(*) FROM unit_paths p WHERE p.unit_id = e.unit_id) END \
    UNION ALL SELECT 'somebody is at an event of others' FROM sign_ups s JOIN events e ON e.id = s.event_id JOIN residents r ON r.id = s.resident_id \
      WHERE NOT EXISTS (SELECT 1 FROM unit_paths p WHERE p.unit_id = r.unit_id AND p.ancestor_id = e.unit_id) \
    UNION ALL SELECT 'an attendance is not what its claim says' FROM sign_ups s JOIN events e ON e.id = s.event_id \
      LEFT JOIN claims c ON c.id = s.claim_id WHERE (s.minutes IS NULL) <> (e.state <> 'completed' OR s.checked_in_at IS NULL) \
        OR c.cause_id <> s.id OR c.cause <> 'check_in' OR c.item_id <> e.item_id OR c.decided_by = c.entered_by \
        OR s.created_at < e.sign_up_from OR s.created_at > e.sign_up_until \
    UNION ALL SELECT 'a claim is of no attendance' FROM claims c LEFT JOIN sign_ups s ON s.claim_id = c.id WHERE c.cause = 'check_in' AND s.id IS NULL \
    UNION ALL SELECT 'a recap is not known' FROM deeds d LEFT JOIN events e ON e.recap_id = d.id \
      WHERE (d.event_id IS NULL) <> (e.id IS NULL) OR (d.event_id IS NULL) <> (d.resident_id IS NOT NULL)";

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
    UNION ALL SELECT order_no || state || CAST(points AS TEXT) || COALESCE(receipt, '') FROM redemptions \
    UNION ALL SELECT title || place || CAST(starts_at AS TEXT) || CAST(taken AS TEXT) FROM events UNION ALL SELECT object || detail FROM inbox \
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
         UNION ALL SELECT 'x' FROM ledger_log WHERE at > {0} UNION ALL SELECT 'x' FROM reviews WHERE decided_at > {0} \
         UNION ALL SELECT 'x' FROM redemptions WHERE settled_at > {0} OR voided_at > {0} UNION ALL SELECT 'x' FROM thanks WHERE created_at > {0} \
         UNION ALL SELECT 'x' FROM sign_ups WHERE created_at > {0} UNION ALL SELECT 'x' FROM offers WHERE decided_at > {0} \
         UNION ALL SELECT 'x' FROM merchants WHERE decided_at > {0} OR created_at > {0} UNION ALL SELECT 'x' FROM inbox WHERE created_at > {0} \
         UNION ALL SELECT 'x' FROM deeds WHERE created_at > {0}",
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
fn a_town_has_shops_and_events_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = file(&dir, "town.db");
    let written = write_town(&mut conn, &plan());
    assert_eq!((written.shops, written.events), (12, 25));
    assert!((250..=320).contains(&written.redemptions) && written.sign_ups > 150, "{written:?}");
    let mut counted = |table: &str| {
        let query = format!(
            "SELECT state || ' ' || CAST(COUNT(*) AS TEXT) AS line FROM {table} GROUP BY state ORDER BY 1"
        );
        lines(&mut conn, &query)
    };
    assert_eq!(counted("merchants"), ["applied 1", "approved 9", "rejected 1", "suspended 1"]);
    assert_eq!(counted("events"), ["cancelled 1", "completed 20", "draft 1", "published 3"]);
    let states = |lines: Vec<String>| -> Vec<String> {
        lines.iter().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
    };
    assert_eq!(states(counted("redemptions")), ["cancelled", "captured", "declined", "expired", "voided"]);
    assert_eq!(states(counted("offers")), ["pending", "published", "rejected"]);
    assert_eq!(states(counted("sign_ups")), ["confirmed", "waiting", "withdrawn"]);
    let barber = "SELECT m.name || ' ' || o.title || ' ' || CAST(o.price AS TEXT) AS line FROM clerks c \
                  JOIN merchant_staff s ON s.clerk_id = c.id JOIN merchants m ON m.id = s.merchant_id JOIN offers o ON o.merchant_id = m.id \
                  WHERE c.provider = 'dev' AND c.subject = 'owner-1' AND o.open AND o.points = 5000 AND o.list_price = 3500";
    assert_eq!(lines(&mut conn, barber), ["老槐树理发店 剪发 3000"]);
    let rich = "SELECT i.subject AS line FROM identities i JOIN account_owners o ON o.owner_id = i.resident_id AND o.kind = 'redeemable' \
                JOIN balances b ON b.account_id = o.account_id WHERE i.subject IN ('resident-1', 'resident-2', 'resident-3') \
                AND b.posted - b.pending >= 5000 ORDER BY 1";
    assert_eq!(lines(&mut conn, rich), ["resident-1", "resident-2", "resident-3"]);
    let told = "SELECT owner || ' ' || kind AS line FROM inbox ORDER BY 1";
    let told = lines(&mut conn, told);
    for one in [
        "clerk shop_thanked",
        "resident claim_granted",
        "resident redemption_captured",
        "staff offer_waits",
        "staff shop_applied",
    ] {
        assert!(told.iter().any(|line| line == one), "{told:?}");
    }
}

#[test]
fn a_town_made_just_after_midnight_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = file(&dir, "town.db");
    write_town(&mut conn, &Plan { until: Some("2026-11-21T16:00:02Z".parse().unwrap()), ..plan() });
    expect_clean(&mut conn);
}

#[test]
fn two_runs_are_one_and_another_seed_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let ids = "SELECT lower(hex(id)) AS line FROM deeds UNION ALL SELECT lower(hex(id)) FROM transfers UNION ALL SELECT lower(hex(code_hash)) FROM redemptions \
         UNION ALL SELECT lower(hex(door_secret)) FROM events UNION ALL SELECT lower(hex(id)) FROM sign_ups ORDER BY 1";
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
