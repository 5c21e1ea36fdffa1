//! Everything that the workloads of one engine share: a fresh copy of the data, and a server of it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::children::Serving;
use crate::cpu::{self, Watch};
use crate::options::{Engine, Options, Workload};
use crate::rounds::{Cell, Round, Turn};
use crate::rows::{Database, Tally};
use crate::scene::Scene;
use crate::server::{self, RedisNames};
use crate::{Outcome, children, client};

/// A server that uses less of a second than this is at rest.
const AT_REST_S: f64 = 0.05;
/// After so many seconds something is wrong with a server that is not at rest.
const SETTLED_WITHIN_S: u32 = 180;

#[expect(
    clippy::disallowed_methods,
    reason = "what a server does in a second is only known after the second"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_secs(1));
}

/// A served copy of the data.
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
    start_ms: f64,
    /// The copy of the data.
    copy: server::RunData,
    /// What the data holds.
    pub scene: Scene,
    /// The names in Redis, where there is one; they end with the run.
    pub redis: Option<RedisNames>,
}

impl<'a> Stage<'a> {
    /// Loads the data if it is not there yet, copies it, and serves the copy.
    pub fn set(options: &'a Options, engine: Engine) -> Outcome<Self> {
        children::run(Command::new("wrk").arg("-v")).or_else(is_there)?;
        let folder = options.folder.join(options.scale_word()).join(engine.word());
        std::fs::create_dir_all(&folder)?;
        let copy = server::data(options, engine, &folder)?;
        let redis = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(RedisNames::new(options)?),
        };
        let begun = Instant::now();
        let server = server::start(options, &folder, &copy.database, redis.as_ref())?;
        let first = client::get(&server.address, "deeds", "")?.json()?;
        let start_ms = begun.elapsed().as_secs_f64() * 1_000.0;
        if first["items"].as_array().is_none_or(Vec::is_empty) {
            return Err("the feed is empty".into());
        }
        let scene = Scene::read(&server.address)?;
        let stage = Self { options, engine, folder, server, start_ms, copy, scene, redis };
        stage.settle()?;
        Ok(stage)
    }

    /// Waits until the server has done what it does after its start, such as making its boards on a Redis that has none.
    fn settle(&self) -> Outcome {
        let watch = self.watch(&[]);
        for _ in 0..SETTLED_WITHIN_S {
            let before = watch.read()?;
            pause();
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
        &self.copy.database
    }

    /// What was measured of a workload.
    pub fn cell(&self, workload: Workload, rounds: Vec<Round>, reference: String) -> Cell {
        let memory = cpu::resident_mib(self.server.id());
        let (engine, start_ms, gate) = (self.engine, self.start_ms, self.options.gate);
        Cell { engine, workload, rounds, memory, start_ms, reference, failure: None, gate }
    }

    /// A turn, with what was used meanwhile and the rows that it made.
    pub fn counted(&self, tally: &mut Tally<'_>, turn: impl FnOnce() -> Outcome<Turn>) -> Outcome<Turn> {
        tally.begin()?;
        let watch = self.watch(&[]);
        let before = watch.read()?;
        let turn = turn()?.using(before.until(&watch.read()?));
        tally.end()?;
        Ok(turn)
    }
    /// So many requests of us, until the time is over or there are no more: then the turn is shorter.
    pub fn requests(
        &self,
        tally: &mut Tally<'_>,
        count: usize,
        bytes: impl Fn(usize) -> Vec<u8>,
    ) -> Outcome<Turn> {
        let seconds = f64::from(self.options.seconds);
        self.counted(tally, || Ok(client::load(self.address(), count, seconds, bytes, |_, _| {})?.into()))
    }

    /// What to watch, beside the load of `pids`.
    pub fn watch(&self, pids: &[u32]) -> Watch {
        let (databases, database) = match self.database() {
            Database::Sqlite(_) => (Vec::new(), String::new()),
            Database::Postgres { name, .. } => (self.options.servers.clone(), name.clone()),
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
