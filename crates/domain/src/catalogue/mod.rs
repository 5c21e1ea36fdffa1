//! Rule catalogues: what a unit rewards, and by how much. A catalogue reaches the platform in two ways: as a document that staff
//! post ([`CatalogueDocument`]), or from the rule tables of real places that are compiled in ([`carried()`]). Either way it is first
//! a draft that must be well formed ([`CatalogueDocument::validate`]) and is adopted only if the checker finds nothing
//! ([`check()`]).

mod carried;
mod check;
mod form;
mod item;
mod measure;
mod source;

pub use carried::{Carried, SourceEntry, carried, extra_rows, source_entry};
pub use check::check;
pub use form::{FAULTS_MAX, ITEMS_MAX, VERBATIM_MAX};
pub use item::{Cap, CapAmount, CapScope, Direction, Item, PointsRule, Subject};
pub use measure::unit_zh;
pub use source::read_source_rows;

use crate::refusal::FieldFault;

/// A catalogue as one document: the JSON form in which a draft is posted and read back.
///
/// ```
/// use domain::catalogue::CatalogueDocument;
/// let document: CatalogueDocument = serde_json::from_str(
///     r#"{"nameZh": "示例", "nameEn": "Sample", "items": [{
///         "code": "A-1", "nameZh": "志愿服务", "nameEn": "Volunteer service", "direction": "award",
///         "points": {"fixed": "2.00"}, "unitOfMeasure": "per hour", "perQuantity": true, "subject": "resident",
///         "caps": [{"scope": "day", "amount": {"points": "8.00"}}]
///     }]}"#,
/// )?;
/// assert!(document.validate().is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogueDocument {
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// Where it was taken from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CatalogueSource>,
    /// The items, in the order in which people read them.
    pub items: Vec<Item>,
}

/// Where a catalogue was taken from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogueSource {
    /// The key of the carried rule table, such as `wendeng-rural`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The address of the page or document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How much of the source's table this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<String>,
}

impl CatalogueDocument {
    /// This catalogue with its award items only: neither deductions nor items whose direction is open.
    pub fn awards_only(&self) -> Self {
        let awards = self.items.iter().filter(|item| item.direction == Some(Direction::Award));
        Self { items: awards.cloned().collect(), ..self.clone() }
    }
    /// The item of this code.
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.code == code)
    }
    /// What keeps this document from being a draft: limits, texts, codes, and figures that contradict each other.
    pub fn validate(&self) -> Vec<FieldFault> {
        form::faults(self)
    }
}
