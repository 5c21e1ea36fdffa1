//! Catalogues of rules, and the claims that are paid by them.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    catalogues (id) {
        id -> Uid,
        unit_id -> Uid,
        number -> Integer,
        state -> Text,
        name_zh -> Text,
        name_en -> Text,
        source -> Nullable<Text>,
        force_from -> Nullable<Integer>,
        force_until -> Nullable<Integer>,
        document -> Text,
        created_by -> Nullable<Uid>,
        adopted_by -> Nullable<Uid>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    items (id) {
        id -> Uid,
        catalogue_id -> Uid,
        position -> Integer,
        code -> Text,
        body -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claims (id) {
        id -> Uid,
        unit_id -> Uid,
        subject -> Text,
        resident_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        item_id -> Uid,
        day_of_act -> Integer,
        quantity -> Nullable<BigInt>,
        cause -> Text,
        cause_id -> Uid,
        claimant_id -> Nullable<Uid>,
        entered_by -> Nullable<Uid>,
        proxy_id -> Nullable<Uid>,
        state -> Text,
        merit -> Nullable<BigInt>,
        redeemable -> Nullable<BigInt>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        reversed_by -> Nullable<Uid>,
        reversed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claim_notes (claim_id) {
        claim_id -> Uid,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claim_takes (claim_id, scope, span) {
        claim_id -> Uid,
        scope -> Text,
        subject_id -> Uid,
        span -> Text,
        start -> Integer,
        amount -> BigInt,
    }
}
