//! Servers for the tests: the ones that the environment names, or else ones of our own that end with the test.

use std::io::{BufRead, BufReader, PipeReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

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
    /// Starts this program, whose arguments may name the folder, and waits until it says that it is ready for connections.
    pub async fn start(
        program: &Path,
        port: u16,
        ready: &'static str,
        arguments: impl Fn(&Path) -> Vec<String>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (output, of_child) = std::io::pipe().unwrap();
        let mut command = Command::new(program);
        command.args(arguments(folder.path())).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(of_child.try_clone().unwrap()).stderr(of_child);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let server = Self { child, port, _folder: folder };
        // It holds the child's end of the pipe, which is to end with the child.
        drop(command);
        let told = tokio::task::spawn_blocking(move || listen(output, ready)).await.unwrap();
        told.unwrap_or_else(|told| panic!("{} ended at once: {told}", program.display()));
        server
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

/// Reads until a line says this; the error is what was said instead. What follows is read too, because the pipe must neither run full
/// nor break.
fn listen(output: PipeReader, ready: &str) -> Result<(), String> {
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let mut told = String::new();
    for line in lines.by_ref() {
        if line.contains(ready) {
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(());
        }
        told.push_str(&line);
        told.push('\n');
    }
    Err(told)
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
    Server::start(&program, port, "eady to accept connections", |folder| {
        let (port, folder) = (port.to_string(), folder.display().to_string());
        let words =
            ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--dir", &folder];
        words.iter().map(|word| (*word).to_owned()).collect()
    })
    .await
}
