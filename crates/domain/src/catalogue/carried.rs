//! The rule tables that are compiled in: the catalogues of seven real places, and two collections that are no place's catalogue.
//! `data/README.md` says what they are and where they come from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{CatalogueDocument, read_source_rows};

/// The rows of each table by key, the seven places first.
const TABLES: [(&str, &str); 9] = [
    ("wendeng-rural", include_str!("../../data/rules-wendeng-rural.json")),
    ("fengjie", include_str!("../../data/rules-fengjie.json")),
    ("baiyang", include_str!("../../data/rules-baiyang.json")),
    ("xipo", include_str!("../../data/rules-xipo.json")),
    ("baqiao", include_str!("../../data/rules-baqiao.json")),
    ("nankang", include_str!("../../data/rules-nankang.json")),
    ("enshi", include_str!("../../data/rules-enshi.json")),
    ("news-collected", include_str!("../../data/rules-news-collected.json")),
    ("sample-composed", include_str!("../../data/rules-sample-composed.json")),
];
const PLACES: usize = 7;

/// A rule table that is compiled in.
#[derive(Debug, Clone, Copy)]
pub struct Carried {
    /// The key, such as `wendeng-rural`.
    pub key: &'static str,
    /// The place, in Chinese.
    pub place_zh: &'static str,
    /// The place, in English.
    pub place_en: &'static str,
    /// How many items it has.
    pub items_expected: usize,
    /// How much of the place's table this is.
    pub coverage: &'static str,
    /// Where it was found; two sources have a title but no address.
    pub source_address: Option<&'static str>,
    /// Whether it is invented, for demos only.
    pub composed: bool,
    rows: &'static str,
}

/// An entry of the index.
#[derive(Deserialize)]
struct Entry<'a> {
    file: &'a str,
    place_zh: &'a str,
    place_en: &'a str,
    items: usize,
    coverage: &'a str,
    source_address: Option<&'a str>,
    #[serde(default)]
    composed: bool,
}

static INDEX: LazyLock<Vec<Carried>> = LazyLock::new(|| {
    let index: Vec<Entry<'static>> = serde_json::from_str(include_str!("../../data/catalogues.json"))
        .expect("the index is compiled in, and a test reads it");
    let of = |(key, rows): (&'static str, &'static str)| {
        let entry = index.iter().find(|e| e.file == format!("rules-{key}.json"));
        let entry = entry.expect("a test looks up every table");
        Carried {
            key,
            place_zh: entry.place_zh,
            place_en: entry.place_en,
            items_expected: entry.items,
            coverage: entry.coverage,
            source_address: entry.source_address,
            composed: entry.composed,
            rows,
        }
    };
    TABLES.into_iter().map(of).collect()
});

/// The catalogues of seven real places.
pub fn carried() -> &'static [Carried] {
    &INDEX[..PLACES]
}

/// Two collections that are no place's catalogue: single items from the news, and a composed sample for demos.
pub fn extra_rows() -> &'static [Carried] {
    &INDEX[PLACES..]
}

/// The table of this key, of a place or not.
pub(super) fn by_key(key: &str) -> Option<&'static Carried> {
    INDEX.iter().find(|table| table.key == key)
}

impl Carried {
    /// The rows as the file holds them.
    pub const fn rows(&self) -> &'static str {
        self.rows
    }
    /// The table in the platform's own form.
    ///
    /// ```
    /// let wendeng = domain::catalogue::carried()[0].document();
    /// assert_eq!((wendeng.items.len(), wendeng.awards_only().items.len()), (139, 77));
    /// ```
    pub fn document(&self) -> CatalogueDocument {
        read_source_rows(self.rows, self.key).expect("a test reads every row that is compiled in")
    }
}

/// A source that the tables cite.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct SourceEntry<'a> {
    /// Where it stands, if that is known; often a mirror of the outlet that the title names.
    pub address: Option<&'a str>,
    /// Outlet and title.
    pub title: &'a str,
    /// When it was published, as precisely as known.
    pub date: &'a str,
}

static SOURCES: LazyLock<BTreeMap<&'static str, SourceEntry<'static>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/sources.json"))
        .expect("the sources are compiled in, and a test reads them")
});

/// The source of this id, as a row's `source` names it.
pub fn source_entry(id: &str) -> Option<SourceEntry<'static>> {
    SOURCES.get(id).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Direction;
    use super::*;

    fn every() -> impl Iterator<Item = &'static Carried> {
        carried().iter().chain(extra_rows())
    }

    #[test]
    fn the_tables_hold_as_many_rows_as_they_say() {
        let counts: Vec<(&str, usize)> = every().map(|t| (t.key, t.document().items.len())).collect();
        let expected = [
            ("wendeng-rural", 139),
            ("fengjie", 19),
            ("baiyang", 8),
            ("xipo", 9),
            ("baqiao", 4),
            ("nankang", 18),
            ("enshi", 9),
            ("news-collected", 83),
            ("sample-composed", 30),
        ];
        assert_eq!(counts, expected);
        assert!(every().all(|t| t.items_expected == t.document().items.len()));
        assert!(extra_rows()[1].composed && carried().iter().all(|t| !t.composed));
    }

    #[test]
    fn the_index_counts_what_is_read() {
        let index: Vec<Value> = serde_json::from_str(include_str!("../../data/catalogues.json")).unwrap();
        assert_eq!(index.len(), TABLES.len());
        for (table, entry) in every().zip(&index) {
            let items = table.document().items;
            let of = |direction| items.iter().filter(|i| i.direction == Some(direction)).count();
            let with_points = items.iter().filter(|i| i.points.is_some()).count();
            assert_eq!(entry["awards"], of(Direction::Award), "{}", table.key);
            assert_eq!(entry["deductions"], of(Direction::Deduction), "{}", table.key);
            assert_eq!(entry["with_points"], with_points, "{}", table.key);
        }
    }

    #[test]
    fn every_row_is_kept_as_it_stands() {
        for table in every() {
            let rows: Vec<Value> = serde_json::from_str(table.rows()).unwrap();
            for (row, item) in rows.iter().zip(&table.document().items) {
                assert_eq!(&item.verbatim, row);
                assert_eq!(row["code"], item.code.as_str());
                assert_eq!(row["name_zh"], item.name_zh.as_str());
            }
        }
    }

    #[test]
    fn every_cited_source_is_there_and_no_other() {
        let mut cited: Vec<String> = vec!["langao-rmrb".to_owned()]; // named in a note
        for table in every() {
            cited.extend(
                table
                    .document()
                    .items
                    .iter()
                    .filter_map(|i| i.verbatim["source"].as_str())
                    .map(str::to_owned),
            );
        }
        cited.sort();
        cited.dedup();
        assert_eq!(cited, SOURCES.keys().copied().collect::<Vec<_>>());
        assert_eq!(source_entry("seed-enshi").unwrap().address, None);
    }
}
