//! The forms of ids and texts in a specification. Types say them once for the code (`domain::ids`, `domain::text`); here every parameter
//! and every field of a request gets them as a pattern, so that a client can check what it sends.

use std::collections::BTreeSet;

use domain::text;
use serde_json::{Value, json};

/// Twenty-six characters of base 32, of which the first holds two bits only.
const ID: &str = "_[0-7][0-9a-hjkmnp-tv-z]{25}$";
/// By the name of a parameter or field: the prefix of the id that it takes.
const ID_PREFIXES: [(&str, &str); 12] = [
    ("unit", "unit"),
    ("unitId", "unit"),
    ("parent", "unit"),
    ("parentId", "unit"),
    ("household", "hh"),
    ("householdId", "hh"),
    ("residentId", "res"),
    ("householderId", "res"),
    ("itemId", "item"),
    ("staffId", "staff"),
    ("pictureIds", "pic"),
    ("id", "[a-z]{2,6}"),
];
/// White space as far as it is no control character.
const BLANKS: &str = r"\u0020\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";
/// White space, all of it: trimmed at both ends.
const TRIMMED: &str = r"\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";
/// Characters that no text holds.
const REFUSED: &str = r"\u0000-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF";
/// The same but for the line break.
const REFUSED_IN_LINES: &str =
    r"\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF";

/// Writes the forms into a specification.
pub fn write(doc: &mut Value) {
    let mut names = BTreeSet::new();
    for operation in operations(doc) {
        references(&operation["requestBody"], &mut names);
        for parameter in list(operation, "parameters") {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let Some(schema) = parameter.get_mut("schema") else { continue };
            not_null(schema);
            id(&name, schema);
            if name == "cursor" {
                schema["pattern"] = json!("^[A-Za-z0-9_-]+$");
            }
            text(schema);
        }
    }
    let mut done = BTreeSet::new();
    while let Some(name) = names.pop_first() {
        let Some(schema) = doc["components"]["schemas"].get_mut(&name) else { continue };
        references(schema, &mut names);
        fields(schema);
        done.insert(name);
        names.retain(|name| !done.contains(name));
    }
}

fn operations(doc: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = doc["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    paths.filter_map(Value::as_object_mut).flat_map(|methods| methods.values_mut())
}

/// The entries of a list, of none if there is no such list. (To index would put a null there.)
fn list<'a>(value: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> + use<'a> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The names of the schemas that a value refers to.
fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name =
                map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"));
            names.extend(name.map(str::to_owned));
            map.values().for_each(|inner| references(inner, names));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, names)),
        _ => {}
    }
}

/// A parameter is there or not; it is never null.
fn not_null(schema: &mut Value) {
    if schema["type"].as_array().is_some_and(|types| types.len() == 2 && types[1] == "null") {
        schema["type"] = schema["type"][0].clone();
    }
}

fn fields(schema: &mut Value) {
    text(schema);
    closed(schema);
    for (name, field) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let is_list = field["type"] == "array";
        let Some(holder) = (if is_list { field.get_mut("items") } else { Some(field) }) else { continue };
        id(name, holder);
        text(holder);
    }
}

/// An alternative takes what it names and nothing else, as every request does.
fn closed(schema: &mut Value) {
    for object in list(schema, "oneOf").filter(|s| s["type"] == "object") {
        object["additionalProperties"] = json!(false);
        for field in object
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|fields| fields.values_mut())
        {
            if field["type"] == "object" {
                field["additionalProperties"] = json!(false);
            }
        }
    }
}

fn is_bare_text(schema: &Value) -> bool {
    let is_string = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
    is_string && ["pattern", "format", "enum"].iter().all(|key| schema.get(key).is_none())
}

fn id(name: &str, schema: &mut Value) {
    let prefix = ID_PREFIXES.iter().find(|(known, _)| *known == name);
    if let Some((_, prefix)) = prefix.filter(|_| is_bare_text(schema)) {
        schema["pattern"] = json!(format!("^{prefix}{ID}"));
    }
}

/// A text with a greatest length is one of `domain::text`: what is left after trimming has neither control nor invisible characters.
fn text(schema: &mut Value) {
    let Some(max) = schema["maxLength"].as_u64().filter(|_| is_bare_text(schema)) else { return };
    let lines = [text::REASON, text::COMMENT, text::DEED_TEXT].iter().any(|rule| rule.max as u64 == max);
    let refused = if lines { REFUSED_IN_LINES } else { REFUSED };
    let (space, inner, end) =
        (format!("[{TRIMMED}]*"), format!("[^{refused}]"), format!("[^{BLANKS}{REFUSED}]"));
    schema["pattern"] = json!(match schema["minLength"].as_u64() {
        None | Some(0) => format!("^{space}({end}({inner}*{end})?{space})?$"),
        Some(1) => format!("^{space}{end}({inner}*{end})?{space}$"),
        Some(min) => format!("^{space}{end}{inner}{{{},}}{end}{space}$", min - 2),
    });
}
