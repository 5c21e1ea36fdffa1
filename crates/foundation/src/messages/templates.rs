//! The templates of messages, as the operator's file has them. Which fields a template has is decided in the WeChat console, so what stands
//! in them is configuration:
//!
//! ```toml
//! [deed_published]
//! template = "h7n…"
//! page = "pages/deed/deed?id={object}"
//! values = { thing1 = "{title}", phrase2 = "已公开", time3 = "{time}" }
//! ```
//!
//! `{title}` is what the matter is called, `{shop}` the shop, `{points}` so many, `{text}` the sentence of the inbox, `{reason}` why, `{time}`
//! when it happened, `{until}` until when or when it begins, `{object}` the id of the matter.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use crate::inbox::{Audience, Kind};

/// A template of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// WeChat's id of it.
    #[serde(rename = "template")]
    pub id: String,
    /// The page that a message opens, without a slash in front; none opens nothing.
    #[serde(default)]
    pub page: Option<String>,
    /// What stands in its fields.
    pub values: BTreeMap<String, String>,
}

/// The templates of every kind that is sent.
#[derive(Debug, Clone, Default)]
pub struct Templates(Arc<HashMap<Kind, Template>>);

/// The places that a value may have.
pub(super) const PLACES: [&str; 8] =
    ["{title}", "{shop}", "{points}", "{text}", "{reason}", "{time}", "{until}", "{object}"];

impl Templates {
    /// Reads the operator's file; every fault is named at once.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let entries: BTreeMap<String, Template> =
            toml::from_str(text).map_err(|e| vec![e.to_string().trim().to_owned()])?;
        let (mut all, mut faults) = (HashMap::new(), Vec::new());
        for (word, template) in entries {
            let kind = Kind::from_word(&word).filter(|kind| kind.audiences().contains(&Audience::Person));
            let Some(kind) = kind else {
                faults.push(format!("{word}: no kind of message that a person gets"));
                continue;
            };
            if template.id.is_empty() || template.values.is_empty() {
                faults.push(format!("{word}: a template has an id and values"));
            }
            if template.page.as_ref().is_some_and(|page| page.starts_with('/')) {
                faults.push(format!("{word}.page: without a slash in front"));
            }
            for (name, value) in &template.values {
                if let Some(place) = unknown_place(value) {
                    faults.push(format!("{word}.values.{name}: there is no {place}"));
                }
                if !wechat::is_value_name(name) {
                    faults.push(format!("{word}.values.{name}: no name of a value, such as thing1"));
                }
            }
            all.insert(kind, template);
        }
        if faults.is_empty() { Ok(Self(Arc::new(all))) } else { Err(faults) }
    }

    /// The template of a kind.
    pub fn of(&self, kind: Kind) -> Option<&Template> {
        self.0.get(&kind)
    }

    /// Whether any kind is sent by this template.
    pub fn knows(&self, id: &str) -> bool {
        self.0.values().any(|template| template.id == id)
    }
}

/// A place that nothing is filled into.
fn unknown_place(value: &str) -> Option<&str> {
    let mut rest = value;
    while let Some(from) = rest.find('{') {
        let to = rest[from..].find('}').map_or(rest.len(), |n| from + n + 1);
        let place = &rest[from..to];
        if !PLACES.contains(&place) {
            return Some(place);
        }
        rest = &rest[to..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_every_fault_is_named() {
        let good = "[deed_published]\ntemplate = \"T1\"\npage = \"pages/deed/deed?id={object}\"\nvalues = { thing1 = \"{title}\", phrase2 = \"已公开\" }";
        let templates = Templates::read(good).unwrap();
        assert_eq!(templates.of(Kind::DeedPublished).map(|t| t.id.as_str()), Some("T1"));
        assert!(
            templates.knows("T1") && !templates.knows("T2") && templates.of(Kind::DeedRejected).is_none()
        );
        let bad = "[deed_eaten]\ntemplate = \"T1\"\nvalues = { thing1 = \"x\" }\n\
                   [deed_published]\ntemplate = \"\"\npage = \"/pages\"\nvalues = { thing1 = \"{who}\", other = \"x\" }\n\
                   [shop_applied]\ntemplate = \"T\"\nvalues = { thing1 = \"x\" }";
        assert_eq!(Templates::read(bad).unwrap_err().len(), 6);
        assert!(Templates::read("nonsense").is_err());
        assert!(Templates::read("").is_ok_and(|none| none.of(Kind::DeedPublished).is_none()));
    }
}
