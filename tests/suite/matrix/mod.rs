//! Who may do what: every operation, asked by every kind of actor.
//!
//! A row is a request and thirteen decisions. Placeholders in its address and body stand for objects of the village (`scene.rs` makes
//! them); those that begin with `new` are made anew after every call that was allowed, so that each cell is a decision of its own.
//!
//! | Columns | Actors |
//! |---|---|
//! | 1–5 | anonymous, guest, resident whose the object is, resident of the same group, resident of a foreign unit |
//! | 6–11 | of the village: grid worker, secretary, assessor, supervisor; operations of the district; secretary of a foreign community |
//! | 12–13 | a token that was signed out (of staff for staff operations), a token of another tenant |
//!
//! | Letter | Decision |
//! |---|---|
//! | `+` | done (2xx, or led on) |
//! | `o` | done, and the answer holds nothing of the village |
//! | `b` | allowed; refused for another reason (409, 422) |
//! | `?` | sign in (401) |
//! | `x` | forbidden (403) |
//! | `.` | there is no such thing (404), in the words that an id of nothing gets |
//!
//! Beside the decision each cell counts the audit: a staff act that changes something writes one row, in the actor's name; everything
//! else writes none.

mod binding;
mod events;
mod features;
mod other_tenant;
mod people;
mod runner;
mod sales;
mod scene;
mod shops;
mod staff;
mod staff_desk;
mod till;

use std::collections::BTreeSet;

use serde_json::Value;

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(Value),
    /// A file of households.
    Csv,
    /// A picture.
    Picture,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The method.
    pub method: &'static str,
    /// The address, as the specification has it.
    pub template: &'static str,
    /// The address that is asked for, below `/v1/`, with placeholders.
    pub target: &'static str,
    /// The body, with placeholders.
    pub body: Body,
    /// The version that a change names.
    pub version: Option<&'static str>,
    /// The decisions, a letter for each actor.
    pub cells: String,
    /// Whether each cell gets a session of its own, because the request ends it.
    pub own_session: bool,
}

/// A row without a body.
fn row(method: &'static str, template: &'static str, target: &'static str, cells: &str) -> Row {
    let cells: String = cells.chars().filter(|c| !c.is_whitespace()).collect();
    assert_eq!(cells.len(), 13, "{method} {template} has a decision for each actor");
    let body = Body::Nothing;
    Row { method, template, target, body, version: None, cells, own_session: false }
}

impl Row {
    /// With this body.
    fn json(self, body: Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }
    /// As a change of this version.
    fn version(self, version: &'static str) -> Self {
        Self { version: Some(version), ..self }
    }
}

/// Every row.
fn table() -> Vec<Row> {
    [
        people::open(),
        people::sessions(),
        people::own(),
        people::inbox(),
        people::rights(),
        people::deeds(),
        events::open(),
        events::desk(),
        staff_desk::desk(),
        staff_desk::claims(),
        staff::people(),
        staff::administration(),
        shops::open(),
        shops::desk(),
        sales::customer(),
        binding::own(),
        binding::desk(),
        binding::codes(),
    ]
    .concat()
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let rows: BTreeSet<(String, String)> =
        table().iter().map(|row| (row.method.to_owned(), row.template.to_owned())).collect();
    let operations: BTreeSet<(String, String)> =
        tests::spec::operations().into_iter().map(|(method, path, _)| (method, path)).collect();
    let without: Vec<_> = operations.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&operations).collect();
    assert!(without.is_empty(), "without a row: {without:?}");
    assert!(unknown.is_empty(), "without an operation: {unknown:?}");
}

/// An operation that names the signed-in caller as required says so in the specification, and no other does.
#[test]
fn the_specification_says_which_operations_need_a_sign_in() {
    for row in table() {
        let anonymous = row.cells.starts_with('?') && !row.template.starts_with("/v1/sessions/refresh");
        let (_, _, operation) = tests::spec::operations()
            .into_iter()
            .find(|(method, path, _)| method == row.method && path == row.template)
            .expect("every row has an operation");
        let declared = operation["security"].as_array().is_some_and(|s| !s.is_empty());
        assert_eq!(declared, anonymous, "{} {}", row.method, row.template);
    }
}
