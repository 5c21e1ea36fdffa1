//! Events, their calendar and who signed up.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    events (id) {
        id -> Uid,
        unit_id -> Uid,
        kind -> Text,
        section -> Text,
        themes -> Text,
        title -> Text,
        body -> Text,
        place -> Text,
        starts_at -> BigInt,
        ends_at -> BigInt,
        sign_up_from -> BigInt,
        sign_up_until -> BigInt,
        withdraw_until -> BigInt,
        capacity -> Integer,
        offer_minutes -> Integer,
        minimum_age -> Nullable<Integer>,
        item_id -> Nullable<Uid>,
        award_per -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        taken -> Integer,
        next_place -> BigInt,
        door_secret -> Binary,
        reminded -> Bool,
        recap_id -> Nullable<Uid>,
        drafted_by -> Uid,
        completed_by -> Nullable<Uid>,
        completed_at -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    event_calendar (unit_id, starts_at, event_id) {
        unit_id -> Uid,
        starts_at -> BigInt,
        event_id -> Uid,
        section -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    sign_ups (id) {
        id -> Uid,
        event_id -> Uid,
        resident_id -> Uid,
        state -> Text,
        place -> Nullable<BigInt>,
        offered_until -> Nullable<BigInt>,
        entered_by -> Nullable<Uid>,
        checked_in_at -> Nullable<BigInt>,
        checked_out_at -> Nullable<BigInt>,
        minutes -> Nullable<Integer>,
        claim_id -> Nullable<Uid>,
        version -> BigInt,
        created_at -> BigInt,
    }
}
