//! Serving: the listeners and loops of the process's roles, until it is told to stop. Then it is no longer ready, requests finish, loops give
//! their leases back, and it ends.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use foundation::config::{Config, ServeRole};
use http_kit::limits::Quotas;
use http_kit::server::{Gate, Listen};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::admin::{self, Admin};
use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};
use crate::worker;

/// Serves the roles of the configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Serve only these roles: resident, worker. Otherwise those of the configuration.
    #[arg(long = "role", value_delimiter = ',')]
    roles: Vec<String>,
}

/// Runs the command.
pub fn run(file: Option<&Path>, args: &Args) -> Outcome {
    let mut config = assemble::configuration(file)?;
    if !args.roles.is_empty() {
        config.roles = args.roles.iter().map(|r| role(r)).collect::<Outcome<_>>()?;
        let faults = config.faults();
        if !faults.is_empty() {
            return Err(Failure::usage(faults.join("\n")));
        }
    }
    serve(&config, |listening| {
        println!("listening resident={} admin={}", listening.resident, listening.admin);
    })
}

fn role(word: &str) -> Outcome<ServeRole> {
    match word {
        "resident" => Ok(ServeRole::Resident),
        "worker" => Ok(ServeRole::Worker),
        other => Err(Failure::usage(format!("there is no role {other}; roles are resident, worker"))),
    }
}

/// Where a served process listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// The resident API.
    pub resident: std::net::SocketAddr,
    /// Health and metrics.
    pub admin: std::net::SocketAddr,
}

/// Serves a configuration; `ready` is told where, once it listens.
pub fn serve(config: &Config, ready: impl FnOnce(Listening)) -> Outcome {
    logging(config);
    let metrics = metrics_recorder().map_err(|e| Failure::new(format!("metrics: {e}")))?;
    let _locks = assemble::locks(config)?;
    actix_web::rt::System::new().block_on(async {
        let clock = ProcessClock::of(config.profile);
        let tenants = assemble::tenants(config, &clock)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        for app in tenants.iter() {
            if let Err(error) = foundation::boards::follow(app).await {
                // Boards are rebuilt by their follower; everything else serves meanwhile.
                tracing::warn!(error = &error as &dyn std::error::Error, tenant = %app.id, "boards.follow.failed");
            }
        }
        let loops = start_loops(config, &tenants, &stopped);
        actix_web::rt::spawn(keep_metrics(metrics.clone()));
        let admin_listener = TcpListener::bind(config.listen.admin)?;
        let listener = TcpListener::bind(config.listen.resident)?;
        let listening = Listening { resident: listener.local_addr()?, admin: admin_listener.local_addr()? };
        let admin = Admin { tenants: tenants.clone(), metrics, clock, stopping: stopping.clone() };
        let admin = admin::serve(admin_listener, admin)?;
        let admin_handle = admin.handle();
        actix_web::rt::spawn(admin);
        let gate = Gate { tenants, quotas: quotas(config), trusted_proxies: config.listen.trusted_proxies.clone() };
        let server = config
            .has(ServeRole::Resident)
            .then(|| http_kit::server::serve(listener, gate, &listen(config), resident_api::NAME, resident_api::routes))
            .transpose()?;
        let handle = server.as_ref().map(|s| s.handle());
        if let Some(server) = server {
            actix_web::rt::spawn(server);
        }
        tracing::info!(resident = %listening.resident, admin = %listening.admin, "serve.started");
        // Before anybody is told that it listens: a request to stop that came earlier would end the process at once.
        let told_to_stop = told_to_stop()?;
        ready(listening);
        told_to_stop.await;
        stopping.store(true, Ordering::SeqCst);
        tracing::info!("serve.stopping");
        if let Some(handle) = handle {
            handle.stop(true).await;
        }
        // The loops listen for it; `send_replace` does not mind if all of them have ended already.
        stop.send_replace(true);
        for running in loops {
            drop(running.await);
        }
        admin_handle.stop(true).await;
        tracing::info!("serve.stopped");
        Ok(())
    })
}

/// Upper bounds of what is measured in seconds.
const SECONDS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Upper bounds of what is counted in pieces.
const PIECES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

fn metrics_recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch".to_owned()), &PIECES)?
        .install_recorder()
}

/// Counts what histograms were given into their buckets; until then every single value is held in memory, whoever reads metrics or not.
async fn keep_metrics(metrics: PrometheusHandle) {
    loop {
        actix_web::rt::time::sleep(std::time::Duration::from_secs(2)).await;
        metrics.run_upkeep();
    }
}

fn start_loops(
    config: &Config,
    tenants: &foundation::Tenants,
    stopped: &watch::Receiver<bool>,
) -> Vec<actix_web::rt::task::JoinHandle<()>> {
    let mut loops = Vec::new();
    for app in tenants.iter() {
        loops.push(actix_web::rt::spawn(foundation::boards::run(app.clone(), stopped.clone())));
        if config.has(ServeRole::Worker) {
            loops.push(actix_web::rt::spawn(worker::follow_log(app.clone(), stopped.clone())));
            loops.push(actix_web::rt::spawn(worker::tend(app.clone(), stopped.clone())));
            loops.push(actix_web::rt::spawn(worker::retain(app.clone(), stopped.clone())));
        }
    }
    loops
}

fn listen(config: &Config) -> Listen {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Listen {
        workers: if config.listen.workers == 0 { cores } else { config.listen.workers },
        stop_within_s: config.listen.stop_within_s,
        docs: config.listen.docs,
    }
}

fn quotas(config: &Config) -> Quotas {
    let l = config.limits;
    Quotas {
        read: (l.read, l.read_address),
        write: (l.write, l.write_address),
        sign_in: l.sign_in_address,
        upload: (l.upload, l.upload_address),
    }
}

/// Listens for SIGTERM and SIGINT from now on; what it returns waits for one.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Structured logs to standard error; a second call changes nothing.
pub fn logging(config: &Config) {
    use tracing_subscriber::EnvFilter;
    // What strangers send malformed is no error of ours: the answer is counted, the dispatcher's own lines would only flood.
    let level = format!("{},actix_http::h1::dispatcher=off", config.log.level);
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // That a subscriber is set already is no fault: a command may serve.
    if config.log.format == "json" {
        drop(builder.json().try_init());
    } else {
        drop(builder.try_init());
    }
}
