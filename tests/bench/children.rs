//! The processes that a run starts, so that it ends them however it ends itself.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Mutex;

use crate::Outcome;

/// The processes that run now.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn running() -> std::sync::MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn signal(pid: u32, signal: i32) {
    let Ok(pid) = i32::try_from(pid) else { return };
    // SAFETY: a signal to a child of ours that was not waited for, so that the id is still its own.
    #[expect(unsafe_code, reason = "the standard library sends no other signal than SIGKILL")]
    unsafe {
        libc::kill(pid, signal);
    }
}

fn terminate(pid: u32) {
    signal(pid, libc::SIGTERM);
    // One that stands still hears nothing before it goes on.
    signal(pid, libc::SIGCONT);
}

/// Does the work in a thread of its own; when the process is told to stop meanwhile, ends the children first.
pub fn until_told<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut told = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            done = tokio::task::spawn_blocking(work) => done?,
            _ = told.recv() => stop(),
            _ = tokio::signal::ctrl_c() => stop(),
        }
    })
}

fn stop() -> ! {
    running().iter().copied().for_each(terminate);
    eprintln!("bench: told to stop");
    std::process::exit(130)
}

/// A process that runs until it is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it.
    pub fn start(command: &mut Command) -> Outcome<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.map_err(|e| format!("{program} cannot be run: {e}"))?;
        running().push(child.id());
        Ok(Self(child))
    }
    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
    /// Stops it in the middle of whatever it does: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        signal(self.id(), libc::SIGSTOP);
    }
    /// Lets it go on.
    pub fn thaw(&self) {
        signal(self.id(), libc::SIGCONT);
    }
    /// Kills it, as a crash would.
    pub fn kill(mut self) -> Outcome {
        Ok(self.0.kill()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pid = self.id();
        running().retain(|other| *other != pid);
        terminate(pid);
        // It answers what was asked and ends; if it was killed, that is known to whoever killed it.
        drop(self.0.wait());
    }
}

/// A process that serves until it is dropped.
#[derive(Debug)]
pub struct Serving {
    process: Process,
    /// Where it listens: the address of HTTP.
    pub address: String,
    /// Where its merchant service listens, if it has one.
    pub merchant: String,
    // Closed, it would be an error of the server to say something.
    _output: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts a command that says `listening resident=ADDRESS …` when it is ready.
    pub fn start(command: &mut Command) -> Outcome<Self> {
        let mut process = Process::start(command.stdout(Stdio::piped()))?;
        let mut output = BufReader::new(process.0.stdout.take().ok_or("its output is not piped")?);
        let mut line = String::new();
        loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                let status = process.0.wait()?;
                return Err(format!("{:?} ended before it listened: {status}", command.get_program()).into());
            }
            let listening = line.trim().strip_prefix("listening ").unwrap_or_default();
            let at = |service: &str| {
                let found =
                    listening.split(' ').find_map(|part| part.strip_prefix(service)?.strip_prefix('='));
                found.map(ToOwned::to_owned)
            };
            if let Some(address) = at("resident") {
                let merchant = at("merchant").unwrap_or_default();
                return Ok(Self { process, address, merchant, _output: output });
            }
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// Runs a command to its end; its output if it did well.
pub fn run(command: &mut Command) -> Outcome<String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let program = command.get_program().to_string_lossy().into_owned();
    let child = child.map_err(|e| format!("{program} cannot be run: {e}"))?;
    let pid = child.id();
    running().push(pid);
    let output = child.wait_with_output();
    running().retain(|other| *other != pid);
    let Output { status, stdout, stderr } = output?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    Err(format!("{program} failed ({status}): {}", String::from_utf8_lossy(&stderr).trim()).into())
}
