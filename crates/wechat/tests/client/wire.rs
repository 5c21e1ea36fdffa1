//! What happens below HTTP's good manners: connections that break and answers that lead elsewhere.
//!
//! The stand-in always speaks proper HTTP, so these tests have a server of a few lines that sends what it is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wechat::{BaseUrl, Client, Identity, Outage, Secret, Settings, WechatError};

use crate::support::{APP_ID, APP_SECRET, NOON_US, anywhere};

const SIGNED_IN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"openid\":\"o\"}";
const MOVED: &str = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
const CUT_OFF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"open";
const ENDLESS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A server that gives each request the next answer; an empty or unfinished one is followed by the end of the connection.
struct Wire {
    client: Client,
    requests: Arc<AtomicUsize>,
}

impl Wire {
    async fn answering(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind(anywhere()).await.unwrap();
        let mut settings = Settings::new(APP_ID, Secret::new(APP_SECRET));
        let url = format!("http://{}", listener.local_addr().unwrap());
        settings.base_url = BaseUrl::overridden(&url).unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                answer_all(connection, answers, &counted).await;
            }
        });
        Self { client: Client::new(settings, Arc::new(|| NOON_US)).unwrap(), requests }
    }

    async fn sign_in(&self) -> Result<Identity, WechatError> {
        self.client.sign_in("a-code").await
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn answer_all(mut connection: TcpStream, answers: &[&str], requests: &AtomicUsize) {
    let mut read = Vec::new();
    while connection.read_buf(&mut read).await.is_ok_and(|count| count > 0) {
        if !read.ends_with(b"\r\n\r\n") {
            continue;
        }
        read.clear();
        let answer = answers.get(requests.fetch_add(1, Ordering::SeqCst)).copied().unwrap_or_default();
        connection.write_all(answer.as_bytes()).await.unwrap();
        match answer {
            "" | CUT_OFF => return,
            ENDLESS => return write_forever(connection).await,
            _ => {}
        }
    }
}

async fn write_forever(mut connection: TcpStream) {
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    while connection.write_all(chunk.as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn a_kept_connection_that_breaks_after_the_request_is_not_replaced_by_a_second_try() {
    let wire = Wire::answering(&[SIGNED_IN, "", SIGNED_IN]).await;
    wire.sign_in().await.unwrap();
    // It may have been acted upon: this is not the outage in which nothing was sent.
    assert_eq!(wire.sign_in().await, Err(WechatError::Unavailable(Outage::Unreadable)));
    assert_eq!(wire.requests(), 2);
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_secret_elsewhere() {
    let wire = Wire::answering(&[MOVED, SIGNED_IN]).await;
    assert_eq!(wire.sign_in().await, Err(WechatError::Unavailable(Outage::Status(302))));
    assert_eq!(wire.requests(), 1);
}

#[tokio::test]
async fn an_answer_cut_off_by_the_network_is_unreadable() {
    let wire = Wire::answering(&[CUT_OFF, SIGNED_IN]).await;
    assert_eq!(wire.sign_in().await, Err(WechatError::Unavailable(Outage::Unreadable)));
    assert_eq!(wire.requests(), 1);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let wire = Wire::answering(&[ENDLESS]).await;
    assert_eq!(wire.sign_in().await, Err(WechatError::Unavailable(Outage::Unreadable)));
}
