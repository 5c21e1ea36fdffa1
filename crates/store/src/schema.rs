//! The tables, as both engines know them. Kept by hand beside the migrations: `print-schema` differs by engine.

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
    identities (id) {
        id -> Uid,
        provider -> Text,
        subject -> Text,
        resident_id -> Nullable<Uid>,
        nickname -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
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
    }
}

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

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    accounts (id) {
        id -> Uid,
        kind -> Text,
        holder -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    account_owners (account_id) {
        account_id -> Uid,
        holder -> Text,
        owner_id -> Uid,
        kind -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    balances (account_id) {
        account_id -> Uid,
        posted -> BigInt,
        pending -> BigInt,
        floor -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    transfer_groups (business_key) {
        business_key -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    transfers (id) {
        id -> Uid,
        business_key -> Text,
        kind -> Text,
        debit -> Uid,
        credit -> Uid,
        amount -> BigInt,
        mode -> Text,
        reason -> Text,
        pending_id -> Nullable<Uid>,
        reverses -> Nullable<Uid>,
        unit_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        resident_id -> Nullable<Uid>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    holds (transfer_id) {
        transfer_id -> Uid,
        account_id -> Uid,
        amount -> BigInt,
        expires_at -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    ledger_queue (id) {
        id -> BigInt,
        entry -> Text,
        transfer_id -> Nullable<Uid>,
        subject -> Nullable<Text>,
        subject_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    ledger_log (seq) {
        seq -> BigInt,
        day -> Integer,
        entry -> Text,
        transfer_id -> Nullable<Uid>,
        subject -> Nullable<Text>,
        subject_id -> Nullable<Uid>,
        unit_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        resident_id -> Nullable<Uid>,
        score -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    sequencer (id) {
        id -> Integer,
        seq -> BigInt,
        day -> Integer,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    folds (account_id) {
        account_id -> Uid,
        balance -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    counters (scope, subject_id, span, start) {
        scope -> Text,
        subject_id -> Uid,
        span -> Text,
        start -> Integer,
        used -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    board_scores (span, start, subject, unit_id, subject_id) {
        span -> Text,
        start -> Integer,
        subject -> Text,
        unit_id -> Uid,
        subject_id -> Uid,
        score -> BigInt,
        reached -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    board_visibility (subject, subject_id) {
        subject -> Text,
        subject_id -> Uid,
        state -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    projections (name) {
        name -> Text,
        seq -> BigInt,
        day -> Integer,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    catalogues (id) {
        id -> Uid,
        unit_id -> Uid,
        number -> Integer,
        state -> Text,
        name_zh -> Text,
        name_en -> Text,
        source -> Nullable<Text>,
        force_from -> Nullable<Integer>,
        force_until -> Nullable<Integer>,
        document -> Text,
        created_by -> Nullable<Uid>,
        adopted_by -> Nullable<Uid>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    items (id) {
        id -> Uid,
        catalogue_id -> Uid,
        position -> Integer,
        code -> Text,
        body -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claims (id) {
        id -> Uid,
        unit_id -> Uid,
        subject -> Text,
        resident_id -> Nullable<Uid>,
        household_id -> Nullable<Uid>,
        item_id -> Uid,
        day_of_act -> Integer,
        quantity -> Nullable<BigInt>,
        cause -> Text,
        cause_id -> Uid,
        claimant_id -> Nullable<Uid>,
        entered_by -> Nullable<Uid>,
        proxy_id -> Nullable<Uid>,
        state -> Text,
        merit -> Nullable<BigInt>,
        redeemable -> Nullable<BigInt>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        reversed_by -> Nullable<Uid>,
        reversed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claim_notes (claim_id) {
        claim_id -> Uid,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    claim_takes (claim_id, scope, span) {
        claim_id -> Uid,
        scope -> Text,
        subject_id -> Uid,
        span -> Text,
        start -> Integer,
        amount -> BigInt,
    }
}

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

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    clerks (id) {
        id -> Uid,
        provider -> Nullable<Text>,
        subject -> Nullable<Text>,
        login -> Nullable<Text>,
        password_hash -> Nullable<Text>,
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
    merchants (id) {
        id -> Uid,
        unit_id -> Uid,
        category -> Text,
        name -> Text,
        address -> Text,
        phone -> Nullable<Text>,
        body -> Text,
        search_text -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        proposal -> Nullable<Text>,
        account_id -> Nullable<Uid>,
        applied_by -> Uid,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        thanks_count -> BigInt,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    merchant_staff (merchant_id, clerk_id) {
        merchant_id -> Uid,
        clerk_id -> Uid,
        role -> Text,
        since -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    offers (id) {
        id -> Uid,
        merchant_id -> Uid,
        title -> Text,
        body -> Text,
        list_price -> BigInt,
        price -> BigInt,
        points -> BigInt,
        from_day -> Nullable<Integer>,
        until_day -> Nullable<Integer>,
        windows -> Nullable<Text>,
        per_resident -> Nullable<Integer>,
        per_resident_span -> Nullable<Text>,
        per_day -> Nullable<Integer>,
        state -> Text,
        open -> Bool,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Uid>,
        decided_at -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemption_codes (hash) {
        hash -> Binary,
        kind -> Text,
        resident_id -> Uid,
        household_id -> Nullable<Uid>,
        account_id -> Uid,
        offer_id -> Nullable<Uid>,
        offer_version -> Nullable<BigInt>,
        merchant_id -> Nullable<Uid>,
        tap_above -> BigInt,
        state -> Text,
        expires_at -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemptions (id) {
        id -> Uid,
        merchant_id -> Uid,
        offer_id -> Uid,
        clerk_id -> Uid,
        order_no -> Text,
        code_hash -> Binary,
        resident_id -> Uid,
        household_id -> Nullable<Uid>,
        account_id -> Uid,
        hold_id -> Uid,
        list_price -> BigInt,
        price -> BigInt,
        points -> BigInt,
        state -> Text,
        approval -> Text,
        expires_at -> BigInt,
        day -> Integer,
        week -> Integer,
        month -> Integer,
        limit_span -> Nullable<Text>,
        limit_start -> Nullable<Integer>,
        limit_of_day -> Bool,
        settled_at -> Nullable<BigInt>,
        voided_at -> Nullable<BigInt>,
        ended_by -> Nullable<Uid>,
        returned_version -> Nullable<BigInt>,
        receipt -> Nullable<Text>,
        void_receipt -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    redemption_notes (redemption_id) {
        redemption_id -> Uid,
        note -> Text,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    merchant_customers (merchant_id, resident_id) {
        merchant_id -> Uid,
        resident_id -> Uid,
        first_day -> Integer,
        visits -> BigInt,
    }
}

diesel::table! {
    use super::Uid;
    use diesel::sql_types::*;

    #[doc = "See the migrations."]
    thanks (id) {
        id -> Uid,
        merchant_id -> Uid,
        resident_id -> Uid,
        words -> Text,
        day -> Integer,
        created_at -> BigInt,
    }
}

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

diesel::allow_tables_to_appear_in_same_query!(
    meta,
    units,
    unit_paths,
    policies,
    households,
    household_doors,
    residents,
    resident_names,
    identities,
    join_requests,
    staff,
    staff_roles,
    sessions,
    idempotency,
    audit,
    outbox,
    leases,
    accounts,
    account_owners,
    balances,
    transfer_groups,
    transfers,
    holds,
    ledger_queue,
    ledger_log,
    sequencer,
    folds,
    counters,
    board_scores,
    board_visibility,
    projections,
    catalogues,
    items,
    claims,
    claim_notes,
    claim_takes,
    deeds,
    deed_feed,
    deed_feed_dirty,
    likes,
    shares,
    pictures,
    comments,
    reports,
    reviews,
    imports,
    import_rows,
    clerks,
    merchants,
    merchant_staff,
    offers,
    redemption_codes,
    redemptions,
    redemption_notes,
    merchant_customers,
    thanks,
    events,
    event_calendar,
    sign_ups,
    resident_births,
    inbox,
    inbox_switches,
);
