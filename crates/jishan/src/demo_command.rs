//! `demo`: makes the town if there is none, and serves it with a stand-in for WeChat.

mod mini_program;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use domain::time::{Clock, Zone};
use domain::{Day, Ts};
use foundation::config::Config;
use foundation::passwords::{Cost, Passwords};
use foundation::pictures::{Decoder, PictureStore, PictureStoreSettings};
use store::Db;
use store::clock::SystemClock;
use store::db::Purpose;

use crate::assemble;
use crate::demo::{self, Plan, Scale, Signing, TILL};
use crate::failure::{Failure, Outcome};
use crate::serve::{self, Listening};
use crate::verify::progress;

/// The password of every staff account of a demo.
pub const STAFF_PASSWORD: &str = "yunxi-demo-desk";
/// The mini-program that the stand-in for WeChat plays.
const APP_ID: &str = "wxdemo0000000000";
const APP_SECRET: &str = "demo-secret-of-no-worth";

/// How to make and serve the town.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The folder of the database, the pictures and the key; otherwise as configured (`data`).
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Another database than the SQLite file of the folder, such as postgres://…; it must be empty.
    #[arg(long)]
    database: Option<String>,
    /// Everything by chance follows from this number.
    #[arg(long, default_value_t = 20_260_101)]
    seed: u64,
    /// The last day of the history (YYYY-MM-DD); today if nothing is said.
    #[arg(long)]
    as_of: Option<Day>,
    /// So many times the largest real town platform (38,000 residents, three years) instead of a small town.
    #[arg(long)]
    scale: Option<f64>,
    /// Where the resident API listens.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where the merchant service listens.
    #[arg(long)]
    merchant: Option<SocketAddr>,
    /// Where health and metrics listen.
    #[arg(long)]
    admin: Option<SocketAddr>,
    /// Makes the town and ends, without serving it.
    #[arg(long)]
    no_serve: bool,
}

/// The command as it is without arguments.
#[derive(clap::Parser)]
struct Bare {
    #[command(flatten)]
    args: Args,
}

/// What `--help` says holds where nothing is said: it stands in one place.
impl Default for Args {
    fn default() -> Self {
        Bare::parse_from(["demo"]).args
    }
}

/// Runs the command.
pub fn run(file: Option<&Path>, args: Args) -> Outcome {
    let mut config = assemble::configuration(file)?;
    lay_over(&mut config, &args)?;
    let made = make(&config, &args)?;
    if args.no_serve {
        return Ok(());
    }
    let playing = mini_program::play(&mut config)?;
    serve::serve(&config, |listening| {
        let wechat = playing.as_ref().map(|playing| mini_program::tell(playing, listening));
        welcome(listening, wechat, made);
    })
}

fn lay_over(config: &mut Config, args: &Args) -> Outcome {
    let tenant =
        config.tenant.first_mut().ok_or_else(|| Failure::usage("the configuration names no tenant"))?;
    if let Some(folder) = &args.data_dir {
        tenant.database = format!("sqlite:{}", folder.join("jishan.sqlite").display());
        tenant.signing_key_file = folder.join("resident-api.pem");
        tenant.merchant_signing_key_file = folder.join("merchant-service.pem");
        tenant.code_key_file = folder.join("redemption-codes.key");
        tenant.data_key_file = folder.join("personal-data.key");
        config.pictures.folder = folder.join("pictures");
    }
    if let Some(database) = &args.database {
        tenant.database.clone_from(database);
    }
    if let Some(listen) = args.listen {
        config.listen.resident = listen;
    }
    if let Some(merchant) = args.merchant {
        config.listen.merchant = merchant;
    }
    if let Some(admin) = args.admin {
        config.listen.admin = admin;
    }
    let faults = config.faults();
    if faults.is_empty() { Ok(()) } else { Err(Failure::usage(faults.join("\n"))) }
}

/// Makes the town in an empty database; `false` when it is there already.
fn make(config: &Config, args: &Args) -> Outcome<bool> {
    let tenant = &config.tenant[0];
    let address = tenant.address().map_err(Failure::usage)?;
    crate::admin_commands::prepare_folder(&address)?;
    let _locks = assemble::locks(config)?;
    let mut conn = store::db::open(&address, Purpose::Long)?;
    store::migrations::run(&mut conn)?;
    match store::meta::get(&mut conn, store::meta::MADE_BY)?.as_deref() {
        Some("demo") => return Ok(false),
        Some(_) => {
            return Err(Failure::new(
                "the database belongs to a real tenant; give the demo another with --data-dir",
            ));
        }
        None => {}
    }
    let now = SystemClock.now();
    let today = Day::of(now, &Zone::shanghai());
    let as_of = args.as_of.unwrap_or(today);
    let refused = |r: domain::Refusal| Failure::new(r.code.en());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let passwords = Passwords::new(1, 1).at_cost(Cost::STANDARD);
    let plan = Plan {
        seed: args.seed,
        as_of,
        until: (as_of == today).then_some(Ts(now.0 - 60_000_000)),
        scale: args.scale.map_or(Scale::Town, Scale::Platform),
        staff_password_hash: runtime.block_on(passwords.hash(STAFF_PASSWORD)).map_err(refused)?,
        wechat_app_id: APP_ID.to_owned(),
        signing: assemble::demo_keys(tenant)?.map(|keys| Signing { keys, issuer: tenant.id.clone() }),
    };
    let written = fill(&mut conn, &plan, config, &runtime)?;
    eprintln!(
        "{} residents of {} units, {} deeds, {} points, {} likes, {} shops, {} redemptions, {} events in {:.1} s",
        written.residents,
        written.units,
        written.deeds,
        written.points,
        written.likes,
        written.shops,
        written.redemptions,
        written.events,
        written.seconds
    );
    Ok(true)
}

fn fill(
    conn: &mut Db,
    plan: &Plan,
    config: &Config,
    runtime: &tokio::runtime::Runtime,
) -> Outcome<demo::Written> {
    let settings = PictureStoreSettings::Local { root: config.pictures.folder.clone() };
    let store = PictureStore::open(&settings).map_err(|e| Failure::new(e.to_string()))?;
    let decoder = Decoder::new(1, 1);
    let corrupt = |e: &dyn std::fmt::Display| store::Error::corrupt(e.to_string());
    let mut keep = |n: u32| -> store::Result<demo::Picture> {
        let jpeg = demo::pictures::jpeg(n).map_err(|e| corrupt(&e))?;
        let prepared = runtime.block_on(decoder.prepare(jpeg.into()))?;
        runtime.block_on(store.put(&prepared)).map_err(|e| corrupt(&e))?;
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let bytes = i64::try_from(prepared.jpeg.len()).unwrap_or(i64::MAX);
        Ok(demo::Picture {
            hash: prepared.hash,
            width: number(prepared.width),
            height: number(prepared.height),
            bytes,
        })
    };
    let bar = progress(0);
    let tell = |step: &str, done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(step.to_owned());
    };
    let written = demo::write(conn, plan, &mut keep, &tell)?;
    bar.finish_and_clear();
    Ok(written)
}

fn welcome(listening: Listening, wechat: Option<&str>, made: bool) {
    let wechat = wechat.map(|url| url.trim_start_matches("http://")).unwrap_or_default();
    println!("listening {listening} wechat={wechat}");
    println!("\n云溪区 is served{}.\n", if made { ", newly made" } else { "" });
    let services = [("resident API", listening.resident), ("merchants", listening.merchant)];
    for (name, address) in services.into_iter().filter_map(|(name, address)| Some((name, address?))) {
        println!("  {name:<14} http://{address}/v1   (documentation: http://{address}/docs)");
    }
    println!(
        "  health         http://{}/health/ready\n\n  \
         residents      POST /v1/sessions/dev {{\"name\": \"resident-1\"}} (and 2, 3, …)\n  \
         staff          POST /v1/sessions/staff {{\"login\": \"secretary-1\", \"password\": \"{STAFF_PASSWORD}\"}} (and ops, assessor-1, supervisor-1)\n  \
         shops          POST /v1/sessions/dev {{\"name\": \"owner-1\"}} at the merchants' address (and clerk-1; owner-2, …)\n  \
         till           POST /v1/sessions/password {{\"login\": \"{TILL}\", \"password\": \"{STAFF_PASSWORD}\"}} there, too\n  \
         visitors       POST /v1/sessions/wechat {{\"code\": \"demo-anybody\"}}; a stand-in for WeChat is on http://{wechat} (GET /_messages)\n",
        listening.admin
    );
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command};

    use super::Args;

    #[test]
    fn the_command_without_arguments_is_the_documented_one() {
        let command = Args::augment_args(Command::new("demo"));
        let seed = command.get_arguments().find(|a| a.get_id() == "seed").expect("the argument is there");
        let documented: Vec<_> = seed.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        assert_eq!(documented, [Args::default().seed.to_string()]);
        assert_eq!(documented, ["20260101"]);
    }
}
