//! The committed specification, as the suite holds answers against it.

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

/// A service of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The resident API.
    Resident,
    /// The merchant service.
    Merchant,
}

/// The specification of the resident API.
pub fn resident_api() -> &'static Value {
    static SPEC: OnceLock<Value> = OnceLock::new();
    SPEC.get_or_init(|| read("resident-api.json"))
}

/// The specification of the merchant service.
pub fn merchant_service() -> &'static Value {
    static SPEC: OnceLock<Value> = OnceLock::new();
    SPEC.get_or_init(|| read("merchant-service.json"))
}

/// The specification of a service.
pub fn of(service: Service) -> &'static Value {
    match service {
        Service::Resident => resident_api(),
        Service::Merchant => merchant_service(),
    }
}

fn read(name: &str) -> Value {
    let path = format!("{}/../api-spec/{name}", env!("CARGO_MANIFEST_DIR"));
    let text =
        std::fs::read_to_string(path).expect("the specification is committed: `jishan openapi --write`");
    serde_json::from_str(&text).expect("the specification is JSON")
}

/// The operations of the resident API: method, path template, operation.
pub fn operations() -> Vec<(String, String, &'static Value)> {
    operations_of(Service::Resident)
}

/// The operations of a service: method, path template, operation.
pub fn operations_of(service: Service) -> Vec<(String, String, &'static Value)> {
    let mut out = Vec::new();
    for (path, item) in of(service)["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            out.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    out
}

/// Fails on a status that the operation does not declare. Addresses that are no operation may only be refused.
pub fn hold(service: Service, method: &Method, path: &str, status: u16) {
    let Some((_, template, operation)) = operations_of(service)
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
