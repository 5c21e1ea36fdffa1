//! The reference of reads: actix-web with two workers, which answers the same bytes to whatever is asked, or serialises the same page.

use std::net::SocketAddr;

use actix_web::dev::Server;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::options::BareArgs;

/// As many threads as the product has on the machine of reference.
const WORKERS: usize = 2;

/// Serves until it is ended, and says where it listens.
pub fn serve(args: &BareArgs) -> Outcome {
    let body = std::fs::read(&args.body)?;
    actix_web::rt::System::new().block_on(async move {
        if args.serialise {
            serialising(&body)?.await?
        } else {
            same(args, body)?.await?
        }
        Ok(())
    })
}

/// Answers these bytes.
fn same(args: &BareArgs, body: Vec<u8>) -> Outcome<Server> {
    let (body, content_type, encoding) =
        (Bytes::from(body), args.content_type.clone(), args.encoding.clone());
    let server = HttpServer::new(move || {
        let (body, content_type, encoding) = (body.clone(), content_type.clone(), encoding.clone());
        let answer = move || {
            let mut answer = HttpResponse::Ok();
            if let Some(encoding) = &encoding {
                answer.insert_header(("content-encoding", encoding.as_str()));
            }
            let answer = answer.content_type(content_type.as_str()).body(body.clone());
            async move { answer }
        };
        App::new().default_service(web::to(answer))
    });
    let server = server.workers(WORKERS).bind("127.0.0.1:0")?;
    listening(&server.addrs());
    Ok(server.run())
}

/// Serialises this page of the feed for each request, as a program does that reads rows into a struct.
fn serialising(body: &[u8]) -> Outcome<Server> {
    let page: Page = serde_json::from_slice(body)?;
    let page = web::Data::new(page);
    if serde_json::to_vec(page.get_ref())?.len() != body.len() {
        return Err(
            "the bare page is not as long as the product's: its fields have to follow those of the feed"
                .into(),
        );
    }
    let server = HttpServer::new(move || {
        let answer = async |page: web::Data<Page>| HttpResponse::Ok().json(page.get_ref());
        App::new().app_data(page.clone()).default_service(web::to(answer))
    });
    let server = server.workers(WORKERS).bind("127.0.0.1:0")?;
    listening(&server.addrs());
    Ok(server.run())
}

fn listening(addresses: &[SocketAddr]) {
    println!("listening resident={}", addresses[0]);
}

/// A page of the feed, with the types that a view has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Page {
    items: Vec<Card>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Card {
    id: String,
    section: String,
    title: String,
    excerpt: String,
    unit: Unit,
    author: String,
    author_avatar_id: Option<String>,
    day_of_act: String,
    published_at: Option<String>,
    picture_ids: Vec<String>,
    like_count: i64,
    comment_count: i64,
    share_count: i64,
    liked_by_me: Option<bool>,
    points: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    id: String,
    name: String,
}
