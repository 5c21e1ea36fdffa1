//! The HTTP of the stand-in: a request becomes a [`Call`], a `Reply` becomes a response.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use super::endpoints::Call;
use super::handle::Handle;
use super::world::HeldBack;
use super::{Running, StandInError, control};

pub(super) fn start(handle: Handle, address: SocketAddr) -> Result<Running, StandInError> {
    let listener = TcpListener::bind(address)?;
    let url = format!("http://{}", listener.local_addr()?);
    let shared = Data::new(handle.clone());
    let server = HttpServer::new(move || {
        App::new().app_data(shared.clone()).configure(control::routes).default_service(web::to(answer))
    })
    .workers(1)
    // Longer than its client keeps a connection idle, so that none is closed at the moment of its use.
    .keep_alive(std::time::Duration::from_secs(120))
    // Who gives up waiting for an answer that never comes has gone, and with them what waited.
    .h1_allow_half_closed(false)
    .disable_signals()
    .listen(listener)?
    .run();
    let running = Running { url, handle, server: server.handle() };
    tokio::spawn(server);
    Ok(running)
}

async fn answer(request: HttpRequest, body: Bytes, handle: Data<Handle>) -> HttpResponse {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let call = Call {
        method: request.method().as_str().to_owned(),
        path: request.path().to_owned(),
        query: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        body: body.to_vec(),
    };
    let (reply, until_answered) = handle.serve(&call);
    match reply.held_back {
        HeldBack::No => {}
        HeldBack::Ms(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        HeldBack::UntilLetGo(count) => handle.until_let_go(count).await,
        HeldBack::Forever => std::future::pending().await,
    }
    drop(until_answered);
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    HttpResponse::build(status).insert_header((CONTENT_TYPE, reply.content_type)).body(reply.body)
}
