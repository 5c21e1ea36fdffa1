//! The stand-in for WeChat: in a thread of its own, on loopback only. It takes demo codes (`demo-NAME`), so that anybody can sign in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use domain::time::Clock;
use store::clock::SystemClock;

use crate::failure::{Failure, Outcome};

/// Which mini-program to play, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where it listens; loopback only.
    #[arg(long, default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The mini-program.
    #[arg(long, default_value = "wxdemo0000000000")]
    app_id: String,
    /// Its secret.
    #[arg(long, default_value = "demo-secret-of-no-worth")]
    app_secret: String,
}

/// A running stand-in.
#[derive(Debug)]
pub struct Playing {
    /// Its address.
    pub url: String,
    thread: JoinHandle<()>,
}

/// Starts it.
pub fn start(listen: SocketAddr, app_id: &str, app_secret: &str) -> Outcome<Playing> {
    let clock = Arc::new(|| SystemClock.now().0);
    let stand_in = wechat::stand_in::StandIn::new(app_id, app_secret, clock).accepting_demo_codes();
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name("wechat-stand-in".to_owned()).spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            match stand_in.start(listen).await {
                Ok(running) => {
                    // Whoever started it may have given up waiting.
                    drop(tell.send(Ok(running.url().to_owned())));
                    std::future::pending::<()>().await;
                }
                Err(error) => drop(tell.send(Err(error.to_string()))),
            }
        });
    })?;
    let url = told.recv().map_err(|e| Failure::new(e.to_string()))?.map_err(Failure::new)?;
    Ok(Playing { url, thread })
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let playing = start(args.listen, &args.app_id, &args.app_secret)?;
    println!("listening {}", playing.url);
    playing.thread.join().map_err(|_| Failure::new("the stand-in ended"))
}
