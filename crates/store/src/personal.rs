//! Every table of the schema, with what it holds of people: how it is taken away when somebody is forgotten, and in which file of a copy it is
//! told. A table that is not in this list fails a test, and so does one that says that it is erased and is in no step of the erasure
//! (`community/src/erasure/steps.rs`), so that nobody adds personal data without deciding on both.

/// What becomes of a table's rows when a person is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// It holds nothing of persons.
    Nothing,
    /// A step of this table's name takes the rows away, or what is personal in them.
    Step,
    /// They stay, because…
    Kept(&'static str),
}

/// Where a person's copy tells what a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// In the file of this kind.
    In(&'static str),
    /// Nowhere, because…
    Not(&'static str),
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it.
    pub erasure: Erasure,
    /// Where it is told.
    pub export: Export,
}

const fn table(name: &'static str, erasure: Erasure, export: Export) -> Table {
    Table { name, erasure, export }
}
const fn impersonal(name: &'static str) -> Table {
    table(name, Erasure::Nothing, Export::Not("it holds nothing of persons"))
}
const fn erased(name: &'static str, kind: &'static str) -> Table {
    table(name, Erasure::Step, Export::In(kind))
}

const BOOKS: &str =
    "the books hold ids and amounts, and nobody is found by them once the owner of the account is gone";
const STAFF: &str = "it is of staff or shops, whose accounts are another matter";

/// Every table.
pub const TABLES: &[Table] = &[
    // What the tenant is.
    impersonal("meta"),
    impersonal("units"),
    impersonal("unit_paths"),
    impersonal("policies"),
    impersonal("leases"),
    impersonal("projections"),
    impersonal("sequencer"),
    impersonal("editions"),
    impersonal("catalogues"),
    impersonal("items"),
    impersonal("events"),
    impersonal("event_calendar"),
    // Who people are.
    erased("households", "resident"),
    erased("household_doors", "resident"),
    erased("residents", "resident"),
    erased("resident_names", "resident"),
    erased("resident_births", "resident"),
    erased("identities", "identity"),
    table(
        "former_residents",
        Erasure::Step,
        Export::Not("ids of rows that are told with the present resident or are nobody's"),
    ),
    erased("sessions", "sessions"),
    erased("join_requests", "join-requests"),
    erased("consents", "consents"),
    erased("corrections", "corrections"),
    erased("exports", "exports"),
    table(
        "deletions",
        Erasure::Kept("ids only: they prove that the deletion happened"),
        Export::In("deletions"),
    ),
    table("import_rows", Erasure::Step, Export::Not("what was imported is told where it is kept")),
    table("imports", Erasure::Nothing, Export::Not("counts of rows")),
    // What people post and do.
    erased("deeds", "deeds"),
    table(
        "deed_feed",
        Erasure::Kept("ids only; they go with the deed"),
        Export::Not("the order of what is told as deeds"),
    ),
    table(
        "deed_popularity",
        Erasure::Kept("ids only; they go with the deed"),
        Export::Not("the order of what is told as deeds"),
    ),
    table(
        "deed_feed_dirty",
        Erasure::Kept("ids only; worked off at once"),
        Export::Not("the order of what is told as deeds"),
    ),
    erased("pictures", "pictures"),
    erased("comments", "comments"),
    erased("likes", "likes"),
    erased("shares", "shares"),
    erased("reports", "reports"),
    table(
        "reviews",
        Erasure::Kept("ids only; closed with what they are of"),
        Export::Not("the desk's queue: what came of it is told with its object"),
    ),
    erased("sign_ups", "sign-ups"),
    erased("inbox", "inbox"),
    // What goes by WeChat.
    table("messages", Erasure::Step, Export::Not("what is told as the inbox, carried to WeChat")),
    table(
        "message_credits",
        Erasure::Step,
        Export::Not("how many messages WeChat may still carry: a hint of a month"),
    ),
    table("message_switches", Erasure::Step, Export::Not("settings, which the operation of messages shows")),
    impersonal("message_stops"),
    table(
        "pushes",
        Erasure::Kept("emptied when they are worked off, and when the door is shut"),
        Export::Not("what WeChat says, worked off at once"),
    ),
    erased("phones", "phone"),
    impersonal("invitations"),
    impersonal("qr_codes"),
    impersonal("qr_images"),
    // What checks said.
    table("text_verdicts", Erasure::Kept("hashes of texts, for a month"), Export::Not("hashes")),
    table(
        "text_checks",
        Erasure::Step,
        Export::Not("what a check said of what is told as deeds and comments"),
    ),
    table("picture_checks", Erasure::Kept("hashes, which go with the picture"), Export::Not("hashes")),
    erased("nickname_proposals", "nickname-proposals"),
    table("inbox_switches", Erasure::Step, Export::Not("settings, which the inbox shows")),
    // Points.
    erased("claims", "claims"),
    erased("claim_notes", "claims"),
    table("claim_takes", Erasure::Kept(BOOKS), Export::Not("what claims used up of caps")),
    table("accounts", Erasure::Kept(BOOKS), Export::In("transfers")),
    erased("account_owners", "transfers"),
    table("balances", Erasure::Kept(BOOKS), Export::Not("the sum of what is told as transfers")),
    table("transfer_groups", Erasure::Kept(BOOKS), Export::In("transfers")),
    table("transfers", Erasure::Kept(BOOKS), Export::In("transfers")),
    table("holds", Erasure::Kept(BOOKS), Export::In("redemptions")),
    table("ledger_queue", Erasure::Kept(BOOKS), Export::Not("what is told as transfers, on its way")),
    table("ledger_log", Erasure::Kept(BOOKS), Export::Not("what is told as transfers, in their order")),
    table("folds", Erasure::Nothing, Export::Not("accounts of shops and of the system")),
    table("counters", Erasure::Step, Export::Not("how far limits are used up")),
    table("board_scores", Erasure::Kept(BOOKS), Export::Not("sums of what is told as transfers")),
    table(
        "board_visibility",
        Erasure::Kept("ids only: they keep the erased off the boards"),
        Export::In("resident"),
    ),
    // Shops.
    table("clerks", Erasure::Step, Export::Not(STAFF)),
    table("merchants", Erasure::Kept(STAFF), Export::Not(STAFF)),
    table("merchant_staff", Erasure::Kept(STAFF), Export::Not(STAFF)),
    table("offers", Erasure::Nothing, Export::Not(STAFF)),
    table("redemption_codes", Erasure::Step, Export::Not("secrets that live for a minute")),
    table(
        "redemptions",
        Erasure::Kept("the shop's books: ids, amounts and the shop's own order number"),
        Export::In("redemptions"),
    ),
    erased("redemption_notes", "redemptions"),
    table(
        "merchant_customers",
        Erasure::Kept("ids and counts, which the shop's figures are made of"),
        Export::Not("counts of what is told as redemptions"),
    ),
    table("thanks", Erasure::Kept("ids and chosen words, which the shop counts"), Export::In("thanks")),
    // Staff, and what was done in their name.
    table("staff", Erasure::Step, Export::Not(STAFF)),
    table("staff_roles", Erasure::Kept(STAFF), Export::Not(STAFF)),
    table("audit", Erasure::Kept("ids only: what staff did"), Export::Not(STAFF)),
    table("idempotency", Erasure::Step, Export::Not("keys of requests of the last day")),
    table(
        "outbox",
        Erasure::Kept("ids only; worked off within minutes"),
        Export::Not("what is still to be done"),
    ),
];

/// The tables whose dead rows are overwritten after somebody was forgotten.
pub fn to_cleanse() -> impl Iterator<Item = &'static str> {
    // Pushes are emptied and not deleted, and leave what they said in dead rows all the same.
    let holds = |table: &&Table| table.erasure == Erasure::Step || table.name == "pushes";
    TABLES.iter().filter(holds).map(|table| table.name)
}
