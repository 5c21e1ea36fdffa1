//! The forms of ids and texts in a specification. Types say them once for the code (`domain::ids`, `domain::text`); here every parameter
//! and every field of a request gets them as a pattern, so that a client can check what it sends.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::text;
use serde_json::{Value, json};

/// Twenty-six characters of base 32, of which the first holds two bits only.
const ID: &str = "_[0-7][0-9a-hjkmnp-tv-z]{25}$";
/// By the name of a parameter or field: the prefix of the id that it takes.
const ID_PREFIXES: [(&str, &str); 19] = [
    ("unit", "unit"),
    ("unitId", "unit"),
    ("parent", "unit"),
    ("parentId", "unit"),
    ("household", "hh"),
    ("householdId", "hh"),
    ("residentId", "res"),
    ("householderId", "res"),
    ("itemId", "item"),
    ("merchant", "shop"),
    ("merchantId", "shop"),
    ("clerkId", "clerk"),
    ("offerId", "offer"),
    ("staffId", "staff"),
    ("pictureId", "pic"),
    ("pictureIds", "pic"),
    ("ids", "msg"),
    ("upTo", "msg"),
    ("id", "[a-z]{2,6}"),
];
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
        let is_list = field["type"] == "array" || field["type"] == json!(["array", "null"]);
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

/// A text with a greatest length is one of `domain::text`: what is left after trimming begins and ends with what can be seen, and holds
/// nothing that is refused. Where a joiner of emoji may stand depends on its neighbours, and beyond U+FFFF the dialects of patterns name
/// characters each in its own way: a pattern says neither.
fn text(schema: &mut Value) {
    let Some(max) = schema["maxLength"].as_u64().filter(|_| is_bare_text(schema)) else { return };
    let lines = [text::REASON, text::COMMENT, text::DEED_TEXT].iter().any(|rule| rule.max as u64 == max);
    let Classes { space, first, end, .. } = &*CLASSES;
    let inner = if lines { &CLASSES.inner_of_lines } else { &CLASSES.inner };
    schema["pattern"] = json!(match schema["minLength"].as_u64() {
        None | Some(0) => format!("^{space}*({first}({inner}*{end})?{space}*)?$"),
        Some(1) => format!("^{space}*{first}({inner}*{end})?{space}*$"),
        Some(min) => format!("^{space}*{first}{inner}{{{},}}{end}{space}*$", min - 2),
    });
}

/// What texts are made of, each as a pattern's brackets.
struct Classes {
    /// Trimmed at both ends.
    space: String,
    first: String,
    inner: String,
    inner_of_lines: String,
    end: String,
}

static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
    // Up to U+FFFF, and all that any of the brackets speaks of.
    let unseen: Vec<char> = ('\0'..='\u{FFFF}').filter(|c| !text::is_visible(*c)).collect();
    let those = |holds: &dyn Fn(char) -> bool| class(unseen.iter().copied().filter(|c| holds(*c)));
    Classes {
        space: format!("[{}]", those(&char::is_whitespace)),
        first: format!("[^{}]", those(&|_| true)),
        inner: format!("[^{}]", those(&|c| text::is_refused(c, false))),
        inner_of_lines: format!("[^{}]", those(&|c| text::is_refused(c, true))),
        end: format!("[^{}]", those(&|c| c.is_whitespace() || text::is_refused(c, false))),
    }
});

/// Characters in their order, as the inside of a pattern's brackets.
fn class(characters: impl Iterator<Item = char>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in characters.map(u32::from) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    ranges.iter().fold(String::new(), |class, (first, last)| match last - first {
        0 => format!("{class}\\u{first:04X}"),
        _ => format!("{class}\\u{first:04X}-\\u{last:04X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_says_what_the_rules_of_texts_say() {
        assert_eq!(class("0123456789x".chars()), r"\u0030-\u0039\u0078");
        let mut title = json!({"type": "string", "minLength": 2, "maxLength": 40});
        text(&mut title);
        let pattern = title["pattern"].as_str().unwrap();
        for hidden in [
            r"\u0000-",
            r"\u115F-\u1160",
            r"\u200B-\u200C\u200E-\u200F\u2028-\u202E\u2060-\u206F",
            r"\u3164",
            r"\uFFA0",
        ] {
            assert!(pattern.contains(hidden), "{hidden} in {pattern}");
        }
        let mut id = json!({"type": "string", "pattern": "^a$", "maxLength": 40});
        text(&mut id);
        assert_eq!(id["pattern"], "^a$");
    }
}
