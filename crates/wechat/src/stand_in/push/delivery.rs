//! Sending a push. WeChat waits five seconds for the answer, drops the connection, and tries three times in all; `success` or an empty body ends
//! it. What it does about any other answer is not documented: here an answer with a status of success is one, and any other status is none.

use std::time::{Duration, Instant};

use reqwest::{RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::{Post, Question, compose};
use super::settings::Console;
use super::{Body, How};
use crate::stand_in::ControlError;

/// Tries of one message.
const TRIES_MAX: usize = 3;
/// What is read of an answer; a real one has seven bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

/// What came of one push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The name of the event.
    pub event: String,
    /// Whether it was answered with `success` or nothing.
    pub accepted: bool,
    /// The tries, one after the other.
    pub tries: Vec<Try>,
}

/// One try of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The HTTP status; none where there was no answer in time.
    pub status: Option<u16>,
    /// The body of the answer.
    pub body: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// What came of the verification of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Whether what was asked came back as it was.
    pub verified: bool,
    /// The one try that there is.
    #[serde(flatten)]
    pub tried: Try,
}

impl Try {
    fn is_answer(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    fn is_accepting(&self) -> bool {
        self.is_answer() && matches!(self.body.trim(), "" | "success")
    }
}

/// Tells `event` as often as ordered, each time until there is an answer.
pub(in crate::stand_in) async fn send(
    http: &reqwest::Client,
    console: &Console,
    event: &Body,
    how: &How,
    now_us: impl Fn() -> i64,
) -> Result<Vec<Delivered>, ControlError> {
    let name = event.get("Event").and_then(Value::as_str).unwrap_or_default();
    let mut all = Vec::new();
    for _ in 0..how.times {
        if how.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(how.delay_ms)).await;
        }
        let now_s = now_us().div_euclid(crate::clock::SECOND_US);
        let post = compose(console, event, how, now_s)?;
        let tries = until_answered(http, &post, console.answer_within).await;
        let accepted = tries.last().is_some_and(Try::is_accepting);
        all.push(Delivered { event: name.to_owned(), accepted, tries });
    }
    Ok(all)
}

/// Asks an address to prove itself.
pub(in crate::stand_in) async fn verify(
    http: &reqwest::Client,
    console: &Console,
    question: Question,
) -> Verified {
    let tried = once(http.get(question.url), console.answer_within).await;
    Verified { verified: tried.status == Some(200) && tried.body == question.echostr, tried }
}

async fn until_answered(http: &reqwest::Client, post: &Post, within: Duration) -> Vec<Try> {
    let mut tries = Vec::new();
    while tries.len() < TRIES_MAX && !tries.last().is_some_and(Try::is_answer) {
        let request = http.post(post.url.clone()).header("content-type", post.content_type);
        tries.push(once(request.body(post.body.clone()), within).await);
    }
    tries
}

async fn once(request: RequestBuilder, within: Duration) -> Try {
    let begun = Instant::now();
    let answer = async {
        let response = request.timeout(within).send().await.ok()?;
        Some((response.status().as_u16(), text_of(response).await?))
    };
    let answer = answer.await;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answer {
        Some((status, body)) => Try { status: Some(status), body, ms },
        None => Try { status: None, body: String::new(), ms },
    }
}

async fn text_of(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            body.truncate(ANSWER_BYTES_MAX);
            break;
        }
    }
    Some(String::from_utf8_lossy(&body).into_owned())
}
