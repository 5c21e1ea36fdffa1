//! A Redis of a test's own: it can be frozen, killed, emptied and put back to what it held before.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A Redis.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts one.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let port = free.expect("there is a free port").port();
        let redis = Self { child: Self::run(port, folder.path()), port, folder };
        redis.answers().await;
        redis
    }

    fn run(port: u16, folder: &Path) -> Child {
        Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir", &folder.display().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Redis starts")
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    async fn connection(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.address())?.get_multiplexed_async_connection().await
    }

    /// Asks until it answers, which it does as soon as it has read its file.
    async fn answers(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.tell("PING").await.is_err() {
            assert!(Instant::now() < until, "Redis does not answer");
        }
    }

    /// Gives it a command.
    pub async fn tell(&self, command: &str) -> redis::RedisResult<()> {
        let mut connection = self.connection().await?;
        redis::cmd(command).query_async::<redis::Value>(&mut connection).await.map(drop)
    }

    /// Stops it in the middle of whatever it does: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of ours that was not waited for.
        #[expect(unsafe_code, reason = "the standard library sends no other signal than SIGKILL")]
        unsafe {
            libc::kill(self.child.id() as i32, signal);
        }
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again: empty, or with what was kept.
    pub async fn revive(&mut self, kept: Option<&Path>) {
        let dump = self.folder.path().join("dump.rdb");
        drop(std::fs::remove_file(&dump));
        if let Some(kept) = kept {
            std::fs::copy(kept, &dump).expect("what was kept can be put back");
        }
        self.child = Self::run(self.port, self.folder.path());
        self.answers().await;
    }

    /// Keeps what it holds now, under a name.
    pub async fn keep(&self, name: &str) -> PathBuf {
        self.tell("SAVE").await.expect("it saves");
        let kept = self.folder.path().join(name);
        std::fs::copy(self.folder.path().join("dump.rdb"), &kept).expect("it can be kept");
        kept
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
