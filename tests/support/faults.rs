//! Faults of a town: a service that is killed and comes again, a worker that rests, books that somebody else holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use crate::process::Engine;
use crate::town::Town;

/// What the admin and service addresses of a process say of its roles.
fn roles_of(listening: &str) -> &'static str {
    match (listening.contains("resident="), listening.contains("merchant=")) {
        (true, true) => "resident,merchant,worker",
        (true, false) => "resident",
        (false, true) => "merchant",
        (false, false) => "worker",
    }
}

impl Town {
    /// Where the process stands that serves this (`resident`, `merchant`).
    pub fn place_of(&self, service: &str) -> usize {
        let named = format!("{service}=");
        let found = self.processes.iter().position(|process| process.listening.contains(&named));
        found.unwrap_or_else(|| panic!("no process serves {service}"))
    }

    /// Kills the process in this place, as a crash would.
    pub fn kill(&mut self, place: usize) {
        self.processes[place].kill();
    }

    /// Starts a process like the killed one in its place, with variables of its own.
    pub fn revive(&mut self, place: usize, variables: &[(String, String)]) {
        let roles = roles_of(&self.processes[place].listening);
        self.start_with(roles, variables);
        self.processes.swap_remove(place);
    }

    /// Somebody else has the leases of what the worker does by itself, for ever: it does it only when it is told to.
    pub fn rest_the_worker(&self) {
        let values: Vec<String> = ["tend", "retain"]
            .map(|name| match self.engine {
                Engine::Sqlite => format!("('{name}', zeroblob(16), {FOR_EVER})"),
                Engine::Postgres => {
                    format!("('{name}', '00000000-0000-0000-0000-000000000000', {FOR_EVER})")
                }
            })
            .into();
        let sql = format!(
            "INSERT INTO leases (name, holder, until) VALUES {} \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
            values.join(", ")
        );
        match &self.database {
            Some(database) => drop(database.sql(&sql)),
            None => self.embedded().execute_batch(&sql).expect("the lease can be taken"),
        }
    }

    /// Holds the books, so that nobody can commit a sale until it is dropped.
    pub fn hold_the_books(&self) -> Held {
        match &self.database {
            Some(database) => Held::by_postgres(&database.url),
            None => {
                let file = self.embedded();
                file.execute_batch("BEGIN IMMEDIATE").expect("the file can be held");
                Held::Embedded(file)
            }
        }
    }

    /// How many wait for books that are held; on SQLite nobody can tell.
    pub fn waiting_for_the_books(&self) -> Option<usize> {
        let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'redemptions'::regclass";
        self.database.as_ref().map(|database| database.sql(sql).parse().expect("a number"))
    }

    fn embedded(&self) -> rusqlite::Connection {
        let file = rusqlite::Connection::open(self.folder().join("town.sqlite"));
        let file = file.expect("the file can be opened");
        file.busy_timeout(std::time::Duration::from_secs(20)).expect("it can wait");
        file
    }
}

/// Microseconds since 1970, in the year 2100.
const FOR_EVER: i64 = 4_102_444_800_000_000;

/// Books that are held.
#[derive(Debug)]
pub enum Held {
    /// A transaction on the file; it ends with the connection.
    Embedded(rusqlite::Connection),
    /// A client with a lock on the table.
    Postgres(Child),
}

impl Held {
    fn by_postgres(url: &str) -> Self {
        let mut psql = Command::new("psql")
            .args([url, "-qAt", "-v", "ON_ERROR_STOP=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql runs");
        let asked = b"BEGIN;\nLOCK TABLE redemptions IN EXCLUSIVE MODE;\nSELECT 'held';\n";
        let input = psql.stdin.as_mut().expect("its input is piped");
        input.write_all(asked).and_then(|()| input.flush()).expect("it can be asked");
        let mut line = String::new();
        let output = psql.stdout.as_mut().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("it answers");
        assert_eq!(line.trim(), "held");
        Self::Postgres(psql)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Postgres(psql) = self {
            // The server rolls back when its client is gone.
            drop(psql.kill());
            drop(psql.wait());
        }
    }
}
