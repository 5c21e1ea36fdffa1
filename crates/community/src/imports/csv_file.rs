//! Reading the file: UTF-8 (a byte-order mark is passed over), a header line with the entity's columns in any order, one row a line.

use std::collections::HashSet;

use domain::events::is_birthday;
use domain::text::{self, TextRule};
use domain::words::Words;
use domain::{Day, FieldFault, Refusal};
use foundation::content;

use super::rows::{Data, Entity, Fault, Line};

/// The largest file.
pub const BYTES_MAX: usize = 5 * 1024 * 1024;
/// The most rows of a file: they are applied in one transaction.
pub const ROWS_MAX: usize = 5_000;

fn file(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::field(FieldFault::new("file", code, zh, en))
}

/// Reads a file into lines. A file that cannot be read as a whole is refused; a row that cannot is a line with a fault.
pub fn read(bytes: &[u8], entity: Entity, words: &Words) -> Result<Vec<Line>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        file("not_utf8", "文件不是 UTF-8 编码，请另存为 UTF-8 后重试", "not UTF-8: save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let malformed = |_| file("malformed", "不是有效的 CSV 文件", "not a valid CSV file");
    let places = places(reader.headers().map_err(malformed)?, entity)?;
    let columns = reader.headers().map_err(malformed)?.len();
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        if lines.len() == ROWS_MAX {
            let (zh, en) = (
                format!("最多 {ROWS_MAX} 行，请分成几个文件"),
                format!("at most {ROWS_MAX} rows: use several files"),
            );
            return Err(file("too_many_rows", zh, en));
        }
        // Counted on where line ends are of a kind that the reader does not count.
        let at = record.position().map_or(0, |p| i32::try_from(p.line()).unwrap_or(i32::MAX));
        let line = at.max(lines.last().map_or(2, |last: &Line| last.line + 1));
        let code = record.get(places[0]).unwrap_or_default();
        let data = if record.len() == columns {
            row(entity, words, |column| record.get(places[column]).unwrap_or_default())
        } else {
            Err(Fault::of("columns"))
        };
        let data = data.and_then(|data| {
            if seen.insert(data.code().to_owned()) { Ok(data) } else { Err(Fault::of("duplicate")) }
        });
        lines.push(Line { line, code: code.chars().take(text::OUTER_CODE.max).collect(), data });
    }
    if lines.is_empty() {
        return Err(file("empty", "文件中没有数据行", "the file has no rows"));
    }
    Ok(lines)
}

/// Where each of the entity's columns stands in the file; an optional one that is not there stands nowhere.
fn places(header: &csv::StringRecord, entity: Entity) -> Result<Vec<usize>, Refusal> {
    let wanted = entity.columns();
    let found: Option<Vec<usize>> =
        wanted.iter().map(|name| header.iter().position(|h| h == *name)).collect();
    let place = |name: &&str| header.iter().position(|h| h == *name);
    let optional: Vec<Option<usize>> = entity.optional().iter().map(place).collect();
    let known = wanted.len() + optional.iter().flatten().count();
    match found {
        Some(mut places) if header.len() == known => {
            places.extend(optional.into_iter().map(|place| place.unwrap_or(usize::MAX)));
            Ok(places)
        }
        _ => {
            let names = wanted.join(",");
            Err(file("header", format!("首行应为：{names}"), format!("the first line should be: {names}")))
        }
    }
}

fn required(column: &'static str, raw: &str, rule: TextRule) -> Result<String, Fault> {
    text::parse(column, raw, rule).map_err(Fault::of_field)
}

fn optional(column: &'static str, raw: &str, rule: TextRule) -> Result<Option<String>, Fault> {
    if raw.is_empty() { Ok(None) } else { required(column, raw, rule).map(Some) }
}

/// One of the words, or the fault.
fn word(raw: &str, words: &[&'static str], fault: &'static str) -> Result<String, Fault> {
    words.iter().find(|w| **w == raw).map(|w| (*w).to_owned()).ok_or_else(|| Fault::of(fault))
}

/// A day of birth, if the file has one.
fn born(raw: &str) -> Result<Option<Day>, Fault> {
    if raw.is_empty() {
        return Ok(None);
    }
    let day = raw.parse::<Day>().ok().filter(|day| is_birthday(*day, Day(i32::MAX)));
    day.map(Some).ok_or_else(|| Fault::of("born"))
}

/// A nickname, which everybody will see.
fn nickname(raw: &str, words: &Words) -> Result<Option<String>, Fault> {
    let nickname = optional("nickname", raw, text::NICKNAME)?;
    let admitted = content::admit_entered(words, "nickname", nickname.as_deref());
    let fault = admitted.err().and_then(|refusal| refusal.fields.into_iter().next());
    fault.map_or(Ok(nickname), |fault| Err(Fault::of_field(fault)))
}

fn row<'a>(entity: Entity, words: &Words, cell: impl Fn(usize) -> &'a str) -> Result<Data, Fault> {
    let code = required("code", cell(0), text::OUTER_CODE)?;
    Ok(match entity {
        Entity::Units => Data::Unit {
            code,
            parent_code: required("parent_code", cell(1), text::OUTER_CODE)?,
            kind: word(
                cell(2),
                &["town", "community", "village", "grid", "group", "courtyard", "estate"],
                "type",
            )?,
            setting: word(cell(3), &["urban", "rural"], "setting")?,
            name: required("name", cell(4), text::UNIT_NAME)?,
        },
        Entity::Households => Data::Household {
            code,
            unit_code: required("unit_code", cell(1), text::OUTER_CODE)?,
            door: optional("door", cell(2), text::DOOR)?,
        },
        Entity::Residents => Data::Resident {
            code,
            unit_code: required("unit_code", cell(1), text::OUTER_CODE)?,
            household_code: optional("household_code", cell(2), text::OUTER_CODE)?,
            name: required("name", cell(3), text::PERSON_NAME)?,
            nickname: nickname(cell(4), words)?,
            born: born(cell(5))?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_words() -> Words {
        Words::read([]).unwrap()
    }

    fn fault(line: &Line) -> &str {
        line.data.as_ref().err().map_or("", |f| f.code.as_str())
    }

    #[test]
    fn a_row_is_read_by_its_columns_in_any_order() {
        let file = "\u{FEFF}name,code,unit_code,household_code,nickname\n王小明,R-1,YX-1, ,阳光\n";
        let lines = read(file.as_bytes(), Entity::Residents, &no_words()).unwrap();
        let expected = Data::Resident {
            code: "R-1".into(),
            unit_code: "YX-1".into(),
            household_code: None,
            name: "王小明".into(),
            nickname: Some("阳光".into()),
            born: None,
        };
        assert_eq!(lines[0].data, Ok(expected));
        assert_eq!(lines[0].line, 2);
        let file = "born,name,code,unit_code,household_code,nickname\n1958-04-12,王小明,R-1,YX-1,,\n1958-4-12,李四,R-2,YX-1,,\n";
        let lines = read(file.as_bytes(), Entity::Residents, &no_words()).unwrap();
        assert!(
            matches!(&lines[0].data, Ok(Data::Resident { born: Some(day), .. }) if day.to_string() == "1958-04-12")
        );
        assert_eq!(fault(&lines[1]), "born");
    }

    #[test]
    fn a_bad_row_is_a_fault_of_its_line() {
        let file = "code,parent_code,type,setting,name\nA,R,grid,urban,甲\nA,R,grid,urban,乙\nB,R,house,urban,丙\nC,R,grid\n,R,grid,urban,丁\nD,R,grid,sea,戊\n";
        let lines = read(file.as_bytes(), Entity::Units, &no_words()).unwrap();
        let faults: Vec<&str> = lines.iter().map(fault).collect();
        assert_eq!(faults, ["", "duplicate", "type", "columns", "too_short", "setting"]);
    }

    #[test]
    fn a_file_that_is_none_is_refused_as_a_whole() {
        let code = |bytes: &[u8], entity| read(bytes, entity, &no_words()).unwrap_err().fields[0].code;
        assert_eq!(code(b"code,unit_code,door\n\xC3\xE6,B,C\n", Entity::Households), "not_utf8");
        assert_eq!(code(b"code,unit\nA,B\n", Entity::Households), "header");
        assert_eq!(code(b"code,unit_code,door,more\nA,B,C,D\n", Entity::Households), "header");
        assert_eq!(code(b"code,unit_code,door\n", Entity::Households), "empty");
        assert_eq!(code(b"", Entity::Households), "header");
        let many = format!("code,unit_code,door\n{}", "A,B,C\n".repeat(ROWS_MAX + 1));
        assert_eq!(code(many.as_bytes(), Entity::Households), "too_many_rows");
    }
}
