//! Each check finds what was planted for it: a check that finds nothing in a wrong database proves nothing in a right one.

use diesel::prelude::*;
use domain::ids::{CatalogueId, ClaimId, DeedId, IdentityId, ItemId, ResidentId, UnitId};
use domain::ledger::Mode;
use store::ledger::{scores, verify};
use store::schema::{
    board_scores, catalogues, claim_takes, claims, counters, deeds, items, likes, residents, units,
};
use store::{Db, uid};

use super::bed::{Bed, award, spend};
use super::fair;
use super::shop::{Shop, Until};

/// A test for each check: its name, and what is done to the database behind the store's back.
macro_rules! planted {
    ($($story:ident: $check:literal, $sql:expr;)*) => {
        $(async fn $story(bed: &Bed) { plant(bed, $check, $sql).await; })*
        on_both!($($story),*);

        #[test]
        fn every_check_has_something_planted() {
            for check in verify::checks() {
                assert!([$($check),*].contains(&check), "nothing is planted for {check:?}");
            }
        }
    };
}

planted! {
    a_balance_that_came_from_nowhere: "every kind sums to zero over all accounts",
        "UPDATE balances SET posted = posted + 1 WHERE account_id = (SELECT account_id FROM balances ORDER BY account_id LIMIT 1)";
    a_balance_that_went_to_another: "each balance is the sum of its transfers",
        "UPDATE balances SET posted = posted + 1 WHERE account_id = (SELECT id FROM accounts WHERE kind = 'merit' AND holder = 'resident' ORDER BY id LIMIT 1);
         UPDATE balances SET posted = posted - 1 WHERE account_id = (SELECT id FROM accounts WHERE kind = 'merit' AND holder = 'resident' ORDER BY id DESC LIMIT 1)";
    a_fold_that_is_off: "each fold is the sum of its logged transfers",
        "UPDATE folds SET balance = balance + 1";
    a_fold_that_is_missing: "each fold is the sum of its logged transfers",
        "DELETE FROM folds";
    a_hold_that_is_kept_for_nobody: "pending is the sum of open holds",
        "UPDATE balances SET pending = pending + 1 WHERE account_id = (SELECT account_id FROM holds LIMIT 1)";
    a_hold_that_vanished: "pending is the sum of open holds",
        "DELETE FROM holds";
    a_balance_below_its_floor: "no balance is below its floor",
        "UPDATE balances SET posted = -5 WHERE floor IS NOT NULL";
    a_transfer_of_no_group: "every transfer belongs to a group and moves between accounts of its kind",
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, created_at)
         SELECT debit, 'of no group', kind, debit, credit, amount, mode, reason, created_at FROM transfers LIMIT 1";
    a_transfer_to_nobody: "every transfer belongs to a group and moves between accounts of its kind",
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, created_at)
         SELECT debit, business_key, kind, debit, id, amount, mode, reason, created_at FROM transfers LIMIT 1";
    a_transfer_to_an_account_of_another_kind: "every transfer belongs to a group and moves between accounts of its kind",
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, created_at)
         SELECT debit, business_key, CASE kind WHEN 'merit' THEN 'redeemable' ELSE 'merit' END, debit, credit, amount, mode, reason, created_at
         FROM transfers LIMIT 1";
    a_gap_in_the_log: "the log is gapless",
        "DELETE FROM ledger_log WHERE seq = 2";
    a_log_cut_at_its_end: "the log is gapless",
        "DELETE FROM ledger_log WHERE seq = (SELECT MAX(seq) FROM ledger_log)";
    a_transfer_that_was_never_logged: "every transfer is logged once or waits for it",
        "DELETE FROM ledger_log WHERE seq = (SELECT MAX(seq) FROM ledger_log);
         UPDATE sequencer SET seq = seq - 1";
    a_transfer_that_waits_though_logged: "every transfer is logged once or waits for it",
        "INSERT INTO ledger_queue (entry, transfer_id) SELECT entry, transfer_id FROM ledger_log WHERE seq = 1";
    a_day_that_goes_back: "the log's day never decreases",
        "UPDATE ledger_log SET day = day - 1 WHERE seq = 2";
    an_award_of_a_claim_that_is_not_posted: "every posted claim has its award and no other has one",
        "UPDATE claims SET state = 'rejected'";
    an_award_of_another_amount: "every posted claim has its award and no other has one",
        "UPDATE claims SET merit = merit + 1 WHERE merit > 0";
    a_posted_claim_without_an_award: "every posted claim has its award and no other has one",
        "UPDATE claims SET merit = 5 WHERE merit = 0";
    a_like_that_is_not_counted: "every like is counted",
        "UPDATE deeds SET like_count = 0";
    a_like_that_nobody_gave: "every like is counted",
        "DELETE FROM likes";
    a_cap_that_holds_too_much: "caps hold what posted claims took",
        "UPDATE counters SET used = used + 1 WHERE scope LIKE 'item:%'";
    a_cap_of_a_claim_that_was_reversed: "caps hold what posted claims took",
        "UPDATE claims SET state = 'reversed'";
    a_score_that_is_off: "scores follow the log",
        "UPDATE board_scores SET score = score + 1";
    a_score_that_is_missing: "scores follow the log",
        "DELETE FROM board_scores";
    a_score_that_was_reached_earlier: "scores follow the log",
        "UPDATE board_scores SET reached = reached - 1";
    a_score_of_a_household_that_is_off: "scores follow the log",
        "UPDATE board_scores SET score = score - 1 WHERE subject = 'household' AND span = 'day'";
    a_month_that_is_off: "scores of months, years and all time are the sums of their days",
        "UPDATE board_scores SET score = score + 1 WHERE span = 'month'";
    a_year_that_is_missing: "scores of months, years and all time are the sums of their days",
        "DELETE FROM board_scores WHERE span = 'year'";
    a_sale_that_moved_no_points: "every captured redemption moved its points once",
        "UPDATE redemptions SET state = 'captured' WHERE state = 'held'";
    a_sale_of_other_points: "every captured redemption moved its points once",
        "UPDATE redemptions SET points = points + 1 WHERE state = 'captured'";
    a_sale_that_moved_twice: "every captured redemption moved its points once",
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, created_at)
         SELECT debit, business_key, kind, debit, credit, amount, mode, reason, created_at FROM transfers WHERE business_key LIKE 'redemption:%:capture' LIMIT 1";
    a_void_that_gave_nothing_back: "every voided redemption gave its points back once",
        "UPDATE redemptions SET state = 'voided' WHERE state = 'captured'";
    a_return_of_what_is_not_voided: "every voided redemption gave its points back once",
        "UPDATE redemptions SET state = 'captured' WHERE state = 'voided'";
    a_redemption_whose_hold_was_let_go: "every redemption has its hold and every hold its redemption",
        "UPDATE holds SET state = 'voided' WHERE transfer_id IN (SELECT hold_id FROM redemptions WHERE state = 'held')";
    a_redemption_of_another_account: "every redemption has its hold and every hold its redemption",
        "UPDATE redemptions SET account_id = (SELECT account_id FROM merchants) WHERE state = 'held'";
    a_hold_of_no_redemption: "every redemption has its hold and every hold its redemption",
        "DELETE FROM redemptions WHERE state = 'held'";
    a_limit_that_holds_too_much: "an offer's limits hold what its live redemptions took",
        "UPDATE counters SET used = used + 1 WHERE scope = 'offer-day'";
    a_limit_that_was_not_taken_from: "an offer's limits hold what its live redemptions took",
        "DELETE FROM counters WHERE scope LIKE 'offer:%'";
    a_shop_with_points_from_nowhere: "each shop's account is what it captured and did not void",
        "UPDATE folds SET balance = balance + 1 WHERE account_id IN (SELECT account_id FROM merchants)";
    a_shop_without_what_it_sold: "each shop's account is what it captured and did not void",
        "DELETE FROM folds WHERE account_id IN (SELECT account_id FROM merchants)";
    a_customer_who_is_counted_twice: "customers of shops are counted by what they bought",
        "UPDATE merchant_customers SET visits = visits + 1";
    a_customer_who_is_older_than_the_first_purchase: "customers of shops are counted by what they bought",
        "UPDATE merchant_customers SET first_day = first_day - 1";
    a_customer_who_is_forgotten: "customers of shops are counted by what they bought",
        "DELETE FROM merchant_customers";
    a_thanks_that_nobody_said: "every thanks to a shop is counted",
        "UPDATE merchants SET thanks_count = thanks_count + 1";
    a_seat_that_is_not_counted: "every event counts its seats, and has no more than there are",
        "UPDATE events SET taken = 0";
    a_seat_that_there_is_not: "every event counts its seats, and has no more than there are",
        "UPDATE sign_ups SET state = 'confirmed' WHERE state = 'waiting'";
    a_place_for_two: "every place of a waitlist was given once",
        "UPDATE sign_ups SET place = 1 WHERE state = 'waiting'";
    a_place_that_was_never_given: "every place of a waitlist was given once",
        "UPDATE events SET next_place = 1";
    an_attendance_of_nobody: "every claim of attendance belongs to somebody who came",
        "UPDATE sign_ups SET checked_in_at = NULL WHERE claim_id IS NOT NULL";
    a_claim_that_a_sign_up_does_not_know: "every claim of attendance belongs to somebody who came",
        "UPDATE sign_ups SET claim_id = NULL WHERE claim_id IS NOT NULL";
    a_claim_that_is_anothers: "every claim of attendance belongs to somebody who came",
        "UPDATE claims SET cause = 'staff_entry' WHERE cause = 'check_in'";
}

async fn plant(bed: &Bed, check: &str, sql: &str) {
    build(bed).await;
    bed.assert_clean().await;
    if bed.is_sqlite() {
        bed.raw(&format!(
            "PRAGMA ignore_check_constraints=ON; PRAGMA foreign_keys=OFF; DROP TRIGGER ledger_log_no_update; DROP TRIGGER ledger_log_no_delete; \
             DROP TRIGGER redemptions_move; DROP TRIGGER redemptions_no_delete; {sql}"
        ));
    } else {
        bed.raw(&format!(
            "ALTER TABLE ledger_log DISABLE TRIGGER ledger_log_append_only; ALTER TABLE balances DROP CONSTRAINT balances_floor; \
             ALTER TABLE redemptions DISABLE TRIGGER redemptions_move; {sql}"
        ));
    }
    let found = bed.differences().await;
    assert!(found.iter().any(|d| d.check == check && !d.what.is_empty()), "{check}: {found:?}");
}

/// Something of everything that the checks look at.
async fn build(bed: &Bed) {
    let system = bed.system_accounts().await;
    let (person, other) = (bed.person().await, bed.person_with(&system, 700).await);
    let expires_at = bed.now().plus_seconds(60);
    let claim = ClaimId::new();
    bed.post(award(&format!("claim:{}", claim.0.simple()), &system, &person, 500)).await.unwrap();
    bed.post(spend("hold", &system, &other, 100, Mode::Pending { expires_at })).await.unwrap();
    let shop = Shop::open(bed).await;
    shop.sell(bed, &other, Until::Held).await;
    shop.sell(bed, &other, Until::Captured).await;
    shop.sell(bed, &other, Until::Voided).await;
    bed.sequence().await;
    bed.store.write(move |c| claims_and_deeds(c, claim)).await.unwrap();
    while bed.store.write(|c| scores::follow(c, 100)).await.unwrap() > 0 {}
    let scored = bed.store.read(|c| Ok(board_scores::table.count().get_result::<i64>(c)?)).await.unwrap();
    assert!(scored > 0);
}

fn claims_and_deeds(c: &mut Db, claim: ClaimId) -> store::Result<()> {
    let (unit, item, resident) = (UnitId::new(), ItemId::new(), ResidentId::new());
    rules(c, unit, item)?;
    let row = (
        residents::id.eq(uid(resident)),
        residents::unit_id.eq(uid(unit)),
        residents::hidden.eq(false),
        residents::state.eq("active"),
        residents::version.eq(0),
        residents::created_at.eq(0),
    );
    diesel::insert_into(residents::table).values(row).execute(c)?;
    posted_claim(c, claim, unit, item, 500)?;
    // A claim may be worth no merit; then it has no award of merit.
    posted_claim(c, ClaimId::new(), unit, item, 0)?;
    let taken = (
        claim_takes::claim_id.eq(uid(claim)),
        claim_takes::scope.eq("item:BQ-001:times"),
        claim_takes::subject_id.eq(uid(resident)),
        claim_takes::span.eq("month"),
        claim_takes::start.eq(20_500),
        claim_takes::amount.eq(2),
    );
    diesel::insert_into(claim_takes::table).values(taken).execute(c)?;
    let used = (
        counters::scope.eq("item:BQ-001:times"),
        counters::subject_id.eq(uid(resident)),
        counters::span.eq("month"),
        counters::start.eq(20_500),
        counters::used.eq(2),
    );
    diesel::insert_into(counters::table).values(used).execute(c)?;
    liked_deed(c, unit, resident)?;
    fair::open(c, unit, item)
}

fn rules(c: &mut Db, unit: UnitId, item: ItemId) -> store::Result<()> {
    let catalogue = CatalogueId::new();
    let row = (
        units::id.eq(uid(unit)),
        units::type_.eq("village"),
        units::setting.eq("rural"),
        units::name.eq("北桥村"),
        units::code.eq("BQ"),
        units::version.eq(0),
        units::created_at.eq(0),
    );
    diesel::insert_into(units::table).values(row).execute(c)?;
    let row = (
        catalogues::id.eq(uid(catalogue)),
        catalogues::unit_id.eq(uid(unit)),
        catalogues::number.eq(1),
        catalogues::state.eq("adopted"),
        catalogues::name_zh.eq("积分细则"),
        catalogues::name_en.eq("Rules"),
        catalogues::document.eq("{}"),
        catalogues::created_at.eq(0),
        catalogues::version.eq(0),
    );
    diesel::insert_into(catalogues::table).values(row).execute(c)?;
    let row = (
        items::id.eq(uid(item)),
        items::catalogue_id.eq(uid(catalogue)),
        items::position.eq(1),
        items::code.eq("BQ-001"),
        items::body.eq("{}"),
    );
    diesel::insert_into(items::table).values(row).execute(c)?;
    Ok(())
}

fn posted_claim(c: &mut Db, claim: ClaimId, unit: UnitId, item: ItemId, merit: i64) -> store::Result<()> {
    let row = (
        claims::id.eq(uid(claim)),
        claims::unit_id.eq(uid(unit)),
        claims::subject.eq("resident"),
        claims::item_id.eq(uid(item)),
        claims::day_of_act.eq(20_500),
        claims::cause.eq("staff_entry"),
        claims::cause_id.eq(uid(claim)),
        claims::state.eq("posted"),
        claims::merit.eq(merit),
        claims::created_at.eq(0),
        claims::version.eq(0),
    );
    diesel::insert_into(claims::table).values(row).execute(c)?;
    Ok(())
}

fn liked_deed(c: &mut Db, unit: UnitId, resident: ResidentId) -> store::Result<()> {
    let (deed, identity) = (DeedId::new(), IdentityId::new());
    let row = (
        deeds::id.eq(uid(deed)),
        deeds::identity_id.eq(uid(identity)),
        deeds::resident_id.eq(uid(resident)),
        deeds::unit_id.eq(uid(unit)),
        deeds::section.eq("help"),
        deeds::title.eq("扶老人过桥"),
        deeds::body.eq(""),
        deeds::day_of_act.eq(20_500),
        deeds::state.eq("published"),
        deeds::like_count.eq(1),
        deeds::comment_count.eq(0),
        deeds::share_count.eq(0),
        deeds::version.eq(0),
        deeds::created_at.eq(0),
    );
    diesel::insert_into(deeds::table).values(row).execute(c)?;
    let row = (likes::deed_id.eq(uid(deed)), likes::identity_id.eq(uid(identity)), likes::created_at.eq(0));
    diesel::insert_into(likes::table).values(row).execute(c)?;
    Ok(())
}
