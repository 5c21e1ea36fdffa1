//! The rows of a town's database, as a story looks at them.

use crate::town::Town;

impl Town {
    /// The one value of a query, or of a change that returns one; nothing where there is no row.
    pub fn value(&self, sql: &str) -> String {
        if let Some(database) = &self.database {
            return database.sql(sql);
        }
        let file =
            rusqlite::Connection::open(self.folder().join("town.sqlite")).expect("the file can be opened");
        file.busy_timeout(std::time::Duration::from_secs(5)).expect("a wait can be set");
        let mut rows = file.prepare(sql).expect("the statement is good");
        let mut rows = rows.query([]).expect("the statement runs");
        let Some(row) = rows.next().expect("a row can be read") else { return String::new() };
        match row.get_ref(0).expect("a value") {
            rusqlite::types::ValueRef::Integer(n) => n.to_string(),
            rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            _ => String::new(),
        }
    }

    /// Fails where one of these texts stands in the log of the town, or in a table of its database.
    #[track_caller]
    pub fn never_tells(&self, secrets: &[&str], tables: &[&str]) {
        let mut places = vec![("the log".to_owned(), self.log())];
        for table in tables {
            places.push(((*table).to_owned(), self.rows(table)));
        }
        for (place, text) in &places {
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} stands in {place}");
            }
        }
    }

    /// Every row of a table, as text.
    fn rows(&self, table: &str) -> String {
        if let Some(database) = &self.database {
            // Bytes are shown as text, where they are some.
            return database.sql(&format!("SET bytea_output = 'escape'; SELECT * FROM {table}"));
        }
        let file =
            rusqlite::Connection::open(self.folder().join("town.sqlite")).expect("the file can be opened");
        let mut statement = file.prepare(&format!("SELECT * FROM {table}")).expect("there is such a table");
        let width = statement.column_count();
        let mut rows = statement.query([]).expect("it can be read");
        let mut out = String::new();
        while let Some(row) = rows.next().expect("a row can be read") {
            for column in 0..width {
                if let Ok(rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes)) =
                    row.get_ref(column)
                {
                    out += &String::from_utf8_lossy(bytes);
                    out.push('|');
                }
            }
        }
        out
    }
}
