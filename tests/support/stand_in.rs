//! The stand-in for WeChat as a story moves it, and the rows of a town's database as a story looks at them.

use reqwest::Client;
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::town::{Town, text};

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client can be made")
}

impl Town {
    /// Moves the stand-in by one of its control paths; what it answers.
    pub async fn move_wechat(&self, path: &str, body: Value) -> Value {
        let request = client().post(format!("{}{path}", self.wechat())).json(&body);
        let answer = request.send().await.expect("the stand-in answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.expect("an answer")).unwrap_or(Value::Null)
    }

    /// The next requests to a path of WeChat's go wrong in this way.
    pub async fn break_wechat(&self, path: &str, fault: Value) {
        let mut body = fault;
        body["path"] = json!(path);
        self.move_wechat("/_faults", body).await;
    }

    /// What was asked of WeChat on a path, in order.
    pub async fn asked_of_wechat(&self, path: &str) -> Vec<Value> {
        let request = client().get(format!("{}/_calls", self.wechat()));
        let answer = request.send().await.expect("the stand-in answers").bytes().await.expect("an answer");
        let calls: Vec<Value> = serde_json::from_slice(&answer).expect("a list");
        calls.into_iter().filter(|call| call["path"] == path).collect()
    }

    /// Signs a person in by WeChat whose openid is known; a guest, the first time.
    pub async fn person_of(&self, openid: &str) -> Actor {
        let code = self.move_wechat("/_codes", json!({"openid": openid})).await;
        let anybody = self.anybody();
        let answer = anybody.post("sessions/wechat", json!({"code": code["code"]})).await.expect(200);
        anybody.with_tokens(&answer)
    }

    /// What the telephone button gives to a person.
    pub async fn phone_code(&self, openid: &str, number: &str) -> String {
        let made = self.move_wechat("/_phone_codes", json!({"openid": openid, "number": number})).await;
        text(&made["code"])
    }

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
