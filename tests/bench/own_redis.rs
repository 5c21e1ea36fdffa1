//! The Redis of a run: started by it on a socket of its own, so that it has room for the boards, and so that whoever freezes or kills it
//! hurts nobody else. On one machine everybody connects by the socket: the product and `redis-benchmark`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::children::Process;

/// Within so many seconds it answers after its start.
const ANSWERS_WITHIN_S: f64 = 20.0;
/// How long one question waits for its answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A Redis that keeps nothing on the disk, as the boards can be made again.
#[derive(Debug)]
pub struct OwnRedis {
    process: Mutex<Option<Process>>,
    socket: PathBuf,
}

impl OwnRedis {
    /// Starts one.
    pub fn start() -> Outcome<Self> {
        // The folder of the run may have a longer path than a socket may.
        let socket = std::env::temp_dir().join(format!("jishan-bench-{}.sock", std::process::id()));
        let redis = Self { process: Mutex::new(None), socket };
        redis.revive()?;
        Ok(redis)
    }
    /// Its address.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }
    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Its process, whose CPU is told.
    pub fn id(&self) -> Option<u32> {
        self.process().as_ref().map(Process::id)
    }
    /// Stops it in the middle of whatever it does.
    pub fn freeze(&self) {
        self.process().iter().for_each(Process::freeze);
    }
    /// Lets it go on.
    pub fn thaw(&self) {
        self.process().iter().for_each(Process::thaw);
    }
    /// Kills it, as a crash would.
    pub fn kill(&self) -> Outcome {
        self.process().take().map_or(Ok(()), Process::kill)
    }
    /// Starts it again, with nothing in it; it answers.
    pub fn revive(&self) -> Outcome {
        let mut command = Command::new("redis-server");
        command.arg("--unixsocket").arg(&self.socket);
        command.args(["--unixsocketperm", "700", "--port", "0", "--save", "", "--appendonly", "no"]);
        command.args(["--maxmemory-policy", "noeviction"]);
        *self.process() = Some(Process::start(command.stdout(Stdio::null()).stderr(Stdio::null()))?);
        let begun = Instant::now();
        while self.ping().is_err() {
            if begun.elapsed().as_secs_f64() > ANSWERS_WITHIN_S {
                return Err("the run's Redis does not answer".into());
            }
        }
        Ok(())
    }
    fn ping(&self) -> redis::RedisResult<()> {
        let mut connection = redis::Client::open(self.url())?.get_connection_with_timeout(PATIENCE)?;
        redis::cmd("PING").query(&mut connection)
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.socket);
    }
}
