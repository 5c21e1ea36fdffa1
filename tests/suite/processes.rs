//! Several processes on one database, one process per embedded database, and stopping without losing anything.

use reqwest::Method;
use serde_json::json;
use tests::process::run;
use tests::town::text;
use tests::{Actor, Engine, Options, Town};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stage::{AWARD, Stage, at_once, hundredths};

/// How many writes a minute the limited town allows a person.
const QUOTA: usize = 30;

fn two() -> Options {
    Options { processes: 2, ..Options::default() }
}

#[tokio::test]
async fn two_processes_see_each_others_writes() {
    if Engine::of_run() == Engine::Sqlite {
        return; // One process serves a SQLite file, see below.
    }
    let stage = Stage::open_with(two()).await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let (here, there) = (town.guest("alice").await, town.base(1));
    let elsewhere = here.at(&there);
    for round in 0..5 {
        let (feed, passer_by) = (format!("deeds?unit={}", town.world.village), Actor::anybody(&there));
        passer_by.get(&feed).await.expect(200);
        let deed = stage.published(&wang, round).await;
        // Others may be shown what is a second old, and nothing older.
        town.set_clock(&format!("2026-03-02T02:00:{:02}Z", 2 + 2 * round)).await;
        for other in [&elsewhere, &passer_by] {
            assert_eq!(other.get(&feed).await.expect(200)["items"][0]["id"], deed.as_str());
        }
        let (path, like) = (format!("deeds/{deed}"), format!("deeds/{deed}/like"));
        assert_eq!(elsewhere.put_empty(&like).await.expect(200)["likeCount"], 1);
        let seen = here.get(&path).await.expect(200);
        assert_eq!((&seen["likeCount"], &seen["likedByMe"]), (&json!(1), &json!(true)));
        assert_eq!(here.delete(&like).await.expect(200)["likeCount"], 0);
        assert_eq!(elsewhere.get(&path).await.expect(200)["likeCount"], 0);
    }
    // One key, asked for here and there at once, does one thing.
    let item = stage.item("A-1").await;
    let body = json!({"residentId": wang.id, "itemId": item, "dayOfAct": tests::town::TODAY});
    let answers =
        at_once((0..16).map(|n| {
            let (desk, body) = (stage.secretary.at(&town.base(n % 2)), body.clone());
            async move {
                desk.post_keyed("staff/claims", body, "claim-of-two-0001").await.expect(201)["id"].clone()
            }
        }))
        .await;
    assert!(answers.iter().all(|id| *id == answers[0]), "{answers:?}");

    // Signing out and disabling act at once, everywhere.
    elsewhere.get("me").await.expect(200);
    assert_eq!(here.delete("sessions/current").await.status, 204);
    elsewhere.get("me").await.refused(401, "session_ended");
    elsewhere.get("me/account").await.refused(401, "session_ended");
    let chen = town.appoint("chen", "secretary", &town.world.village).await;
    chen.at(&there).get("staff/reviews").await.expect(200);
    let accounts = town.ops.get("staff/accounts?limit=100").await.expect(200);
    let account = accounts["items"].as_array().into_iter().flatten().find(|a| a["login"] == "chen");
    let account = account.expect("chen has an account");
    let body = json!({"name": account["name"], "disabled": true, "residentId": null});
    let path = format!("staff/accounts/{}", text(&account["id"]));
    town.ops.put_if(&path, &format!("\"v{}\"", account["version"]), body).await.expect(200);
    chen.at(&there).get("staff/reviews").await.refused(401, "session_ended");
    town.verify().await;
}

#[tokio::test]
async fn who_changes_something_reads_it_at_once_whichever_process_is_asked() {
    let processes = if Engine::of_run() == Engine::Postgres { 2 } else { 1 };
    let stage = Stage::open_with(Options { processes, ..Options::default() }).await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let deed = stage.published(&wang, 0).await;
    let (like, feed) = (format!("deeds/{deed}/like"), format!("deeds?unit={}", town.world.village));
    let there = town.base(processes - 1);
    let card = async |who: &Actor| {
        let page = who.at(&there).get(&feed).await.expect(200);
        page["items"].as_array().and_then(|items| items.first().cloned())
    };
    let marks = async |who: &Actor| {
        let card = card(who).await.expect("a deed is there");
        let one = who.at(&there).get(&format!("deeds/{deed}")).await.expect(200);
        for field in ["likeCount", "likedByMe", "shareCount", "author"] {
            assert_eq!(card[field], one[field], "the feed and the deed say the same: {field}");
        }
        (card["likeCount"].clone(), card["likedByMe"].clone(), card["shareCount"].clone())
    };
    // What is shared is kept now, at the process where everybody reads.
    assert_eq!(marks(&li).await, (json!(0), json!(false), json!(0)));
    li.put_empty(&like).await.expect(200);
    assert_eq!(marks(&li).await, (json!(1), json!(true), json!(0)));
    li.send(li.request(Method::POST, &format!("deeds/{deed}/shares"))).await.expect(200);
    assert_eq!(marks(&li).await, (json!(1), json!(true), json!(1)));
    li.delete(&like).await.expect(200);
    assert_eq!(marks(&li).await, (json!(0), json!(false), json!(1)));

    // Long after, the page is shared again, and says the same to the byte.
    li.put_empty(&like).await.expect(200);
    let alone = [li.at(&there).get(&feed).await, li.at(&there).get(&format!("deeds/{deed}")).await];
    town.set_clock("2026-03-02T02:01:00Z").await;
    let shared = [li.at(&there).get(&feed).await, li.at(&there).get(&format!("deeds/{deed}")).await];
    for (alone, shared) in alone.iter().zip(&shared) {
        assert_eq!((&alone.bytes, alone.etag()), (&shared.bytes, shared.etag()));
    }

    // One's own deed goes at once.
    assert!(card(&wang).await.is_some());
    wang.delete(&format!("deeds/{deed}")).await.expect(204);
    assert_eq!(card(&wang).await, None);
    wang.at(&there).get(&format!("deeds/{deed}")).await.refused(404, "deed_not_found");
}

// What was read of a page is shown again when it is known to be right, and what is known is asked at the database: whichever process changes
// something, after a second the other one shows it.
#[tokio::test]
async fn what_is_kept_of_a_page_is_as_young_as_a_second_whichever_process_changes_it() {
    let processes = if Engine::of_run() == Engine::Postgres { 2 } else { 1 };
    let stage = Stage::open_with(Options { processes, ..Options::default() }).await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let (first, second) = (stage.published(&wang, 0).await, stage.published(&wang, 1).await);
    let item = stage.item("A-1").await;
    let (there, village) = (town.base(processes - 1), &town.world.village);
    let passer_by = Actor::anybody(&there);
    let mut seconds = 0;
    let mut look = async || {
        // Twice, so that the second look is of what the first has found to be right.
        let mut seen = Vec::new();
        for _ in 0..2 {
            seconds += 2;
            town.set_clock(&format!("2026-03-02T02:{:02}:{:02}Z", seconds / 60, seconds % 60)).await;
            let feed = passer_by.get(&format!("deeds?unit={village}")).await.expect(200);
            let popular = passer_by.get(&format!("deeds?unit={village}&order=popular")).await.expect(200);
            let one = passer_by.get(&format!("deeds/{first}")).await.status;
            let moved = wang.at(&there).get("me/transfers").await.expect(200);
            let titles = |page: &serde_json::Value| {
                let all = page["items"].as_array().into_iter().flatten();
                all.map(|card| {
                    format!("{} {} {}", text(&card["title"]), card["likeCount"], text(&card["author"]))
                })
                .collect::<Vec<_>>()
            };
            seen.push((titles(&feed), titles(&popular).len(), one, moved["items"].as_array().map(Vec::len)));
        }
        assert_eq!(seen[0], seen[1]);
        seen.remove(0)
    };
    let before = look().await;
    assert_eq!((before.0.len(), before.1, before.2, before.3), (2, 2, 200, Some(0)));
    assert!(before.0.iter().all(|line| line.contains(" 0 ")), "{before:?}");
    // Counts move by themselves.
    li.put_empty(&format!("deeds/{first}/like")).await.expect(200);
    let liked = look().await;
    assert!(liked.0[1].contains(" 1 ") && liked.0[0].contains(" 0 "), "{liked:?}");
    // What is told of the author is not the deed's.
    wang.put("me", json!({"nickname": "阳光"})).await.expect(200);
    let renamed = look().await;
    assert!(renamed.0.iter().all(|line| line.ends_with("阳光")), "{renamed:?}");
    // Points move, and what moved them is told.
    stage.award(&wang, &item).await;
    assert_eq!(look().await.3, Some(2), "honour, and what can be spent");
    // A deed goes from wherever it was.
    wang.delete(&format!("deeds/{first}")).await.expect(204);
    let gone = look().await;
    assert_eq!((gone.0.len(), gone.1, gone.2), (1, 1, 404));
    wang.delete(&format!("deeds/{second}")).await.expect(204);
    assert_eq!(look().await.0.len(), 0);
    town.verify().await;
}

#[tokio::test]
async fn a_quota_is_exact_however_the_requests_are_spread() {
    let environment = vec![("JISHAN_LIMITS_WRITE".to_owned(), QUOTA.to_string())];
    let processes = if Engine::of_run() == Engine::Postgres { 2 } else { 1 };
    let town = Town::open_with(Options { environment, processes, ..Options::default() }).await;
    for round in 0..3 {
        let guest = town.guest(&format!("guest-{round}")).await;
        let answers = at_once((0..QUOTA * 2).map(|n| {
            let guest = guest.at(&town.base(n % processes));
            async move { guest.put("me", json!({"nickname": format!("柳叶{n}")})).await }
        }))
        .await;
        let passed = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(passed, QUOTA);
        for refused in answers.iter().filter(|a| a.status != 200) {
            refused.refused(429, "too_many_requests");
            assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0));
        }
        // Who has another name has a quota of their own.
        let other = town.guest(&format!("other-{round}")).await;
        other.put("me", json!({"nickname": "旁人"})).await.expect(200);
    }
}

#[tokio::test]
async fn points_reach_the_boards_whoever_follows_the_log() {
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let town = &stage.town;
    let item = stage.item("A-1").await;
    let board = format!("rankings/{}?period=all", town.world.village);
    for round in 1..=3 {
        let wang = town.resident(&format!("wang-{round}"), &town.world.group1, None).await;
        for _ in 0..round {
            stage.award(&wang, &item).await;
        }
        // Only the worker is told to work things off: the last process, where roles are apart.
        let last = town.processes.len() - 1;
        town.try_drain(last).await.expect("it can be drained");
        // Where the machine has much to do, Redis may be late with an answer: then the page is the database's, and says so.
        let mut page = town.anybody().get(&board).await.expect(200);
        for _ in 0..30 {
            if page["stale"] == false {
                break;
            }
            page = town.anybody().get(&board).await.expect(200);
        }
        assert_eq!((&page["items"][0]["id"], &page["stale"]), (&json!(wang.id), &json!(false)));
        assert_eq!(hundredths(&page["items"][0]["score"]), AWARD * round);
        assert_eq!(page["total"], round);
    }
    town.verify().await;
}

/// More than a process has connections.
const CONNECTIONS: usize = 32;

/// Asks, eight at a time, until all are answered.
async fn until_well(who: &Actor, path: &str) {
    for _ in 0..CONNECTIONS {
        let eight = (0..8).map(|_| (who.clone(), path.to_owned()));
        let answers = at_once(eight.map(async |(who, path)| who.get(&path).await)).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        if refused.is_empty() {
            return;
        }
        assert!(refused.iter().all(|answer| [429, 503].contains(&answer.status)), "{path}: {refused:?}");
    }
    panic!("{path}: a lost connection is used again");
}

#[tokio::test]
async fn connections_that_the_database_hung_up_are_not_used_again() {
    // Apart: a worker, which writes all the time, finds lost connections for those who serve beside it.
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let town = &stage.town;
    let Some(database) = &town.database else { return };
    let wang = town.resident("wang", &town.world.group1, None).await;
    let deed = stage.published(&wang, 1).await;
    let (one, rank) = (format!("deeds/{deed}"), format!("rankings/{}/me?period=day", town.world.group1));
    let comments = format!("{one}/comments");
    let asked = [
        (&wang, "me"),
        (&wang, "me/account"),
        (&wang, "deeds"),
        (&wang, &one),
        (&wang, &comments),
        (&wang, &rank),
        (&stage.secretary, "staff/reviews"),
    ];
    for (who, path) in asked {
        // Each lost connection may cost those who wait for it an answer, and that once; some may be left from before.
        for _ in 0..2 {
            until_well(who, path).await;
            database.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND usename = 'jishan_api'",
            );
        }
        until_well(who, path).await;
    }
    town.verify().await;
}

#[tokio::test]
async fn a_second_process_on_a_sqlite_file_is_refused_in_a_sentence() {
    if Engine::of_run() == Engine::Postgres {
        return;
    }
    let mut town = Town::open().await;
    // The port is taken, too: whoever came past the lock would end there and say something else.
    let mut environment = town.environment.clone();
    environment.push(("JISHAN_LISTEN_RESIDENT".to_owned(), town.processes[0].address("resident")));
    let (code, said) = run(&["serve"], &environment, "");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("is being served by another process; stop it first"), "{said}");
    assert!(!said.contains("listening") && !said.contains("panicked"), "{said}");
    town.guest("alice").await.get("me").await.expect(200);
    // However the first one ends, the file is free.
    town.processes[0].kill();
    town.start("resident,worker");
    assert!(town.processes[1].stop(), "it did not end well");
    town.start("resident,worker");
}

#[tokio::test]
async fn what_is_under_way_is_finished_when_the_process_is_told_to_stop() {
    let mut town = Town::open().await;
    let guest = town.guest("alice").await;
    wait_for_a_lease(&town);

    // Eight requests whose heads the server has read and whose bodies it waits for.
    let mut under_way = Vec::new();
    for n in 0..8 {
        let body = json!({"nickname": format!("柳叶{n}")}).to_string();
        let address = town.processes[0].address("resident");
        let mut stream = TcpStream::connect(&address).await.expect("it accepts");
        let head = format!(
            "PUT /v1/me HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            guest.token.clone().unwrap_or_default(),
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("the head is sent");
        let mut told = [0; 25];
        stream.read_exact(&mut told).await.expect("it goes on");
        assert!(told.starts_with(b"HTTP/1.1 100 Continue"), "{}", String::from_utf8_lossy(&told));
        under_way.push((stream, body));
    }
    town.processes[0].terminate();
    while town.admin_page(0, "/health/ready").await.0 != 503 {}
    for (mut stream, body) in under_way {
        stream.write_all(body.as_bytes()).await.expect("the body is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("it answers and closes");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(town.processes[0].stop(), "it did not end well");
    if let Some(database) = &town.database {
        assert_eq!(database.sql("SELECT count(*) FROM leases"), "0");
    }
    assert!(!town.log().contains("worker.pass.failed"), "{}", town.log());

    town.processes.clear();
    town.start("resident,worker");
    town.set_clock(tests::town::START).await;
    let me = guest.at(&town.base(0)).get("me").await.expect(200);
    assert!(text(&me["nickname"]).starts_with("柳叶"), "{me}");
    town.verify().await;
}

/// Looks until a loop holds a lease, which it takes within its first second.
fn wait_for_a_lease(town: &Town) {
    while town.database.as_ref().is_some_and(|d| d.sql("SELECT count(*) FROM leases") == "0") {}
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_a_process_back() {
    let mut town = Town::open().await;
    let anybody = town.anybody();
    anybody.get("units").await.expect(200);
    let began = std::time::Instant::now();
    assert!(town.processes[0].stop(), "it did not end well");
    assert!(began.elapsed().as_secs() < 10, "it took {:?} to stop", began.elapsed());
    let request = anybody.request(Method::GET, "units");
    assert!(request.send().await.is_err(), "nobody answers any more");
}
