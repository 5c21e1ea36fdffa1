//! Shops of the alliance: their page, where they stand, and lists of them. Who works in a shop stands in [`crate::merchant_staff`].

use diesel::prelude::*;
use domain::access::MerchantState;
use domain::ids::{AccountId, ClerkId, MerchantId, StaffId, UnitId};
use domain::{Code, Ts};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::merchants;
use crate::units::within;

/// A shop as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The category's word.
    pub category: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
    /// The state's word.
    pub state: String,
    /// Why it was rejected or suspended, or why its last change was.
    pub reason: Option<String>,
    /// What its owner wants it to say, as JSON, if the desk has not yet agreed.
    pub proposal: Option<String>,
    /// Where redeemed points go; none before it was approved.
    pub account: Option<AccountId>,
    /// Who applied.
    pub applied_by: ClerkId,
    /// Who decided last.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// Thanks of residents.
    pub thanks: i64,
    /// Counts changes.
    pub version: i64,
    /// When it applied first, in microseconds.
    pub created_at: i64,
}

/// Texts stay out of logs.
impl std::fmt::Debug for Merchant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merchant").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Merchant {
    /// Where it stands.
    pub fn state(&self) -> Result<MerchantState> {
        MerchantState::from_word(&self.state).ok_or_else(|| Error::corrupt("a shop of no state"))
    }
    /// Whether it takes part: what it shows is public, and it may sell.
    pub fn takes_part(&self) -> bool {
        self.state == MerchantState::Approved.word()
    }
}

/// The columns of [`Merchant`].
macro_rules! columns {
    () => {
        (
            merchants::id,
            merchants::unit_id,
            merchants::category,
            merchants::name,
            merchants::address,
            merchants::phone,
            merchants::body,
            merchants::state,
            merchants::reason,
            merchants::proposal,
            merchants::account_id,
            merchants::applied_by,
            merchants::decided_by,
            merchants::decided_at,
            merchants::thanks_count,
            merchants::version,
            merchants::created_at,
        )
    };
}

/// What the page of a shop says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The category's word.
    pub category: &'static str,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
}

impl Page {
    fn search_text(&self) -> String {
        domain::shops::searchable(&[&self.name, &self.address, &self.text])
    }
}

/// One shop.
pub fn find(conn: &mut Db, id: MerchantId) -> Result<Option<Merchant>> {
    Ok(merchants::table.find(uid(id)).select(columns!()).first(conn).optional()?)
}

/// One shop, or the refusal that there is none.
pub fn require(conn: &mut Db, id: MerchantId) -> Result<Merchant> {
    find(conn, id)?.ok_or_else(|| Code::ShopNotFound.into())
}

/// These shops, in no order.
pub fn several(conn: &mut Db, ids: &[MerchantId]) -> Result<Vec<Merchant>> {
    let those = among(merchants::id, ids.iter().copied());
    Ok(merchants::table.filter(those).select(columns!()).load(conn)?)
}

/// Locks a shop's row until the end of the transaction: whoever changes who works there goes one by one. SQLite has one writer anyway.
pub fn lock(conn: &mut Db, id: MerchantId) -> Result<()> {
    let query = merchants::table.find(uid(id)).select(merchants::id);
    let _locked: Option<MerchantId> = crate::per(query.for_update(), query).get_result(conn).optional()?;
    Ok(())
}

/// Adds a shop that applies.
pub fn insert(
    conn: &mut Db,
    id: MerchantId,
    unit: UnitId,
    page: &Page,
    applicant: ClerkId,
    now: Ts,
) -> Result<()> {
    let row = (
        merchants::id.eq(uid(id)),
        merchants::unit_id.eq(uid(unit)),
        merchants::category.eq(page.category),
        merchants::name.eq(&page.name),
        merchants::address.eq(&page.address),
        merchants::phone.eq(&page.phone),
        merchants::body.eq(&page.text),
        merchants::search_text.eq(page.search_text()),
        merchants::state.eq(MerchantState::Applied.word()),
        merchants::applied_by.eq(uid(applicant)),
        merchants::thanks_count.eq(0),
        merchants::version.eq(1),
        merchants::created_at.eq(now.0),
    );
    diesel::insert_into(merchants::table).values(row).execute(conn)?;
    Ok(())
}

/// Lets a rejected shop apply again, with another page and perhaps in another unit; `false` if it is not rejected.
pub fn apply_again(
    conn: &mut Db,
    id: MerchantId,
    unit: UnitId,
    page: &Page,
    applicant: ClerkId,
) -> Result<bool> {
    let rejected = merchants::state.eq(MerchantState::Rejected.word());
    let changed = diesel::update(merchants::table.find(uid(id)).filter(rejected))
        .set((
            merchants::unit_id.eq(uid(unit)),
            merchants::category.eq(page.category),
            merchants::name.eq(&page.name),
            merchants::address.eq(&page.address),
            merchants::phone.eq(&page.phone),
            merchants::body.eq(&page.text),
            merchants::search_text.eq(page.search_text()),
            merchants::state.eq(MerchantState::Applied.word()),
            merchants::reason.eq(None::<String>),
            merchants::applied_by.eq(uid(applicant)),
            merchants::version.eq(merchants::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Writes the page of a shop of this version and state; what was proposed is done with. Refused: another version or state.
pub fn write(conn: &mut Db, id: MerchantId, version: i64, state: MerchantState, page: &Page) -> Result<()> {
    let row = merchants::table
        .find(uid(id))
        .filter(merchants::version.eq(version))
        .filter(merchants::state.eq(state.word()));
    let changed = diesel::update(row)
        .set((
            merchants::category.eq(page.category),
            merchants::name.eq(&page.name),
            merchants::address.eq(&page.address),
            merchants::phone.eq(&page.phone),
            merchants::body.eq(&page.text),
            merchants::search_text.eq(page.search_text()),
            merchants::proposal.eq(None::<String>),
            merchants::version.eq(merchants::version + 1),
        ))
        .execute(conn)?;
    if changed == 0 { Err(Code::PreconditionFailed.into()) } else { Ok(()) }
}

/// Proposes another page for a shop of this version and state, or takes what was proposed back. Refused: another version or state.
pub fn propose(
    conn: &mut Db,
    id: MerchantId,
    version: i64,
    state: MerchantState,
    proposal: Option<&str>,
) -> Result<()> {
    let row = merchants::table
        .find(uid(id))
        .filter(merchants::version.eq(version))
        .filter(merchants::state.eq(state.word()));
    let set = (merchants::proposal.eq(proposal), merchants::version.eq(merchants::version + 1));
    if diesel::update(row).set(set).execute(conn)? == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    Ok(())
}

/// A decision of the desk on a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The state that it must be in.
    pub from: MerchantState,
    /// The state that it gets.
    pub to: MerchantState,
    /// The version that was looked at, where what it says matters.
    pub version: Option<i64>,
    /// Why, where the shop is refused something.
    pub reason: Option<&'a str>,
    /// Where redeemed points go from now on; `None` leaves it.
    pub account: Option<AccountId>,
    /// Who decides.
    pub by: StaffId,
}

/// Writes a decision; `false` if the shop does not stand as the decision supposes, because somebody else was first.
pub fn decide(conn: &mut Db, id: MerchantId, decision: &Decision<'_>, now: Ts) -> Result<bool> {
    let mut row = diesel::update(merchants::table).filter(merchants::id.eq(uid(id))).into_boxed();
    row = row.filter(merchants::state.eq(decision.from.word()));
    if let Some(version) = decision.version {
        row = row.filter(merchants::version.eq(version));
    }
    let set = (
        merchants::state.eq(decision.to.word()),
        merchants::reason.eq(decision.reason),
        decision.account.map(|account| merchants::account_id.eq(uid(account))),
        merchants::decided_by.eq(uid(decision.by)),
        merchants::decided_at.eq(now.0),
        merchants::version.eq(merchants::version + 1),
    );
    Ok(row.set(set).execute(conn)? == 1)
}

/// Which shops of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In the subtrees of these units; none: everywhere.
    pub roots: Option<Vec<UnitId>>,
    /// In this state.
    pub state: Option<MerchantState>,
    /// Of this category.
    pub category: Option<&'static str>,
    /// Whose name, address or text holds this, in lower case.
    pub search: Option<String>,
    /// Of which a change waits for the desk.
    pub proposing: bool,
}

/// A page of shops, the newest first, before a key.
pub fn list(conn: &mut Db, filter: &Filter, before: Option<MerchantId>, limit: u32) -> Result<Vec<Merchant>> {
    let mut query = merchants::table.select(columns!()).into_boxed();
    if let Some(roots) = &filter.roots {
        query = query.filter(merchants::unit_id.eq_any(within!(roots)));
    }
    if let Some(state) = filter.state {
        query = query.filter(merchants::state.eq(state.word()));
    }
    if let Some(category) = filter.category {
        query = query.filter(merchants::category.eq(category));
    }
    if let Some(search) = &filter.search {
        query = query.filter(merchants::search_text.like(holds(search)).escape('\\'));
    }
    if filter.proposing {
        query = query.filter(merchants::proposal.is_not_null());
    }
    if let Some(before) = before {
        query = query.filter(merchants::id.lt(uid(before)));
    }
    Ok(query.order(merchants::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// The pattern of what holds this text anywhere; its own signs of patterns are plain text.
pub(crate) fn holds(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
