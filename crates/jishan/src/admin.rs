//! The admin listener, on loopback only: live, ready, metrics; in the test profile also the clock and the draining of all queues.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{App as ActixApp, HttpResponse, HttpServer, dev::Server, web};
use foundation::Tenants;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;

use crate::assemble::ProcessClock;
use crate::worker;

/// What the admin listener shows and moves.
#[derive(Clone)]
pub struct Admin {
    /// The tenants.
    pub tenants: Tenants,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// The clock.
    pub clock: ProcessClock,
    /// Whether the process is stopping: then it is no longer ready.
    pub stopping: Arc<AtomicBool>,
    /// Whether the process is a worker: only that drains queues.
    pub works: bool,
    /// Whether it follows boards.
    pub has_boards: bool,
}

/// Serves it.
pub fn serve(listener: TcpListener, admin: Admin) -> std::io::Result<Server> {
    let test = matches!(admin.clock, ProcessClock::Manual(_));
    let admin = web::Data::new(admin);
    let server = HttpServer::new(move || {
        let app = ActixApp::new()
            .app_data(admin.clone())
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics_page));
        let app = if test {
            app.route("/clock", web::put().to(set_clock)).route("/drain", web::post().to(drain))
        } else {
            app
        };
        app.default_service(web::to(HttpResponse::NotFound))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().body("live\n")
}

async fn ready(admin: web::Data<Admin>) -> HttpResponse {
    if admin.stopping.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().body("stopping\n");
    }
    let mut told = "ready\n".to_owned();
    for app in admin.tenants.iter() {
        if let Err(error) = app.store.read(store::migrations::is_current).await {
            return HttpResponse::ServiceUnavailable().body(format!("{}: {error}\n", app.id));
        }
        // No reason to send nobody here: the database answers for the boards.
        if admin.has_boards
            && let Err(error) = app.board.last_seq().await
        {
            told.push_str(&format!("{}: boards are stale: {error}\n", app.id));
        }
    }
    HttpResponse::Ok().body(told)
}

async fn metrics_page(admin: web::Data<Admin>) -> HttpResponse {
    #[cfg(debug_assertions)]
    metrics::counter!("jishan_allocations_total").absolute(crate::allocator::count());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(admin.metrics.render())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    now: domain::Ts,
}

async fn set_clock(admin: web::Data<Admin>, body: web::Json<SetClock>) -> HttpResponse {
    if let ProcessClock::Manual(clock) = &admin.clock {
        clock.set(body.now);
    }
    HttpResponse::NoContent().finish()
}

/// How long the draining lets a task that is being done go on before it looks again.
const STEP: Duration = Duration::from_millis(5);

/// Works everything off that waits: log, scores, boards, effects, retention. What the suite does instead of waiting.
async fn drain(admin: web::Data<Admin>) -> HttpResponse {
    for app in admin.tenants.iter() {
        let outcome = async {
            if admin.works {
                worker::drain_log(app).await?;
                while worker::tend_once(app).await? > 0
                    || worker::carry_once(app).await? > 0
                    || worker::is_at_work()
                {
                    // The process's own loop may be in the middle of a task that this pass has not seen.
                    if worker::is_at_work() {
                        tokio::time::sleep(STEP).await;
                    }
                }
                while worker::retain_once(app).await? > 0 {}
            }
            if admin.has_boards {
                foundation::boards::follow_until_drained(app).await?;
            }
            Ok::<(), foundation::Error>(())
        };
        if let Err(error) = outcome.await {
            return HttpResponse::InternalServerError().body(format!("{error:?}"));
        }
    }
    HttpResponse::NoContent().finish()
}
