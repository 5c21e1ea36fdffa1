//! The command line: an operator's day.

use serde_json::json;
use tests::town::{TODAY, text};
use tests::{Engine, Town, picture, process};

#[tokio::test]
async fn the_doctor_says_what_is_well_and_names_every_fault_at_once() {
    let town = Town::open().await;
    let (code, said) = town.command(&["doctor"]);
    assert_eq!(code, 0, "{said}");
    for checked in ["configuration", "database", "clocks", "signing key", "pictures"] {
        assert!(said.contains(checked), "{checked} in {said}");
    }
    let mut environment = town.environment.clone();
    environment.push(("JISHAN_LOG_FORMAT".to_owned(), "xml".to_owned()));
    environment.push(("JISHAN_LISTEN_ADMIN".to_owned(), "0.0.0.0:9090".to_owned()));
    let (code, said) = process::run(&["doctor"], &environment, "");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("log.format") && said.contains("listen.admin"), "{said}");
}

/// A deed with points in a town; the resident's sign-in name is `hong`.
async fn with_a_deed(town: &Town) {
    town.adopt(&town.world.district, "baqiao").await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let hong = town.resident("hong", &town.world.group1, None).await;
    let item = town.item(&town.world.group1, "BQ-001").await;
    let picture = text(&hong.upload(picture::jpeg(3)).await.expect(201)["id"]);
    let body = json!({"section": "volunteering", "title": "雪夜巡逻", "text": "扫雪。", "pictureIds": [picture],
        "dayOfAct": TODAY, "itemId": item});
    hong.post("deeds", body).await.expect(201);
    let review = text(&secretary.get("staff/reviews?kind=deed").await.expect(200)["items"][0]["id"]);
    secretary.post(&format!("staff/reviews/{review}/claim"), json!({})).await.expect(200);
    let decision = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    secretary.post(&format!("staff/reviews/{review}/decide"), decision).await.expect(200);
}

/// A copy made while the town is served holds everything acknowledged before it, and restores to a town that verifies.
#[tokio::test]
async fn a_copy_made_while_serving_restores_to_the_same_town() {
    let mut town = Town::open().await;
    with_a_deed(&town).await;
    let copy = town.folder().join("copy").display().to_string();
    match town.engine {
        Engine::Sqlite => {
            let (code, said) = town.command(&["backup", &copy]);
            assert_eq!(code, 0, "{said}");
            let (code, said) = town.command(&["restore", &copy]);
            assert_eq!(code, 1, "a served database is not replaced: {said}");
            assert!(said.contains("being served"), "{said}");
        }
        Engine::Postgres => {
            let url = town.database.as_ref().expect("a database").url.clone();
            let status = std::process::Command::new("pg_dump")
                .args(["--format=custom", "--file", &copy, &url])
                .status();
            assert!(status.expect("pg_dump runs").success());
        }
    }
    // What happens after the copy is not in it.
    let late = town.guest("late").await;
    late.get("me").await.expect(200);
    let moment = town.processes.pop().expect("a process").stop();
    assert!(moment, "it stops well");
    match town.engine {
        Engine::Sqlite => {
            let (code, said) = town.command(&["restore", &copy]);
            assert_eq!(code, 0, "{said}");
        }
        Engine::Postgres => {
            let fresh = process::Database::new();
            let status = std::process::Command::new("pg_restore")
                .args(["--no-owner", "--dbname", &fresh.url, &copy])
                .status();
            assert!(status.expect("pg_restore runs").success());
            town.environment.push(("JISHAN_TENANT_DATABASE".to_owned(), fresh.url.clone()));
            town.environment.push((
                "JISHAN_TENANT_REDIS_PREFIX".to_owned(),
                format!("restored-{}", uuid::Uuid::now_v7().simple()),
            ));
            town.database = Some(fresh);
        }
    }
    town.start("resident,worker");
    town.set_clock(tests::town::START).await;
    let hong = town.guest("hong").await;
    assert_eq!(hong.get("me/account").await.expect(200)["accounts"][0]["merit"]["posted"], "50.00");
    town.drain().await;
    let board = town.anybody().get(&format!("rankings/{}?period=day", town.world.group1)).await.expect(200);
    assert_eq!(board["items"][0]["score"], "50.00");
    town.verify().await;
}

#[tokio::test]
async fn an_operator_imports_from_the_command_line_without_doubling() {
    let mut town = Town::open().await;
    let file = town.folder().join("households.csv");
    std::fs::write(&file, "code,unit_code,door\nH-1,YX-SQ-LW-1,3号\nH-2,YX-SQ-LW-1,5号\n")
        .expect("the file can be written");
    let file = file.display().to_string();
    let import = ["import", &file, "--entity", "households", "--unit", "YX-SQ"];
    assert!(town.processes.pop().expect("a process").stop(), "it stops well");
    let (code, said) = town.command(&import);
    assert_eq!((code, said.contains("2 to create")), (0, true), "{said}");
    let (code, said) = town.command(&[&import[..], &["--apply"]].concat());
    assert_eq!((code, said.contains("applied")), (0, true), "{said}");
    let (code, said) = town.command(&import);
    assert_eq!((code, said.contains("0 to create, 0 to update, 0 faulty")), (0, true), "{said}");
    std::fs::write(town.folder().join("households.csv"), "code,unit_code,door\nH-3,YX-SH-SHE-1,3号\n")
        .expect("the file can be written");
    let (code, said) = town.command(&import);
    assert_eq!(code, 3, "a unit outside is a fault, and changes nothing: {said}");
    town.start("resident,worker");
    town.set_clock(tests::town::START).await;
    let list = town
        .ops
        .at(&town.base(0))
        .get(&format!("staff/households?unit={}", town.world.group1))
        .await
        .expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");
}

/// The live board is made anew by command where it is shared; in one process it is made anew with the process.
#[tokio::test]
async fn boards_are_rebuilt_by_command() {
    let mut town = Town::open().await;
    with_a_deed(&town).await;
    town.drain().await;
    let (code, said) = town.command(&["boards", "rebuild"]);
    match town.engine {
        Engine::Postgres => assert_eq!((code, said.contains("up to entry")), (0, true), "{said}"),
        Engine::Sqlite => {
            assert_eq!(code, 2, "{said}");
            assert!(town.processes.pop().expect("a process").stop(), "it stops well");
            town.start("resident,worker");
            town.set_clock(tests::town::START).await;
        }
    }
    let board = town.anybody().get(&format!("rankings/{}?period=day", town.world.group1)).await.expect(200);
    assert_eq!(board["items"][0]["score"], "50.00");
}

/// What is logged tells the story by ids, and nothing of a person.
#[tokio::test]
async fn logs_hold_no_name_no_token_no_text() {
    let town = Town::open().await;
    with_a_deed(&town).await;
    let hong = town.guest("hong").await;
    hong.put("me", json!({"nickname": "红梅花开"})).await.expect(200);
    hong.get("deeds/deed_not-an-id?name=秘密").await.refused(404, "malformed_path");
    let token = hong.token.clone().unwrap_or_default();
    let refresh = hong.refresh.clone().unwrap_or_default();
    let log = town.log();
    assert!(log.contains("request.done"), "requests are logged");
    for secret in [
        "红梅花开",
        "王hong",
        "雪夜巡逻",
        "扫雪",
        "秘密",
        "demo-hong",
        tests::town::PASSWORD,
        &token,
        &refresh,
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert!(!log.contains("demo-openid") && !log.contains("Bearer"), "openids and headers are not logged");
}
