//! The data of a run and the product that serves it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::children::Serving;
use crate::options::{Engine, Options};
use crate::own_redis::OwnRedis;
use crate::rows::Database;
use crate::{Outcome, children, postgres};

/// Which data: a size on an engine.
#[derive(Debug, Clone)]
pub struct Town {
    /// So many times 38,000 residents.
    pub size: String,
    /// On what it stands.
    pub engine: Engine,
    /// Where its files are.
    pub folder: PathBuf,
}

impl Town {
    /// The one of this size on this engine.
    pub fn of(options: &Options, engine: Engine, size: &str) -> Outcome<Self> {
        let folder = options.folder.join(word(size)).join(engine.word());
        std::fs::create_dir_all(&folder)?;
        Ok(Self { size: size.to_owned(), engine, folder })
    }
    /// Its database on PostgreSQL, which is kept between runs.
    fn kept(&self) -> String {
        format!("jishan_bench_kept_{}", word(&self.size))
    }
    /// What the loading took, if that was written down.
    pub fn load_seconds(&self) -> Option<f64> {
        std::fs::read_to_string(self.folder.join(SECONDS)).ok()?.trim().parse().ok()
    }
    /// What the kept data takes of the disk.
    fn disk_mib(&self, options: &Options) -> Outcome<f64> {
        let bytes = match self.engine {
            Engine::Sqlite => std::fs::metadata(self.folder.join(KEPT))?.len() as f64,
            Engine::Postgres => {
                let sql = format!("SELECT pg_database_size('{}')", self.kept());
                postgres::sql(&options.postgres, &sql)?.parse()?
            }
        };
        Ok(bytes / 1_048_576.0)
    }
}

/// A size as part of a name.
fn word(size: &str) -> String {
    size.replace('.', "_")
}

/// What the kept data holds: data that holds less is loaded anew.
const HELD: &str = "residents, deeds, shops, events";
/// The file of the kept data on SQLite.
const KEPT: &str = "jishan.sqlite";
/// The file that is served.
const RUN: &str = "run.sqlite";
/// The file that says that the data is there as a whole.
const LOADED: &str = "loaded";
/// The file that says how long the loading took.
const SECONDS: &str = "load-seconds";
/// A number of requests a minute that no machine reaches.
const NO_LIMIT: &str = "1000000000";

/// A copy of the data, which goes with the run.
#[derive(Debug)]
pub struct RunData {
    /// What is served.
    pub database: Database,
    /// What the data took of the disk before it was served.
    pub disk_mib: f64,
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

/// A fresh copy of the data, or the data itself; it is loaded first if it is not there yet.
pub fn data(options: &Options, town: &Town) -> Outcome<RunData> {
    let name = town.kept();
    match town.engine {
        Engine::Sqlite => load_once(options, town, None, || remove(&town.folder.join(KEPT)))?,
        Engine::Postgres => {
            let kept = postgres::at(&options.postgres, &name)?;
            load_once(options, town, Some(&kept), || postgres::make(&options.postgres, &name, None))?;
        }
    }
    let disk_mib = town.disk_mib(options)?;
    if options.spend {
        std::fs::remove_file(town.folder.join(LOADED))?;
    }
    let database = match town.engine {
        Engine::Sqlite if options.spend => Database::Sqlite(spend(&town.folder, RUN)?),
        Engine::Sqlite => Database::Sqlite(copy(&town.folder, RUN)?),
        Engine::Postgres => {
            let run = format!("jishan_bench_run_{}", word(&town.size));
            if options.spend {
                postgres::rename(&options.postgres, &name, &run)?;
            } else {
                postgres::make(&options.postgres, &run, Some(&name))?;
            }
            let url = postgres::at(&options.postgres, &run)?;
            Database::Postgres { name: run, url }
        }
    };
    Ok(RunData { database, disk_mib })
}

/// Copies the kept file of a folder, to the disk: what the kernel still had to write would be written while it is measured.
pub fn copy(folder: &Path, name: &str) -> Outcome<PathBuf> {
    let copy = folder.join(name);
    remove(&copy)?;
    std::fs::copy(folder.join(KEPT), &copy)?;
    std::fs::File::open(&copy)?.sync_all()?;
    Ok(copy)
}

/// Gives away the kept file of a folder.
fn spend(folder: &Path, name: &str) -> Outcome<PathBuf> {
    let spent = folder.join(name);
    remove(&spent)?;
    std::fs::rename(folder.join(KEPT), &spent)?;
    Ok(spent)
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
    town: &Town,
    database: Option<&str>,
    empty: impl FnOnce() -> Outcome,
) -> Outcome {
    let mark = town.folder.join(LOADED);
    let there = database.is_none_or(|url| postgres::sql(url, "SELECT 1").is_ok());
    if there && std::fs::read_to_string(&mark).is_ok_and(|held| held == HELD) {
        // It may be of an older program; each copy would be brought up by its first start, which is measured.
        let address = database
            .map_or_else(|| format!("sqlite:{}", town.folder.join(KEPT).display()), ToOwned::to_owned);
        let mut migrate = Command::new(&options.jishan);
        return children::run(migrate.arg("migrate").env("JISHAN_TENANT_DATABASE", address)).map(drop);
    }
    eprintln!("bench: loading size {} into {}", town.size, town.folder.display());
    drop(std::fs::remove_file(&mark));
    empty()?;
    let begun = Instant::now();
    let mut command = Command::new(&options.jishan);
    command.args(["demo", "--no-serve", "--scale", &town.size, "--data-dir"]).arg(&town.folder);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    children::run(&mut command)?;
    if let Some(url) = database {
        postgres::sql(url, "VACUUM (ANALYZE)")?;
    }
    std::fs::write(town.folder.join(SECONDS), format!("{:.0}\n", begun.elapsed().as_secs_f64()))?;
    Ok(std::fs::write(mark, HELD)?)
}

/// Serves a copy of the data with the settings of production, except that nobody is limited.
pub fn start(
    options: &Options,
    town: &Town,
    database: &Database,
    redis: Option<&OwnRedis>,
) -> Outcome<Serving> {
    let mut command = Command::new(&options.jishan);
    command.args(["demo", "--listen", "127.0.0.1:0", "--merchant", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.args(["--scale", &town.size]);
    command.arg("--data-dir").arg(&town.folder).arg("--database").arg(database.address());
    for limit in
        ["READ", "READ_ADDRESS", "WRITE", "WRITE_ADDRESS", "SIGN_IN_ADDRESS", "UPLOAD", "UPLOAD_ADDRESS"]
    {
        command.env(format!("JISHAN_LIMITS_{limit}"), NO_LIMIT);
    }
    if let Some(redis) = redis {
        command.env("JISHAN_TENANT_REDIS", redis.url());
    }
    let log = town.folder.join("server.log");
    let file = OpenOptions::new().create(true).append(true).open(&log)?;
    Serving::start(command.env_remove("RUST_LOG").stderr(file))
        .map_err(|error| format!("{error}; its log is {}", log.display()).into())
}
