//! The README's tour, run as it is written.

use std::process::{Command, Stdio};

use tests::Engine;
use tests::process::{Database, Process};

fn blocks(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh tour" => inside = true,
            "```" => inside = false,
            _ if inside => {
                out.push_str(line);
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// The tour works on a demo town of either engine pair; only the ports are others.
#[tokio::test]
async fn the_tour_of_the_readme_works_as_written() {
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let script = blocks(&std::fs::read_to_string(format!("{top}/README.md")).expect("there is a README"));
    assert!(script.lines().count() > 20, "the tour was found");

    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let log = folder.path().join("demo.log");
    let data = folder.path().join("data").display().to_string();
    let any = "127.0.0.1:0";
    let mut args = vec!["demo", "--data-dir", &data, "--listen", any, "--merchant", any, "--admin", any];
    let mut environment = vec![("JISHAN_LOG_LEVEL".to_owned(), "warn".to_owned())];
    let database = (Engine::of_run() == Engine::Postgres).then(Database::new);
    if let Some(database) = &database {
        args.extend(["--database", &database.url]);
        let redis = std::env::var("JISHAN_TEST_REDIS").expect("JISHAN_TEST_REDIS names the server");
        environment.push(("JISHAN_TENANT_REDIS".to_owned(), redis));
        environment.push((
            "JISHAN_TENANT_REDIS_PREFIX".to_owned(),
            format!("tour-{}", uuid::Uuid::now_v7().simple()),
        ));
    }
    let server = Process::start(&args, &environment, &log);

    let script = script
        .replace("127.0.0.1:8080", &server.address("resident"))
        .replace("127.0.0.1:8081", &server.address("merchant"))
        .replace("127.0.0.1:8099", &server.address("wechat"));
    let mut shell = Command::new("bash");
    let shell = shell.args(["-euo", "pipefail", "-c", &script]).current_dir(top).stdin(Stdio::null());
    let output = shell.output().expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // What the reader is shown: the decision, the like, the waiting comment, the reason, the rank, the receipt, the seat, masked names.
    for shown in [
        "\"likeCount\"",
        "pending",
        "志愿巡逻",
        "\"50.00\"",
        "\"asOfSeq\"",
        "\"receipt\"",
        "captured",
        "confirmed",
        "\"30.00\"",
    ] {
        assert!(said.contains(shown), "{shown} is missing in:\n{said}");
    }
}
