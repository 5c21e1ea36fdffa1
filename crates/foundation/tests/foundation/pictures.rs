//! The picture store, in a folder and in a bucket.

use std::path::PathBuf;

use bytes::Bytes;
use foundation::pictures::{
    PictureStore, PictureStoreError, PictureStoreSettings, Prepared, S3Settings, Size,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::servers::{Server, free_port, in_path};

const BUCKET: &str = "jishan-pictures";

fn picture(hash: &str) -> Prepared {
    let (jpeg, thumbnail) = (Bytes::from_static(b"large"), Bytes::from_static(b"small"));
    Prepared { hash: hash.to_owned(), width: 4, height: 3, jpeg, thumbnail }
}

/// What holds for every store.
async fn keeps_pictures(store: &PictureStore) {
    let hash = "0123456789abcdef".repeat(4);
    store.probe().await.unwrap();
    assert_eq!(store.get(&hash, Size::Full).await.unwrap(), None);
    store.delete(&hash).await.unwrap();

    for _ in 0..2 {
        store.put(&picture(&hash)).await.unwrap();
        assert_eq!(store.get(&hash, Size::Full).await.unwrap().as_deref(), Some(&b"large"[..]));
        assert_eq!(store.get(&hash, Size::Thumbnail).await.unwrap().as_deref(), Some(&b"small"[..]));
    }
    for _ in 0..2 {
        store.delete(&hash).await.unwrap();
        assert_eq!(store.get(&hash, Size::Full).await.unwrap(), None);
        assert_eq!(store.get(&hash, Size::Thumbnail).await.unwrap(), None);
    }
    names_lead_nowhere(store).await;
}

async fn names_lead_nowhere(store: &PictureStore) {
    let hash = "ab".repeat(32);
    for name in
        ["", "../../../etc/passwd", &hash.to_uppercase(), &hash[..63], &format!("{hash}0"), &"é".repeat(32)]
    {
        assert_eq!(store.get(name, Size::Full).await.unwrap(), None, "{name}");
        store.delete(name).await.unwrap();
        let put = store.put(&picture(name)).await;
        assert!(matches!(put, Err(PictureStoreError::MalformedHash)), "{name}: {put:?}");
    }
}

#[tokio::test]
async fn a_folder_keeps_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/when/missing");
    let store = PictureStore::open(&PictureStoreSettings::Local { root: root.clone() }).unwrap();
    keeps_pictures(&store).await;
    let hash = "cd".repeat(32);
    store.put(&picture(&hash)).await.unwrap();
    for name in [format!("{hash}.jpg"), format!("{hash}-thumb.jpg")] {
        assert!(root.join("pictures/cd/cd").join(&name).is_file(), "{name}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let root = file.path().join("below");
    let error = PictureStore::open(&PictureStoreSettings::Local { root: root.clone() }).unwrap_err();
    assert!(error.to_string().contains(&root.display().to_string()), "{error}");
}

/// The program that stands in for S3.
fn moto() -> PathBuf {
    let named = std::env::var_os("JISHAN_TEST_MOTO").map(PathBuf::from);
    let installed = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.local/venv/bin/moto_server"));
    named
        .or_else(|| Some(installed).filter(|file| file.is_file()))
        .or_else(|| in_path("moto_server"))
        .expect("this test needs moto_server, which stands in for S3: `scripts/services tools` installs it")
}

/// The S3 that the environment names, or one of our own, which lives as long as the second part.
async fn s3() -> (String, Option<Server>) {
    if let Ok(endpoint) = std::env::var("JISHAN_TEST_S3") {
        return (endpoint, None);
    }
    let port = free_port();
    let server = Server::start(&moto(), port, "Running on http://", |_| {
        ["-H", "127.0.0.1", "-p", &port.to_string()].iter().map(|word| (*word).to_owned()).collect()
    })
    .await;
    (format!("http://127.0.0.1:{port}"), Some(server))
}

fn settings(endpoint: &str) -> S3Settings {
    S3Settings {
        bucket: BUCKET.to_owned(),
        endpoint: endpoint.to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: "AKIDTEST".to_owned(),
        secret_access_key: Zeroizing::new("a-secret-of-a-test".to_owned()),
        allow_http: true,
        virtual_hosted: false,
    }
}

/// Makes the bucket, which is the operator's task and therefore nothing that the store can do.
async fn make_bucket(endpoint: &str) {
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let credential = "AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/us-east-1/s3/aws4_request";
    let request = format!(
        "PUT /{BUCKET} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {credential}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let made = [" 200 ", " 409 "]
        .iter()
        .any(|status| answer.lines().next().is_some_and(|line| line.contains(status)));
    assert!(made, "{answer}");
}

#[tokio::test]
async fn a_bucket_keeps_pictures() {
    let (endpoint, _server) = s3().await;
    make_bucket(&endpoint).await;
    keeps_pictures(&PictureStore::open(&PictureStoreSettings::S3(settings(&endpoint))).unwrap()).await;
}

#[tokio::test]
async fn a_bucket_out_of_reach_is_an_error_not_a_missing_picture() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let store = PictureStore::open(&PictureStoreSettings::S3(settings(&endpoint))).unwrap();
    let hash = "ef".repeat(32);
    assert!(matches!(store.get(&hash, Size::Full).await, Err(PictureStoreError::Unavailable(_))));
    assert!(matches!(store.put(&picture(&hash)).await, Err(PictureStoreError::Unavailable(_))));
    assert!(store.probe().await.is_err());
}

#[tokio::test]
async fn http_without_tls_has_to_be_allowed() {
    let (endpoint, _server) = s3().await;
    let settings = S3Settings { allow_http: false, ..settings(&endpoint) };
    let store = PictureStore::open(&PictureStoreSettings::S3(settings));
    assert!(match store {
        Err(_) => true,
        Ok(store) => store.probe().await.is_err(),
    });
}

#[test]
fn the_text_for_logs_holds_no_secret() {
    let shown = format!("{:?}", PictureStoreSettings::S3(settings("http://127.0.0.1:9000")));
    assert!(
        shown.contains(BUCKET) && !shown.contains("a-secret-of-a-test") && !shown.contains("AKIDTEST"),
        "{shown}"
    );
    let store = PictureStore::open(&PictureStoreSettings::S3(settings("http://127.0.0.1:9000"))).unwrap();
    let shown = format!("{store:?}");
    assert!(!shown.contains("a-secret-of-a-test"), "{shown}");
}
