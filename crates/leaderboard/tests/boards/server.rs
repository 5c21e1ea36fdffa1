//! A Redis of the test's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server that is killed and forgotten at the end.
pub struct Server {
    child: Child,
    folder: TempDir,
}

impl Server {
    /// Starts one and waits until it says that it is ready.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = launch(&folder);
        Self { child, folder }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("unix://{}", socket(&self.folder).display())
    }

    /// Ends it without a goodbye.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, empty, at the same address.
    pub fn start_again(&mut self) {
        self.child = launch(&self.folder);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket(folder: &TempDir) -> PathBuf {
    folder.path().join("redis.sock")
}

fn launch(folder: &TempDir) -> Child {
    let mut child = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(socket(folder))
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines.any(|line| line.unwrap().contains("eady to accept connections"));
    assert!(ready, "redis-server did not start");
    std::thread::spawn(move || lines.for_each(drop)); // its pipe must not run full or break
    child
}
