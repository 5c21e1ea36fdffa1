//! Forgetting a clerk: the row stays for what names it, without a name and without a way in.

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::Ts;
use domain::ids::ClerkId;
use store::clerks;
use store::db::Purpose;
use store::erasure::clerks as rows;
use store::migrations;

use super::bed::Place;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
}

fn a_clerk_is_forgotten(place: &Place) {
    let mut conn = place.open(Purpose::Long);
    migrations::run(&mut conn).unwrap();
    let made = clerks::find_or_create(&mut conn, "wechat", "o-clerk", ClerkId::new(), Ts(1)).unwrap();
    clerks::set_name(&mut conn, made.id, "小李").unwrap();
    assert_eq!(rows::owned_shop(&mut conn, made.id).unwrap(), None);
    for _ in 0..2 {
        rows::forget(&mut conn, made.id, Ts(2)).unwrap();
    }
    assert!(clerks::by_subject(&mut conn, "wechat", "o-clerk").unwrap().is_none());
    let row =
        diesel::sql_query("SELECT name FROM clerks WHERE disabled").get_result::<Row>(&mut conn).unwrap();
    assert_eq!(row.name, "");
    let again = clerks::find_or_create(&mut conn, "wechat", "o-clerk", ClerkId::new(), Ts(3)).unwrap();
    assert_ne!(again.id, made.id, "who comes back is somebody new");
}

#[test]
fn a_clerk_is_forgotten_on_sqlite() {
    a_clerk_is_forgotten(&Place::sqlite());
}
#[test]
fn a_clerk_is_forgotten_on_postgres() {
    a_clerk_is_forgotten(&Place::postgres());
}
