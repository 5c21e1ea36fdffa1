//! How records are written: as JSON, as cells of a sheet, and what the reader is told of the files.

use domain::Ts;
use serde_json::{Map, Value};
use store::exports::{KINDS, Kind, Record};

/// A record as JSON: every column by its name, in text as the API writes it, or null.
pub(super) fn object(kind: &Kind, record: &Record) -> Value {
    let fields = kind.columns.iter().zip(&record.values);
    let fields = fields
        .map(|(column, value)| (column.name.to_owned(), value.clone().map_or(Value::Null, Value::String)));
    Value::Object(fields.collect::<Map<String, Value>>())
}

/// A cell of a sheet. What a spreadsheet would take for a formula is shown as the text that it is: others may have written it.
pub(super) fn cell(value: Option<String>) -> String {
    let value = value.unwrap_or_default();
    let is_number = || value.parse::<f64>().is_ok();
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number() {
        format!("'{value}")
    } else {
        value
    }
}

/// The file of the telephone number, which no table tells.
pub(super) const PHONE: &str = "phone";

/// What every file is, in Chinese and English.
pub(super) fn readme(now: Ts) -> String {
    let mut text = String::from("\u{feff}积善：我的个人数据副本\r\nJishan: a copy of my own data\r\n\r\n");
    text.push_str(&format!("生成时间 / made at: {now} (UTC)\r\n\r\n"));
    text.push_str("data.json\r\n  全部数据（JSON，适合程序读取） / everything as JSON, for programs\r\n");
    for kind in KINDS {
        let columns: Vec<&str> = kind.columns.iter().map(|column| column.name).collect();
        text.push_str(&format!(
            "{}.csv\r\n  {} / {}\r\n  {}\r\n",
            kind.name,
            kind.zh,
            kind.en,
            columns.join(", ")
        ));
    }
    text.push_str(&format!(
        "{PHONE}.csv\r\n  绑定的手机号 / the telephone number that you bound\r\n  number\r\n"
    ));
    text.push_str("pictures/\r\n  好事的图片，按好事分文件夹，头像在 avatar / the pictures of your deeds, a folder for each deed, and your own in avatar\r\n\r\n");
    text.push_str("时间为 UTC，积分保留两位小数，价格以分为单位。CSV 为 UTF-8 编码，可用 Excel 打开。\r\n");
    text.push_str("Times are UTC, points have two places, prices are fen. The CSV files are UTF-8 and open in spreadsheets.\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(cell(Some("=HYPERLINK(\"x\")".to_owned())), "'=HYPERLINK(\"x\")");
        assert_eq!(cell(Some("@a".to_owned())), "'@a");
        assert_eq!(cell(Some("-2.50".to_owned())), "-2.50");
        assert_eq!(cell(Some("修水管".to_owned())), "修水管");
        assert_eq!(cell(None), "");
    }

    #[test]
    fn every_file_is_explained_in_both_languages() {
        let text = readme(Ts(0));
        for kind in KINDS {
            assert!(
                text.contains(&format!("{}.csv", kind.name))
                    && text.contains(kind.zh)
                    && text.contains(kind.en)
            );
        }
    }
}
