//! What may never change: the engine itself refuses it.

use diesel::prelude::*;
use domain::ids::AuditId;
use store::schema::audit;
use store::uid;

use super::bed::{Bed, award};

on_both!(nothing_posted_logged_or_audited_changes);

async fn nothing_posted_logged_or_audited_changes(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    bed.post(award("a", &system, &person, 100)).await.unwrap();
    bed.sequence().await;
    let audited = |c: &mut store::Db| {
        let row = (
            audit::id.eq(uid(AuditId::new())),
            audit::at.eq(1),
            audit::action.eq("staff.create"),
            audit::object.eq("staff"),
            audit::detail.eq("{}"),
            audit::request_id.eq("r"),
        );
        Ok(diesel::insert_into(audit::table).values(row).execute(c)?)
    };
    bed.store.write(audited).await.unwrap();
    for (table, change) in [
        ("accounts", "kind = kind"),
        ("transfers", "amount = amount + 1"),
        ("transfer_groups", "created_at = 0"),
        ("ledger_log", "score = 0"),
        ("audit", "detail = ''"),
    ] {
        let rows = bed.number(&format!("SELECT COUNT(*) AS n FROM {table}"));
        assert!(rows > 0, "{table}");
        let mut changes = vec![format!("UPDATE {table} SET {change}"), format!("DELETE FROM {table}")];
        if !bed.is_sqlite() {
            changes.extend([format!("TRUNCATE {table} CASCADE"), format!("TRUNCATE holds, {table} CASCADE")]);
        }
        for sql in changes {
            let refused = bed.try_raw(&sql).unwrap_err().to_string();
            assert_eq!(refused, format!("{table} is append-only"), "{sql}");
        }
        assert_eq!(bed.number(&format!("SELECT COUNT(*) AS n FROM {table}")), rows);
    }
    bed.assert_clean().await;
}
