//! Everything that the workloads of one engine share: the data, and a server of it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::children::Serving;
use crate::cpu::{self, Watch};
use crate::options::{Engine, Options};
use crate::own_redis::OwnRedis;
use crate::rounds::{Cell, Round, Turn};
use crate::rows::{Database, Tally};
use crate::scene::Scene;
use crate::server::{self, Town};
use crate::workload::Workload;
use crate::{Outcome, children, client};

/// A server that uses less of a second than this is at rest.
const AT_REST_S: f64 = 0.05;
/// After so many seconds something is wrong with a server that is not at rest.
const SETTLED_WITHIN_S: u32 = 1_800;

/// Lets so many seconds pass.
#[expect(
    clippy::disallowed_methods,
    reason = "what a server does in a second is only known after the second"
)]
pub fn pause(seconds: f64) {
    std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
}

/// The data, served.
#[derive(Debug)]
pub struct Stage<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// On what it stands.
    pub engine: Engine,
    /// Where files of the run go.
    pub folder: PathBuf,
    /// The server. Before what it uses, so that it ends before that goes.
    pub server: Serving,
    /// From its start to its first right answer, in milliseconds.
    pub start_ms: f64,
    /// The data.
    pub data: server::RunData,
    /// What the data holds.
    pub scene: Scene,
    /// Its Redis, where there is one. After the server, which would miss it.
    pub redis: Option<OwnRedis>,
}

impl<'a> Stage<'a> {
    /// Loads the data if it is not there yet, and serves it.
    pub fn set(options: &'a Options, town: &'a Town) -> Outcome<Self> {
        children::run(Command::new("wrk").arg("-v")).or_else(is_there)?;
        let data = server::data(options, town)?;
        let redis = match town.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(OwnRedis::start()?),
        };
        let begun = Instant::now();
        let server = server::start(options, town, &data.database, redis.as_ref())?;
        let first = client::get(&server.address, "deeds", "")?.json()?;
        let start_ms = begun.elapsed().as_secs_f64() * 1_000.0;
        if first["items"].as_array().is_none_or(Vec::is_empty) {
            return Err("the feed is empty".into());
        }
        let scene = Scene::read(&server.address)?;
        let (engine, folder) = (town.engine, town.folder.clone());
        let stage = Self { options, engine, folder, server, start_ms, data, scene, redis };
        stage.settle()?;
        Ok(stage)
    }

    /// Waits until the server has done what it does after its start, such as making its boards on a Redis that has none.
    fn settle(&self) -> Outcome {
        let watch = self.watch(&[]);
        for _ in 0..SETTLED_WITHIN_S {
            let before = watch.read()?;
            pause(1.0);
            if before.until(&watch.read()?).ours < AT_REST_S {
                return Ok(());
            }
        }
        let log = self.folder.join("server.log");
        Err(format!("the server does not come to rest within {SETTLED_WITHIN_S} s: see {}", log.display())
            .into())
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// Where the merchant service listens.
    pub fn tills(&self) -> &str {
        &self.server.merchant
    }

    /// The database that is served.
    pub fn database(&self) -> &Database {
        &self.data.database
    }

    /// What was measured of a workload.
    pub fn cell(&self, workload: Workload, rounds: Vec<Round>, reference: String) -> Cell {
        let reference = if self.options.alone { String::new() } else { reference };
        let (engine, memory) = (self.engine, self.memory());
        let floor = self.options.gate.unwrap_or_else(|| workload.floor(engine));
        Cell { engine, workload, rounds, memory, reference, failure: None, floor }
    }
    /// What ours is compared with, unless it is measured alone.
    pub fn unless_alone<R>(&self, prepare: impl FnOnce() -> Outcome<R>) -> Outcome<Option<R>> {
        if self.options.alone { Ok(None) } else { prepare().map(Some) }
    }
    /// Memory that the server holds, in MiB.
    pub fn memory(&self) -> f64 {
        cpu::resident_mib(self.server.id())
    }

    /// A turn, with what was used meanwhile and the rows that it made.
    pub fn counted(&self, tally: &mut Tally<'_>, turn: impl FnOnce() -> Outcome<Turn>) -> Outcome<Turn> {
        tally.begin()?;
        let turn = self.watched(&[], turn)?;
        tally.end()?;
        Ok(turn)
    }
    /// A turn, with what was used meanwhile; `pids` are processes of this run that are not the product's.
    pub fn watched(&self, pids: &[u32], turn: impl FnOnce() -> Outcome<Turn>) -> Outcome<Turn> {
        let watch = self.watch(pids);
        let before = watch.read()?;
        Ok(turn()?.using(before.until(&watch.read()?)))
    }
    /// So many requests of us, until the time is over or there are no more: then the turn is shorter.
    pub fn requests(
        &self,
        tally: &mut Tally<'_>,
        count: usize,
        bytes: impl Fn(usize) -> Vec<u8>,
    ) -> Outcome<Turn> {
        let seconds = f64::from(self.options.seconds);
        self.counted(tally, || Ok(client::load(self.address(), count, seconds, bytes)?.into()))
    }

    /// What to watch, beside the load of `pids`.
    pub fn watch(&self, pids: &[u32]) -> Watch {
        let (databases, database) = match self.database() {
            Database::Sqlite(_) => (Vec::new(), String::new()),
            Database::Postgres { name, .. } => {
                let redis = self.redis.as_ref().and_then(OwnRedis::id);
                (self.options.server.into_iter().chain(redis).collect(), name.clone())
            }
        };
        Watch { server: Some(self.server.id()), load: pids.to_vec(), databases, database }
    }
}

/// wrk tells its version as a failure; only that it is not there at all is one.
fn is_there(error: Box<dyn std::error::Error + Send + Sync>) -> Outcome<String> {
    let told = error.to_string();
    if told.contains("cannot be run") {
        Err(format!("{told}; scripts/bench installs it").into())
    } else {
        Ok(told)
    }
}
