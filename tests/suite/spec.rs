//! The specification itself: complete, and the one that the binary writes.

use serde_json::Value;
use tests::process::run;
use tests::{Town, spec};

/// What a reference points to.
fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(path) => {
            let found = spec::resident_api().pointer(path);
            resolved(found.unwrap_or_else(|| panic!("nothing is at {path}")))
        }
        None => value,
    }
}

/// Whether a media type has an example: its own, or that of its schema, or one of every item of a page.
fn has_example(media: &'static Value) -> bool {
    let schema = resolved(&media["schema"]);
    let some = |value: &Value, key: &str| value.get(key).is_some_and(|found| !found.is_null());
    let own = some(media, "example") || some(media, "examples");
    let of_schema = some(schema, "example") || some(schema, "examples");
    let items = &schema["properties"]["items"]["items"];
    let of_items = !items.is_null() && some(resolved(items), "example");
    own || of_schema || of_items
}

#[test]
fn every_operation_says_what_it_does_and_shows_an_example() {
    let mut faults = Vec::new();
    for (method, path, operation) in spec::operations() {
        let name = format!("{method} {path}");
        let mut must = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{name}: {what}"));
            }
        };
        must(operation["summary"].as_str().is_some_and(|s| !s.trim().is_empty()), "no summary");
        must(operation["operationId"].as_str().is_some_and(|s| !s.is_empty()), "no operationId");
        must(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "not one tag");
        for (kind, media) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            must(has_example(media), &format!("no example of the {kind} body"));
        }
        let responses = operation["responses"].as_object();
        let done: Vec<_> = responses.into_iter().flatten().filter(|(s, _)| s.starts_with('2')).collect();
        must(!done.is_empty(), "no 2xx");
        for (status, response) in &done {
            for (kind, media) in resolved(response)["content"].as_object().into_iter().flatten() {
                let needed = kind == "application/json";
                must(!needed || has_example(media), &format!("no example of the {status} {kind}"));
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(parameter);
            let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            must(described, &format!("{} is not described", parameter["name"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_two_operations_have_one_id() {
    let mut ids: Vec<&str> =
        spec::operations().into_iter().filter_map(|(_, _, o)| o["operationId"].as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn every_refusal_is_a_problem_document() {
    for (method, path, operation) in spec::operations() {
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if status.starts_with(['4', '5']) {
                let content = &resolved(response)["content"];
                // What people open answers with a page.
                let page = !operation["responses"]["200"]["content"]["text/html"].is_null();
                let said = !content["application/problem+json"].is_null()
                    || page && status == "404" && !content["text/html"].is_null();
                assert!(said, "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn the_committed_specification_is_the_one_that_the_binary_writes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../api-spec");
    let (code, text) = run(&["openapi", "--check", folder], &[], "");
    assert_eq!(code, 0, "{text}");
}

#[tokio::test]
async fn the_admin_listener_tells_of_life_readiness_and_figures() {
    let town = Town::open().await;
    assert_eq!(town.admin_page(0, "/health/live").await.0, 200);
    assert_eq!(town.admin_page(0, "/health/ready").await.0, 200);
    town.anybody().get("units").await.expect(200);
    let (status, metrics) = town.admin_page(0, "/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.lines().any(|line| line.starts_with("# TYPE ")), "{metrics}");
    // None of it is on the address that the world reaches.
    for path in ["/.health/live", "health/ready", "metrics"] {
        assert_eq!(town.anybody().get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_read_has_a_head_too() {
    let town = Town::open().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
    for (path, status) in [
        ("units", 200),
        ("deeds", 200),
        ("deeds/deed_00000000000000000000000000", 404),
        ("me", 401),
        ("reports", 404),
    ] {
        let url = format!("{}/v1/{path}", town.base(0));
        let (whole, head) = (client.get(&url).send().await, client.head(&url).send().await);
        let (whole, head) = (whole.expect("it answers"), head.expect("it answers"));
        assert_eq!((head.status().as_u16(), whole.status().as_u16()), (status, status), "{path}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.headers().get(name), whole.headers().get(name), "{path}: {name}");
        }
        assert!(!whole.bytes().await.expect("a body").is_empty());
        assert!(head.bytes().await.expect("no body").is_empty(), "{path}");
    }
}
