//! Deeds, the feed, what people say to them, and pictures.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    deeds (id) {
        id -> Uid,
        identity_id -> Uid,
        resident_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        unit_id -> Uid,
        section -> Text,
        title -> Text,
        body -> Text,
        day_of_act -> Integer,
        item_id -> Nullable<Uid>,
        quantity -> Nullable<BigInt>,
        state -> Text,
        reason -> Nullable<Text>,
        like_count -> BigInt,
        comment_count -> BigInt,
        share_count -> BigInt,
        version -> BigInt,
        created_at -> BigInt,
        published_at -> Nullable<BigInt>,
        event_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    deed_feed (unit_id, deed_id) {
        unit_id -> Uid,
        deed_id -> Uid,
        section -> Text,
        published_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    deed_popularity (deed_id, unit_id) {
        deed_id -> Uid,
        unit_id -> Uid,
        section -> Text,
        likes -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    deed_feed_dirty (deed_id) {
        deed_id -> Uid,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    likes (deed_id, identity_id) {
        deed_id -> Uid,
        identity_id -> Uid,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    shares (deed_id, identity_id) {
        deed_id -> Uid,
        identity_id -> Uid,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    pictures (id) {
        id -> Uid,
        identity_id -> Uid,
        hash -> Text,
        width -> Integer,
        height -> Integer,
        bytes -> BigInt,
        deed_id -> Nullable<Uid>,
        position -> Nullable<Integer>,
        created_at -> BigInt,
        merchant_id -> Nullable<Uid>,
        offer_id -> Nullable<Uid>,
        event_id -> Nullable<Uid>,
        avatar_of -> Nullable<Uid>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    comments (id) {
        id -> Uid,
        deed_id -> Uid,
        identity_id -> Uid,
        resident_id -> Uid,
        body -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        created_at -> BigInt,
    }
}
