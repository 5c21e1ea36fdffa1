//! Serving: the listeners and loops of the process's roles, until it is told to stop. Then it is no longer ready, requests finish, loops give
//! their leases back, and it ends.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServerHandle;
use foundation::Service;
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
    /// Serve only these roles: resident, merchant, worker. Otherwise those of the configuration.
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
        println!("listening {listening}");
    })
}

fn role(word: &str) -> Outcome<ServeRole> {
    let found = ServeRole::EVERY.into_iter().find(|role| role.word() == word);
    found.ok_or_else(|| {
        Failure::usage(format!("there is no role {word}; roles are resident, merchant, worker"))
    })
}

/// Where a served process listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// The resident API, if this process serves it.
    pub resident: Option<SocketAddr>,
    /// The merchant service, if this process serves it.
    pub merchant: Option<SocketAddr>,
    /// Health and metrics.
    pub admin: SocketAddr,
}

impl std::fmt::Display for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, address) in [("resident", self.resident), ("merchant", self.merchant)] {
            if let Some(address) = address {
                write!(f, "{name}={address} ")?;
            }
        }
        write!(f, "admin={}", self.admin)
    }
}

/// The listeners of the services that this process serves, bound before anything starts.
struct Doors {
    resident: Option<TcpListener>,
    merchant: Option<TcpListener>,
}

/// Listens there; who cannot is told where.
fn listener(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).map_err(|e| std::io::Error::new(e.kind(), format!("{address}: {e}")))
}

impl Doors {
    fn bind(config: &Config) -> std::io::Result<Self> {
        let bind = |role, address| config.has(role).then(|| listener(address)).transpose();
        Ok(Self {
            resident: bind(ServeRole::Resident, config.listen.resident)?,
            merchant: bind(ServeRole::Merchant, config.listen.merchant)?,
        })
    }

    /// The configuration with where the resident API listens, if it was left to the system.
    fn told(&self, config: &Config) -> std::io::Result<Config> {
        let mut config = config.clone();
        if let Some(listener) = &self.resident {
            config.listen.resident = listener.local_addr()?;
        }
        Ok(config)
    }

    /// Starts the services; what it returns stops them.
    fn open(self, config: &Config, tenants: &foundation::Tenants) -> std::io::Result<Vec<ServerHandle>> {
        let gate = |service| Gate {
            tenants: tenants.clone(),
            service,
            quotas: quotas(config),
            trusted_proxies: config.listen.trusted_proxies.clone(),
        };
        let mut handles = Vec::new();
        if let Some(listener) = self.resident {
            let gate = gate(Service::Resident);
            let server = http_kit::server::serve(
                listener,
                gate,
                &listen(config),
                resident_api::NAME,
                resident_api::routes,
            )?;
            handles.push(server.handle());
            actix_web::rt::spawn(server);
        }
        if let Some(listener) = self.merchant {
            let (gate, name) = (gate(Service::Merchant), merchant_service::NAME);
            let server =
                http_kit::server::serve(listener, gate, &listen(config), name, merchant_service::routes)?;
            handles.push(server.handle());
            actix_web::rt::spawn(server);
        }
        Ok(handles)
    }
}

/// Serves a configuration; `ready` is told where, once it listens.
pub fn serve(config: &Config, ready: impl FnOnce(Listening)) -> Outcome {
    logging(config);
    let metrics = metrics_recorder().map_err(|e| Failure::new(format!("metrics: {e}")))?;
    let _locks = assemble::locks(config)?;
    actix_web::rt::System::new().block_on(async {
        let clock = ProcessClock::of(config.profile);
        let doors = Doors::bind(config)?;
        let config = &doors.told(config)?;
        let tenants = assemble::tenants(config, &clock)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        actix_web::rt::spawn(keep_metrics(metrics.clone()));
        actix_web::rt::spawn(keep_small());
        let admin_listener = listener(config.listen.admin)?;
        let address =
            |listener: &Option<TcpListener>| listener.as_ref().map(TcpListener::local_addr).transpose();
        let listening = Listening {
            resident: address(&doors.resident)?,
            merchant: address(&doors.merchant)?,
            admin: admin_listener.local_addr()?,
        };
        let admin = Admin {
            tenants: tenants.clone(),
            metrics,
            clock,
            stopping: stopping.clone(),
            works: config.has(ServeRole::Worker),
            has_boards: config.has_boards(),
        };
        let admin = admin::serve(admin_listener, admin)?;
        let admin_handle = admin.handle();
        actix_web::rt::spawn(admin);
        let services = doors.open(config, &tenants)?;
        tracing::info!(listening = %listening, "serve.started");
        // Before anybody is told that it listens: a request to stop that came earlier would end the process at once.
        let told_to_stop = told_to_stop()?;
        ready(listening);
        // The boards are loaded while everything is served: until they are there, the database answers for them.
        let loops = start_loops(config, &tenants, &stopped);
        told_to_stop.await;
        stopping.store(true, Ordering::SeqCst);
        tracing::info!("serve.stopping");
        for handle in services {
            handle.stop(true).await;
        }
        // The loops listen for it; `send_replace` does not mind if all of them have ended already.
        stop.send_replace(true);
        for running in loops {
            drop(running.await);
        }
        admin_handle.stop(true).await;
        for app in tenants.iter() {
            app.store.end().await;
        }
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

/// Gives memory back now and then, such as what the boards were loaded with.
async fn keep_small() {
    loop {
        actix_web::rt::time::sleep(std::time::Duration::from_secs(10)).await;
        // Its end is of no interest, and it does not fail.
        let _done = actix_web::rt::task::spawn_blocking(|| {
            crate::allocator::give_back();
            crate::allocator::give_back_program();
        })
        .await;
    }
}

fn start_loops(
    config: &Config,
    tenants: &foundation::Tenants,
    stopped: &watch::Receiver<bool>,
) -> Vec<actix_web::rt::task::JoinHandle<()>> {
    let mut loops = Vec::new();
    for app in tenants.iter() {
        if config.has_boards() {
            loops.push(actix_web::rt::spawn(foundation::boards::run(app.clone(), stopped.clone())));
        }
        if config.has(ServeRole::Worker) {
            loops.push(actix_web::rt::spawn(worker::follow_log(app.clone(), stopped.clone())));
            loops.push(actix_web::rt::spawn(worker::tend(app.clone(), stopped.clone())));
            loops.push(actix_web::rt::spawn(worker::carry(app.clone(), stopped.clone())));
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
        ready: crate::allocator::give_back,
    }
}

fn quotas(config: &Config) -> Quotas {
    let l = config.limits;
    Quotas {
        read: (l.read, l.read_address),
        write: (l.write, l.write_address),
        sign_in: l.sign_in_address,
        upload: (l.upload, l.upload_address),
        push: l.push_address,
        invitation: (l.invitation, l.invitation_address),
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
