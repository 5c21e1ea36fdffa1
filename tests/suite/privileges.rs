//! What the merchant service's role may do in PostgreSQL: a till, and no more. Not its code is asked, but the database.

use serde_json::json;
use tests::process::Engine;
use tests::town::{Options, Town};

use crate::stage::Stage;

/// The role under test.
const ROLE: &str = "jishan_merchant";

/// The tables that it is let at. Every other one is closed to it; a new table stays closed until it is put here and into `roles.sql`.
const OPEN: [&str; 33] = [
    "__diesel_schema_migrations",
    "accounts",
    "balances",
    "clerks",
    "counters",
    "editions",
    "folds",
    "holds",
    "idempotency",
    "inbox",
    "inbox_switches",
    "ledger_queue",
    "merchant_customers",
    "merchant_staff",
    "merchants",
    "meta",
    "offers",
    "picture_checks",
    "pictures",
    "policies",
    "redemption_codes",
    "redemption_notes",
    "redemptions",
    "resident_names",
    "sessions",
    "text_checks",
    "text_verdicts",
    "thanks",
    "transfer_groups",
    "transfers",
    "unit_paths",
    "units",
    "outbox",
];

struct Asked<'t> {
    town: &'t Town,
}

impl Asked<'_> {
    fn database(&self) -> &tests::process::Database {
        self.town.database.as_ref().expect("the town is on PostgreSQL")
    }

    /// What the owner reads.
    fn owner(&self, sql: &str) -> String {
        self.database().sql(sql)
    }

    /// What the shops' role reads.
    #[track_caller]
    fn sees(&self, sql: &str) -> String {
        self.database().sql_as(ROLE, sql).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The shops' role is refused, with these words of PostgreSQL's.
    #[track_caller]
    fn refused(&self, sql: &str, words: &str) {
        match self.database().sql_as(ROLE, sql) {
            Ok(rows) => panic!("{sql} was not refused: {rows}"),
            Err(told) => assert!(told.contains(words), "{sql}: {told}"),
        }
    }
}

// Only PostgreSQL has roles: a SQLite file belongs to the one process that serves it.
#[tokio::test]
async fn the_shops_role_cannot_award_raise_a_balance_or_read_what_is_not_its_business() {
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    stage.award(&wang, &item).await;
    town.verify().await;
    let asked = Asked { town };

    let open = asked.owner(
        "SELECT string_agg(DISTINCT table_name::text, ',' ORDER BY table_name::text) FROM information_schema.column_privileges \
         WHERE grantee = 'jishan_merchant'",
    );
    let mut expected = OPEN.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(open, expected.join(","));

    reads(&asked);
    tokens(&asked).await;
    awards(&asked);
    balances(&asked);
    asked.refused("CREATE TABLE mine (id int)", "permission denied");
    asked.refused("TRUNCATE redemptions", "permission denied");
    asked.refused("DELETE FROM redemptions", "permission denied");
}

/// No deed, no name, no door, no openid, no password of staff.
fn reads(asked: &Asked<'_>) {
    for table in [
        "deeds",
        "comments",
        "likes",
        "claims",
        "reviews",
        "reports",
        "events",
        "sign_ups",
        "residents",
        "households",
        "household_doors",
        "resident_births",
        "identities",
        "staff",
        "staff_roles",
        "join_requests",
        "audit",
        "ledger_log",
        "phones",
        "invitations",
        "qr_codes",
        "qr_images",
        "consents",
        "exports",
        "corrections",
        "deletions",
        "former_residents",
    ] {
        asked.refused(&format!("SELECT * FROM {table} LIMIT 1"), "permission denied");
    }
    asked.refused("SELECT name FROM resident_names LIMIT 1", "permission denied");
    asked.refused("SELECT nickname FROM resident_names LIMIT 1", "permission denied");
    assert_eq!(asked.sees("SELECT masked_name FROM resident_names LIMIT 1"), "王*");
    // What was found in what people write is not there for it.
    let found = |kind: &str| {
        format!(
            "INSERT INTO text_checks (kind, object_id, verdict, label, checked_at) VALUES ('{kind}', gen_random_uuid(), 'review', 20002, 0)"
        )
    };
    asked.owner(&found("deed"));
    assert_eq!(asked.sees("SELECT count(*) FROM text_checks"), "0");
    asked.refused(&found("deed"), "row-level security");
    asked.refused(&format!("{}; SELECT 1/0", found("offer")), "division by zero");
    // Nor a picture that somebody who is no clerk has uploaded, before it hangs anywhere.
    asked.owner("INSERT INTO pictures (id, identity_id, hash, width, height, bytes, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'theirs', 1, 1, 1, 0)");
    assert_eq!(asked.sees("SELECT count(*) FROM pictures WHERE hash = 'theirs'"), "0");
    assert_eq!(asked.sees("WITH u AS (UPDATE pictures SET position = 1 WHERE hash = 'theirs' RETURNING 1) SELECT count(*) FROM u"), "0");
}

/// The tokens of residents and staff are not there for it, and none can be made.
async fn tokens(asked: &Asked<'_>) {
    assert_ne!(asked.owner("SELECT count(*) FROM sessions"), "0");
    let clerk = asked.town.applicant("lin").await;
    assert!(clerk.token.is_some());
    assert_eq!(asked.sees("SELECT string_agg(DISTINCT principal, ',') FROM sessions"), "clerk");
    assert_eq!(asked.sees("WITH u AS (UPDATE sessions SET ended_at = 1 WHERE principal <> 'clerk' RETURNING 1) SELECT count(*) FROM u"), "0");
    asked.refused(
        "INSERT INTO sessions SELECT gen_random_uuid(), 'staff', gen_random_uuid(), 'x', NULL, 0, 9223372036854775807, NULL",
        "row-level security",
    );
    assert_eq!(asked.sees("SELECT count(*) FROM idempotency"), "0");
}

/// No award, whatever it is called.
fn awards(asked: &Asked<'_>) {
    let account = |holder: &str| {
        asked.owner(&format!(
            "SELECT id FROM accounts WHERE holder = '{holder}' AND kind = 'redeemable' LIMIT 1"
        ))
    };
    let (resident, issuing) = (account("resident"), account("issuing"));
    asked.refused("INSERT INTO transfer_groups VALUES ('claim:mine', 0)", "row-level security");
    asked
        .refused("INSERT INTO transfer_groups VALUES ('redemption:mine', 0); SELECT 1/0", "division by zero");
    for reason in ["award", "redemption", "base_score", "reversal"] {
        asked.refused(
            &format!(
                "INSERT INTO transfer_groups VALUES ('redemption:mine', 0); INSERT INTO transfers (id, business_key, kind, debit, credit, \
                 amount, mode, reason, created_at) VALUES (gen_random_uuid(), 'redemption:mine', 'redeemable', '{issuing}', '{resident}', \
                 100, 'posted', '{reason}', 0)"
            ),
            "row-level security",
        );
    }
    let award = asked.owner("SELECT id FROM transfers WHERE reason = 'award' LIMIT 1");
    asked.refused(
        &format!("INSERT INTO ledger_queue (entry, transfer_id) VALUES ('transfer', '{award}')"),
        "row-level security",
    );
    asked.refused("INSERT INTO ledger_queue (entry, subject, subject_id) VALUES ('hide', 'resident', gen_random_uuid())", "row-level security");
    assert_eq!(asked.sees("SELECT count(*) FROM transfers"), "0");
    assert_eq!(
        asked.sees("WITH u AS (UPDATE counters SET used = 0 RETURNING 1) SELECT count(*) FROM u"),
        "0"
    );
    asked.refused(
        "INSERT INTO accounts VALUES (gen_random_uuid(), 'redeemable', 'merchant', 0)",
        "permission denied",
    );
}

/// A balance is not raised, and falls only by what was held of it.
fn balances(asked: &Asked<'_>) {
    let before = asked.owner("SELECT sum(posted) FROM balances");
    asked.refused(
        "UPDATE balances SET posted = posted + 100, version = version + 1 WHERE posted > 0",
        "voided redemption",
    );
    asked.refused(
        "UPDATE balances SET posted = posted - 1, version = version + 1 WHERE posted > 0",
        "only what is held",
    );
    asked.refused("UPDATE balances SET pending = pending, version = version + 2", "counts its changes");
    asked.refused("UPDATE balances SET floor = -100000", "permission denied");
    asked.refused("INSERT INTO balances SELECT gen_random_uuid(), 100, 0, 0, 0", "permission denied");
    assert_eq!(asked.owner("SELECT sum(posted) FROM balances"), before);
}

// The shop's own page and its offers wait for the desk, whatever the service says.
#[tokio::test]
async fn a_shop_approves_neither_itself_nor_its_offers() {
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let town = &stage.town;
    let clerk = town.applicant("lin").await;
    let body = json!({"unitId": town.world.village, "category": "hairdressing", "name": "小林理发", "address": "柳湾村 1 号",
        "text": "剪发、烫发", "pictureIds": []});
    clerk.post("merchants", body).await.expect(201);
    let asked = Asked { town };
    assert_eq!(asked.sees("SELECT state FROM merchants"), "applied");
    asked.refused("UPDATE merchants SET state = 'approved'", "does not decide on itself");
    asked.refused("UPDATE merchants SET account_id = gen_random_uuid()", "does not decide on itself");
    let offer = "INSERT INTO offers (id, merchant_id, title, body, list_price, price, points, state, open, version, created_at) \
                 SELECT gen_random_uuid(), id, '剪发', '', 3500, 3000, 5000, 'published', true, 1, 0 FROM merchants";
    asked.refused(offer, "row-level security");
    asked.owner(offer);
    asked.refused("UPDATE offers SET price = 100", "does not decide on its offer");
    asked.refused("UPDATE offers SET state = 'rejected'", "does not decide on its offer");
    asked.sees("UPDATE offers SET open = false");
    asked.sees("UPDATE offers SET price = 100, state = 'pending'");
    asked.refused("UPDATE offers SET state = 'published'", "does not decide on its offer");
}
