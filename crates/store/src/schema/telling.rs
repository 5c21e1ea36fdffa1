//! Inboxes, and what their owners do not want to be told.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    inbox (id) {
        id -> Uid,
        owner_id -> Uid,
        owner -> Text,
        kind -> Text,
        object -> Text,
        detail -> Text,
        created_at -> BigInt,
        read_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    inbox_switches (owner_id, kind) {
        owner_id -> Uid,
        kind -> Text,
    }
}
