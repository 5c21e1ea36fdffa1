//! The documentation page of an API: one HTML document made from the specification, with no script and nothing from outside, so that it
//! reads the same without a network.

use serde_json::Value;

use crate::html::escaped;

const STYLE: &str = "body{font:15px/1.5 system-ui,'PingFang SC','Noto Sans CJK SC',sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
h1{font-size:1.5rem}h2{margin-top:2.5rem;border-bottom:1px solid #ddd}details{border:1px solid #ddd;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}\
summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace;background:#f6f6f4}pre{padding:.6rem;overflow:auto;border-radius:4px}\
.m{display:inline-block;width:4.2rem;font-weight:600;text-transform:uppercase}.get{color:#2563eb}.post{color:#15803d}.put{color:#b45309}.delete{color:#b91c1c}";

/// Renders a specification as one page.
pub fn page(doc: &Value) -> String {
    let title = doc["info"]["title"].as_str().unwrap_or("API");
    let mut out = format!(
        "<!doctype html><html lang=zh><meta charset=utf-8><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>",
        escaped(title)
    );
    let mut tags: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for (path, item) in doc["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
            tags.entry(tag).or_default().push_str(&section(doc, path, method, operation));
        }
    }
    for (tag, operations) in tags {
        out.push_str(&format!("<h2>{}</h2>{operations}", escaped(&tag)));
    }
    out
}

fn section(doc: &Value, path: &str, method: &str, operation: &Value) -> String {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let mut out = format!(
        "<details><summary><span class='m {method}'>{method}</span> <code>{}</code> — {}</summary><p>{}</p>",
        escaped(path),
        text(&operation["summary"]),
        text(&operation["description"])
    );
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        out.push_str(&format!(
            "<p><code>{}</code> ({}) {}</p>",
            text(&parameter["name"]),
            text(&parameter["in"]),
            text(&parameter["description"])
        ));
    }
    if let Some(example) = example(doc, &operation["requestBody"]["content"]["application/json"]) {
        out.push_str(&format!("<p>Body</p><pre>{}</pre>", escaped(&example)));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        out.push_str(&format!("<p><b>{status}</b> {}</p>", text(&answer["description"])));
        if let Some(example) = example(doc, &answer["content"]["application/json"]) {
            out.push_str(&format!("<pre>{}</pre>", escaped(&example)));
        }
    }
    out + "</details>"
}

/// The example of a media type: its own, or its schema's.
fn example(doc: &Value, media: &Value) -> Option<String> {
    let own = media.get("example").or_else(|| media["schema"].get("example"));
    let by_ref = || {
        let name = media["schema"]["$ref"].as_str()?.rsplit('/').next()?;
        doc["components"]["schemas"][name].get("example")
    };
    own.or_else(by_ref).and_then(|e| serde_json::to_string_pretty(e).ok())
}
