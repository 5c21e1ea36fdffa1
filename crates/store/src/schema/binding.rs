//! Telephones of sign-ins, invitations into households, and codes to scan.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    phones (id) {
        id -> Uid,
        identity_id -> Uid,
        key_id -> Text,
        sealed -> Binary,
        hash -> Binary,
        slot -> Uid,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    invitations (id) {
        id -> Uid,
        household_id -> Uid,
        hash -> Binary,
        uses_max -> Integer,
        used -> Integer,
        made_by -> Uid,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    qr_codes (word) {
        word -> Text,
        kind -> Text,
        object_id -> Uid,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    qr_images (page, scene, release) {
        page -> Text,
        scene -> Text,
        release -> Text,
        hash -> Text,
        created_at -> BigInt,
    }
}
