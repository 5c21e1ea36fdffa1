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

/// The specification of the resident API.
pub fn resident_api() -> serde_json::Value {
    let (_, openapi) =
        actix_web::App::new().into_utoipa_app().configure(resident_api::routes).split_for_parts();
    http_kit::spec::finish(&openapi, "Jishan resident API", DESCRIPTION)
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let text = serde_json::to_string_pretty(&resident_api()).map_err(|e| Failure::new(e.to_string()))? + "\n";
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("resident-api.json"), text)?;
        return Ok(());
    }
    let Some(folder) = &args.check else {
        print!("{text}");
        return Ok(());
    };
    let committed = std::fs::read_to_string(folder.join("resident-api.json"))?;
    if committed == text {
        println!("the committed specification is the generated one");
        return Ok(());
    }
    let line = committed.lines().zip(text.lines()).take_while(|(a, b)| a == b).count() + 1;
    Err(Failure::differences(format!(
        "resident-api.json differs from the code from line {line} on; run `jishan openapi --write` and read the difference as a client would"
    )))
}
