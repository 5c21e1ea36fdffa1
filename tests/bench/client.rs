//! A small HTTP client that adds little to what it measures: requests made beforehand, one answer awaited at a time on each connection.
//! It knows exactly which requests were answered, which a generator that stops in mid-flight does not.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use serde_json::Value;

use crate::Outcome;
pub use crate::connection::{Answer, Connection};

/// Connections at a time.
pub const CONNECTIONS: usize = 32;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// The path after `/v1/`.
    pub path: &'a str,
    /// The access token; empty: anonymous.
    pub token: &'a str,
    /// The idempotency key; empty: none.
    pub key: &'a str,
    /// The encoding that is taken; empty: none.
    pub encoding: &'a str,
    /// The body; empty: none.
    pub body: &'a str,
}

impl Call<'_> {
    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { method, path, token, key, encoding, body } = self;
        let mut text = format!("{method} /v1/{path} HTTP/1.1\r\nHost: localhost\r\n");
        if !token.is_empty() {
            text.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        if !key.is_empty() {
            text.extend(["Idempotency-Key: ", key, "\r\n"]);
        }
        if !encoding.is_empty() {
            text.extend(["Accept-Encoding: ", encoding, "\r\n"]);
        }
        if !body.is_empty() {
            text += "Content-Type: application/json\r\n";
        }
        if *method != "GET" {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        text.extend(["\r\n", body]);
        text.into_bytes()
    }
}

/// What a measured load did.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Requests that were answered; these are the first so many of the list.
    pub answered: usize,
    /// Those of them that were not answered with 2xx.
    pub refused: usize,
    /// One of the refusals.
    pub refusal: String,
    /// From the first request to the last answer, in seconds.
    pub seconds: f64,
    /// Of each answer that counts, in milliseconds, in order of size.
    pub latencies: Vec<f64>,
}

impl Load {
    /// One more, after so many milliseconds.
    pub fn note(&mut self, took: f64, refusal: Option<String>) {
        self.latencies.push(took);
        self.note_answer(refusal);
    }
    /// One more, whose latency does not count.
    pub fn note_answer(&mut self, refusal: Option<String>) {
        self.answered += 1;
        if let Some(refusal) = refusal {
            self.refused += 1;
            self.refusal = refusal;
        }
    }
    /// All of it was done in so many seconds.
    pub fn ended(mut self, seconds: f64) -> Self {
        self.seconds = seconds;
        self.latencies.sort_by(f64::total_cmp);
        self
    }
    /// The latency that this share of the answers does not exceed.
    pub fn latency(&self, share: f64) -> Option<f64> {
        let n = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(n.min(self.latencies.len().saturating_sub(1))).copied()
    }
}

/// Asks at most `total` requests, each made by `make`, until the time is over.
pub fn load(address: &str, total: usize, seconds: f64, make: impl Fn(usize) -> Vec<u8>) -> Outcome<Load> {
    lanes(
        async || Connection::open(address).await,
        total,
        seconds,
        async |connection, n| connection.tell(&make(n)).await,
    )
}

/// Does at most `total` pieces of work, one at a time on each of the lanes that `open` makes, and begins none when the time is over. What a
/// piece answers is why it was refused.
pub fn lanes<Lane>(
    open: impl AsyncFn() -> Outcome<Lane>,
    total: usize,
    seconds: f64,
    work: impl AsyncFn(&mut Lane, usize) -> Outcome<Option<String>>,
) -> Outcome<Load> {
    let (next, stopped) = (Cell::new(0), Cell::new(false));
    let done = RefCell::new(Load::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = Instant::now();
    let lane = || async {
        let mut lane = open().await?;
        while start.elapsed().as_secs_f64() < seconds && !stopped.get() {
            let n = next.replace(next.get() + 1);
            if n >= total {
                break;
            }
            let begun = Instant::now();
            let refusal = work(&mut lane, n).await.inspect_err(|_| stopped.set(true))?;
            done.borrow_mut().note(begun.elapsed().as_secs_f64() * 1_000.0, refusal);
        }
        Outcome::Ok(())
    };
    let lanes = (0..CONNECTIONS.min(total)).map(|_| lane());
    runtime.block_on(futures_util::future::try_join_all(lanes))?;
    Ok(done.into_inner().ended(start.elapsed().as_secs_f64()))
}

/// Asks all of these; the answers, in their order.
pub fn all(address: &str, calls: &[Call<'_>]) -> Outcome<Vec<Answer>> {
    let answers = RefCell::new(vec![Answer::default(); calls.len()]);
    lanes(
        async || Connection::open(address).await,
        calls.len(),
        f64::INFINITY,
        async |connection, n| {
            let answer = connection.ask(&calls[n].bytes()).await?;
            let refusal = answer.refusal();
            answers.borrow_mut()[n] = answer;
            Ok(refusal)
        },
    )?;
    Ok(answers.into_inner())
}

/// Asks for one thing, anonymously or not.
pub fn get(address: &str, path: &str, token: &str) -> Outcome<Answer> {
    let call = Call { method: "GET", path, token, ..Call::default() };
    Ok(all(address, &[call])?.remove(0))
}

/// Every item of a list, page after page, until `enough` of what there is.
pub fn pages(
    address: &str,
    path: &str,
    token: &str,
    mut enough: impl FnMut(&[Value]) -> bool,
) -> Outcome<Vec<Value>> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(address, &format!("{path}{cursor}"), token)?.json()?;
        items.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["nextCursor"].as_str() {
            Some(next) if !enough(&items) => cursor = format!("&cursor={next}"),
            _ => return Ok(items),
        }
    }
}
