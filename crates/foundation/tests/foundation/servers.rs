//! Servers for the tests: the ones that the environment names, or else ones of our own that end with the test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// A server of our own, on a port of its own and in a folder of its own; ends when dropped.
pub struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    /// Starts this program, whose arguments may name the folder, and waits until it listens on this port.
    pub async fn start(program: &Path, port: u16, arguments: impl Fn(&Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(arguments(folder.path())).current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let mut server = Self { child, port, _folder: folder };
        server.listens(program).await;
        server
    }

    async fn listens(&mut self, program: &Path) {
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{} ended at once: {ended:?}", program.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} does not listen on port {} after 30 seconds", program.display(), self.port);
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server; its port stays free for the next one.
    pub fn stop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Where this program is, if it is in one of the folders of PATH.
pub fn in_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A Redis of our own, on this port if one is named.
pub async fn redis(port: Option<u16>) -> Server {
    let program = in_path("redis-server").unwrap_or_else(|| PathBuf::from("/usr/bin/redis-server"));
    let port = port.unwrap_or_else(free_port);
    Server::start(&program, port, |folder| {
        let (port, folder) = (port.to_string(), folder.display().to_string());
        let words =
            ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--dir", &folder];
        words.iter().map(|word| (*word).to_owned()).collect()
    })
    .await
}
