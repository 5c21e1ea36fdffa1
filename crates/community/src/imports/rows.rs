//! What a row says, what it would do, and what can be wrong with it.

use domain::{Day, FieldFault};
use serde::{Deserialize, Serialize};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// Units.
    Units,
    /// Households.
    Households,
    /// Residents.
    Residents,
}

impl Entity {
    /// Every entity.
    pub const EVERY: [Self; 3] = [Self::Units, Self::Households, Self::Residents];
    /// The word in addresses and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Households => "households",
            Self::Residents => "residents",
        }
    }
    /// The entity of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|e| e.word() == word)
    }
    /// The columns of the file. The first is the outer code: the key by which a repeated import finds what it made.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Units => &["code", "parent_code", "type", "setting", "name"],
            Self::Households => &["code", "unit_code", "door"],
            Self::Residents => &["code", "unit_code", "household_code", "name", "nickname"],
        }
    }
}

impl Entity {
    /// Columns that a file may have beside them.
    pub const fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Units | Self::Households => &[],
            Self::Residents => &["born"],
        }
    }
}

/// The values of a row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Data {
    /// A unit.
    Unit {
        /// The key.
        code: String,
        /// The code of the parent.
        parent_code: String,
        /// The type.
        kind: String,
        /// `urban` or `rural`.
        setting: String,
        /// The name.
        name: String,
    },
    /// A household.
    Household {
        /// The key.
        code: String,
        /// The code of the smallest unit.
        unit_code: String,
        /// The address; none leaves what is known.
        door: Option<String>,
    },
    /// A resident.
    Resident {
        /// The key.
        code: String,
        /// The code of the smallest unit.
        unit_code: String,
        /// The code of the household; none for no household.
        household_code: Option<String>,
        /// The real name.
        name: String,
        /// The nickname; none leaves the chosen one.
        nickname: Option<String>,
        /// The day of birth; none leaves what is known.
        #[serde(default)]
        born: Option<Day>,
    },
}

/// Names stay out of logs.
impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Data").field(&self.code()).finish()
    }
}

impl Data {
    /// The key.
    pub fn code(&self) -> &str {
        match self {
            Self::Unit { code, .. } | Self::Household { code, .. } | Self::Resident { code, .. } => code,
        }
    }
}

/// What a row would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Make something.
    Create,
    /// Change something.
    Update,
    /// Nothing: all is as the row says.
    Same,
}

impl Effect {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Same => "same",
        }
    }
}

/// Why a row cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable code.
    pub code: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
}

/// Every fault of a row that is not one of a text.
const FAULTS: [(&str, &str, &str); 13] = [
    ("columns", "列数与首行不一致。", "The row has not as many columns as the header."),
    ("duplicate", "编号在文件中重复。", "The code stands in the file twice."),
    ("type", "类型不正确。", "There is no such type of unit."),
    (
        "born",
        "出生日期应为 1900 年之后的 YYYY-MM-DD。",
        "The day of birth is a day from 1900 on, as YYYY-MM-DD.",
    ),
    ("setting", "应为 urban 或 rural。", "The setting is urban or rural."),
    (
        "unknown_parent",
        "没有这个上级单位，或不在导入范围内，或排在后面。",
        "The parent is unknown, outside, or further down.",
    ),
    ("not_deeper", "类型须低于上级单位。", "The type is not below that of the parent."),
    ("unknown_unit", "没有这个单位，或不在导入范围内。", "The unit is unknown or outside."),
    (
        "unit_not_smallest",
        "请填写最基层的单位（网格、小组或院落）。",
        "Choose a smallest unit: a grid, group or courtyard.",
    ),
    ("unknown_household", "该单位没有这个户。", "There is no such household in the unit."),
    ("elsewhere", "编号已在导入范围之外使用。", "The code is used outside of what is imported."),
    ("moved", "导入不能改变所属单位或类型。", "An import does not move it or change its type."),
    ("erased", "该居民已注销。", "The resident was erased."),
];

impl Fault {
    /// The fault of this code.
    pub fn of(code: &str) -> Self {
        let known = FAULTS.iter().find(|(word, ..)| *word == code);
        let (zh, en) = known.map_or(("", ""), |(_, zh, en)| (*zh, *en));
        Self { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
    }
    /// The fault of a text.
    pub fn of_field(fault: FieldFault) -> Self {
        let FieldFault { field, code, zh, en } = fault;
        Self { code: code.to_owned(), zh: format!("{field}：{zh}。"), en: format!("{field}: {en}.") }
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, the header being the first.
    pub line: i32,
    /// The key as it stands there, cut if it is too long.
    pub code: String,
    /// The values, or why there are none.
    pub data: Result<Data, Fault>,
}
