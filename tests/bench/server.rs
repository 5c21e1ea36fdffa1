//! The data of a run and the product that serves it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::children::Serving;
use crate::options::{Engine, Options};
use crate::rows::Database;
use crate::{Outcome, children, postgres};

/// What the kept data holds: data that holds less is loaded anew.
const HELD: &str = "residents, deeds, shops, events";
/// A number of requests a minute that no machine reaches.
const NO_LIMIT: &str = "1000000000";

/// The names of this run in Redis, which go with it.
#[derive(Debug)]
pub struct RedisNames {
    /// The server.
    pub url: String,
    /// What all of them begin with.
    pub prefix: String,
}

impl RedisNames {
    /// Names of the benchmark, of which a run that was killed may have left some.
    pub fn new(options: &Options) -> Outcome<Self> {
        if options.redis.is_empty() {
            return Err("JISHAN_TEST_REDIS names no server: use scripts/bench".into());
        }
        let names =
            Self { url: options.redis.clone(), prefix: format!("jishan-bench-{}", options.scale_word()) };
        names.forget()?;
        Ok(names)
    }

    fn forget(&self) -> redis::RedisResult<()> {
        let mut connection = redis::Client::open(self.url.as_str())?.get_connection()?;
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("*{}*", self.prefix)).arg("COUNT").arg(1_000);
            let (next, keys): (u64, Vec<String>) = scan.query(&mut connection)?;
            if !keys.is_empty() {
                redis::cmd("DEL").arg(keys).query::<()>(&mut connection)?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

impl Drop for RedisNames {
    fn drop(&mut self) {
        if let Err(error) = self.forget() {
            eprintln!("bench: the names {}* stay in Redis: {error}", self.prefix);
        }
    }
}

/// A copy of the data, which goes with the run.
#[derive(Debug)]
pub struct RunData {
    /// What is served.
    pub database: Database,
}

impl Drop for RunData {
    fn drop(&mut self) {
        let gone = match &self.database {
            Database::Sqlite(path) => remove(path).and_then(|()| remove(&path.with_file_name(REFERENCE))),
            Database::Postgres { name, url } => postgres::at(url, "postgres")
                .and_then(|server| postgres::sql(&server, &format!("DROP DATABASE {name} WITH (FORCE)")))
                .map(drop),
        };
        if let Err(error) = gone {
            eprintln!("bench: the copy stays until the next run: {error}");
        }
    }
}

/// The name of the file that the references of writes use.
pub const REFERENCE: &str = "reference.sqlite";

/// A fresh copy of the data, which is loaded first if it is not there yet.
pub fn data(options: &Options, engine: Engine, folder: &Path) -> Outcome<RunData> {
    let database = match engine {
        Engine::Sqlite => {
            let kept = folder.join("jishan.sqlite");
            load_once(options, folder, None, || remove(&kept))?;
            Database::Sqlite(copy(folder, "run.sqlite")?)
        }
        Engine::Postgres => {
            let name = format!("jishan_bench_kept_{}", options.scale_word());
            let kept = postgres::at(&options.postgres, &name)?;
            load_once(options, folder, Some(&kept), || postgres::make(&options.postgres, &name, None))?;
            let copy = format!("jishan_bench_run_{}", options.scale_word());
            postgres::make(&options.postgres, &copy, Some(&name))?;
            let url = postgres::at(&options.postgres, &copy)?;
            Database::Postgres { name: copy, url }
        }
    };
    Ok(RunData { database })
}

/// Copies the kept file of a folder, to the disk: what the kernel still had to write would be written while it is measured.
pub fn copy(folder: &Path, name: &str) -> Outcome<PathBuf> {
    let copy = folder.join(name);
    remove(&copy)?;
    std::fs::copy(folder.join("jishan.sqlite"), &copy)?;
    std::fs::File::open(&copy)?.sync_all()?;
    Ok(copy)
}

/// Removes a file of SQLite with what stands beside it.
fn remove(path: &Path) -> Outcome {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Loads the data once. Only what was loaded to its end has its mark; otherwise everything begins anew.
fn load_once(
    options: &Options,
    folder: &Path,
    database: Option<&str>,
    empty: impl FnOnce() -> Outcome,
) -> Outcome {
    let mark = folder.join("loaded");
    let there = database.is_none_or(|url| postgres::sql(url, "SELECT 1").is_ok());
    if there && std::fs::read_to_string(&mark).is_ok_and(|held| held == HELD) {
        return Ok(());
    }
    eprintln!("bench: loading scale {} into {}", options.scale, folder.display());
    drop(std::fs::remove_file(&mark));
    empty()?;
    let mut command = Command::new(&options.jishan);
    command.args(["demo", "--no-serve", "--scale", &options.scale, "--data-dir"]).arg(folder);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    children::run(&mut command)?;
    if let Some(url) = database {
        postgres::sql(url, "VACUUM (ANALYZE)")?;
    }
    Ok(std::fs::write(mark, HELD)?)
}

/// Serves a copy of the data with the settings of production, except that nobody is limited.
pub fn start(
    options: &Options,
    folder: &Path,
    database: &Database,
    redis: Option<&RedisNames>,
) -> Outcome<Serving> {
    let mut command = Command::new(&options.jishan);
    command.args(["demo", "--listen", "127.0.0.1:0", "--merchant", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.args(["--scale", &options.scale]);
    command.arg("--data-dir").arg(folder).arg("--database").arg(database.address());
    for limit in
        ["READ", "READ_ADDRESS", "WRITE", "WRITE_ADDRESS", "SIGN_IN_ADDRESS", "UPLOAD", "UPLOAD_ADDRESS"]
    {
        command.env(format!("JISHAN_LIMITS_{limit}"), NO_LIMIT);
    }
    if let Some(names) = redis {
        command.env("JISHAN_TENANT_REDIS", &names.url).env("JISHAN_TENANT_REDIS_PREFIX", &names.prefix);
    }
    let log = OpenOptions::new().create(true).append(true).open(folder.join("server.log"))?;
    Serving::start(command.env_remove("RUST_LOG").stderr(log))
        .map_err(|error| format!("{error}; its log is {}", folder.join("server.log").display()).into())
}
