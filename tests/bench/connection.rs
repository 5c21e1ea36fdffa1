//! A connection that is kept alive and costs little: an answer is read where it lies, and copied only for who wants to keep it.

use std::ops::Range;
use std::time::Duration;

use httparse::{EMPTY_HEADER, Response, Status};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// A server that is silent for so long fails the run.
const SILENCE: Duration = Duration::from_secs(30);
/// More headers than an answer has.
const HEADERS_MAX: usize = 48;

/// An answer that was kept.
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
        if !is_well(self.status) {
            return Err(format!("the server answered {}: {text}", self.status).into());
        }
        Ok(serde_json::from_str(&text)?)
    }
    /// What it says, if it is not well.
    pub fn refusal(&self) -> Option<String> {
        refusal(self.status, &self.body)
    }
}

fn is_well(status: u16) -> bool {
    (200..300).contains(&status)
}

fn refusal(status: u16, body: &[u8]) -> Option<String> {
    (!is_well(status)).then(|| format!("{status} {}", String::from_utf8_lossy(body)))
}

/// The head of an answer: its status, and how long it and its body are.
#[derive(Debug, Clone, Copy, Default)]
struct Head {
    status: u16,
    bytes: usize,
    length: usize,
    in_chunks: bool,
}

/// A connection.
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

    /// Asks, and keeps the answer.
    pub async fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        let (head, body) = self.exchange(request).await?;
        let content_type = self.header("content-type").unwrap_or_default();
        Ok(Answer { status: head.status, content_type, body: self.buffer[body].to_vec() })
    }

    /// Asks, and only looks whether the answer is well; what it says if it is not.
    pub async fn tell(&mut self, request: &[u8]) -> Outcome<Option<String>> {
        let (head, body) = self.exchange(request).await?;
        Ok(refusal(head.status, &self.buffer[body]))
    }

    /// A connection that the server closed before it said anything is opened anew, as every client does; what is asked here may be asked
    /// twice.
    async fn exchange(&mut self, request: &[u8]) -> Outcome<(Head, Range<usize>)> {
        match self.exchange_once(request).await {
            Err(_) if self.buffer.is_empty() => {
                *self = Self::open(&self.address).await?;
                self.exchange_once(request).await
            }
            outcome => outcome,
        }
    }

    async fn exchange_once(&mut self, request: &[u8]) -> Outcome<(Head, Range<usize>)> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.more().await?;
            if let Some(head) = self.head()? {
                break head;
            }
        };
        let body = if head.in_chunks {
            self.chunks(head.bytes).await?
        } else {
            self.at_least(head.bytes + head.length).await?;
            head.bytes..head.bytes + head.length
        };
        Ok((head, body))
    }

    /// The head, once all of it is there.
    fn head(&self) -> Outcome<Option<Head>> {
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut response = Response::new(&mut headers);
        let Status::Complete(bytes) = response.parse(&self.buffer)? else { return Ok(None) };
        let mut head = Head { status: response.code.unwrap_or_default(), bytes, ..Head::default() };
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                head.length = std::str::from_utf8(header.value)?.trim().parse()?;
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                head.in_chunks = true;
            }
        }
        Ok(Some(head))
    }

    /// A header of the last answer.
    fn header(&self, name: &str) -> Option<String> {
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut response = Response::new(&mut headers);
        response.parse(&self.buffer).ok()?;
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(found.value).into_owned())
    }

    /// A body that comes in chunks, as what is compressed on the way does; it is put together where it lies.
    async fn chunks(&mut self, from: usize) -> Outcome<Range<usize>> {
        let (mut at, mut end) = (from, from);
        loop {
            let size =
                httparse::parse_chunk_size(&self.buffer[at..]).map_err(|_| "a chunk without a size")?;
            let Status::Complete((head, size)) = size else {
                self.more().await?;
                continue;
            };
            let (start, size) = (at + head, usize::try_from(size)?);
            at = start + size + 2;
            self.at_least(at).await?;
            self.buffer.copy_within(start..start + size, end);
            end += size;
            if size == 0 {
                return Ok(from..end);
            }
        }
    }

    async fn at_least(&mut self, bytes: usize) -> Outcome {
        while self.buffer.len() < bytes {
            self.more().await?;
        }
        Ok(())
    }

    async fn more(&mut self) -> Outcome {
        let read = tokio::time::timeout(SILENCE, self.stream.read_buf(&mut self.buffer));
        let read = read.await.map_err(|_| "the server does not answer")??;
        if read == 0 { Err("the server closed the connection".into()) } else { Ok(()) }
    }
}
