//! The specification: generated from the handlers, finished here with what every operation has in common, committed under `api-spec/`, and
//! served with a documentation page that needs nothing from outside.

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::forms;

/// Problem answers that any operation may give.
const ANYWHERE: [(&str, &str); 7] = [
    ("400", "The request is malformed"),
    ("401", "Sign in first, or the token is not good"),
    ("403", "Not allowed, or switched off here"),
    ("414", "The query is too long"),
    ("421", "The host is not served here"),
    ("429", "Too many requests; see Retry-After"),
    ("503", "Busy or unavailable; see Retry-After"),
];
const WITH_PATH: [(&str, &str); 1] = [("404", "Not found, or not for the asker to see")];
const WITH_BODY: [(&str, &str); 5] = [
    ("404", "Something that the body names was not found"),
    ("409", "The state of things does not allow it"),
    ("413", "The body is too large"),
    ("415", "The content type is not supported"),
    ("422", "Fields are not as required"),
];
const WITH_IF_MATCH: [(&str, &str); 2] =
    [("412", "It was changed meanwhile"), ("428", "If-Match is required")];
const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

/// Finishes a generated specification: title, servers, sign-in, problem answers, id patterns.
pub fn finish(openapi: &OpenApi, title: &str, description: &str) -> Value {
    let mut doc = serde_json::to_value(openapi).unwrap_or_default();
    doc["info"] = json!({"title": title, "description": description, "version": "1",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}});
    doc["servers"] = json!([{"url": "/"}]);
    doc["components"]["securitySchemes"] =
        json!({"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}});
    if let Some(paths) = doc["paths"].as_object_mut() {
        for (path, item) in paths.iter_mut() {
            for method in METHODS {
                if let Some(operation) = item.get_mut(method) {
                    finish_operation(path, method, operation);
                }
            }
        }
    }
    forms::write(&mut doc);
    doc
}

fn finish_operation(path: &str, method: &str, operation: &mut Value) {
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let has_if_match = parameters.iter().any(|p| p["name"] == "If-Match");
    let has_key = parameters.iter().any(|p| p["name"] == "Idempotency-Key");
    let has_body = operation.get("requestBody").is_some();
    let mut answers: Vec<(&str, &str)> = ANYWHERE.to_vec();
    if path.contains('{') {
        answers.extend(WITH_PATH);
    }
    if has_body || method != "get" {
        answers.extend(WITH_BODY);
    }
    if has_if_match {
        answers.extend(WITH_IF_MATCH);
    }
    let mut responses = operation["responses"].as_object_mut().map(std::mem::take).unwrap_or_default();
    if method == "get" {
        responses
            .insert("304".to_owned(), json!({"description": "Unchanged since the ETag of `If-None-Match`"}));
    }
    operation["responses"] = Value::Object(with_problems(responses, &answers, has_key));
}

fn with_problems(
    mut responses: Map<String, Value>,
    answers: &[(&str, &str)],
    has_key: bool,
) -> Map<String, Value> {
    for (status, description) in answers {
        let problem = json!({"description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        responses.entry((*status).to_owned()).or_insert(problem);
    }
    for (status, answer) in &mut responses {
        let mut headers =
            json!({"X-Request-Id": {"description": "The request's id", "schema": {"type": "string"}}});
        if *status == "429" || *status == "503" {
            headers["Retry-After"] = json!({"description": "Seconds to wait", "schema": {"type": "integer"}});
        }
        if has_key && status.starts_with('2') {
            headers["Idempotency-Replayed"] = json!({"description": "`true` if an earlier request with this key did it", "schema": {"type": "string"}});
        }
        if answer.get("headers").is_none() {
            answer["headers"] = headers;
        }
    }
    responses
}

/// The specification and its page, as they are served.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    address: String,
    text: web::Bytes,
    page: web::Bytes,
}

impl Served {
    /// Those of a service.
    pub(crate) fn of(name: &'static str, openapi: &OpenApi) -> Self {
        let doc = finish(openapi, name, "");
        let (text, page) = (doc.to_string().into(), crate::docs::page(&doc).into());
        Self { address: format!("/openapi/{name}.json"), text, page }
    }

    /// Their routes.
    pub(crate) fn routes(&self, config: &mut web::ServiceConfig) {
        let get = |body: &web::Bytes, kind: &'static str| {
            let body = body.clone();
            web::get().to(move || {
                let body = body.clone();
                async move { HttpResponse::Ok().content_type(kind).body(body) }
            })
        };
        config.route(&self.address, get(&self.text, "application/json"));
        config.route("/docs", get(&self.page, "text/html; charset=utf-8"));
    }
}
