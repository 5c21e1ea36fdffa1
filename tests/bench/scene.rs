//! What the data holds, read over HTTP as anybody reads it, and what is drawn from it by chance.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Outcome;
use crate::client;

/// Deeds of so many days are read and liked.
const DAYS: usize = 7;
/// A small town's week is too short: so many deeds are taken at least, if there are.
const DEEDS_MIN: usize = 500;

/// What every workload needs to know.
#[derive(Debug)]
pub struct Scene {
    /// The root unit.
    pub root: String,
    /// The newest deeds, newest first.
    pub deeds: Vec<String>,
    /// Today, as the server says it.
    pub today: String,
}

impl Scene {
    /// Reads it.
    pub fn read(address: &str) -> Outcome<Self> {
        let units = client::get(address, "units", "")?.json()?;
        let root = text(&units["items"][0]["id"])?;
        let deeds = client::pages(address, "deeds?limit=100", "", |so_far| {
            days(so_far).len() > DAYS && so_far.len() >= DEEDS_MIN
        })?;
        let week: BTreeSet<String> = days(&deeds).into_iter().rev().take(DAYS).collect();
        let kept = deeds.iter().enumerate().filter(|(n, d)| *n < DEEDS_MIN || week.contains(day(d)));
        let deeds = kept.map(|(_, deed)| text(&deed["id"])).collect::<Outcome<Vec<_>>>()?;
        let board = client::get(address, &format!("rankings/{root}?period=day&limit=1"), "")?.json()?;
        Ok(Self { today: text(&board["period"]["start"])?, root, deeds })
    }
}

fn day(deed: &Value) -> &str {
    deed["publishedAt"].as_str().and_then(|at| at.get(..10)).unwrap_or_default()
}

fn days(deeds: &[Value]) -> BTreeSet<String> {
    deeds.iter().map(|deed| day(deed).to_owned()).collect()
}

/// The text of a JSON string.
pub fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or_else(|| format!("{value} is no text"))?.to_owned())
}

/// The id in an answer, without reading all of it: the load is to cost little beside what it loads.
pub fn id_of(body: &[u8]) -> Outcome<String> {
    let text = std::str::from_utf8(body)?;
    let id = text.split_once(r#""id":""#).and_then(|(_, rest)| rest.split_once('"'));
    Ok(id.ok_or("an answer without an id")?.0.to_owned())
}

/// Chance that is the same in every run (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
    /// Puts things in another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for n in (1..things.len()).rev() {
            things.swap(n, self.below(n + 1));
        }
    }
}

/// The n-th is drawn with a chance of 1/n.
#[derive(Debug)]
pub struct Zipf {
    sums: Vec<f64>,
}

impl Zipf {
    /// Of so many things.
    pub fn new(n: usize) -> Self {
        let sums = (1..=n).scan(0.0, |sum, k| {
            *sum += 1.0 / k as f64;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }
    /// One of them, counted from 0.
    pub fn draw(&self, chance: &mut Chance) -> usize {
        let at = chance.unit() * self.sums.last().copied().unwrap_or(0.0);
        self.sums.partition_point(|sum| *sum < at).min(self.sums.len().saturating_sub(1))
    }
}
