//! Asking for each cell, and telling what was decided otherwise.

use reqwest::Method;
use serde_json::Value;
use tests::{Actor, Answer, picture};

use super::scene::{ACTORS, Scene, csv, nothing};
use super::{Body, Row};

/// Checks rows in a scene of their own; the last column stands in `other_tenant.rs`.
pub async fn check(rows: Vec<Row>) {
    let mut scene = Scene::open().await;
    let mut faults = Vec::new();
    for row in &rows {
        for (column, expected) in row.cells.chars().enumerate().take(12) {
            let actor = actor(&scene, row, column).await;
            let cell = format!("{} {} ({}) by {}", row.method, row.template, row.target, ACTORS[column]);
            let found = ask(&mut scene, row, &actor, expected).await;
            if let Err(fault) = found {
                faults.push(format!("{cell}: expected {expected}, {fault}"));
            }
        }
        scene.renew();
    }
    scene.town.verify().await;
    assert!(faults.is_empty(), "{} decisions are otherwise:\n{}", faults.len(), faults.join("\n"));
}

async fn actor(scene: &Scene, row: &Row, column: usize) -> Actor {
    match column {
        11 if row.template.starts_with("/v1/staff") => scene.dismissed.clone(),
        11 => scene.left.clone(),
        _ if row.own_session => scene.again(column).await,
        _ => scene.actors[column].clone(),
    }
}

/// Asks for one cell: the decision, what an id of nothing gets, what the answer holds, and what the audit says.
async fn ask(scene: &mut Scene, row: &Row, actor: &Actor, expected: char) -> Result<(), String> {
    scene.next();
    let (target, body) = filled(scene, row, actor).await;
    let secrets: Vec<String> = scene.secrets().map(str::to_owned).collect();
    let answer = send(actor, row, &target, &body).await;
    let written = audit(scene, answer.header("x-request-id")).await;
    let told = format!("got {} {}", answer.status, answer.json);
    let decided = decision(&answer).ok_or_else(|| told.clone())?;
    if matches!(decided, '+' | 'b') {
        scene.renew();
    }
    if decided != (if expected == 'o' { '+' } else { expected }) {
        return Err(told);
    }
    if expected == 'o' {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        if let Some(secret) = secrets.iter().find(|secret| text.contains(secret.as_str())) {
            return Err(format!("the answer holds {secret}: {text}"));
        }
    }
    if decided == '.' {
        same_as_nothing(row, actor, &target, &body, &secrets, &answer).await?;
    }
    let rows = if decided == '+' { due(scene, row, actor) } else { 0 };
    if written.len() != rows {
        return Err(format!("{} audit rows instead of {rows}: {written:?}", written.len()));
    }
    match written.iter().find(|row| row["staffId"] != actor.id.as_str()) {
        Some(another) => Err(format!("the audit names another: {another:?}")),
        None => Ok(()),
    }
}

/// How many audit rows an allowed call writes: one if staff change something.
fn due(scene: &Scene, row: &Row, actor: &Actor) -> usize {
    let staff = scene.actors[5..].iter().any(|a| a.id == actor.id);
    // What somebody does with the own session, inbox or upload is no act of the desk.
    let own = ["/sessions/", "/inbox", "/pictures"].iter().any(|part| row.template.contains(part));
    let changes = row.method != "GET" && !own;
    usize::from(staff && changes)
}

pub fn decision(answer: &Answer) -> Option<char> {
    match answer.status {
        200..300 | 302 => Some('+'),
        401 => Some('?'),
        403 => Some('x'),
        404 => Some('.'),
        409 | 422 => Some('b'),
        _ => None,
    }
}

/// Whether a secret is an id: a code or a token may hold an underscore by chance, too, and stays what it is.
fn is_id(secret: &str) -> bool {
    secret.split_once('_').is_some_and(|(_, rest)| rest.len() == 26)
}

/// What is out of reach is refused as what does not exist, so that nobody learns that it does.
pub async fn same_as_nothing(
    row: &Row,
    actor: &Actor,
    target: &str,
    body: &Body,
    secrets: &[String],
    answer: &Answer,
) -> Result<(), String> {
    let forget = |text: &str| {
        secrets.iter().filter(|secret| is_id(secret)).fold(text.to_owned(), |text, id| {
            text.replace(id.as_str(), &nothing(id.split('_').next().unwrap_or_default()))
        })
    };
    let body = match body {
        Body::Json(json) => Body::Json(serde_json::from_str(&forget(&json.to_string())).expect("still JSON")),
        other => other.clone(),
    };
    let none = send(actor, row, &forget(target), &body).await;
    let (hidden, nowhere) = (&answer.json["code"], &none.json["code"]);
    if (answer.status, hidden) == (none.status, nowhere) {
        return Ok(());
    }
    Err(format!("{hidden} tells that it exists: nothing gets {} {nowhere}", none.status))
}

/// The audit rows of a request.
async fn audit(scene: &Scene, request: &str) -> Vec<Value> {
    assert!(!request.is_empty(), "every answer names its request");
    let path = format!("staff/audit?unit={}&limit=20", scene.town.world.district);
    let page = scene.town.ops.get(&path).await.expect(200);
    let rows = page["items"].as_array().into_iter().flatten();
    rows.filter(|row| row["requestId"] == request).cloned().collect()
}

/// The address and body with their objects.
pub async fn filled(scene: &mut Scene, row: &Row, actor: &Actor) -> (String, Body) {
    let target = fill(scene, row.target, actor).await;
    let body = match &row.body {
        Body::Json(json) => {
            let mut json = json.clone();
            let mut strings = Vec::new();
            collect(&mut json, &mut strings);
            for string in strings {
                *string = fill(scene, string, actor).await;
            }
            Body::Json(json)
        }
        other => other.clone(),
    };
    (target, body)
}

fn collect<'a>(json: &'a mut Value, out: &mut Vec<&'a mut String>) {
    match json {
        Value::String(string) => out.push(string),
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, out)),
        Value::Object(fields) => fields.values_mut().for_each(|field| collect(field, out)),
        _ => {}
    }
}

async fn fill(scene: &mut Scene, text: &str, actor: &Actor) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (kind, after) = after.split_once('}').expect("a placeholder ends");
        out += before;
        out += &scene.object(kind, actor).await;
        rest = after;
    }
    out + rest
}

/// Sends the request of a row.
pub async fn send(actor: &Actor, row: &Row, target: &str, body: &Body) -> Answer {
    let method: Method = row.method.parse().expect("a method");
    let mut request = actor.request(method, target);
    if row.method == "POST" {
        request = request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
    }
    if let Some(version) = row.version {
        request = request.header("If-Match", format!("\"{version}\""));
    }
    let request = match body {
        Body::Nothing => request,
        Body::Json(json) => request.json(json),
        Body::Csv => request.header("Content-Type", "text/csv").body(csv(0)),
        Body::Picture => {
            let part = reqwest::multipart::Part::bytes(picture::jpeg(0)).file_name("picture.jpg");
            request.multipart(reqwest::multipart::Form::new().part("file", part))
        }
    };
    actor.send(request).await
}
