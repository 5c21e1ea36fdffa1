//! Shops, their people and offers, and redemptions.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    clerks (id) {
        id -> Uid,
        provider -> Nullable<Text>,
        subject -> Nullable<Text>,
        login -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        name -> Text,
        resident_id -> Nullable<Uid>,
        disabled -> Bool,
        failures -> Integer,
        locked_until -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    merchants (id) {
        id -> Uid,
        unit_id -> Uid,
        category -> Text,
        name -> Text,
        address -> Text,
        phone -> Nullable<Text>,
        body -> Text,
        search_text -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        proposal -> Nullable<Text>,
        account_id -> Nullable<Uid>,
        applied_by -> Uid,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        thanks_count -> BigInt,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    merchant_staff (merchant_id, clerk_id) {
        merchant_id -> Uid,
        clerk_id -> Uid,
        role -> Text,
        since -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    offers (id) {
        id -> Uid,
        merchant_id -> Uid,
        title -> Text,
        body -> Text,
        list_price -> BigInt,
        price -> BigInt,
        points -> BigInt,
        from_day -> Nullable<Integer>,
        until_day -> Nullable<Integer>,
        windows -> Nullable<Text>,
        per_resident -> Nullable<Integer>,
        per_resident_span -> Nullable<Text>,
        per_day -> Nullable<Integer>,
        state -> Text,
        open -> Bool,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemption_codes (hash) {
        hash -> Binary,
        kind -> Text,
        resident_id -> Uid,
        household_id -> Nullable<Uid>,
        account_id -> Uid,
        offer_id -> Nullable<Uid>,
        offer_version -> Nullable<BigInt>,
        merchant_id -> Nullable<Uid>,
        tap_above -> BigInt,
        state -> Text,
        expires_at -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemptions (id) {
        id -> Uid,
        merchant_id -> Uid,
        offer_id -> Uid,
        clerk_id -> Uid,
        order_no -> Text,
        code_hash -> Binary,
        resident_id -> Uid,
        household_id -> Nullable<Uid>,
        account_id -> Uid,
        hold_id -> Uid,
        list_price -> BigInt,
        price -> BigInt,
        points -> BigInt,
        state -> Text,
        approval -> Text,
        expires_at -> BigInt,
        day -> Integer,
        week -> Integer,
        month -> Integer,
        limit_span -> Nullable<Text>,
        limit_start -> Nullable<Integer>,
        limit_of_day -> Bool,
        settled_at -> Nullable<BigInt>,
        voided_at -> Nullable<BigInt>,
        ended_by -> Nullable<Uid>,
        returned_version -> Nullable<BigInt>,
        receipt -> Nullable<Text>,
        void_receipt -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemption_notes (redemption_id) {
        redemption_id -> Uid,
        note -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    merchant_customers (merchant_id, resident_id) {
        merchant_id -> Uid,
        resident_id -> Uid,
        first_day -> Integer,
        visits -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    thanks (id) {
        id -> Uid,
        merchant_id -> Uid,
        resident_id -> Uid,
        words -> Text,
        day -> Integer,
        created_at -> BigInt,
    }
}
