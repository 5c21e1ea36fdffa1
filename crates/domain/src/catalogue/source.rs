//! Reading the rule tables of real places into the platform's own form. A row is kept whole beside what is read from it; what
//! cannot be read is a fault and never a guess.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::carried::{self, Carried};
use super::item::{Cap, CapAmount, CapScope, Direction, Item, PointsRule, Subject};
use super::measure::{Counts, measure};
use super::{CatalogueDocument, CatalogueSource};
use crate::points::Points;
use crate::refusal::FieldFault;

/// A row as the rule tables write it, as far as it is understood.
#[derive(Deserialize)]
struct Row {
    code: String,
    category: Option<String>,
    name_zh: String,
    name_en: String,
    direction: Option<RowDirection>,
    points: Option<RowPoints>,
    unit: Option<String>,
    cap: Option<RowCap>,
    subject: Subject,
    evidence: Option<String>,
    approver: Option<String>,
    source_note: Option<String>,
    effect: Option<String>,
    threshold_hours: Option<Number>,
    step_yuan: Option<Number>,
    grades: Option<Vec<Number>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RowDirection {
    Award,
    Deduct,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RowPoints {
    One(Number),
    Range { min: Number, max: Number },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowCap {
    points: Number,
    period: String,
}

/// Reads a rule table of the sources' form. `file` is its key, such as `wendeng-rural`; the key of a table that is compiled in
/// also gives the document its name and source.
///
/// ```
/// let rows = r#"[{"code": "A-1", "category": null, "name_zh": "巡逻", "name_en": "Patrol", "direction": "award", "points": 0.5,
///     "unit": "per occurrence", "cap": null, "subject": "resident", "evidence": null, "approver": null}]"#;
/// let document = domain::catalogue::read_source_rows(rows, "village").unwrap();
/// assert_eq!(document.items[0].verbatim["points"], 0.5);
/// ```
pub fn read_source_rows(json: &str, file: &str) -> Result<CatalogueDocument, Vec<FieldFault>> {
    let values: Vec<Value> = serde_json::from_str(json).map_err(|e| {
        vec![FieldFault::new(
            "rows",
            "malformed",
            "应为 JSON 数组",
            format!("expected an array of rows: {e}"),
        )]
    })?;
    let mut items = Vec::with_capacity(values.len());
    let mut faults = Vec::new();
    for (i, value) in values.iter().enumerate() {
        match read_row(i, &values, value) {
            Ok(item) => items.push(item),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(named(file, items))
}

/// The document of these items; a table that is compiled in is known by its key.
fn named(file: &str, items: Vec<Item>) -> CatalogueDocument {
    let known = carried::by_key(file);
    let name = |place: fn(&Carried) -> &'static str| known.map_or(file, place).to_owned();
    CatalogueDocument {
        name_zh: name(|table| table.place_zh),
        name_en: name(|table| table.place_en),
        source: Some(CatalogueSource {
            key: Some(file.to_owned()),
            address: known.and_then(|table| table.source_address).map(str::to_owned),
            coverage: known.map(|table| table.coverage.to_owned()),
        }),
        items,
    }
}

fn read_row(i: usize, rows: &[Value], value: &Value) -> Result<Item, FieldFault> {
    let row = Row::deserialize(value).map_err(|e| fault(i, None, format!("not a row: {e}")))?;
    let counts = counts(i, &row)?;
    let points = figure(i, &row, counts)?;
    let caps = caps(i, &row, rows)?;
    let threshold_hours =
        row.threshold_hours.as_ref().map(|n| decimal(i, "threshold_hours", n)).transpose()?;
    Ok(Item {
        per_quantity: points.is_some() && counts != Counts::Act,
        code: row.code,
        category: row.category,
        name_zh: row.name_zh,
        name_en: row.name_en,
        direction: row.direction.map(|direction| match direction {
            RowDirection::Award => Direction::Award,
            RowDirection::Deduct => Direction::Deduction,
        }),
        points,
        unit_of_measure: row.unit,
        threshold_hours,
        caps,
        subject: row.subject,
        evidence: row.evidence,
        approver: row.approver,
        clause: None,
        effect: row.effect,
        themes: Vec::new(),
        appeal_path: None,
        expiry_days: None,
        verbatim: value.clone(),
    })
}

/// What the row's unit does with a quantity; a step in yuan is written twice in a row and must agree.
fn counts(i: usize, row: &Row) -> Result<Counts, FieldFault> {
    let counts = match &row.unit {
        None => Counts::Act,
        Some(unit) => {
            measure(unit).ok_or_else(|| fault(i, Some("unit"), format!("unknown unit {unit:?}")))?.counts
        }
    };
    let Some(yuan) = &row.step_yuan else { return Ok(counts) };
    match counts {
        Counts::Step { size, .. } if size == decimal(i, "step_yuan", yuan)? => Ok(counts),
        _ => Err(fault(i, Some("step_yuan"), "differs from the unit".to_owned())),
    }
}

/// The row's figure, or `None` where the source states none.
fn figure(i: usize, row: &Row, counts: Counts) -> Result<Option<PointsRule>, FieldFault> {
    let Some(points) = &row.points else { return Ok(None) };
    let read = |n: &Number| decimal(i, "points", n);
    let rule = match (points, counts, &row.grades) {
        (RowPoints::Range { .. }, Counts::Act, Some(grades)) => {
            PointsRule::Grades(grades.iter().map(|n| decimal(i, "grades", n)).collect::<Result<_, _>>()?)
        }
        (RowPoints::Range { min, max }, Counts::Act, None) => {
            PointsRule::Range { min: read(min)?, max: read(max)? }
        }
        (RowPoints::One(n), Counts::Act | Counts::Each, None) => PointsRule::Fixed(read(n)?),
        (RowPoints::One(n), Counts::Step { size, pays: None }, None) => {
            PointsRule::Stepped { points: read(n)?, step: size, min: None, max: None }
        }
        (RowPoints::Range { min, max }, Counts::Step { size, pays: Some(pays) }, None) => {
            PointsRule::Stepped { points: pays, step: size, min: Some(read(min)?), max: Some(read(max)?) }
        }
        _ => return Err(fault(i, Some("points"), "the figure does not fit the unit".to_owned())),
    };
    Ok(Some(rule))
}

/// The row's own cap, and the one that its unit implies ("per month" is at most once a month).
fn caps(i: usize, row: &Row, rows: &[Value]) -> Result<Vec<Cap>, FieldFault> {
    let mut caps = Vec::new();
    if let Some(cap) = &row.cap {
        let scope = scope_of(&cap.period)
            .ok_or_else(|| fault(i, Some("cap"), format!("unknown period {:?}", cap.period)))?;
        let amount = CapAmount::Points(decimal(i, "cap", &cap.points)?);
        caps.push(Cap { scope, amount, shared_key: shared_key(i, row, rows) });
    }
    let implied = row.unit.as_deref().and_then(measure).and_then(|m| m.once_in);
    caps.extend(implied.map(|scope| Cap::own(scope, CapAmount::Times(1))));
    Ok(caps)
}

fn scope_of(period: &str) -> Option<CapScope> {
    Some(match period {
        "per activity" | "per occurrence" => CapScope::Occurrence,
        "per day" => CapScope::Day,
        "per week" => CapScope::Week,
        "per month" => CapScope::Month,
        "per quarter" => CapScope::Quarter,
        "per year" => CapScope::Year,
        // A ceiling on the balance. A balance also falls, so a ceiling on all that was ever paid is the stricter one.
        "balance" => CapScope::Ever,
        _ => return None,
    })
}

/// The pot that a row's cap draws on, as the notes of the tables say it.
fn shared_key(i: usize, row: &Row, rows: &[Value]) -> Option<String> {
    const NEXT: &str = "cap shared with the next item";
    let note = row.source_note.as_deref()?;
    if note.starts_with("district platform donations capped") {
        return Some("district-donations".to_owned());
    }
    if note.starts_with(NEXT) {
        return Some(row.code.clone());
    }
    if !note.starts_with("cap shared with the previous item") {
        return None;
    }
    let opens = |other: &&Value| other["source_note"].as_str().is_some_and(|text| text.starts_with(NEXT));
    let first = rows[..i].iter().rev().find(opens)?;
    first["code"].as_str().map(str::to_owned)
}

/// A JSON number as points: by its digits, never by arithmetic on floats.
fn decimal(i: usize, field: &str, number: &Number) -> Result<Points, FieldFault> {
    number.to_string().parse().map_err(|e| fault(i, Some(field), format!("{e}")))
}

fn fault(i: usize, field: Option<&str>, en: String) -> FieldFault {
    let path = field.map_or_else(|| format!("rows[{i}]"), |f| format!("rows[{i}].{f}"));
    FieldFault::new(path, "unreadable", "无法识别该行的内容", en)
}

#[cfg(test)]
mod tests {
    use super::super::{carried, extra_rows};
    use super::*;

    fn item(table: &Carried, code: &str) -> Item {
        table.document().item(code).cloned().unwrap_or_else(|| panic!("no {code}"))
    }

    #[test]
    fn a_stepped_row_keeps_step_and_limits() {
        let donation = item(&carried()[0], "WD-R-PW-034");
        let tenth = Points::from_hundredths(10);
        let rule = PointsRule::Stepped {
            points: tenth,
            step: Points::whole(10),
            min: Some(tenth),
            max: Some(Points::from_hundredths(90)),
        };
        assert_eq!((donation.points, donation.per_quantity), (Some(rule), true));
        let hours = item(&carried()[0], "WD-R-CP-010");
        assert_eq!(hours.threshold_hours, Some(Points::whole(4)));
    }

    #[test]
    fn graded_fractional_and_hourly_rows_are_read() {
        let news = &extra_rows()[0];
        let grades = [20, 30, 100, 300, 500, 1000].map(Points::whole).to_vec();
        assert_eq!(item(news, "QB-001").points, Some(PointsRule::Grades(grades)));
        assert_eq!(item(news, "GJ-001").points, Some(PointsRule::Fixed(Points::from_hundredths(50))));
        assert!(item(news, "HL-001").per_quantity && !item(news, "GJ-001").per_quantity);
        let occurrence = Cap::own(CapScope::Occurrence, CapAmount::Points(Points::whole(2)));
        assert_eq!(item(news, "HL-001").caps, [occurrence]);
    }

    #[test]
    fn items_that_share_a_cap_share_its_key() {
        let key = |code| item(&carried()[0], code).caps[0].shared_key.clone();
        assert_eq!(key("WD-R-CP-021").as_deref(), Some("WD-R-CP-021"));
        assert_eq!(key("WD-R-CP-022").as_deref(), Some("WD-R-CP-021"));
        for code in ["WD-R-PW-030", "WD-R-PW-031", "WD-R-PW-032", "WD-R-PW-033"] {
            assert_eq!(key(code).as_deref(), Some("district-donations"), "{code}");
        }
        assert_eq!(key("WD-R-CP-023"), None);
    }

    #[test]
    fn a_row_without_figure_or_direction_keeps_it_open() {
        let nankang = carried()[5].document();
        assert!(nankang.items.iter().all(|i| i.points.is_none() && !i.per_quantity));
        assert_eq!(nankang.items.iter().filter(|i| i.direction.is_none()).count(), 6);
        assert_eq!(nankang.awards_only().items.len(), 12);
        assert_eq!(nankang.name_zh, "江西赣州南康区");
    }

    #[test]
    fn once_a_month_is_a_cap() {
        let star = item(&carried()[2], "BY-006");
        assert_eq!(star.caps, [Cap::own(CapScope::Month, CapAmount::Times(1))]);
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_and_not_a_guess() {
        let row = |change: &str| {
            format!(
                r#"[{{"code":"A","name_zh":"甲","name_en":"A","direction":"award","subject":"resident",{change}}}]"#
            )
        };
        let fault = |change: &str| read_source_rows(&row(change), "x").unwrap_err().remove(0).field;
        assert!(read_source_rows(&row(r#""points":0.1,"unit":"per hour""#), "x").is_ok());
        assert_eq!(fault(r#""points":0.125,"unit":"per hour""#), "rows[0].points");
        assert_eq!(fault(r#""points":1e300"#), "rows[0].points");
        assert_eq!(fault(r#""points":1,"unit":"per furlong""#), "rows[0].unit");
        assert_eq!(fault(r#""points":1,"cap":{"points":1,"period":"per moon"}"#), "rows[0].cap");
        assert_eq!(fault(r#""points":1,"unit":"per 4 hours","step_yuan":4.5"#), "rows[0].step_yuan");
        assert_eq!(fault(r#""points":{"min":1,"max":2},"unit":"per hour""#), "rows[0].points");
        assert_eq!(fault(r#""points":"1""#), "rows[0]");
        assert_eq!(read_source_rows("{", "x").unwrap_err()[0].field, "rows");
    }
}
