//! Households, residents, and who signs in as whom.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    households (id) {
        id -> Uid,
        unit_id -> Uid,
        code -> Text,
        householder_id -> Nullable<Uid>,
        hidden -> Bool,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    household_doors (household_id) {
        household_id -> Uid,
        door -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    residents (id) {
        id -> Uid,
        unit_id -> Uid,
        household_id -> Nullable<Uid>,
        code -> Nullable<Text>,
        hidden -> Bool,
        state -> Text,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    resident_names (resident_id) {
        resident_id -> Uid,
        name -> Text,
        nickname -> Nullable<Text>,
        masked_name -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    resident_births (resident_id) {
        resident_id -> Uid,
        born -> Integer,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    identities (id) {
        id -> Uid,
        provider -> Text,
        subject -> Text,
        resident_id -> Nullable<Uid>,
        nickname -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        wrote_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    join_requests (id) {
        id -> Uid,
        identity_id -> Uid,
        unit_id -> Uid,
        name -> Text,
        door -> Nullable<Text>,
        note -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        created_at -> BigInt,
        household_id -> Nullable<Uid>,
        invitation_id -> Nullable<Uid>,
    }
}
