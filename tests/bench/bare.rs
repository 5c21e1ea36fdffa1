//! The reference of reads: actix-web with two workers, which answers the same bytes to whatever is asked.

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

use crate::Outcome;
use crate::options::BareArgs;

/// As many threads as the product has on the machine of reference.
const WORKERS: usize = 2;

/// Serves until it is ended, and says where it listens.
pub fn serve(args: &BareArgs) -> Outcome {
    let body = Bytes::from(std::fs::read(&args.body)?);
    let content_type = args.content_type.clone();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let (body, content_type) = (body.clone(), content_type.clone());
            let answer = move || {
                let answer = HttpResponse::Ok().content_type(content_type.as_str()).body(body.clone());
                async move { answer }
            };
            App::new().default_service(web::to(answer))
        });
        let server = server.workers(WORKERS).bind("127.0.0.1:0")?;
        println!("listening resident={}", server.addrs()[0]);
        server.run().await
    })?;
    Ok(())
}
