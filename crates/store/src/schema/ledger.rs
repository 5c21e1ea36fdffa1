//! Accounts, transfers, the log and what is folded from it: balances, counters, scores.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    accounts (id) {
        id -> Uid,
        kind -> Text,
        holder -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    account_owners (account_id) {
        account_id -> Uid,
        holder -> Text,
        owner_id -> Uid,
        kind -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    balances (account_id) {
        account_id -> Uid,
        posted -> BigInt,
        pending -> BigInt,
        floor -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    transfer_groups (business_key) {
        business_key -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    transfers (id) {
        id -> Uid,
        business_key -> Text,
        kind -> Text,
        debit -> Uid,
        credit -> Uid,
        amount -> BigInt,
        mode -> Text,
        reason -> Text,
        pending_id -> Nullable<Uid>,
        reverses -> Nullable<Uid>,
        unit_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        resident_id -> Nullable<Uid>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    holds (transfer_id) {
        transfer_id -> Uid,
        account_id -> Uid,
        amount -> BigInt,
        expires_at -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    ledger_queue (id) {
        id -> BigInt,
        entry -> Text,
        transfer_id -> Nullable<Uid>,
        subject -> Nullable<Text>,
        subject_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    ledger_log (seq) {
        seq -> BigInt,
        day -> Integer,
        entry -> Text,
        transfer_id -> Nullable<Uid>,
        subject -> Nullable<Text>,
        subject_id -> Nullable<Uid>,
        unit_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        resident_id -> Nullable<Uid>,
        score -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    sequencer (id) {
        id -> Integer,
        seq -> BigInt,
        day -> Integer,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    folds (account_id) {
        account_id -> Uid,
        balance -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    counters (scope, subject_id, span, start) {
        scope -> Text,
        subject_id -> Uid,
        span -> Text,
        start -> Integer,
        used -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    board_scores (span, start, subject, unit_id, subject_id) {
        span -> Text,
        start -> Integer,
        subject -> Text,
        unit_id -> Uid,
        subject_id -> Uid,
        score -> BigInt,
        reached -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    board_visibility (subject, subject_id) {
        subject -> Text,
        subject_id -> Uid,
        state -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    projections (name) {
        name -> Text,
        seq -> BigInt,
        day -> Integer,
    }
}
