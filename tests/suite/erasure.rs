//! Deleting an account: fifty people who wrote a word of their own wherever something can be written are forgotten, and then the word is looked
//! for wherever bytes are kept. The books stay right, and nobody else loses anything.

mod person;
mod traces;

use serde_json::{Value, json};
use tests::redis::Redis;
use tests::town::text;
use tests::{Actor, Engine, Options};

use crate::stage::{Stage, redeemable};
use crate::till::Till;
use person::{Person, Scene};
use traces::Traces;

/// When everybody's time to think it over has passed, a little more than a minute later, and the next morning after three o'clock.
const DUE: &str = "2026-03-09T02:00:10Z";
const STRAGGLERS: &str = "2026-03-09T02:01:30Z";
const NIGHT: &str = "2026-03-09T19:30:00Z";
/// How many are forgotten: so many that every table's pass is gone through more than once.
const PEOPLE: usize = 50;

pub fn wish(posts: &str) -> Value {
    json!({"posts": posts, "confirm": "注销账号"})
}

// I15
#[tokio::test]
async fn nothing_is_left_of_fifty_people_who_were_forgotten() {
    let redis = if Engine::of_run() == Engine::Postgres { Some(Redis::start().await) } else { None };
    let environment = redis.iter().map(|redis| ("JISHAN_TENANT_REDIS".to_owned(), redis.address())).collect();
    let till = Till::open_with(Options { environment, ..Options::default() }, tests::market::haircut()).await;
    let scene = Scene::open(till).await;
    let town = &scene.till.stage.town;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(Person::live(&scene, n).await);
    }
    town.verify().await;
    let traces = Traces::of(town, redis.as_ref(), &people);
    let before = scene.others().await;
    assert!(traces.found(true).await.len() >= PEOPLE, "before, everybody's word is found");
    let pictures = traces.pictures();

    for person in &people {
        person.actor.post("me/deletion", wish(person.posts)).await.expect(201);
    }
    town.set_clock(DUE).await;
    // A token of this moment, which outlives the account.
    let last = town.guest(&people[0].name).await;
    last.get("me").await.expect(200);
    town.drain().await;
    last.get("me").await.refused(401, "session_ended");
    last.get("inbox").await.refused(401, "session_ended");
    last.put("me", json!({"nickname": "还在"})).await.refused(401, "session_ended");
    town.set_clock(STRAGGLERS).await;
    town.verify().await;
    town.set_clock(NIGHT).await;
    town.verify().await;
    traces.write_anew();

    let left = traces.found(false).await;
    assert!(left.is_empty(), "{} traces are left:\n{}", left.len(), left.join("\n"));
    // Of each the pictures of two deeds, the own and a copy are gone; of who leaves the posts one picture stays.
    let staying = people.iter().filter(|person| person.posts == "anonymous").count();
    assert_eq!(traces.pictures(), pictures - 2 * (3 * PEOPLE - staying) - PEOPLE);

    assert_eq!(scene.others().await, before, "others have what they had");
    scene.posts(&people).await;
    let again = town.guest(&people[0].name).await.get("me").await.expect(200);
    assert_eq!(again["resident"], Value::Null, "who comes back is somebody new");
    assert_ne!(again["identityId"], people[0].identity.as_str());
    assert_eq!(again["nickname"], Value::Null);
}

#[tokio::test]
async fn who_thinks_it_over_keeps_the_account() {
    let stage = Stage::open().await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    wang.get("me/deletion").await.refused(404, "deletion_not_found");
    wang.delete("me/deletion").await.refused(404, "deletion_not_found");
    let slip = json!({"posts": "remove", "confirm": "好的"});
    wang.post("me/deletion", slip).await.refused(422, "invalid");
    let asked = wang.post("me/deletion", wish("remove")).await.expect(201);
    assert_eq!((&asked["state"], &asked["dueAt"]), (&"waiting".into(), &"2026-03-09T02:00:00Z".into()));
    wang.post("me/deletion", wish("remove")).await.refused(409, "deletion_asked");
    assert_eq!(wang.get("me/deletion").await.expect(200)["id"], asked["id"]);
    let told = wang.get("inbox").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "deletion_waits");
    assert_eq!(wang.delete("me/deletion").await.status, 204);
    wang.get("me/deletion").await.refused(404, "deletion_not_found");
    stage.town.set_clock(DUE).await;
    stage.town.drain().await;
    let wang = stage.town.guest("wang").await;
    assert_eq!(wang.get("me").await.expect(200)["resident"]["name"], "王wang");
    // Whoever changes the mind again may ask again.
    wang.post("me/deletion", wish("anonymous")).await.expect(201);
}

/// The redeemable points of the town, and what of them is on no account of a resident or household: as the books have it.
async fn erase_now(stage: &Stage, who: &Actor, posts: &str) {
    who.post("me/deletion", wish(posts)).await.expect(201);
    stage.town.set_clock(DUE).await;
    stage.town.drain().await;
}

#[tokio::test]
async fn the_points_left_expire_and_the_shop_keeps_what_it_sold() {
    let till = Till::open_with(Options::default(), tests::market::haircut()).await;
    let customer = till.customer("zhou", 3).await;
    let sold = till.sold(&customer, "A-0001").await;
    assert_eq!(redeemable(&customer).await, 1_000);
    let town = &till.stage.town;
    erase_now(&till.stage, &customer, "remove").await;
    town.set_clock(STRAGGLERS).await;
    town.verify().await;
    // The shop still gives back what it sold: to an account that is nobody's.
    let clerk = town.clerk_again("till-1").await;
    let path = format!("redemptions/{}", text(&sold["id"]));
    assert_eq!(clerk.get(&path).await.expect(200)["state"], "captured");
    town.verify().await;
}

#[tokio::test]
async fn a_sale_that_is_being_made_comes_first() {
    let till = Till::open_with(Options::default(), tests::market::haircut()).await;
    let customer = till.customer("wu", 1).await;
    let town = &till.stage.town;
    customer.post("me/deletion", wish("remove")).await.expect(201);
    town.set_clock("2026-03-09T01:59:50Z").await;
    let (customer, clerk) = (town.guest("wu").await, town.clerk_again("till-1").await);
    let code = crate::till::code(&customer, json!({"offerId": till.offer})).await;
    let held = crate::till::take(&clerk, &code, &till.offer, "A-0002").await.expect(201);
    town.set_clock(DUE).await;
    town.drain().await;
    crate::till::step_of(&clerk, &text(&held["id"]), "confirm").await.expect(200);
    town.set_clock(STRAGGLERS).await;
    town.drain().await;
    town.set_clock("2026-03-09T02:04:00Z").await;
    town.verify().await;
}

#[tokio::test]
async fn a_seat_goes_to_who_waits_and_a_claim_to_nobody() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let (wang, li) = (
        town.resident("wang", &town.world.group1, None).await,
        town.resident("li", &town.world.group1, None).await,
    );
    let event = person::event(&stage, 1).await;
    let path = format!("events/{event}/sign-up");
    wang.put_empty(&path).await.expect(200);
    li.put_empty(&path).await.expect(200);
    let item = stage.item("A-1").await;
    stage.enter(&wang, &item).await;
    erase_now(&stage, &wang, "remove").await;
    let li = town.guest("li").await;
    assert_eq!(li.get(&format!("events/{event}")).await.expect(200)["signUp"]["state"], "offered");
    let desk = town.staff("liu").await;
    assert_eq!(desk.get("staff/reviews?kind=claim&limit=100").await.expect(200)["items"], json!([]));
    let resident = desk.get(&format!("staff/residents/{}", wang.id)).await.expect(200);
    assert_eq!((&resident["state"], &resident["name"]), (&"erased".into(), &"已注销".into()));
    town.verify().await;
}

#[tokio::test]
async fn boards_forget_who_was_forgotten_and_count_the_others_right() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let (wang, li) = (
        town.resident("wang", &town.world.group1, None).await,
        town.resident("li", &town.world.group1, None).await,
    );
    stage.award(&wang, &item).await;
    stage.award(&wang, &item).await;
    stage.award(&li, &item).await;
    town.drain().await;
    let board = format!("rankings/{}?period=all", town.world.village);
    let listed = |page: &Value| page["items"].as_array().map_or(0, Vec::len);
    assert_eq!(listed(&town.anybody().get(&board).await.expect(200)), 2);
    erase_now(&stage, &wang, "anonymous").await;
    let page = town.anybody().get(&board).await.expect(200);
    assert_eq!(listed(&page), 1);
    assert_eq!(page["items"][0]["rank"], 1);
    town.set_clock(STRAGGLERS).await;
    town.verify().await;
}

// On PostgreSQL by the roles of production, of which none owns the tables: what is left in dead rows is the owner's to overwrite.
#[tokio::test]
async fn the_workers_role_may_do_what_it_takes() {
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    stage.award(&wang, &stage.item("A-1").await).await;
    let deed = stage.published(&wang, 1).await;
    wang.put("me/consents/service", json!({"version": 1})).await.expect(200);
    wang.post("me/exports", Value::Null).await.expect(201);
    erase_now(&stage, &wang, "remove").await;
    town.set_clock(STRAGGLERS).await;
    town.drain().await;
    town.set_clock(NIGHT).await;
    town.verify().await;
    town.anybody().get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
    let ops = town.staff("ops").await;
    let seen = ops.get(&format!("staff/residents/{}", wang.id)).await.expect(200);
    assert_eq!((&seen["state"], &seen["name"]), (&"erased".into(), &"已注销".into()));
}

// The operator at the machine begins it as WeChat's word does: at once, and again without any effect.
#[tokio::test]
async fn who_is_gone_at_wechat_is_forgotten_at_once_and_at_the_shop_too() {
    let mut till = Till::open_with(Options::default(), tests::market::haircut()).await;
    let town = &mut till.stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let identity = text(&wang.get("me").await.expect(200)["identityId"]);
    // The same user asked for a shop once, and nobody took it in.
    town.applying_shop("wang", &town.world.village.clone()).await;
    // A wish that waits gives way, and keeps what was chosen.
    wang.post("me/deletion", wish("anonymous")).await.expect(201);
    let erase = ["admin", "erase", &identity, "--gone-at-wechat"];
    if town.engine == Engine::Sqlite {
        // A file belongs to who serves it.
        let (code, told) = town.command(&erase);
        assert_ne!(code, 0, "{told}");
        town.processes.clear();
    }
    // As the table `deletions` shows it, too.
    let digit = |c: char| "0123456789abcdefghjkmnpqrstvwxyz".find(c).expect("a digit") as u128;
    let number = identity.trim_start_matches("idn_").chars().fold(0, |number, c| number << 5 | digit(c));
    let plain = format!("{number:032x}");
    for identity in [&identity, &plain] {
        let (code, told) = town.command(&["admin", "erase", identity, "--gone-at-wechat"]);
        assert!(code == 0 && told.contains("has begun"), "{told}");
    }
    if town.processes.is_empty() {
        town.start("resident,merchant,worker");
    }
    // The command has the machine's own clock.
    town.set_clock("2099-01-01T02:00:00Z").await;
    town.drain().await;
    town.set_clock("2099-01-01T02:02:00Z").await;
    town.verify().await;
    let me = town.guest("wang").await.get("me").await.expect(200);
    assert_eq!(me["resident"], Value::Null);
    assert_ne!(me["identityId"], identity.as_str());
    let clerk = town.applicant("wang").await;
    clerk.get("merchant").await.refused(404, "no_shop");
    let (code, told) = town.command(&["admin", "erase", "idn_01jbr62tryfk1sh9p01j0gre6f"]);
    assert!(town.engine == Engine::Sqlite || (code == 0 && told.contains("no such account")), "{told}");
}

#[tokio::test]
async fn who_moved_away_before_is_forgotten_there_too() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let first = town.resident("sun", &town.world.group1, None).await;
    let path = format!("staff/residents/{}", first.id);
    let read = town.ops.get(&path).await;
    let left = json!({"unitId": town.world.group1, "householdId": null, "code": null, "name": "王sun", "nickname": null, "hidden": false,
        "state": "left"});
    town.ops.put_if(&path, &read.etag(), left).await.expect(200);
    let second = town.resident("sun", &town.world.group2, None).await;
    erase_now(&stage, &second, "remove").await;
    let ops = town.staff("ops").await;
    for resident in [&first.id, &second.id] {
        let seen = ops.get(&format!("staff/residents/{resident}")).await.expect(200);
        assert_eq!((&seen["state"], &seen["name"]), (&"erased".into(), &"已注销".into()));
    }
    town.set_clock(STRAGGLERS).await;
    town.verify().await;
}
