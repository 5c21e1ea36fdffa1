//! What WeChat pushes and says of content, and the messages that it carries.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    pushes (id) {
        id -> Uid,
        identity -> Binary,
        event -> Text,
        sender -> Text,
        body -> Text,
        state -> Text,
        due_at -> BigInt,
        attempts -> Integer,
        received_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    text_verdicts (hash) {
        hash -> Binary,
        verdict -> Text,
        label -> BigInt,
        checked_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    text_checks (kind, object_id) {
        kind -> Text,
        object_id -> Uid,
        verdict -> Text,
        label -> BigInt,
        identity_id -> Nullable<Uid>,
        checked_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    picture_checks (hash) {
        hash -> Text,
        verdict -> Text,
        label -> BigInt,
        trace_id -> Nullable<Text>,
        until -> BigInt,
        checked_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    nickname_proposals (id) {
        id -> Uid,
        identity_id -> Uid,
        nickname -> Text,
        reason -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    message_credits (identity_id, template) {
        identity_id -> Uid,
        template -> Text,
        told -> BigInt,
        pushed -> BigInt,
        spent -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    message_switches (identity_id, kind) {
        identity_id -> Uid,
        kind -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    messages (id) {
        id -> Uid,
        identity_id -> Uid,
        kind -> Text,
        state -> Text,
        template -> Nullable<Text>,
        errcode -> Nullable<BigInt>,
        attempts -> Integer,
        due_at -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    message_stops (template) {
        template -> Text,
        errcode -> BigInt,
        until -> BigInt,
    }
}
