//! The steps of a deletion, in their order: which tables each of them clears, and how. What holds up somebody else comes first (seats, claims
//! that wait), what others see next, what only this person sees after, and what everything is found by last.

use domain::Id;
use domain::Ts;
use domain::erasure::Posts;
use domain::ids::{AccountId, ResidentId, TransferId};
use domain::ledger::{Group, Holder, Kind as Points, Mode, Movement, Reason, Standing};
use domain::points::TRANSFER_MAX;
use foundation::Result;
use foundation::pictures::uploads;
use serde_json::json;
use store::Db;
use store::erasure::{self as rows, Whom};
use store::ledger::accounts::{self, Balance};
use store::ledger::posting;

use super::posts;

/// What a step is asked to do.
pub struct Asked {
    /// Who is forgotten.
    pub(super) whom: Whom,
    /// What becomes of posts.
    pub(super) posts: Posts,
    /// Whether all of it was done before.
    pub(super) again: bool,
    /// The moment.
    pub(super) now: Ts,
}

/// What came of a part of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There may be more.
    More,
    /// Nothing is left.
    Done,
    /// It has to wait until then.
    Later(Ts),
}

impl Turn {
    pub(super) fn of(more: bool) -> Self {
        if more { Self::More } else { Self::Done }
    }
}

/// A step.
pub struct Step {
    /// The tables that it clears.
    pub tables: &'static [&'static str],
    /// One transaction of it.
    pub(super) run: fn(&mut Db, &Asked) -> Result<Turn>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("tables", &self.tables).finish_non_exhaustive()
    }
}

/// A step that one function of the store's does.
macro_rules! plain {
    ($function:ident) => {
        |conn, asked| Ok(Turn::of(rows::$function(conn, &asked.whom)?))
    };
}

/// Every step.
pub const STEPS: &[Step] = &[
    Step { tables: &["sessions"], run: plain!(sessions) },
    Step { tables: &["redemption_codes"], run: plain!(redemption_codes) },
    Step { tables: &["sign_ups"], run: posts::seats },
    Step { tables: &["claims"], run: posts::claims },
    Step { tables: &["comments"], run: posts::comments },
    Step { tables: &["deeds"], run: posts::deeds },
    Step { tables: &["likes"], run: posts::likes },
    Step { tables: &["shares"], run: plain!(shares) },
    Step { tables: &["pictures"], run: pictures },
    Step { tables: &["reports"], run: plain!(reports) },
    Step { tables: &["claim_notes"], run: plain!(claim_notes) },
    Step { tables: &["redemption_notes"], run: plain!(redemption_notes) },
    Step { tables: &["corrections"], run: plain!(corrections) },
    Step { tables: &["join_requests"], run: plain!(join_requests) },
    Step { tables: &["inbox"], run: plain!(inbox) },
    Step { tables: &["inbox_switches"], run: plain!(inbox_switches) },
    Step { tables: &["messages", "message_credits", "message_switches"], run: plain!(messages) },
    Step { tables: &["nickname_proposals"], run: nickname },
    Step { tables: &["text_checks"], run: plain!(text_checks) },
    Step { tables: &["phones"], run: plain!(phones) },
    // By the name, which goes after.
    Step { tables: &["import_rows"], run: plain!(import_rows) },
    Step { tables: &["resident_births"], run: plain!(resident_births) },
    Step { tables: &["households", "household_doors"], run: plain!(leave_household) },
    Step { tables: &["resident_names"], run: plain!(names) },
    Step { tables: &["staff"], run: plain!(link_of_staff) },
    Step { tables: &["clerks"], run: plain!(link_of_clerks) },
    Step { tables: &["account_owners"], run: accounts },
    Step { tables: &["exports"], run: exports },
    Step { tables: &["consents"], run: plain!(consents) },
    Step { tables: &["counters"], run: plain!(counters) },
    Step { tables: &["idempotency"], run: plain!(idempotency) },
    // The door was shut at the very beginning; what is left of the person is the way to everything else.
    Step { tables: &["residents", "identities", "former_residents"], run: identity },
];

/// Uploads that belong to nothing; those of deeds went or stayed with them.
fn pictures(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    crate::avatars::withdraw(conn, asked.whom.identity)?;
    let hashes = rows::uploads(conn, &asked.whom)?;
    for hash in &hashes {
        store::outbox::add(conn, uploads::DELETE, &json!({ "hash": hash }), asked.now, asked.now)?;
    }
    Ok(Turn::of(!hashes.is_empty()))
}

/// A nickname that waits, with its review.
fn nickname(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    if let Some(waiting) = store::nicknames::of(conn, asked.whom.identity)? {
        // The review first, as deciding goes.
        store::reviews::withdraw(conn, store::reviews::Kind::Nickname, store::AnyId::of(waiting.id))?;
    }
    rows::nickname(conn, &asked.whom)?;
    Ok(Turn::Done)
}

/// Copies, with their files.
fn exports(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    let gone = rows::exports(conn, &asked.whom)?;
    for id in &gone {
        store::outbox::add(conn, crate::exports::DELETE, &json!({ "export": id }), asked.now, asked.now)?;
    }
    Ok(Turn::of(!gone.is_empty()))
}

/// What could be spent goes to the expiry account; the accounts stay and are nobody's. While a shop holds points, which it does for two
/// minutes, the sale comes first.
fn accounts(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    if let Some(until) = rows::held_until(conn, &asked.whom, asked.now)? {
        return Ok(Turn::Later(until));
    }
    for &resident in &asked.whom.residents {
        if let Some((account, balance)) = rows::own_account(conn, resident, asked.now)? {
            expire(conn, resident, account, balance, asked.now)?;
        }
        rows::disown(conn, resident)?;
    }
    Ok(Turn::Done)
}

fn expire(conn: &mut Db, resident: ResidentId, account: AccountId, balance: Balance, now: Ts) -> Result<()> {
    let amount = balance.available().min(TRANSFER_MAX);
    if !amount.is_positive() {
        return Ok(());
    }
    let movement = Movement {
        id: TransferId::new(),
        kind: Points::Redeemable,
        debit: account,
        credit: accounts::system(conn, Points::Redeemable, Holder::Expiry, now)?,
        amount,
        mode: Mode::Balancing,
        reason: Reason::Erasure,
        // On no board: what was earned was earned.
        standing: Standing::default(),
        reverses: None,
    };
    let business_key = format!("erasure:{}", resident.uuid().simple());
    posting::post(conn, &Group { business_key, movements: vec![movement] }, now)?;
    Ok(())
}

/// The first time it stays, because whoever is in the middle of a request may still write something that is found by it.
fn identity(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    if asked.again {
        rows::forget_identity(conn, asked.whom.identity)?;
    }
    Ok(Turn::Done)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use store::personal::{Erasure, TABLES};

    use super::STEPS;

    #[test]
    fn every_table_that_is_to_be_cleared_is_cleared_by_a_step() {
        let said: BTreeSet<&str> =
            TABLES.iter().filter(|table| table.erasure == Erasure::Step).map(|table| table.name).collect();
        let done: BTreeSet<&str> = STEPS.iter().flat_map(|step| step.tables).copied().collect();
        assert_eq!(said, done);
    }
}
