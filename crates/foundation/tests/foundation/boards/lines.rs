//! What stands beside a line: who it is, and how old the end is that a board does not know.

use domain::ids::{HouseholdId, ResidentId};
use domain::ranking::Subject;
use foundation::boards;
use store::households::{self, Change};
use store::rankings::{named, oldest_unknown};
use store::residents::{self, NewResident};

use super::stage::{START, Stage};

pub async fn lines_have_names_and_units(stage: Stage) {
    let (unit, id, household, empty) =
        (stage.smallest[0], ResidentId::new(), HouseholdId::new(), HouseholdId::new());
    let new = NewResident {
        id,
        unit,
        household: Some(household),
        code: None,
        name: "王小明".to_owned(),
        nickname: Some("阳光".to_owned()),
        born: None,
    };
    let settle = move |c: &mut store::Db| {
        households::insert(c, household, unit, "1", None, START)?;
        households::insert(c, empty, unit, "2", None, START)?;
        residents::insert(c, &new, START)?;
        let change = Change { code: "1".to_owned(), householder: Some(id), hidden: false, door: None };
        households::update(c, household, 1, &change)?;
        residents::set_hidden(c, id, true)
    };
    stage.app.store.write(settle).await.unwrap();
    let (people, houses) = stage
        .app
        .store
        .read(move |c| {
            let people = named(c, Subject::Resident, &[id.0, household.0])?;
            Ok((people, named(c, Subject::Household, &[id.0, household.0, empty.0])?))
        })
        .await
        .unwrap();
    assert_eq!((people.len(), houses.len()), (1, 2));
    let person = &people[&id.0];
    assert_eq!((person.name.as_deref(), person.nickname.as_deref()), (Some("王小明"), Some("阳光")));
    assert_eq!((person.unit_name.as_str(), person.hidden, person.subject_hidden), ("石桥", true, true));
    let house = &houses[&household.0];
    assert_eq!((house.name.as_deref(), house.hidden, house.subject_hidden), (Some("王小明"), true, false));
    let nobodys = &houses[&empty.0];
    assert_eq!((nobodys.name.as_deref(), nobodys.hidden), (None, false));
}

pub async fn what_a_board_does_not_know_has_an_age(stage: Stage) {
    let unknown = async |seq: u64| stage.app.store.read(move |c| oldest_unknown(c, seq)).await.unwrap();
    assert_eq!(unknown(0).await, None);
    stage.award(stage.people[0], 100).await;
    // In the log (SQLite), or on its way there with the sequencer away (PostgreSQL).
    assert_eq!(unknown(0).await, Some(START));
    let end = boards::follow_until_drained(&stage.app).await.unwrap();
    assert_eq!(unknown(end).await, None);
    stage.pass_hours(1);
    stage.award(stage.people[1], 100).await;
    boards::follow_until_drained(&stage.app).await.unwrap();
    assert_eq!(unknown(end).await, Some(START.plus_seconds(3_600)));
    assert_eq!(unknown(end - 1).await, Some(START));
}
