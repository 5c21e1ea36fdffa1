//! Everything that the workloads of one engine share: a fresh copy of the data, and a server of it.

use std::path::PathBuf;
use std::process::Command;

use crate::children::Serving;
use crate::cpu::Watch;
use crate::options::{Engine, Options};
use crate::rows::Database;
use crate::scene::Scene;
use crate::server::{self, RedisNames};
use crate::{Outcome, children};

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
    /// The copy of the data.
    copy: server::RunData,
    /// What the data holds.
    pub scene: Scene,
    /// Ends with the run.
    _redis: Option<RedisNames>,
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
        let server = server::start(options, &folder, &copy.database, redis.as_ref())?;
        let scene = Scene::read(&server.address)?;
        Ok(Self { options, engine, folder, server, copy, scene, _redis: redis })
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// The database that is served.
    pub fn database(&self) -> &Database {
        &self.copy.database
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
