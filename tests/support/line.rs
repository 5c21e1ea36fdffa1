//! A line that can fail: a TCP proxy of a test's own between two that speak over it. It stands still, it is cut, or it loses the answer to a
//! request that has arrived; whoever answered has then done what was asked, and whoever asked does not know.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    /// It takes connections and carries nothing, and nobody is told.
    Frozen,
    /// Connections end, and new ones end at once.
    Cut,
}

/// Requests that are watched for: those that hold these bytes, and to how many of them the answer will be lost.
#[derive(Debug, Default)]
struct Watch {
    needle: Vec<u8>,
    to_lose: usize,
}

/// What the line and its connections share.
#[derive(Debug)]
struct Shared {
    watch: Mutex<Watch>,
    /// How many of the requests that are watched for have been carried.
    carried: watch::Sender<usize>,
}

/// A line to an address.
#[derive(Debug)]
pub struct Line {
    /// Where it begins.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
    server: Arc<OnceLock<String>>,
    accepting: JoinHandle<()>,
}

impl Line {
    /// A line to a server (`127.0.0.1:8081`).
    pub async fn to(server: &str) -> Self {
        let line = Self::ahead().await;
        line.lead_to(server);
        line
    }

    /// A line to a server that is told later, because it wants to know where the line begins.
    pub async fn ahead() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let (mode, watched) = watch::channel(Mode::Open);
        let shared = Arc::new(Shared { watch: Mutex::default(), carried: watch::channel(0).0 });
        let server: Arc<OnceLock<String>> = Arc::default();
        let (leads_to, sharing) = (server.clone(), shared.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let server = leads_to.get().expect("the line leads somewhere").clone();
                tokio::spawn(carry(near, server, watched.clone(), sharing.clone()));
            }
        });
        Self { address, mode, shared, server, accepting }
    }

    /// Where it leads, once.
    pub fn lead_to(&self, server: &str) {
        self.server.set(server.to_owned()).expect("the line leads nowhere yet");
    }

    /// Loses the answers to the next so many requests that hold this text: each arrives, is answered, and the connection ends.
    pub fn lose_answers_to(&self, needle: &str, many: usize) {
        *held(&self.shared.watch) = Watch { needle: needle.as_bytes().to_vec(), to_lose: many };
        self.shared.carried.send_replace(0);
    }

    /// How many answers are still to be lost.
    pub fn still_to_lose(&self) -> usize {
        held(&self.shared.watch).to_lose
    }

    /// Watches for a request that holds this text.
    pub fn watch_for(&self, needle: &str) {
        self.lose_answers_to(needle, 0);
    }

    /// Waits until a request that is watched for has been carried.
    pub async fn carried(&self) {
        let mut carried = self.shared.carried.subscribe();
        carried.wait_for(|many| *many > 0).await.expect("the line is there");
    }

    /// Carries nothing any more, and tells nobody.
    pub fn freeze(&self) {
        self.mode.send_replace(Mode::Frozen);
    }

    /// Ends all connections, and every new one.
    pub fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// Carries again, also what waited.
    pub fn mend(&self) {
        self.mode.send_replace(Mode::Open);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.mode.send_replace(Mode::Cut);
        self.accepting.abort();
    }
}

/// Carries one connection until one side ends it or the line is cut.
async fn carry(near: TcpStream, server: String, mut mode: watch::Receiver<Mode>, shared: Arc<Shared>) {
    // A change to `Cut` drops both ends, wherever they are.
    let mut cut = mode.clone();
    tokio::select! {
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
        _ = carry_on(near, &server, &mut mode, &shared) => {}
    }
}

async fn carry_on(
    mut near: TcpStream,
    server: &str,
    mode: &mut watch::Receiver<Mode>,
    shared: &Shared,
) -> std::io::Result<()> {
    let gone = |_| std::io::Error::other("the line is gone");
    mode.wait_for(|mode| *mode == Mode::Open).await.map_err(gone)?;
    let mut far = TcpStream::connect(server).await?;
    let (mut asked, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let mut loses = false;
    loop {
        tokio::select! {
            read = near.read(&mut asked) => {
                let sent = &asked[..some(read?)?];
                mode.wait_for(|mode| *mode == Mode::Open).await.map_err(gone)?;
                let found = found(&shared.watch, sent);
                loses |= found == Some(true);
                far.write_all(sent).await?;
                if found.is_some() {
                    shared.carried.send_modify(|many| *many += 1);
                }
            }
            read = far.read(&mut answered) => {
                let sent = &answered[..some(read?)?];
                mode.wait_for(|mode| *mode == Mode::Open).await.map_err(gone)?;
                if loses {
                    return Ok(());
                }
                near.write_all(sent).await?;
            }
        }
    }
}

/// Nothing more will come of a side that sent its end.
fn some(read: usize) -> std::io::Result<usize> {
    if read == 0 { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(read) }
}

/// Whether this is watched for, and then whether its answer is to be lost.
fn found(watch: &Mutex<Watch>, sent: &[u8]) -> Option<bool> {
    let mut watch = held(watch);
    let needle = watch.needle.as_slice();
    if needle.is_empty() || !sent.windows(needle.len()).any(|part| part == needle) {
        return None;
    }
    let loses = watch.to_lose > 0;
    watch.to_lose -= usize::from(loses);
    Some(loses)
}

fn held(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().expect("nobody panics while holding it")
}
