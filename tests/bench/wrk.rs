//! The generator of reads: wrk with one thread and 32 connections.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::CONNECTIONS;
use crate::reads::Requests;
use crate::rounds::Turn;
use crate::{Outcome, children};

/// How wrk asks.
#[derive(Debug)]
pub struct Wrk {
    script: PathBuf,
    requests: Option<PathBuf>,
    first: String,
    encoding: &'static str,
}

impl Wrk {
    /// For one request, or for many of them in turn; the answers come in this encoding, if it is not empty.
    pub fn new(folder: &Path, requests: &Requests, encoding: &'static str) -> Outcome<Self> {
        let script = folder.join("wrk.lua");
        std::fs::write(&script, include_str!("wrk.lua"))?;
        let (first, _) = requests.first().ok_or("there is nothing to ask for")?;
        let mut list = None;
        if requests.len() > 1 {
            let file = folder.join("requests.txt");
            let lines: Vec<String> =
                requests.iter().map(|(path, token)| format!("/v1/{path} {token}")).collect();
            std::fs::write(&file, lines.join("\n"))?;
            list = Some(file);
        }
        Ok(Self { script, requests: list, first: format!("/v1/{first}"), encoding })
    }

    /// Asks a server for so many seconds. What was used is left to the caller.
    pub fn ask(&self, address: &str, seconds: u32) -> Outcome<Turn> {
        let mut command = Command::new("wrk");
        command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "-s"]).arg(&self.script);
        if !self.encoding.is_empty() {
            command.args(["-H", &format!("Accept-Encoding: {}", self.encoding)]);
        }
        command.arg(format!("http://{address}{}", self.first));
        if let Some(requests) = &self.requests {
            command.arg("--").arg(requests);
        }
        read(&children::run(&mut command)?)
    }
}

fn read(output: &str) -> Outcome<Turn> {
    let line = output.lines().find_map(|line| line.strip_prefix("figures "));
    let line = line.ok_or_else(|| format!("wrk told no figures: {output}"))?;
    let figures: Vec<f64> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [requests, microseconds, lost, refused, p50, p99] = figures[..] else {
        return Err(format!("wrk told other figures: {line}").into());
    };
    let bad = lost + refused;
    let refusal = if bad > 0.0 { format!("{lost} lost, {refused} refused") } else { String::new() };
    Ok(Turn {
        answered: requests as usize,
        refused: bad as usize,
        refusal,
        seconds: microseconds / 1e6,
        p50: Some(p50),
        p99: Some(p99),
        ..Turn::default()
    })
}
