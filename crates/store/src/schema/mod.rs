//! The tables, as both engines know them: a file for each capability, none of them called like a table. Kept by hand beside the
//! migrations: `print-schema` differs by engine.

mod alliance;
mod binding;
mod desk;
mod feed;
mod gatherings;
mod ledger;
mod people;
mod requests;
mod rights;
mod rules;
mod telling;
mod tenant;
mod wechat;

pub use alliance::*;
pub use binding::*;
pub use desk::*;
pub use feed::*;
pub use gatherings::*;
pub use ledger::*;
pub use people::*;
pub use requests::*;
pub use rights::*;
pub use rules::*;
pub use telling::*;
pub use tenant::*;
pub use wechat::*;

// Any of them may be joined with any other, whatever file it stands in.
diesel::allow_tables_to_appear_in_same_query!(
    meta,
    units,
    unit_paths,
    policies,
    households,
    household_doors,
    residents,
    resident_names,
    identities,
    join_requests,
    staff,
    staff_roles,
    sessions,
    idempotency,
    audit,
    outbox,
    leases,
    accounts,
    account_owners,
    balances,
    transfer_groups,
    transfers,
    holds,
    ledger_queue,
    ledger_log,
    sequencer,
    folds,
    counters,
    board_scores,
    board_visibility,
    projections,
    catalogues,
    items,
    claims,
    claim_notes,
    claim_takes,
    deeds,
    deed_feed,
    deed_feed_dirty,
    deed_popularity,
    likes,
    shares,
    pictures,
    comments,
    reports,
    reviews,
    imports,
    import_rows,
    clerks,
    merchants,
    merchant_staff,
    offers,
    redemption_codes,
    redemptions,
    redemption_notes,
    merchant_customers,
    thanks,
    events,
    event_calendar,
    sign_ups,
    resident_births,
    inbox,
    inbox_switches,
    pushes,
    text_verdicts,
    text_checks,
    picture_checks,
    nickname_proposals,
    message_credits,
    message_switches,
    messages,
    message_stops,
    phones,
    invitations,
    qr_codes,
    qr_images,
    consents,
    exports,
    corrections,
    deletions,
    former_residents,
);
