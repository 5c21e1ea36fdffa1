//! The tenant itself: what it is, its units and their policies.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    meta (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    units (id) {
        id -> Uid,
        parent_id -> Nullable<Uid>,
        #[sql_name = "type"]
        type_ -> Text,
        setting -> Text,
        name -> Text,
        code -> Text,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    unit_paths (unit_id, ancestor_id) {
        unit_id -> Uid,
        ancestor_id -> Uid,
        depth -> Integer,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    policies (unit_id) {
        unit_id -> Uid,
        part -> Text,
        version -> BigInt,
    }
}
