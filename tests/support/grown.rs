//! A demo town of a chosen size, served by one process, with what it says about its costs: for stories that hold the cost of a request to
//! what it is in a smaller town.

use std::process::Command;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::actor::Actor;
use crate::process::{Database, Engine, Process, run};
use crate::town::environment;

/// How often a request is made to find out what it costs; the first have statements prepared.
pub const TIMES: usize = 16;
const PREPARING: usize = 4;

/// A demo town.
#[derive(Debug)]
pub struct Grown {
    process: Process,
    database: Option<Database>,
    http: Client,
    now_s: u64,
    _folder: TempDir,
}

/// What was spent, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Statements, with what begins and ends transactions.
    pub statements: u64,
    /// Steps of SQLite's virtual machine; nothing on PostgreSQL.
    pub steps: u64,
    /// Rows that PostgreSQL's statements returned or changed.
    pub rows: u64,
    /// Buffers that they touched.
    pub buffers: u64,
    /// Allocations of the process.
    pub allocations: u64,
}

impl Spent {
    /// Every field by what it is.
    pub fn fields(self) -> [(&'static str, u64); 5] {
        [
            ("statements", self.statements),
            ("steps", self.steps),
            ("rows", self.rows),
            ("buffers", self.buffers),
            ("allocations", self.allocations),
        ]
    }

    fn with(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            statements: of(self.statements, other.statements),
            steps: of(self.steps, other.steps),
            rows: of(self.rows, other.rows),
            buffers: of(self.buffers, other.buffers),
            allocations: of(self.allocations, other.allocations),
        }
    }
}

impl Grown {
    /// A demo town of so many times 38,000 residents. On PostgreSQL it has no worker: what is counted is what requests do, and what follows the boards.
    pub fn open(scale: &str) -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let database = (Engine::of_run() == Engine::Postgres).then(Database::new);
        let environment = environment(&folder, database.as_ref(), "http://127.0.0.1:9");
        let address = environment.iter().find(|(name, _)| name == "JISHAN_TENANT_DATABASE");
        let address = address.expect("the town has an address").1.clone();
        let data = folder.path().display().to_string();
        let args = ["demo", "--no-serve", "--scale", scale, "--data-dir", &data, "--database", &address];
        let (code, told) = run(&args, &environment, "");
        assert_eq!(code, 0, "{told}");
        if let Some(database) = &database {
            database.sql_at_server("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
            database.sql_at_server(&format!(
                "ALTER DATABASE {} SET pg_stat_statements.track = 'top'",
                database.name()
            ));
            database.sql("VACUUM (ANALYZE)");
        }
        // A SQLite file is served by one process, whatever its roles.
        let roles = if database.is_some() { "resident,merchant" } else { "resident,merchant,worker" };
        let log = folder.path().join("log");
        let process = Process::start(&["serve", "--role", roles], &environment, &log);
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
        let since = std::time::UNIX_EPOCH.elapsed().expect("the clock is set");
        Self { process, database, http, now_s: since.as_secs(), _folder: folder }
    }

    /// Nobody in particular.
    pub fn anybody(&self) -> Actor {
        Actor::anybody(&format!("http://{}", self.process.address("resident")))
    }

    /// A resident of the demo, or with any other name a guest.
    pub async fn person(&self, name: &str) -> Actor {
        self.signed_in(&self.anybody(), name).await
    }

    /// Who stands at a till of the demo, at the merchant service; with any other name somebody who works nowhere.
    pub async fn clerk(&self, name: &str) -> Actor {
        let base = format!("http://{}", self.process.address("merchant"));
        self.signed_in(&self.anybody().at_merchant(&base), name).await
    }

    async fn signed_in(&self, anybody: &Actor, name: &str) -> Actor {
        let answer = anybody.post("sessions/dev", json!({ "name": name })).await.expect(200);
        anybody.with_tokens(&answer)
    }

    /// Waits until the boards are there, by asking for one until the answer is fresh.
    pub async fn until_fresh(&self, board: &str) {
        while self.anybody().get(board).await.expect(200)["stale"] == true {
            tokio::task::yield_now().await;
        }
    }

    /// What one request costs when what is kept of it is too old: the least of several, because the boards' follower looks at the log meanwhile.
    pub async fn cost(&mut self, requests: impl AsyncFn(usize) -> Value) -> Spent {
        self.cost_after(async |_| (), requests).await
    }

    /// The same when something has changed meanwhile that others may see: nothing that is kept is right.
    pub async fn cost_anew(&mut self, by: &Actor, requests: impl AsyncFn(usize) -> Value) -> Spent {
        let change = async |n: usize| {
            by.put("me", json!({ "nickname": format!("改名{n}") })).await.expect(200);
        };
        self.cost_after(change, requests).await
    }

    async fn cost_after(
        &mut self,
        change: impl AsyncFn(usize),
        requests: impl AsyncFn(usize) -> Value,
    ) -> Spent {
        let mut least: Option<Spent> = None;
        let mut nothing: Option<Spent> = None;
        for n in 0..TIMES {
            change(n).await;
            // Whatever was kept is too old now.
            self.now_s += 2;
            self.set_clock().await;
            let idle = (self.until_now().await, self.since_then().await);
            let before = self.until_now().await;
            requests(n).await;
            let after = self.since_then().await;
            if n >= PREPARING {
                let (idle, spent) =
                    (idle.1.with(idle.0, u64::saturating_sub), after.with(before, u64::saturating_sub));
                nothing = Some(nothing.map_or(idle, |least| least.with(idle, u64::min)));
                least = Some(least.map_or(spent, |least| least.with(spent, u64::min)));
            }
        }
        let (spent, idle) = (least.unwrap_or_default(), nothing.unwrap_or_default());
        spent.with(idle, u64::saturating_sub)
    }

    async fn set_clock(&self) {
        let date = Command::new("date")
            .args(["-u", "+%Y-%m-%dT%H:%M:%SZ", "-d", &format!("@{}", self.now_s)])
            .output()
            .expect("date runs");
        let now = String::from_utf8(date.stdout).expect("a date");
        let url = format!("http://{}/clock", self.process.address("admin"));
        let answer = self.http.put(url).json(&json!({"now": now.trim()})).send().await;
        assert!(answer.expect("the clock can be set").status().is_success());
    }

    /// What was spent before; what the process says is read last, so that little else comes between.
    async fn until_now(&self) -> Spent {
        let at_server = self.at_server();
        Spent { rows: at_server.0, buffers: at_server.1, ..self.in_process().await }
    }

    /// What was spent with it; what the process says is read first.
    async fn since_then(&self) -> Spent {
        let spent = self.in_process().await;
        let (rows, buffers) = self.at_server();
        Spent { rows, buffers, ..spent }
    }

    async fn in_process(&self) -> Spent {
        let url = format!("http://{}/metrics", self.process.address("admin"));
        let answer = self.http.get(url).send().await.expect("the admin listener answers");
        let page = answer.text().await.expect("a page");
        let metric = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        Spent {
            statements: metric("jishan_statements_total"),
            steps: metric("jishan_sqlite_steps_total"),
            allocations: metric("jishan_allocations_total"),
            ..Spent::default()
        }
    }

    /// Rows and buffers.
    fn at_server(&self) -> (u64, u64) {
        let Some(database) = &self.database else { return (0, 0) };
        let told = database.sql_at_server(&format!(
            "SELECT COALESCE(sum(rows), 0) || ' ' || COALESCE(sum(shared_blks_hit + shared_blks_read), 0) FROM pg_stat_statements \
             WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{}')",
            database.name()
        ));
        let (rows, buffers) = told.split_once(' ').expect("two numbers");
        (rows.parse().expect("rows"), buffers.parse().expect("buffers"))
    }
}
