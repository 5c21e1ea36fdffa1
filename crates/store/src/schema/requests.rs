//! Sessions, keys of requests, effects that wait, and who leads a loop.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    sessions (id) {
        id -> Uid,
        principal -> Text,
        principal_id -> Uid,
        current_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    idempotency (principal, key) {
        principal -> Uid,
        key -> Text,
        fingerprint -> Binary,
        outcome -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    outbox (id) {
        id -> Uid,
        kind -> Text,
        payload -> Text,
        due_at -> BigInt,
        attempts -> Integer,
        leased_until -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    leases (name) {
        name -> Text,
        holder -> Uid,
        until -> BigInt,
    }
}
