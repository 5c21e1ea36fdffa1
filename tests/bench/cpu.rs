//! Who used the processor: the server, its database, the load, and everybody else on the machine. From /proc, in ticks of 10 ms.

use std::collections::HashMap;
use std::time::Instant;

use crate::Outcome;

/// Ticks in a second; Linux has shown the same to programs for decades.
const TICKS: f64 = 100.0;
/// The processes of PostgreSQL that work for every database.
const SHARED: [&str; 3] = ["walwriter", "checkpointer", "background writer"];

/// Whose processor time is told apart.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// The server under test, or nothing.
    pub server: Option<u32>,
    /// Other processes that this run started and that still run.
    pub load: Vec<u32>,
    /// PostgreSQL's first process and Redis.
    pub databases: Vec<u32>,
    /// The name of the database, by which its backends are known.
    pub database: String,
}

/// A moment.
#[derive(Debug)]
pub struct Reading {
    at: Instant,
    server: u64,
    own: u64,
    load: u64,
    backends: HashMap<u32, u64>,
    /// All of the database servers, whoever used them.
    machine: u64,
}

/// What was used between two moments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Processor seconds of the server under test and of its database.
    pub ours: f64,
    /// Processor seconds of this process and of the generators that it ran.
    pub client: f64,
    /// The share of the machine that nobody of this run used.
    pub others: f64,
}

impl Watch {
    /// This moment.
    pub fn read(&self) -> Outcome<Reading> {
        let own = Stat::of(std::process::id()).map_or(0, |s| s.own + s.ended);
        Ok(Reading {
            at: Instant::now(),
            server: self.server.and_then(Stat::of).map_or(0, |s| s.own + s.ended),
            own,
            load: self.load.iter().filter_map(|pid| Stat::of(*pid)).map(|s| s.own + s.ended).sum(),
            backends: self.backends()?,
            machine: machine()?,
        })
    }

    /// The processes of the databases that work for this run.
    fn backends(&self) -> Outcome<HashMap<u32, u64>> {
        let mut found = HashMap::new();
        if self.databases.is_empty() {
            return Ok(found);
        }
        for pid in self.databases.iter().copied() {
            // What ended backends used is kept by their parent.
            found.insert(pid, Stat::of(pid).map_or(0, |s| s.own + s.ended));
        }
        for entry in std::fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            let Some(stat) = Stat::of(pid) else { continue };
            if self.databases.contains(&stat.parent) && self.is_ours(pid) {
                found.insert(pid, stat.own);
            }
        }
        Ok(found)
    }

    fn is_ours(&self, pid: u32) -> bool {
        let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let title = title.replace('\0', " ");
        SHARED.iter().any(|word| title.contains(word)) || title.split(' ').any(|word| word == self.database)
    }
}

impl Reading {
    /// What was used since.
    pub fn until(&self, later: &Self) -> Used {
        let seconds = (later.at - self.at).as_secs_f64();
        let grown = |pid: &u32, now: &u64| now.saturating_sub(self.backends.get(pid).copied().unwrap_or(0));
        let backends: u64 = later.backends.iter().map(|(pid, now)| grown(pid, now)).sum();
        let server = later.server.saturating_sub(self.server);
        let load = later.load.saturating_sub(self.load) + later.own.saturating_sub(self.own);
        let busy = later.machine.saturating_sub(self.machine);
        let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
        let others = busy.saturating_sub(backends + server + load) as f64 / (seconds * TICKS * cores);
        let client = later.own.saturating_sub(self.own) as f64 / TICKS;
        Used { ours: (server + backends) as f64 / TICKS, client, others: others.min(1.0) }
    }
}

struct Stat {
    parent: u32,
    own: u64,
    ended: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in brackets may hold anything; the fields after it are counted from the third.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |n: usize| fields.get(n - 3).and_then(|f| f.parse::<u64>().ok());
        let parent = u32::try_from(number(4)?).ok()?;
        Some(Self { parent, own: number(14)? + number(15)?, ended: number(16)? + number(17)? })
    }
}

/// Ticks in which any processor did something.
fn machine() -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let fields: Vec<u64> = line.split_whitespace().skip(1).filter_map(|f| f.parse().ok()).collect();
    let idle = fields.get(3).copied().unwrap_or(0) + fields.get(4).copied().unwrap_or(0);
    // The guests of the last two fields are counted in the first two.
    Ok(fields.iter().take(8).sum::<u64>() - idle)
}

/// The machine: its processors and its memory, as it says them itself.
pub fn machine_word() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
        line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kib: f64 =
        field("/proc/meminfo", "MemTotal").trim_end_matches("kB").trim().parse().unwrap_or_default();
    format!("{cores} cores ({}), {:.0} GiB", field("/proc/cpuinfo", "model name"), kib / 1_048_576.0)
}

/// Memory that a process holds, in MiB.
pub fn resident_mib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0.0);
    kib / 1024.0
}
