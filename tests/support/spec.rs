//! The committed specification, as the suite holds answers against it.

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

/// The specification of the resident API.
pub fn resident_api() -> &'static Value {
    static SPEC: OnceLock<Value> = OnceLock::new();
    SPEC.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../api-spec/resident-api.json");
        let text =
            std::fs::read_to_string(path).expect("the specification is committed: `jishan openapi --write`");
        serde_json::from_str(&text).expect("the specification is JSON")
    })
}

/// The operations: method, path template, operation.
pub fn operations() -> Vec<(String, String, &'static Value)> {
    let mut out = Vec::new();
    for (path, item) in resident_api()["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            out.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    out
}

/// Fails on a status that the operation does not declare. Addresses that are no operation may only be refused.
pub fn hold(method: &Method, path: &str, status: u16) {
    let Some((_, template, operation)) = operations()
        .into_iter()
        .filter(|(m, t, _)| m == method.as_str() && matches(t, path))
        .min_by_key(|(_, t, _)| t.matches('{').count())
    else {
        assert!((400..500).contains(&status), "{method} {path} answered {status} and is in no specification");
        return;
    };
    let declared = operation["responses"].get(status.to_string()).is_some();
    assert!(declared, "{method} {template} answered {status}, which its specification does not declare");
}

fn matches(template: &str, path: &str) -> bool {
    let (a, b): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    a.len() == b.len() && a.iter().zip(&b).all(|(t, p)| t.starts_with('{') || t == p)
}
