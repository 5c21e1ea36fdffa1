//! The form of a catalogue's document in the specification. The types that read and write it are the domain's, which knows nothing of
//! specifications; these stand beside them, and a test compares the two.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A catalogue as one document.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CatalogueDocument)]
pub struct Document {
    /// The name in Chinese.
    #[schema(min_length = 1, max_length = 120)]
    pub name_zh: String,
    /// The name in English.
    #[schema(min_length = 1, max_length = 120)]
    pub name_en: String,
    /// Where it was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The items, in the order in which people read them.
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<DocumentItem>,
}

/// Where a catalogue was taken from.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CatalogueSource)]
pub struct Source {
    /// The key of the carried rule table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub key: Option<String>,
    /// The address of the page or document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000)]
    pub address: Option<String>,
    /// How much of the source's table this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub coverage: Option<String>,
}

/// A rule item of a document.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CatalogueItem)]
pub struct DocumentItem {
    /// The code: unique, and the same in every version.
    #[schema(min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9_.-]{1,40}$")]
    pub code: String,
    /// The heading under which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub category: Option<String>,
    /// The act, in Chinese.
    #[schema(min_length = 1, max_length = 120)]
    pub name_zh: String,
    /// The act, in English.
    #[schema(min_length = 1, max_length = 120)]
    pub name_en: String,
    /// Whether it gives or takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<ItemDirection>,
    /// The figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Figure>,
    /// What it is paid for, such as `per hour`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub unit_of_measure: Option<String>,
    /// Whether the quantity decides what is paid.
    #[serde(default)]
    pub per_quantity: bool,
    /// The service hours that must have been reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_hours: Option<Amount>,
    /// What limits it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    pub caps: Vec<ItemCap>,
    /// Whom it is for.
    pub subject: ItemSubject,
    /// What proves the act.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub evidence: Option<String>,
    /// Who approves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub approver: Option<String>,
    /// The clause of the convention.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub clause: Option<String>,
    /// What it leads to beside points.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub effect: Option<String>,
    /// Tags of programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub themes: Vec<Label>,
    /// Of a deduction: how one appeals.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub appeal_path: Option<String>,
    /// Of a deduction: after how many days its listing ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 65535)]
    pub expiry_days: Option<u16>,
    /// The row of the source, word for word.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub verbatim: serde_json::Value,
}

/// Points, hours, or so much of a unit of measure.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CatalogueAmount, value_type = String, pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$", example = "2.00")]
pub struct Amount(String);

/// A tag.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CatalogueLabel, value_type = String, min_length = 1, max_length = 60, example = "环境")]
pub struct Label(String);

/// Whether an item gives or takes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ItemDirection {
    /// Gives points.
    Award,
    /// Takes points, after due process.
    Deduction,
}

/// Whom an item is for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ItemSubject {
    /// One person.
    Resident,
    /// A household as a whole.
    Household,
}

/// The figure of an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ItemFigure)]
pub enum Figure {
    /// Exactly this.
    Fixed(Amount),
    /// Somewhere in a range.
    Range {
        /// The least.
        min: Amount,
        /// The most.
        max: Amount,
    },
    /// One of these, ascending.
    Grades(Vec<Amount>),
    /// So much for every whole step of the quantity.
    Stepped {
        /// What one step pays.
        points: Amount,
        /// How much of the quantity is one step.
        step: Amount,
        /// The least that it pays.
        #[serde(skip_serializing_if = "Option::is_none")]
        min: Option<Amount>,
        /// The most that it pays.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<Amount>,
    },
}

/// A limit on what one subject gets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemCap {
    /// Over which time.
    pub scope: ItemCapScope,
    /// How much.
    pub amount: ItemCapAmount,
    /// The pot, if several items draw on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9_.-]{1,40}$")]
    pub shared_key: Option<String>,
}

/// The time over which a cap counts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ItemCapScope {
    /// One act.
    Occurrence,
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of a calendar year.
    Quarter,
    /// A calendar year.
    Year,
    /// All time.
    Ever,
}

/// How much a cap lets through.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ItemCapAmount {
    /// So many points.
    Points(Amount),
    /// So many awards.
    Times(u32),
}

#[cfg(test)]
mod tests {
    use domain::catalogue::{CatalogueDocument, carried, extra_rows};

    use super::Document;

    #[test]
    fn the_specified_form_is_the_domains() {
        for table in carried().iter().chain(extra_rows()) {
            let written = serde_json::to_value(table.document()).unwrap();
            let read: Document = serde_json::from_value(written.clone()).unwrap();
            let again = serde_json::to_value(&read).unwrap();
            assert_eq!(again, written, "{}", table.key);
            assert_eq!(serde_json::from_value::<CatalogueDocument>(again).unwrap(), table.document());
        }
    }
}
