//! The server of a mini-program, as far as WeChat speaks to it: an address that takes pushes, and files that can be fetched.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Mutex;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use wechat::Secret;
use wechat::push::{Event, Message, PushError, Query, Receiver};
use wechat::stand_in::{PushSettings, StandIn};

use crate::support::{APP_ID, Scene, anywhere};

pub const TOKEN: &str = "a-token-of-the-console";
/// Its last character has bits that no byte needs.
pub const KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";

/// How the address answers a push that it has read.
#[derive(Clone, Copy, Default)]
pub enum Manner {
    #[default]
    Success,
    Empty,
    Other,
    Failure,
    Silence,
}

/// A server that listens.
pub struct Server {
    pub url: String,
    heard: Data<Heard>,
}

struct Heard {
    receiver: Receiver,
    now_us: Box<dyn Fn() -> i64 + Send + Sync>,
    manner: Mutex<Manner>,
    pushes: Mutex<Vec<Result<Message, PushError>>>,
    bodies: Mutex<Vec<Vec<u8>>>,
    files: Mutex<HashMap<String, Bytes>>,
}

impl Server {
    /// A server beside this stand-in, by its clock; with a key it takes nothing but secure messages.
    pub fn beside(scene: &Scene, key: Option<&str>) -> Self {
        let key = key.map(Secret::new);
        let wechat = scene.wechat().clone();
        let heard = Data::new(Heard {
            receiver: Receiver::new(APP_ID, Secret::new(TOKEN), key.as_ref()).unwrap(),
            now_us: Box::new(move || wechat.now_us()),
            manner: Mutex::default(),
            pushes: Mutex::default(),
            bodies: Mutex::default(),
            files: Mutex::default(),
        });
        let listener = TcpListener::bind(anywhere()).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = heard.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .route("/push", web::get().to(verify))
                .route("/push", web::post().to(hear))
                .route("/moved", web::get().to(moved))
                .route("/files/{name}", web::get().to(file))
        });
        let server = server.workers(1).h1_allow_half_closed(false).disable_signals();
        tokio::spawn(server.listen(listener).unwrap().run());
        Self { url, heard }
    }

    /// What the console would have for it.
    pub fn settings(&self) -> PushSettings {
        PushSettings::new(format!("{}/push", self.url), TOKEN)
    }

    pub fn answer(&self, manner: Manner) {
        *self.heard.manner.lock().unwrap() = manner;
    }

    /// What was heard since somebody last asked.
    pub fn heard(&self) -> Vec<Result<Message, PushError>> {
        std::mem::take(&mut *self.heard.pushes.lock().unwrap())
    }

    /// The events that were heard since somebody last asked, none of which was refused.
    pub fn events(&self) -> Vec<Event> {
        self.heard().into_iter().map(|heard| heard.unwrap().what()).collect()
    }

    /// The bodies that came, as they were.
    pub fn bodies(&self) -> Vec<String> {
        let bodies = std::mem::take(&mut *self.heard.bodies.lock().unwrap());
        bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect()
    }

    /// Offers a file; its address.
    pub fn offer(&self, name: &str, bytes: impl Into<Bytes>) -> String {
        self.heard.files.lock().unwrap().insert(name.to_owned(), bytes.into());
        format!("{}/files/{name}", self.url)
    }
}

/// A stand-in and a server that it tells everything in plain JSON.
pub async fn begin() -> (Scene, Server) {
    let scene = Scene::begin_with(|stand_in: StandIn| stand_in, std::time::Duration::from_secs(30)).await;
    let server = Server::beside(&scene, None);
    scene.wechat().set_push(&server.settings()).unwrap();
    (scene, server)
}

async fn verify(query: web::Query<Query>, heard: Data<Heard>) -> HttpResponse {
    match heard.receiver.verify(&query, (heard.now_us)()) {
        Ok(echo) => HttpResponse::Ok().body(echo.to_owned()),
        Err(_) => HttpResponse::Forbidden().finish(),
    }
}

async fn hear(query: web::Query<Query>, body: Bytes, heard: Data<Heard>) -> HttpResponse {
    let read = heard.receiver.open(&query, &body, (heard.now_us)());
    let refused = read.is_err();
    heard.bodies.lock().unwrap().push(body.to_vec());
    heard.pushes.lock().unwrap().push(read);
    let manner = *heard.manner.lock().unwrap();
    match manner {
        _ if refused => HttpResponse::Forbidden().finish(),
        Manner::Success => HttpResponse::Ok().body("success"),
        Manner::Empty => HttpResponse::Ok().finish(),
        Manner::Other => HttpResponse::Ok().body("\"success\""),
        Manner::Failure => HttpResponse::InternalServerError().finish(),
        Manner::Silence => std::future::pending().await,
    }
}

async fn moved(heard: Data<Heard>, request: HttpRequest) -> HttpResponse {
    drop(heard);
    let to = request.query_string().to_owned();
    HttpResponse::Found().insert_header(("location", to)).finish()
}

async fn file(name: web::Path<String>, heard: Data<Heard>) -> HttpResponse {
    match heard.files.lock().unwrap().get(name.as_str()) {
        Some(bytes) => HttpResponse::Ok().content_type("image/jpeg").body(bytes.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}
