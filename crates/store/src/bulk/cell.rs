//! The values of rows, and how they are written for PostgreSQL.

use std::borrow::Cow;
use std::io::Write;

use domain::Id;
use domain::ids::*;

use crate::adapters::AnyId;
use crate::error::{Error, Result};

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Null,
    /// A number, or a truth as 1 or 0.
    Int(i64),
    /// A truth.
    Bool(bool),
    /// An id.
    Id(AnyId),
    /// A text.
    Text(Cow<'static, str>),
    /// Bytes.
    Bytes(Box<[u8]>),
}

macro_rules! cells {
    ($($from:ty, $v:ident => $cell:expr;)*) => {$(
        impl From<$from> for Cell {
            fn from($v: $from) -> Self { $cell }
        }
    )*};
}
cells! {
    i64, v => Self::Int(v);
    i32, v => Self::Int(v.into());
    u32, v => Self::Int(v.into());
    bool, v => Self::Bool(v);
    &'static str, v => Self::Text(Cow::Borrowed(v));
    String, v => Self::Text(Cow::Owned(v));
    Cow<'static, str>, v => Self::Text(v);
    [u8; 32], v => Self::Bytes(Box::new(v));
    domain::Ts, v => Self::Int(v.0);
    domain::Day, v => Self::Int(v.0.into());
}
macro_rules! id_cells {
    ($($id:ty),* $(,)?) => {$(
        impl From<$id> for Cell {
            fn from(id: $id) -> Self { Self::Id(AnyId::of(id)) }
        }
    )*};
}
id_cells!(
    AnyId,
    UnitId,
    HouseholdId,
    ResidentId,
    IdentityId,
    StaffId,
    RoleId,
    JoinRequestId,
    DeedId,
    PictureId,
    CommentId,
    ReportId,
    ReviewId,
    ClaimId,
    CatalogueId,
    ItemId,
    AccountId,
    TransferId,
    ClerkId,
    MerchantId,
    OfferId,
    RedemptionId,
    ThanksId,
    EventId,
    SignUpId,
    InboxId,
);
impl<T> From<Option<T>> for Cell
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// A row as PostgreSQL's text format has it.
pub(super) fn encode(row: &[Cell], out: &mut Vec<u8>) -> Result<()> {
    let failed = |e: std::io::Error| Error::corrupt(format!("a row cannot be written: {e}"));
    for (i, cell) in row.iter().enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        match cell {
            Cell::Null => out.extend_from_slice(b"\\N"),
            Cell::Int(n) => write!(out, "{n}").map_err(failed)?,
            Cell::Bool(b) => out.push(if *b { b't' } else { b'f' }),
            Cell::Id(id) => {
                out.extend_from_slice(
                    id.uuid().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).as_bytes(),
                );
            }
            Cell::Bytes(bytes) => {
                out.extend_from_slice(b"\\\\x");
                for byte in bytes {
                    write!(out, "{byte:02x}").map_err(failed)?;
                }
            }
            Cell::Text(text) => {
                for byte in text.bytes() {
                    match byte {
                        b'\\' => out.extend_from_slice(b"\\\\"),
                        b'\t' => out.extend_from_slice(b"\\t"),
                        b'\n' => out.extend_from_slice(b"\\n"),
                        b'\r' => out.extend_from_slice(b"\\r"),
                        other => out.push(other),
                    }
                }
            }
        }
    }
    out.push(b'\n');
    Ok(())
}
