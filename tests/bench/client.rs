//! A small HTTP client that adds little to what it measures: requests made beforehand, one answer awaited at a time on each connection.
//! It knows exactly which requests were answered, which a generator that stops in mid-flight does not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// Connections at a time.
pub const CONNECTIONS: usize = 32;
/// A server that is silent for so long fails the run.
const SILENCE: Duration = Duration::from_secs(30);

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
    /// The body; empty: none.
    pub body: &'a str,
}

impl Call<'_> {
    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { method, path, token, key, body } = self;
        let mut text = format!("{method} /v1/{path} HTTP/1.1\r\nHost: localhost\r\n");
        if !token.is_empty() {
            text.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        if !key.is_empty() {
            text.extend(["Idempotency-Key: ", key, "\r\n"]);
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

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of an answer that is well.
    pub fn json(&self) -> Outcome<Value> {
        let text = String::from_utf8_lossy(&self.body);
        if !(200..300).contains(&self.status) {
            return Err(format!("the server answered {}: {text}", self.status).into());
        }
        Ok(serde_json::from_str(&text)?)
    }
    /// What it says, if it is not well.
    pub fn refusal(&self) -> Option<String> {
        let well = (200..300).contains(&self.status);
        (!well).then(|| format!("{} {}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

/// A connection that is kept alive.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address: address.to_owned(), stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Asks, and awaits the answer. A connection that the server closed before it said anything is opened anew, as every client does; what
    /// is asked here may be asked twice.
    pub async fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        match self.ask_once(request).await {
            Err(_) if self.buffer.is_empty() => {
                *self = Self::open(&self.address).await?;
                self.ask_once(request).await
            }
            outcome => outcome,
        }
    }

    async fn ask_once(&mut self, request: &[u8]) -> Outcome<Answer> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            self.more().await?;
        };
        let mut answer = Answer::default();
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        answer.status = text.get(9..12).and_then(|s| s.parse().ok()).ok_or("not an answer of HTTP")?;
        let mut length = 0;
        for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "content-type" => value.clone_into(&mut answer.content_type),
                "transfer-encoding" => return Err("an answer in chunks".into()),
                _ => {}
            }
        }
        while self.buffer.len() < head + 4 + length {
            self.more().await?;
        }
        answer.body = self.buffer[head + 4..head + 4 + length].to_vec();
        Ok(answer)
    }

    async fn more(&mut self) -> Outcome {
        let read = tokio::time::timeout(SILENCE, self.stream.read_buf(&mut self.buffer));
        let read = read.await.map_err(|_| "the server does not answer")??;
        if read == 0 { Err("the server closed the connection".into()) } else { Ok(()) }
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
    /// Of each answer, in milliseconds, in order of size.
    pub latencies: Vec<f64>,
}

impl Load {
    /// One more, after so many milliseconds.
    pub fn note(&mut self, took: f64, refusal: Option<String>) {
        self.answered += 1;
        self.latencies.push(took);
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
pub fn load(
    address: &str,
    total: usize,
    seconds: f64,
    make: impl Fn(usize) -> Vec<u8>,
    mut each: impl FnMut(usize, Answer),
) -> Outcome<Load> {
    let each = Mutex::new(&mut each);
    lanes(address, total, seconds, async |connection, n| {
        let answer = connection.ask(&make(n)).await?;
        let refusal = answer.refusal();
        each.lock().unwrap_or_else(PoisonError::into_inner)(n, answer);
        Ok(refusal)
    })
}

/// Does at most `total` pieces of work, one at a time on each connection, and begins none when the time is over. What a piece answers is
/// why it was refused.
pub fn lanes(
    address: &str,
    total: usize,
    seconds: f64,
    work: impl AsyncFn(&mut Connection, usize) -> Outcome<Option<String>>,
) -> Outcome<Load> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done = Mutex::new(Load::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = Instant::now();
    let lane = || async {
        let mut connection = Connection::open(address).await?;
        while start.elapsed().as_secs_f64() < seconds && !stopped.load(Ordering::Relaxed) {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= total {
                break;
            }
            let begun = Instant::now();
            let refusal =
                work(&mut connection, n).await.inspect_err(|_| stopped.store(true, Ordering::Relaxed))?;
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            done.lock().unwrap_or_else(PoisonError::into_inner).note(took, refusal);
        }
        Outcome::Ok(())
    };
    let lanes = (0..CONNECTIONS.min(total)).map(|_| lane());
    runtime.block_on(futures_util::future::try_join_all(lanes))?;
    let load = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(load.ended(start.elapsed().as_secs_f64()))
}

/// Asks all of these; the answers, in their order.
pub fn all(address: &str, calls: &[Call<'_>]) -> Outcome<Vec<Answer>> {
    let mut answers = vec![Answer::default(); calls.len()];
    load(address, calls.len(), f64::INFINITY, |n| calls[n].bytes(), |n, answer| answers[n] = answer)?;
    Ok(answers)
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
