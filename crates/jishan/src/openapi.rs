//! The specification: generated from the handlers, committed, compared.

use std::path::PathBuf;

use utoipa_actix_web::AppExt;

use crate::failure::{Failure, Outcome};

/// What to do with the specification.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Compares with the files of this folder, and fails on a difference.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "api-spec")]
    check: Option<PathBuf>,
    /// Writes the files of this folder.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "api-spec", conflicts_with = "check")]
    write: Option<PathBuf>,
}

const DESCRIPTION: &str = "The resident-facing API of a community points platform. JSON in camelCase; problem documents (RFC 9457) with a \
stable code in Chinese or English by Accept-Language; cursor pages; ETag on what is read often; If-Match on what staff edit; \
Idempotency-Key on POST.";

const MERCHANT_DESCRIPTION: &str = "What a shop of the alliance does: its page, its staff, its offers, and the till: a code is scanned, the \
points are held, one confirmation captures them, and both sides have a signed receipt. The same conventions as the resident API.";

/// The specification of the resident API.
pub fn resident_api() -> serde_json::Value {
    let (_, openapi) =
        actix_web::App::new().into_utoipa_app().configure(resident_api::routes).split_for_parts();
    http_kit::spec::finish(&openapi, "Jishan resident API", DESCRIPTION)
}

/// The specification of the merchant service.
pub fn merchant_service() -> serde_json::Value {
    let (_, openapi) =
        actix_web::App::new().into_utoipa_app().configure(merchant_service::routes).split_for_parts();
    http_kit::spec::finish(&openapi, "Jishan merchant service", MERCHANT_DESCRIPTION)
}

/// A specification as its file holds it.
fn text(value: &serde_json::Value) -> Outcome<String> {
    Ok(serde_json::to_string_pretty(value).map_err(|e| Failure::new(e.to_string()))? + "\n")
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let files = [
        ("resident-api.json", text(&resident_api())?),
        ("merchant-service.json", text(&merchant_service())?),
    ];
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder)?;
        for (name, text) in files {
            std::fs::write(folder.join(name), text)?;
        }
        return Ok(());
    }
    for (name, text) in files {
        match &args.check {
            Some(folder) => compare(&folder.join(name), name, &text)?,
            None => print!("{text}"),
        }
    }
    Ok(())
}

/// Fails where the committed specification is not the generated one.
fn compare(file: &std::path::Path, name: &str, generated: &str) -> Outcome {
    let committed = std::fs::read_to_string(file)?;
    if committed == generated {
        println!("the committed {name} is the generated one");
        return Ok(());
    }
    let line = committed.lines().zip(generated.lines()).take_while(|(a, b)| a == b).count() + 1;
    Err(Failure::differences(format!(
        "{name} differs from the code from line {line} on; run `jishan openapi --write` and read the difference as a client would"
    )))
}
