//! Ids among which a column's value is looked for. On PostgreSQL they are one array. On SQLite each is a bind of its own, and there are as
//! many binds as the next of a few lengths, with the last id in the places that are left: so the text of the statement is one of a few and
//! is prepared once, which costs more than running it.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sql_types::{Array, Bool};
use diesel::sqlite::Sqlite;
use domain::Id;

use crate::adapters::{AnyId, Uid, uid};
use crate::db::{Db, MultiBackend};

/// How many binds there may be on SQLite; of more ids each has one, and no more.
const LENGTHS: [usize; 10] = [1, 2, 4, 8, 20, 50, 100, 200, 500, 1_000];

/// See [`among`].
#[derive(Debug, Clone)]
pub(crate) struct Among<C> {
    column: C,
    ids: Vec<AnyId>,
}

/// Whether a column is one of these ids.
pub(crate) fn among<C, I: Id>(column: C, ids: impl IntoIterator<Item = I>) -> Among<C> {
    Among { column, ids: each_once(ids) }
}

fn each_once<I: Id>(ids: impl IntoIterator<Item = I>) -> Vec<AnyId> {
    let mut ids: Vec<AnyId> = ids.into_iter().map(uid).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A row is wanted or not; an id that is not known (`NULL`) is not wanted.
impl<C: Expression> Expression for Among<C> {
    type SqlType = Bool;
}
impl<C, GB> ValidGrouping<GB> for Among<C> {
    type IsAggregate = is_aggregate::No;
}
impl<C: SelectableExpression<QS>, QS> SelectableExpression<QS> for Among<C> {}
impl<C: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Among<C> {}
/// The statement is found by its text.
impl<C> QueryId for Among<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        array(&self.ids, out)
    }
}
impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        binds(&self.ids, out)
    }
}
impl<C: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<MultiBackend> for Among<C> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

/// A statement that ends with a look for ids: `select` up to the column, then the ids, then `tail`.
#[derive(Debug, Clone)]
pub(crate) struct ByIds<Out> {
    select: &'static str,
    ids: Vec<AnyId>,
    tail: &'static str,
    out: PhantomData<Out>,
}

impl<Out> ByIds<Out> {
    /// `select` ends with the column that is one of the ids, each of which is looked for once.
    pub(crate) fn new<I: Id>(
        select: &'static str,
        ids: impl IntoIterator<Item = I>,
        tail: &'static str,
    ) -> Self {
        Self { select, ids: each_once(ids), tail, out: PhantomData }
    }
}
impl<Out> QueryId for ByIds<Out> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<Out> Query for ByIds<Out> {
    type SqlType = Out;
}
impl<Out> RunQueryDsl<Db> for ByIds<Out> {}
impl<Out> QueryFragment<Pg> for ByIds<Out> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.select);
        array(&self.ids, out.reborrow())?;
        out.push_sql(self.tail);
        Ok(())
    }
}
impl<Out> QueryFragment<Sqlite> for ByIds<Out> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.select);
        binds(&self.ids, out.reborrow())?;
        out.push_sql(self.tail);
        Ok(())
    }
}
impl<Out> QueryFragment<MultiBackend> for ByIds<Out> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, out)
    }
}

fn array<'b>(ids: &'b Vec<AnyId>, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    out.push_sql(" = ANY (");
    out.push_bind_param::<Array<Uid>, Vec<AnyId>>(ids)?;
    out.push_sql(")");
    Ok(())
}

fn binds<'b>(ids: &'b [AnyId], mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
    out.push_sql(" IN (");
    let many = ids.len();
    let binds = if many == 0 { 0 } else { LENGTHS.into_iter().find(|n| *n >= many).unwrap_or(many) };
    for i in 0..binds {
        if i > 0 {
            out.push_sql(", ");
        }
        out.push_bind_param::<Uid, AnyId>(&ids[i.min(many - 1)])?;
    }
    out.push_sql(")");
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::prelude::*;
    use domain::ids::DeedId;

    use super::*;
    use crate::schema::deeds;

    fn text(shown: String) -> String {
        shown.split(" -- binds").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn lists_of_nearly_one_length_are_one_statement() {
        let of = |many: usize| {
            let ids = (0..many).map(|_| DeedId::new());
            let query = deeds::table.select(deeds::id).filter(among(deeds::id, ids));
            text(debug_query::<Sqlite, _>(&query).to_string())
        };
        assert!(of(3).ends_with("IN (?, ?, ?, ?)"), "{}", of(3));
        assert_eq!((of(3), of(9)), (of(4), of(20)));
        assert_ne!(of(4), of(5));
        assert!(of(0).ends_with("IN ()"), "{}", of(0));
        assert_eq!(of(1_001).matches('?').count(), 1_001);
    }

    #[test]
    fn a_list_is_one_array_on_postgresql() {
        let ids = [DeedId::new(), DeedId::new()];
        let query = deeds::table.select(deeds::id).filter(among(deeds::id, ids));
        let text = text(debug_query::<Pg, _>(&query).to_string());
        assert!(text.ends_with("= ANY ($1)"), "{text}");
    }
}
