//! What Redis alone does when it is asked for the first fifty of a sorted set, one question at a time on each connection.

use std::process::Command;

use crate::client::CONNECTIONS;
use crate::own_redis::OwnRedis;
use crate::rounds::Turn;
use crate::{Outcome, children};

/// Members of the set: as many as a platform of scale 1 has residents.
const MEMBERS: usize = 38_000;
/// How many are added at a time.
const SOME: usize = 1_000;
/// Questions for each second that a turn is to last.
const ASKED: usize = 40_000;

/// The name of the set; it goes with the Redis of the run.
const KEY: &str = "bench-zset";

/// A set.
pub struct Zset<'a>(&'a OwnRedis);

impl<'a> Zset<'a> {
    /// Makes it.
    pub fn make(redis: &'a OwnRedis) -> Outcome<Self> {
        let mut connection = redis::Client::open(redis.url())?.get_connection()?;
        for first in (0..MEMBERS).step_by(SOME) {
            let mut add = redis::cmd("ZADD");
            add.arg(KEY);
            for n in first..first + SOME {
                add.arg(n * 7_919 % 100_003).arg(format!("{n:012}"));
            }
            add.query::<()>(&mut connection)?;
        }
        Ok(Self(redis))
    }

    /// Asks for about so many seconds.
    pub fn turn(&self, seconds: u32) -> Outcome<Turn> {
        let asked = ASKED * seconds as usize;
        let mut command = Command::new("redis-benchmark");
        command.arg("-s").arg(self.0.socket());
        command.args(["-c", &CONNECTIONS.to_string(), "-n", &asked.to_string(), "--csv"]);
        command.args(["ZREVRANGE", KEY, "0", "49"]);
        read(&children::run(&mut command)?, asked)
    }
}

/// The last line has the name, the rate, and latencies in milliseconds: mean, least, p50, p95, p99, most.
fn read(output: &str, asked: usize) -> Outcome<Turn> {
    let line = output.lines().rev().find(|line| line.contains("ZREVRANGE")).unwrap_or_default();
    let figures: Vec<f64> =
        line.split(',').skip(1).filter_map(|part| part.trim_matches('"').parse().ok()).collect();
    let [rate, _, _, p50, _, p99, _] = figures[..] else {
        return Err(format!("redis-benchmark told no figures: {output}").into());
    };
    Ok(Turn {
        answered: asked,
        seconds: asked as f64 / rate,
        p50: Some(p50),
        p99: Some(p99),
        ..Turn::default()
    })
}
