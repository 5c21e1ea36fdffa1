//! The rights of a person over the own data: consents, copies, corrections, deletions.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    consents (id) {
        id -> Uid,
        identity_id -> Uid,
        purpose -> Text,
        version -> Integer,
        given -> Bool,
        at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    exports (id) {
        id -> Uid,
        identity_id -> Uid,
        state -> Text,
        bytes -> Nullable<BigInt>,
        created_at -> BigInt,
        ready_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    corrections (id) {
        id -> Uid,
        resident_id -> Uid,
        unit_id -> Uid,
        field -> Text,
        wanted -> Text,
        note -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    deletions (id) {
        id -> Uid,
        identity_id -> Uid,
        resident_id -> Nullable<Uid>,
        posts -> Text,
        why -> Text,
        state -> Text,
        step -> Integer,
        asked_at -> BigInt,
        due_at -> BigInt,
        done_at -> Nullable<BigInt>,
        cleansed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    former_residents (identity_id, resident_id) {
        identity_id -> Uid,
        resident_id -> Uid,
    }
}
