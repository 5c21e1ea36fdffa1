//! The few lines that close the gaps between the two engines. [`Both`] runs a statement that is valid on both; [`per`] picks one of
//! two; `stmt!` is fixed SQL with typed binds that is prepared once (`pg_stmt!` for one engine); `each!` compiles a body per engine, for
//! batches. The SQL type [`Uid`] is `uuid` on PostgreSQL and `BLOB(16)` on SQLite, and every typed id of the domain is a value of it.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow, FromStaticSqlRow, Queryable};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::query_dsl::methods::{ExecuteDsl, LoadQuery};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, HasSqlType, SqlType};
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, QueryResult, expression};
use domain::Id;
use domain::ids::*;
use uuid::Uuid;

use crate::db::{Db, MultiBackend};

/// The SQL type of ids.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Uid;

impl HasSqlType<Uid> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<Uid>(lookup)
    }
}

macro_rules! uid_values {
    ($($name:ty),* $(,)?) => {$(
        impl ToSql<Uid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                use std::io::Write;
                out.write_all(Id::uuid(*self).as_bytes())?;
                Ok(IsNull::No)
            }
        }
        impl ToSql<Uid, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(Id::uuid(*self).as_bytes().to_vec());
                Ok(IsNull::No)
            }
        }
        impl ToSql<Uid, MultiBackend> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((Uid, self));
                Ok(IsNull::No)
            }
        }
        impl FromSql<Uid, Pg> for $name {
            fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self::from_uuid(Uuid::from_slice(bytes.as_bytes())?))
            }
        }
        impl FromSql<Uid, Sqlite> for $name {
            fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(bytes)?;
                Ok(Self::from_uuid(Uuid::from_slice(&bytes)?))
            }
        }
        impl FromSql<Uid, MultiBackend> for $name {
            fn from_sql(bytes: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                bytes.from_sql::<Self, Uid>()
            }
        }
    )*};
}

/// A plain UUID: where the type of id is not known (an object of a review, an owner of an account), and in diesel's own expressions,
/// which take no value of another crate (`units::id.eq(uid(id))`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uid)]
pub struct AnyId(pub Uuid);

impl AnyId {
    /// The UUID of a typed id.
    pub fn of(id: impl Id) -> Self {
        Self(id.uuid())
    }
    /// As an id of this type.
    pub fn typed<I: Id>(self) -> I {
        I::from_uuid(self.0)
    }
}
impl std::fmt::Display for AnyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&encode(self.0))
    }
}
impl std::str::FromStr for AnyId {
    type Err = MalformedId;
    fn from_str(s: &str) -> Result<Self, MalformedId> {
        decode(s).map(Self)
    }
}
impl Id for AnyId {
    const PREFIX: &'static str = "";
    fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
    fn uuid(self) -> Uuid {
        self.0
    }
}

macro_rules! uid_columns {
    ($($name:ty),* $(,)?) => {$(
        impl<DB: Backend> Queryable<Uid, DB> for $name where Self: FromStaticSqlRow<Uid, DB> {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> { Ok(row) }
        }
    )*};
}

/// A typed id in an expression of diesel's.
pub fn uid(id: impl Id) -> AnyId {
    AnyId(id.uuid())
}

/// The typed ids of the domain: values of the SQL type, and columns of rows.
macro_rules! typed_ids {
    ($($name:ty),* $(,)?) => {
        uid_values!(AnyId, $($name),*);
        uid_columns!($($name),*);
    };
}
typed_ids!(
    UnitId,
    HouseholdId,
    ResidentId,
    IdentityId,
    StaffId,
    RoleId,
    SessionId,
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
    ImportId,
    ClerkId,
    MerchantId,
    OfferId,
    RedemptionId,
    ThanksId,
    EventId,
    SignUpId,
    InboxId,
    AuditId,
    PushId,
    NicknameId,
    PhoneId,
    InvitationId,
    ConsentId,
    ExportId,
    CorrectionId,
    DeletionId,
);

/// Runs a statement that is valid on both engines (ON CONFLICT, upserts, UNION, RETURNING …) on [`Db`].
#[derive(Debug, Clone, Copy)]
pub struct Both<Q>(pub Q);

impl<Q> QueryFragment<MultiBackend> for Both<Q>
where
    Q: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, out)
    }
}
impl<Q: QueryId> QueryId for Both<Q> {
    type QueryId = Both<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}
impl<Q: Query> Query for Both<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<Db> for Both<Q> {}

/// Two variants of one statement or expression.
#[derive(Debug, Clone, Copy)]
pub struct Per<P, S> {
    pg: P,
    sqlite: S,
}

/// One statement or expression on PostgreSQL, another on SQLite, of the same result.
pub fn per<P, S>(pg: P, sqlite: S) -> Both<Per<P, S>> {
    Both(Per { pg, sqlite })
}

impl<P: QueryFragment<Pg>, S> QueryFragment<Pg> for Per<P, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.pg.walk_ast(out)
    }
}
impl<P, S: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Per<P, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.sqlite.walk_ast(out)
    }
}
impl<P: QueryId, S: QueryId> QueryId for Per<P, S> {
    type QueryId = Per<P::QueryId, S::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = P::HAS_STATIC_QUERY_ID && S::HAS_STATIC_QUERY_ID;
}
impl<P: Query, S> Query for Per<P, S> {
    type SqlType = P::SqlType;
}
impl<P: expression::Expression, S> expression::Expression for Per<P, S> {
    type SqlType = P::SqlType;
}
impl<Q: expression::Expression> expression::Expression for Both<Q> {
    type SqlType = Q::SqlType;
}

/// Fixed SQL with typed binds, valid on both engines, prepared once. A `?` stands for a bind, in the order of the fields, and may not
/// occur in the text otherwise.
///
/// ```ignore
/// stmt! { Spend { amount: i64 => BigInt, account: AccountId => Uid } -> BigInt =
///     "UPDATE balances SET posted = posted - ? WHERE account_id = ? RETURNING posted" }
/// let left: Option<i64> = Spend { amount, account }.get_result(conn).optional()?;
/// ```
#[macro_export]
macro_rules! stmt {
    ($(#[$doc:meta])* $vis:vis $name:ident { $($field:ident: $rust:ty => $sql:ty),* $(,)? } -> $out:ty = $text:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, diesel::query_builder::QueryId)]
        $vis struct $name { $($field: $rust,)* }

        impl<DB> diesel::query_builder::QueryFragment<DB> for $name
        where
            DB: diesel::backend::Backend $(+ diesel::sql_types::HasSqlType<$sql>)*,
            $($rust: diesel::serialize::ToSql<$sql, DB>,)*
        {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, DB>) -> diesel::QueryResult<()> {
                $crate::walk_stmt!(self, out, $text, $($field: $rust => $sql),*)
            }
        }
        impl diesel::query_builder::Query for $name { type SqlType = $out; }
        impl diesel::query_dsl::RunQueryDsl<$crate::db::Db> for $name {}
    };
}

/// As [`stmt!`], for what only PostgreSQL can say: arrays, and statements that change several tables.
#[macro_export]
macro_rules! pg_stmt {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $rust:ty => $sql:ty),* $(,)? } -> $out:ty = $text:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, diesel::query_builder::QueryId)]
        struct $name { $($field: $rust,)* }

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                $crate::walk_stmt!(self, out, $text, $($field: $rust => $sql),*)
            }
        }
        impl diesel::query_builder::Query for $name { type SqlType = $out; }
        impl diesel::query_dsl::RunQueryDsl<diesel::pg::PgConnection> for $name {}
    };
}

/// The text of a statement with its binds at the question marks.
#[doc(hidden)]
#[macro_export]
macro_rules! walk_stmt {
    ($self:ident, $out:ident, $text:expr, $($field:ident: $rust:ty => $sql:ty),*) => {{
        let mut parts = const { $text }.split('?');
        $out.push_sql(parts.next().unwrap_or_default());
        $(
            $out.push_bind_param::<$sql, $rust>(&$self.$field)?;
            $out.push_sql(parts.next().unwrap_or_default());
        )*
        debug_assert!(parts.next().is_none(), "as many binds as question marks");
        Ok(())
    }};
}

/// Two statements that change something and need nothing of each other: in one round trip on PostgreSQL, one after the other on SQLite.
/// Returns how many rows each changed.
pub(crate) fn together<A, B>(conn: &mut Db, first: A, second: B) -> QueryResult<(usize, usize)>
where
    Together<A, B>: LoadQuery<'static, PgConnection, (i64, i64)>,
    A: ExecuteDsl<Db>,
    B: ExecuteDsl<Db>,
{
    let Db::Pg(pg) = conn else {
        return Ok((ExecuteDsl::execute(first, conn)?, ExecuteDsl::execute(second, conn)?));
    };
    let (a, b): (i64, i64) = Together(first, second).get_result(pg)?;
    Ok((usize::try_from(a).unwrap_or(0), usize::try_from(b).unwrap_or(0)))
}

/// See [`together`].
#[derive(Debug, Clone, QueryId)]
pub(crate) struct Together<A, B>(A, B);

impl<A: QueryFragment<Pg>, B: QueryFragment<Pg>> QueryFragment<Pg> for Together<A, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH a AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING 1), b AS (");
        self.1.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING 1) SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)");
        Ok(())
    }
}
impl<A, B> Query for Together<A, B> {
    type SqlType = (BigInt, BigInt);
}
impl<A, B> RunQueryDsl<PgConnection> for Together<A, B> {}

/// A body compiled once per engine, with `$c` the engine's own connection: only for batches, which [`Db`] cannot run itself.
#[macro_export]
macro_rules! each {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::db::Db::Pg($c) => $body,
            $crate::db::Db::Sqlite($c) => $body,
        }
    };
}
