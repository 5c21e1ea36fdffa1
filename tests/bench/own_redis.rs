//! The Redis of a run: started by it on a free port, so that it has room for the boards, and so that whoever freezes or kills it hurts
//! nobody else.

use std::net::TcpListener;
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
    port: u16,
}

impl OwnRedis {
    /// Starts one.
    pub fn start() -> Outcome<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let redis = Self { process: Mutex::new(None), port };
        redis.revive()?;
        Ok(redis)
    }
    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
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
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
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
