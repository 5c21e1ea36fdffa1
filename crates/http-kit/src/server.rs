//! The gate that every request passes, and the server around it. The gate gives the request its id, finds the tenant by host name, checks
//! the token's signature, asks the rate limiter, lets the handler answer, renders refusals, counts and logs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App as ActixApp, HttpMessage, HttpRequest, HttpServer, web};
use domain::ids::IdentityId;
use domain::rate::Verdict;
use domain::{Code, Refusal};
use foundation::{App, Service, Tenants, sessions};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::context::RequestId;
use crate::json::QUERY_MAX;
use crate::limits::{self, Address, Class, Decision, Quotas, seconds};
use crate::methods::Methods;
use crate::problem::{self, Language, Pending};
use crate::spec;
use crate::who::Bearer;

/// What the gate needs.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The tenants of this process.
    pub tenants: Tenants,
    /// Which service listens here: whose tokens are good.
    pub service: Service,
    /// Requests a minute, by class.
    pub quotas: Quotas,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How a service listens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Threads that serve.
    pub workers: usize,
    /// How many seconds requests have to finish when the process is told to stop.
    pub stop_within_s: u64,
    /// Whether the documentation page and the specification are served.
    pub docs: bool,
    /// Called by each thread that serves when its routes stand, which takes much memory for a moment.
    pub ready: fn(),
}

/// Builds a service on an open listener. `routes` adds the operations; its specification is served beside them where `docs` says so.
pub fn serve(
    listener: TcpListener,
    gate: Gate,
    listen: &Listen,
    name: &'static str,
    routes: fn(&mut ServiceConfig<'_>),
) -> std::io::Result<Server> {
    let gate = web::Data::new(gate);
    let (_, openapi) = ActixApp::new().into_utoipa_app().configure(routes).split_for_parts();
    let methods = web::Data::new(Methods::of(&openapi));
    let docs = listen.docs.then(|| spec::Served::of(name, &openapi));
    drop(openapi);
    let ready = listen.ready;
    ready();
    let server = HttpServer::new(move || {
        let (app, _) = ActixApp::new()
            .wrap(Compress::default())
            .wrap(from_fn(pass))
            .app_data(gate.clone())
            .app_data(
                web::PathConfig::default()
                    .error_handler(|_, _| crate::ApiError::from(Code::MalformedPath).into()),
            )
            .into_utoipa_app()
            .configure(routes)
            .split_for_parts();
        let app = match &docs {
            Some(docs) => app.configure(|config| docs.routes(config)),
            None => app,
        };
        ready();
        let methods = methods.clone();
        app.default_service(web::to(move |req: HttpRequest| {
            let refused = methods.refuse(&req);
            async move { refused }
        }))
    });
    let server = server
        .workers(listen.workers.max(1))
        .keep_alive(Duration::from_secs(75))
        // A compressed answer goes out in several writes; the kernel would keep the second until the client's delayed acknowledgement.
        .tcp_nodelay(true)
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .shutdown_timeout(listen.stop_within_s)
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(server)
}

async fn pass(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let request_id = uuid::Uuid::now_v7().to_string();
    let language = Language::of(req.headers().get(header::ACCEPT_LANGUAGE));
    let method = req.method().clone();
    if method == Method::HEAD {
        // Whatever is read has a head (RFC 9110, 9.3.2); the connection knows what was asked for and sends no body.
        req.head_mut().method = Method::GET;
    }
    req.extensions_mut().insert(RequestId(request_id.clone()));
    let mut decision = None;
    let mut response = match admit(&req, &mut decision).await {
        Err(refusal) => {
            let rendered = problem::render(&refusal, language, &request_id);
            req.into_response(rendered).map_into_boxed_body()
        }
        // No copy of the request may be kept over this call: actix fills it in while it routes. What fails in a handler or an extractor
        // comes back as a response; an error here is another middleware's.
        Ok(()) => {
            let answered = match Writer::of(&req) {
                None => next.call(req).await?,
                // A task of its own: whoever goes away before the answer leaves nothing half told.
                Some(writer) => actix_web::rt::spawn(async move {
                    let answered = next.call(req).await;
                    writer.app.own.wrote(writer.who).await;
                    answered
                })
                .await
                .map_err(ErrorInternalServerError)??,
            };
            let answered = answered.map_into_boxed_body();
            render_pending(answered, language, &request_id)
        }
    };
    dress(&mut response, &request_id, decision);
    observe(&response, &method, &request_id, started.elapsed());
    Ok(response)
}

/// A person whose request may change something: before its answer goes out, what is kept of the person is kept no more.
struct Writer {
    app: Arc<App>,
    who: IdentityId,
}

impl Writer {
    fn of(req: &ServiceRequest) -> Option<Self> {
        if req.method().is_safe() {
            return None;
        }
        let extensions = req.extensions();
        let Some(Bearer::Claims(claims)) = extensions.get::<Bearer>() else { return None };
        let who = claims.sub.parse().ok()?;
        Some(Self { app: extensions.get::<Arc<App>>()?.clone(), who })
    }
}

/// Finds the tenant, checks the token, asks the limiter.
async fn admit(req: &ServiceRequest, decision: &mut Option<Decision>) -> Result<(), Refusal> {
    if req.query_string().len() > QUERY_MAX {
        return Err(Code::UriTooLong.into());
    }
    let gate = req.app_data::<web::Data<Gate>>().ok_or(Code::Internal)?.clone();
    let host = req.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let app = gate.tenants.of_host(host).ok_or(Code::UnknownHost)?.clone();
    let bearer = bearer(req, &app, gate.service);
    let person = match &bearer {
        Bearer::Claims(claims) => Some(claims.sub.clone()),
        _ => None,
    };
    let class = Class::of(req.method(), req.path());
    let address = client_address(req, &gate.trusted_proxies);
    let decided = limits::decide(&app, gate.quotas, class, person.as_deref(), address).await;
    *decision = Some(decided);
    req.extensions_mut().insert(Address(address));
    req.extensions_mut().insert(bearer);
    req.extensions_mut().insert(app);
    match decided.verdict {
        Verdict::Pass { .. } => Ok(()),
        Verdict::Wait { retry_after_us } => {
            Err(Refusal::from(Code::TooManyRequests).retry_after(seconds(retry_after_us)))
        }
    }
}

fn bearer(req: &ServiceRequest, app: &App, service: Service) -> Bearer {
    let Some(value) = req.headers().get(header::AUTHORIZATION) else { return Bearer::Nobody };
    let token = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
    match token.map(|t| sessions::verify(app, service, t.trim())) {
        Some(Ok(claims)) => Bearer::Claims(claims),
        Some(Err(error)) => Bearer::Refused(error.refusal().code),
        None => Bearer::Refused(Code::TokenInvalid),
    }
}

/// The peer's address, or the one that a trusted proxy names: the last entry that is not itself a trusted proxy. A proxy may add a line
/// of its own below the client's, so all lines count; before an entry that does not read there is nothing to believe.
fn client_address(req: &ServiceRequest, trusted: &[IpAddr]) -> IpAddr {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a: SocketAddr| a.ip());
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines = req.headers().get_all("X-Forwarded-For").map(|v| v.to_str().unwrap_or_default());
    let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut named = entries.iter().rev().map_while(|entry| entry.trim().parse().ok());
    named.find(|address| !trusted.contains(address)).unwrap_or(peer)
}

/// The method as metrics and logs name it: a client may invent any number of methods, and each would be kept for ever.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Writes the body of a refusal, and of every bare error that actix itself answered.
fn render_pending(
    response: ServiceResponse<BoxBody>,
    language: Language,
    request_id: &str,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let pending = response.response().extensions().get::<Pending>().cloned();
    // What actix itself answers is plain text; a page is for people, and a problem is for programs.
    let is_said = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v == "application/problem+json" || v == "text/html; charset=utf-8");
    let refusal = match pending {
        Some(Pending(refusal)) => refusal,
        None if is_said => return response,
        None => problem::of_status(status).into(),
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut rendered = problem::render(&refusal, language, request_id);
    if let Some(allow) = allow {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    response.into_response(rendered)
}

/// Headers of every answer.
fn dress(response: &mut ServiceResponse<BoxBody>, request_id: &str, decision: Option<Decision>) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-request-id", request_id);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    if let Some(d) = decision {
        let word = d.class.word();
        set("ratelimit-policy", &format!("\"{word}\";q={};w=60", d.quota));
        match d.verdict {
            Verdict::Pass { remaining } => set("ratelimit", &format!("\"{word}\";r={remaining}")),
            Verdict::Wait { retry_after_us } => {
                set("ratelimit", &format!("\"{word}\";r=0;t={}", seconds(retry_after_us)))
            }
        }
    }
}

fn observe(response: &ServiceResponse<BoxBody>, method: &Method, request_id: &str, took: Duration) {
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let (status, method) = (response.status().as_u16(), method_word(method));
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("jishan_requests_total", &labels).increment(1);
    metrics::histogram!("jishan_request_seconds", &labels[..2]).record(took.as_secs_f64());
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // A read that went well is counted above; a line for each would cost more than most of them.
    if method == "GET" && status < 400 {
        tracing::debug!(request.id = request_id, method, route, status, took_us, "request.done");
    } else {
        tracing::info!(request.id = request_id, method, route, status, took_us, "request.done");
    }
}
