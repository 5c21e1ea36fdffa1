//! Processes and databases of a test: started by it, ended with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Which pair of engines the suite runs on: `JISHAN_TEST_ENGINE`, `sqlite` or `postgres`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite and the in-process board.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
}

impl Engine {
    /// The engine of this run.
    pub fn of_run() -> Self {
        match std::env::var("JISHAN_TEST_ENGINE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("JISHAN_TEST_ENGINE is {other}; it is sqlite or postgres"),
        }
    }
}

/// The binary under test: `JISHAN_BIN`, or the one that `cargo build --profile ci` made.
pub fn binary() -> PathBuf {
    if let Ok(path) = std::env::var("JISHAN_BIN") {
        return path.into();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ci/jishan");
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --profile ci` first, or `scripts/test`",
        path.display()
    );
    path
}

/// The password of the users of `deploy/roles.sql` on a test's server.
const ROLE_PASSWORD: &str = "suite-roles-of-no-worth";

/// A process that is killed when the test ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it said it listens on.
    pub listening: String,
    output: Option<std::process::ChildStdout>,
}

impl Process {
    /// Starts a command of the binary and waits for its `listening` line.
    pub fn start(args: &[&str], environment: &[(String, String)], log: &Path) -> Self {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(log).expect("the log can be made");
        let mut child = Command::new(binary())
            .args(args)
            .envs(environment.iter().cloned())
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut reader = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        while !line.starts_with("listening ") {
            line.clear();
            let read = reader.read_line(&mut line).expect("its output can be read");
            assert!(read > 0, "{args:?} ended before it listened");
        }
        let listening = line.trim().trim_start_matches("listening ").to_owned();
        Self { child, listening, output: Some(reader.into_inner()) }
    }

    /// The address that it named so (`resident`, `admin`).
    pub fn address(&self, name: &str) -> String {
        let prefix = format!("{name}=");
        let found = self.listening.split(' ').find_map(|part| part.strip_prefix(&prefix));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.listening)).to_owned()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, as a crash would.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Asks it to stop, as a service manager would.
    pub fn terminate(&self) {
        // SAFETY: the process is a child of ours that was not waited for.
        #[expect(unsafe_code, reason = "the standard library has no way to send SIGTERM")]
        unsafe {
            libc::kill(self.child.id() as i32, libc::SIGTERM);
        }
    }

    /// Asks it to stop, waits, and tells whether it ended well.
    pub fn stop(&mut self) -> bool {
        self.terminate();
        drop(self.output.take());
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command of the binary to its end; its exit code and output.
pub fn run(args: &[&str], environment: &[(String, String)], input: &str) -> (i32, String) {
    use std::io::Write;
    let mut child = Command::new(binary())
        .args(args)
        .envs(environment.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child
        .stdin
        .take()
        .expect("its input is piped")
        .write_all(input.as_bytes())
        .expect("its input can be written");
    let output = child.wait_with_output().expect("it ends");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// A PostgreSQL database of the test's own, dropped with it. Made by the client program, so that the suite needs no driver.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Database {
    /// Makes one in the server of `JISHAN_TEST_POSTGRES`.
    pub fn new() -> Self {
        let server = std::env::var("JISHAN_TEST_POSTGRES")
            .expect("JISHAN_TEST_POSTGRES names the server: run `scripts/services start` and `eval \"$(scripts/services env)\"`");
        let name = format!("jishan_suite_{}", uuid::Uuid::now_v7().simple());
        psql(&server, &format!("CREATE DATABASE {name}"));
        let (base, query) = server.split_once('?').map_or((server.as_str(), ""), |(b, q)| (b, q));
        let (base, _) = base.rsplit_once('/').expect("the address names a database");
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let url = format!("{base}/{name}{query}");
        Self { server, name, url }
    }

    /// Its address for one of the users of `deploy/roles.sql`.
    pub fn url_of(&self, user: &str) -> String {
        let (_, rest) = self.url.rsplit_once('@').expect("the address names a user");
        format!("postgres://{user}:{ROLE_PASSWORD}@{rest}")
    }

    /// Runs `deploy/roles.sql` in it. Roles belong to the whole server, so that only one test at a time may do it.
    pub fn apply_roles(&self) {
        let lock = std::fs::File::create(std::env::temp_dir().join("jishan-suite-roles.lock"))
            .expect("a lock can be made");
        lock.lock().expect("the lock can be taken");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/roles.sql");
        let mut psql = Command::new("psql");
        psql.args([&self.url, "-qX", "-v", "ON_ERROR_STOP=1", "-f", file]);
        for user in ["API", "MERCHANT", "WORKER"] {
            psql.env(format!("JISHAN_{user}_PASSWORD"), ROLE_PASSWORD);
        }
        let output = psql.output().expect("psql runs");
        assert!(output.status.success(), "roles.sql: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs SQL as one of these users; what PostgreSQL refuses is the error.
    pub fn sql_as(&self, user: &str, sql: &str) -> Result<String, String> {
        let output = Command::new("psql")
            .args([&self.url_of(user), "-v", "ON_ERROR_STOP=1", "-qAtc", sql])
            .output()
            .expect("psql runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL in the server's own database, so that this one does not hear of it.
    pub fn sql_at_server(&self, sql: &str) -> String {
        psql(&self.server, sql)
    }

    /// Runs SQL in it; the rows as `psql -At` prints them.
    pub fn sql(&self, sql: &str) -> String {
        psql(&self.url, sql)
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        // A test that fails already says enough.
        drop(
            Command::new("psql")
                .args([&self.server, "-qc", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")])
                .output(),
        );
    }
}

fn psql(url: &str, sql: &str) -> String {
    let output =
        Command::new("psql").args([url, "-v", "ON_ERROR_STOP=1", "-qAtc", sql]).output().expect("psql runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
