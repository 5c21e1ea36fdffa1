//! What a posted catalogue must satisfy to be kept as a draft: limits, texts that can be shown, codes that can be keys, and
//! figures that do not contradict each other. Whether a draft may be adopted is another question: see `check`.

use std::collections::{HashMap, HashSet};

use super::CatalogueDocument;
use super::item::{Cap, CapAmount, CapScope, Item, PointsRule};
use crate::points::{Points, TRANSFER_MAX};
use crate::refusal::FieldFault;
use crate::text::{self, Shown, TextRule};

/// The most items of a catalogue: twice the largest real table (228 rows).
pub const ITEMS_MAX: usize = 500;
/// The most characters of a source row that is kept beside an item; the longest real one has about 700.
pub const VERBATIM_MAX: usize = 4_000;
/// How many faults are told at once; who corrects a hundred checks again.
pub const FAULTS_MAX: usize = 100;
const CAPS_MAX: usize = 8;
const THEMES_MAX: usize = 10;
const GRADES_MAX: usize = 20;

const CODE_MAX: usize = 40;
const NAME: TextRule = TextRule { min: 1, max: 120, lines: false, shown: Shown::Few };
const LABEL: TextRule = TextRule { min: 1, max: 60, lines: false, shown: Shown::Few };
const TEXT: TextRule = TextRule { min: 1, max: 500, lines: true, shown: Shown::Few };
const ADDRESS: TextRule = TextRule { min: 1, max: 1_000, lines: false, shown: Shown::Few };

/// Every fault of form, at most [`FAULTS_MAX`].
pub(super) fn faults(document: &CatalogueDocument) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    texts(
        "",
        &[("nameZh", Some(&document.name_zh), NAME), ("nameEn", Some(&document.name_en), NAME)],
        &mut faults,
    );
    if let Some(source) = &document.source {
        let fields = [
            ("key", source.key.as_ref(), LABEL),
            ("address", source.address.as_ref(), ADDRESS),
            ("coverage", source.coverage.as_ref(), TEXT),
        ];
        texts("source.", &fields, &mut faults);
    }
    if document.items.is_empty() || document.items.len() > ITEMS_MAX {
        faults.push(count("items", 1, ITEMS_MAX));
        return faults;
    }
    codes(&document.items, &mut faults);
    for (i, item) in document.items.iter().enumerate() {
        item_faults(&format!("items[{i}]."), item, &mut faults);
    }
    shared_caps(&document.items, &mut faults);
    faults.truncate(FAULTS_MAX);
    faults
}

/// The path and what is wrong with a list's length.
fn count(field: impl Into<String>, min: usize, max: usize) -> FieldFault {
    FieldFault::new(
        field,
        "bad_count",
        format!("应有 {min} 到 {max} 项"),
        format!("expected {min} to {max} entries"),
    )
}

fn texts(path: &str, fields: &[(&str, Option<&String>, TextRule)], faults: &mut Vec<FieldFault>) {
    for (name, value, rule) in fields {
        let parsed = value.map(|value| text::parse(&format!("{path}{name}"), value, *rule));
        faults.extend(parsed.and_then(Result::err));
    }
}

/// Whether a text can be part of a counter's key: ASCII letters and digits, `-`, `_`, `.`.
fn is_key(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=CODE_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

fn bad_key(field: String) -> FieldFault {
    FieldFault::new(
        field,
        "bad_key",
        format!("应为 1 到 {CODE_MAX} 个英文字母、数字、“-”“_”或“.”"),
        format!("expected 1 to {CODE_MAX} letters, digits, `-`, `_` or `.`"),
    )
}

fn codes(items: &[Item], faults: &mut Vec<FieldFault>) {
    let mut seen = HashSet::new();
    for (i, item) in items.iter().enumerate() {
        let field = format!("items[{i}].code");
        if !is_key(&item.code) {
            faults.push(bad_key(field));
        } else if !seen.insert(item.code.as_str()) {
            faults.push(FieldFault::new(field, "duplicate", "编号重复", "another item has this code"));
        }
    }
}

fn item_faults(path: &str, item: &Item, faults: &mut Vec<FieldFault>) {
    let fields = [
        ("category", item.category.as_ref(), LABEL),
        ("nameZh", Some(&item.name_zh), NAME),
        ("nameEn", Some(&item.name_en), NAME),
        ("unitOfMeasure", item.unit_of_measure.as_ref(), LABEL),
        ("evidence", item.evidence.as_ref(), TEXT),
        ("approver", item.approver.as_ref(), TEXT),
        ("clause", item.clause.as_ref(), TEXT),
        ("effect", item.effect.as_ref(), TEXT),
        ("appealPath", item.appeal_path.as_ref(), TEXT),
    ];
    texts(path, &fields, faults);
    if item.themes.len() > THEMES_MAX {
        faults.push(count(format!("{path}themes"), 0, THEMES_MAX));
    }
    for (k, theme) in item.themes.iter().enumerate().take(THEMES_MAX) {
        faults.extend(text::parse(&format!("{path}themes[{k}]"), theme, LABEL).err());
    }
    if item.verbatim.to_string().chars().count() > VERBATIM_MAX {
        let zh = format!("来源原文最多 {VERBATIM_MAX} 个字");
        let en = format!("at most {VERBATIM_MAX} characters of the source's row");
        faults.push(FieldFault::new(format!("{path}verbatim"), "too_long", zh, en));
    }
    figure(path, item, faults);
    cap_list(path, &item.caps, faults);
}

/// Whether the figure can be paid: within what a transfer carries, in order, and in accord with the quantity.
fn figure(path: &str, item: &Item, faults: &mut Vec<FieldFault>) {
    let payable = |p: Points| p.is_positive() && p <= TRANSFER_MAX;
    let Some(rule) = &item.points else { return };
    let sound = match rule {
        PointsRule::Fixed(points) => payable(*points),
        PointsRule::Range { min, max } => *min >= Points::ZERO && min <= max && payable(*max),
        PointsRule::Grades(grades) => {
            (1..=GRADES_MAX).contains(&grades.len())
                && grades.iter().all(|g| payable(*g))
                && grades.is_sorted_by(|a, b| a < b)
        }
        PointsRule::Stepped { points, step, min, max } => {
            payable(*points)
                && payable(*step)
                && min.is_none_or(|min| min >= Points::ZERO)
                && max.is_none_or(|max| payable(max) && min.is_none_or(|min| min <= max))
        }
    };
    if !sound {
        faults.push(FieldFault::new(
            format!("{path}points"),
            "out_of_range",
            "分值应大于 0、不超过 10000000.00，且由小到大",
            "expected points above 0 and up to 10000000.00, the lesser before the greater",
        ));
    }
    fits_quantity(path, item, rule, faults);
    if item.threshold_hours.is_some_and(|hours| !payable(hours)) {
        let zh = "应大于 0";
        faults.push(FieldFault::new(
            format!("{path}thresholdHours"),
            "out_of_range",
            zh,
            "expected more than 0",
        ));
    }
}

/// A stepped figure needs the quantity, a fixed one may be multiplied by it, and one that somebody grants may not.
fn fits_quantity(path: &str, item: &Item, rule: &PointsRule, faults: &mut Vec<FieldFault>) {
    let by_quantity = match rule {
        PointsRule::Fixed(_) => item.per_quantity,
        PointsRule::Stepped { .. } => true,
        PointsRule::Range { .. } | PointsRule::Grades(_) => false,
    };
    if item.per_quantity != by_quantity {
        faults.push(FieldFault::new(
            format!("{path}perQuantity"),
            "does_not_fit",
            "分档计算的项目须按数量计分；区间和等级分值不能按数量计分",
            "a stepped figure is paid by quantity, a range or grades are not",
        ));
    }
}

fn cap_list(path: &str, caps: &[Cap], faults: &mut Vec<FieldFault>) {
    if caps.len() > CAPS_MAX {
        faults.push(count(format!("{path}caps"), 0, CAPS_MAX));
        return;
    }
    for (k, cap) in caps.iter().enumerate() {
        let field = format!("{path}caps[{k}]");
        let single = cap.scope == CapScope::Occurrence;
        let countable = !single || (matches!(cap.amount, CapAmount::Points(_)) && cap.shared_key.is_none());
        if cap.amount.max() <= 0 || !countable {
            let zh = "上限应大于 0；单次上限只能限分值，不能共用";
            let en = "expected a cap above 0; a cap on one act limits points and is not shared";
            faults.push(FieldFault::new(field.clone(), "out_of_range", zh, en));
        }
        if cap.shared_key.as_deref().is_some_and(|key| !is_key(key)) {
            faults.push(bad_key(format!("{field}.sharedKey")));
        }
        if caps[..k].iter().any(|earlier| earlier.same_counter(cap)) {
            faults.push(FieldFault::new(
                field,
                "duplicate",
                "上限重复",
                "another cap of the item counts the same",
            ));
        }
    }
}

/// Items that draw on one pot must agree on how much is in it.
fn shared_caps(items: &[Item], faults: &mut Vec<FieldFault>) {
    let mut pots: HashMap<(&str, CapScope, &str), i64> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        for (k, cap) in item.caps.iter().enumerate() {
            let Some(key) = cap.shared_key.as_deref() else { continue };
            let max = *pots.entry((key, cap.scope, cap.amount.word())).or_insert(cap.amount.max());
            if max != cap.amount.max() {
                let field = format!("items[{i}].caps[{k}].amount");
                faults.push(FieldFault::new(
                    field,
                    "differs",
                    "共用上限的数值应一致",
                    "items that share a cap state the same amount",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{carried, extra_rows};
    use super::*;

    fn faults_after(change: impl FnOnce(&mut CatalogueDocument)) -> Vec<String> {
        let mut document = extra_rows()[1].document();
        change(&mut document);
        document.validate().into_iter().map(|f| format!("{} {}", f.field, f.code)).collect()
    }

    #[test]
    fn every_carried_table_is_well_formed_and_survives_its_json() {
        for table in carried().iter().chain(extra_rows()) {
            let document = table.document();
            assert_eq!(document.validate(), [], "{}", table.key);
            let json = serde_json::to_string(&document).unwrap();
            assert_eq!(serde_json::from_str::<CatalogueDocument>(&json).unwrap(), document);
        }
    }

    #[test]
    fn points_are_decimal_strings_in_json() {
        let wendeng = carried()[0].document();
        let json = serde_json::to_value(wendeng.item("WD-R-PW-034")).unwrap();
        let expected =
            serde_json::json!({"stepped": {"points": "0.10", "step": "10.00", "min": "0.10", "max": "0.90"}});
        assert_eq!(json["points"], expected);
        let cap = serde_json::to_value(&wendeng.item("WD-R-PW-030").unwrap().caps).unwrap();
        let expected = serde_json::json!([{"scope": "year", "amount": {"points": "40.00"}, "sharedKey": "district-donations"}]);
        assert_eq!(cap, expected);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let item = r#"{"code":"A","nameZh":"甲","nameEn":"A","subject":"resident","point":{"fixed":"1"}}"#;
        assert!(serde_json::from_str::<Item>(item).unwrap_err().to_string().contains("point"));
        for points in
            [r#"{"range":{"min":"1","max":"2","step":"1"}}"#, r#"{"fixed":1}"#, r#"{"fixed":"1.005"}"#]
        {
            assert!(serde_json::from_str::<PointsRule>(points).is_err(), "{points}");
        }
    }

    #[test]
    fn codes_are_unique_and_can_be_keys() {
        assert_eq!(faults_after(|d| d.items[3].code = "CMP-001".into()), ["items[3].code duplicate"]);
        for code in ["", "a b", "a:b", "甲", &"x".repeat(41)] {
            assert_eq!(faults_after(|d| d.items[3].code = code.into()), ["items[3].code bad_key"], "{code}");
        }
    }

    #[test]
    fn items_and_texts_have_limits() {
        assert_eq!(faults_after(|d| d.items.clear()), ["items bad_count"]);
        let fill = |n: usize| {
            faults_after(|d| {
                let first = d.items[0].clone();
                d.items = (0..n).map(|i| Item { code: format!("A{i}"), ..first.clone() }).collect();
            })
        };
        assert!(fill(ITEMS_MAX).is_empty());
        assert_eq!(fill(ITEMS_MAX + 1), ["items bad_count"]);
        assert_eq!(faults_after(|d| d.name_zh = " ".into()), ["nameZh too_short"]);
        assert_eq!(faults_after(|d| d.items[0].name_en = "x".repeat(121)), ["items[0].nameEn too_long"]);
        assert_eq!(
            faults_after(|d| d.items[0].evidence = Some("有\u{202E}据".into())),
            ["items[0].evidence bad_character"]
        );
        assert_eq!(faults_after(|d| d.items[0].themes = vec!["x".into(); 11]), ["items[0].themes bad_count"]);
        let long = serde_json::Value::from("x".repeat(VERBATIM_MAX));
        assert_eq!(faults_after(|d| d.items[0].verbatim = long), ["items[0].verbatim too_long"]);
    }

    #[test]
    fn a_figure_must_be_payable() {
        let of = |rule| faults_after(|d| d.items[1].points = Some(rule));
        let n = Points::from_hundredths;
        assert!(of(PointsRule::Fixed(n(1))).is_empty());
        assert!(of(PointsRule::Fixed(TRANSFER_MAX)).is_empty());
        for rule in [
            PointsRule::Fixed(n(0)),
            PointsRule::Fixed(n(-1)),
            PointsRule::Fixed(n(TRANSFER_MAX.hundredths() + 1)),
            PointsRule::Range { min: n(2), max: n(1) },
            PointsRule::Range { min: n(-1), max: n(1) },
            PointsRule::Range { min: n(0), max: n(0) },
            PointsRule::Grades(vec![]),
            PointsRule::Grades(vec![n(2), n(2)]),
        ] {
            assert_eq!(of(rule.clone()), ["items[1].points out_of_range"], "{rule:?}");
        }
        let stepped = PointsRule::Stepped { points: n(1), step: n(0), min: None, max: None };
        assert_eq!(of(stepped), ["items[1].points out_of_range", "items[1].perQuantity does_not_fit"]);
    }

    #[test]
    fn caps_are_countable_and_not_twice() {
        let of = |caps: Vec<Cap>| faults_after(|d| d.items[1].caps = caps);
        let day = |n| Cap::own(CapScope::Day, CapAmount::Times(n));
        assert!(of(vec![day(1)]).is_empty());
        assert_eq!(of(vec![day(0)]), ["items[1].caps[0] out_of_range"]);
        assert_eq!(of(vec![day(1), day(2)]), ["items[1].caps[1] duplicate"]);
        assert_eq!(
            of(vec![Cap::own(CapScope::Occurrence, CapAmount::Times(1))]),
            ["items[1].caps[0] out_of_range"]
        );
        assert_eq!(of(vec![day(1); 9]), ["items[1].caps bad_count"]);
        let shared = |n, key: &str| Cap { shared_key: Some(key.into()), ..day(n) };
        assert_eq!(of(vec![shared(1, "a:b")]), ["items[1].caps[0].sharedKey bad_key"]);
        let faults = faults_after(|d| {
            d.items[1].caps = vec![shared(1, "pot")];
            d.items[2].caps = vec![shared(2, "pot")];
        });
        assert_eq!(faults, ["items[2].caps[0].amount differs"]);
    }
}
