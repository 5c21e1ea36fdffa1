//! The only crate that knows SQL: one schema and one set of queries on SQLite and PostgreSQL.
