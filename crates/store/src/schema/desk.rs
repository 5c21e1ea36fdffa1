//! The staff, what they did, what waits for them, and what they import.

use crate::adapters::Uid;

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    staff (id) {
        id -> Uid,
        login -> Text,
        password_hash -> Text,
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
    staff_roles (id) {
        id -> Uid,
        staff_id -> Uid,
        unit_id -> Uid,
        role -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    audit (id) {
        id -> Uid,
        at -> BigInt,
        staff_id -> Nullable<Uid>,
        action -> Text,
        object -> Text,
        unit_id -> Nullable<Uid>,
        detail -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    reviews (id) {
        id -> Uid,
        kind -> Text,
        object_id -> Uid,
        unit_id -> Uid,
        state -> Text,
        claimed_by -> Nullable<Uid>,
        lease_until -> Nullable<BigInt>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    reports (id) {
        id -> Uid,
        deed_id -> Uid,
        identity_id -> Uid,
        unit_id -> Uid,
        cause -> Text,
        note -> Nullable<Text>,
        state -> Text,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    imports (id) {
        id -> Uid,
        unit_id -> Uid,
        state -> Text,
        rows_total -> Integer,
        rows_faulty -> Integer,
        rows_created -> Integer,
        rows_updated -> Integer,
        created_by -> Nullable<Uid>,
        created_at -> BigInt,
        applied_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    import_rows (import_id, line) {
        import_id -> Uid,
        line -> Integer,
        entity -> Text,
        data -> Text,
        effect -> Text,
        fault_code -> Nullable<Text>,
        fault_zh -> Nullable<Text>,
        fault_en -> Nullable<Text>,
    }
}
