//! An event with one seat: somebody sits on it and has a claim, and two wait.

use diesel::prelude::*;
use domain::catalogue::Subject;
use domain::events::{EventState, Kind, Times};
use domain::ids::{ClaimId, EventId, ItemId, ResidentId, StaffId, UnitId};
use domain::{Day, Ts};
use store::claims::{Cause, NewClaim};
use store::events::sign_ups::{self, Standing};
use store::events::{self, Plan, attendance};
use store::schema::residents;
use store::{AnyId, Db, uid};

const NOW: Ts = Ts(0);

/// Opens one.
pub fn open(c: &mut Db, unit: UnitId, item: ItemId) -> store::Result<()> {
    let id = EventId::new();
    let times = Times {
        starts_at: Ts(20),
        ends_at: Ts(30),
        sign_up_from: Ts(0),
        sign_up_until: Ts(20),
        withdraw_until: Ts(20),
    };
    let plan = Plan {
        kind: Kind::Activity,
        section: "environment",
        themes: "[]".to_owned(),
        title: "河道清洁日".to_owned(),
        text: "一起来。".to_owned(),
        place: "村口".to_owned(),
        times,
        capacity: 1,
        offer_minutes: 60,
        minimum_age: None,
        award: None,
    };
    events::insert(c, id, unit, &plan, (StaffId::new(), b"secret"), NOW)?;
    assert!(events::enter(c, id, EventState::Draft, EventState::Published)?);
    for n in 0..3 {
        let resident = resident(c, unit)?;
        let seated = events::take_free(c, id)?;
        assert_eq!(seated, n == 0, "there is one seat");
        let standing =
            if seated { Standing::Confirmed } else { Standing::Waiting(events::next_place(c, id)?) };
        assert!(sign_ups::enter(c, id, resident, standing, None, NOW)?.is_some());
        if seated {
            assert!(attendance::check_in(c, id, resident, Ts(21))?);
            claim(c, (id, unit, item), resident)?;
        }
    }
    Ok(())
}

fn claim(c: &mut Db, (event, unit, item): (EventId, UnitId, ItemId), who: ResidentId) -> store::Result<()> {
    let row = sign_ups::find(c, event, who)?.expect("there is a sign-up");
    let id = ClaimId::new();
    let new = NewClaim {
        id,
        unit,
        subject: Subject::Resident,
        resident: Some(who),
        household: None,
        item,
        day_of_act: Day(20_500),
        quantity: None,
        cause: Cause::CheckIn,
        cause_id: AnyId::of(row.id),
        claimant: None,
        entered_by: None,
        proxy: None,
        note: None,
    };
    store::claims::insert(c, &new, NOW)?;
    attendance::settle(c, &[(row.id, 0, Some(id))])?;
    Ok(())
}

fn resident(c: &mut Db, unit: UnitId) -> store::Result<ResidentId> {
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
    Ok(id)
}
