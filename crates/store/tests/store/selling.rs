//! What the database itself says to redemptions, and how it calls a customer.

use diesel::prelude::*;
use domain::ids::{ResidentId, UnitId};
use domain::masking::masked;
use store::schema::{resident_names, residents, units};
use store::{Db, uid};

use super::bed::Bed;
use super::shop::{COSTS, Shop, Until};

on_both!(
    a_sale_moves_points_and_its_return_moves_them_back,
    what_has_ended_stays_as_it_is,
    a_customer_is_called_as_masking_has_it,
);

async fn a_sale_moves_points_and_its_return_moves_them_back(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 500).await;
    let shop = Shop::open(bed).await;
    for (until, left, earned) in [
        (Until::Held, 500 - COSTS, 0),
        (Until::Captured, 500 - 2 * COSTS, COSTS),
        (Until::Voided, 500 - 2 * COSTS, COSTS),
    ] {
        shop.sell(bed, &person, until).await;
        assert_eq!((bed.available(person.redeemable).await, bed.folded(shop.account).await), (left, earned));
        bed.assert_clean().await;
    }
    let nobody = "SELECT COUNT(*) AS n FROM ledger_log WHERE score <> 0 AND transfer_id IN (SELECT id FROM transfers WHERE reason = 'redemption')";
    assert_eq!(bed.number(nobody), 0, "no board counts what is spent");
}

async fn what_has_ended_stays_as_it_is(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 500).await;
    let shop = Shop::open(bed).await;
    for until in [Until::Held, Until::Captured, Until::Voided] {
        shop.sell(bed, &person, until).await;
    }
    for wrong in [
        "UPDATE redemptions SET state = 'voided' WHERE state = 'held'",
        "UPDATE redemptions SET state = 'held' WHERE state = 'captured'",
        "UPDATE redemptions SET state = 'cancelled' WHERE state = 'captured'",
        "UPDATE redemptions SET state = 'captured' WHERE state = 'voided'",
        "UPDATE redemptions SET price = price + 1",
        "UPDATE redemptions SET points = points + 1",
        "DELETE FROM redemptions",
    ] {
        assert!(bed.try_raw(wrong).is_err(), "{wrong}");
    }
    bed.assert_clean().await;
}

async fn a_customer_is_called_as_masking_has_it(bed: &Bed) {
    const NAMES: [&str; 22] = [
        "王小明",
        "王明",
        "王",
        "欧阳",
        "欧阳锋",
        "欧阳小红",
        "司马光",
        "司马",
        "上官婉儿",
        "诸葛亮",
        "东方朔",
        "皇甫嵩",
        "尉迟恭",
        "公孙胜",
        "慕容复",
        "司徒美堂",
        "欧小阳",
        "Ann Smith",
        "é",
        "𠮷野家",
        "😀笑",
        " 空",
    ];
    let make = |c: &mut Db| {
        let unit = UnitId::new();
        let row = (
            units::id.eq(uid(unit)),
            units::type_.eq("village"),
            units::setting.eq("rural"),
            units::name.eq("柳湾村"),
            units::code.eq("LW"),
            units::version.eq(0),
            units::created_at.eq(0),
        );
        diesel::insert_into(units::table).values(row).execute(c)?;
        for name in NAMES {
            let id = ResidentId::new();
            let row = (
                residents::id.eq(uid(id)),
                residents::unit_id.eq(uid(unit)),
                residents::hidden.eq(false),
                residents::state.eq("active"),
                residents::version.eq(0),
                residents::created_at.eq(0),
            );
            diesel::insert_into(residents::table).values(row).execute(c)?;
            let row = (resident_names::resident_id.eq(uid(id)), resident_names::name.eq(name));
            diesel::insert_into(resident_names::table).values(row).execute(c)?;
        }
        Ok(())
    };
    bed.store.write(make).await.expect("residents");
    let named = |c: &mut Db| {
        let rows = resident_names::table.select((resident_names::name, resident_names::masked_name));
        Ok(rows.load::<(String, String)>(c)?)
    };
    let found = bed.store.read(named).await.expect("names");
    assert_eq!(found.len(), NAMES.len());
    for (name, called) in found {
        assert_eq!(called, masked(&name), "{name}");
    }
}
