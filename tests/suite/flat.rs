//! What a request costs does not grow with the town: the same statements, rows, buffers, steps and allocations among ten times as many
//! people, deeds and likes. Counted and not timed, so that a busy machine says the same.

use reqwest::Method;
use tests::grown::{Grown, Spent, TIMES};
use tests::process::Engine;
use tests::town::text;

const SMALL: &str = "0.01";
const LARGE: &str = "0.1";

/// What hot requests cost in a town of this size.
async fn costs(scale: &str) -> Vec<(&'static str, Spent)> {
    let mut town = Grown::open(scale);
    let anybody = town.anybody();
    let person = town.person("resident-1").await;
    let mut guests = Vec::new();
    for n in 0..TIMES {
        guests.push(town.person(&format!("guest-{n}")).await);
    }
    let root = text(&anybody.get("units").await.expect(200)["items"][0]["id"]);
    let deed = text(&anybody.get("deeds").await.expect(200)["items"][0]["id"]);
    let board = format!("rankings/{root}?period=year&limit=50");
    town.until_fresh(&board).await;
    let (one, like, rank) =
        (format!("deeds/{deed}"), format!("deeds/{deed}/like"), format!("rankings/{root}/me?period=year"));
    let mut costs = Vec::new();
    for (name, who, path) in [
        ("feed", &anybody, "deeds"),
        ("deed", &anybody, one.as_str()),
        ("board", &anybody, board.as_str()),
        ("own feed", &person, "deeds"),
        ("own rank", &person, rank.as_str()),
        ("account", &person, "me/account"),
    ] {
        costs.push((name, town.cost(async |_| who.get(path).await.expect(200)).await));
    }
    let liked = async |n: usize| guests[n].send(guests[n].request(Method::PUT, &like)).await.expect(200);
    costs.push(("like", town.cost(liked).await));
    costs
}

/// What a request is allowed: its statements on PostgreSQL and on SQLite when nothing is kept of the answer, and the buffers that it touches
/// on PostgreSQL in the larger town.
const ALLOWED: [(&str, u64, u64, u64); 7] = [
    ("feed", 2, 2, 400),
    ("deed", 2, 2, 60),
    ("board", 3, 3, 320),
    ("own feed", 3, 4, 480),
    ("own rank", 4, 5, 60),
    ("account", 3, 4, 40),
    ("like", 1, 8, 40),
];

#[tokio::test]
async fn a_request_costs_the_same_among_ten_times_as_many() {
    let (small, large) = (costs(SMALL).await, costs(LARGE).await);
    let mut faults = Vec::new();
    for (((name, small), (_, large)), allowed) in small.iter().zip(&large).zip(ALLOWED) {
        let told = format!("{name}: {small:?} -> {large:?}");
        println!("{told}");
        assert_eq!(*name, allowed.0);
        let statements = if Engine::of_run() == Engine::Postgres { allowed.1 } else { allowed.2 };
        if (small.statements, large.statements) != (statements, statements) {
            faults.push(format!("not {statements} statements; {told}"));
        }
        for ((field, few), (_, many)) in small.fields().into_iter().zip(large.fields()) {
            // A deed has a picture more than another, a resident an account; a table of one page is read whole.
            if field != "buffers" && many > few + few / 4 + 16 {
                faults.push(format!("{field} grew; {told}"));
            }
        }
        let deeper = if *name == "like" { small.buffers + 2 } else { allowed.3 };
        if large.buffers > deeper.min(allowed.3) {
            faults.push(format!("more buffers; {told}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
