//! Checks that what the configuration names is there and answers.

use std::path::Path;

use diesel::RunQueryDsl;
use domain::time::Clock;
use foundation::App;
use foundation::data_keys::DataKeys;
use store::clock::SystemClock;
use store::db::Purpose;

use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};

/// By how much the clocks of process and database may differ, in milliseconds.
const CLOCKS_APART_MAX_MS: i64 = 500;

#[derive(diesel::QueryableByName)]
struct Millis {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    ms: i64,
}
#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// Runs every check, and tells all that fail.
pub fn run(file: Option<&Path>) -> Outcome {
    let config = assemble::configuration(file)?;
    println!("ok    configuration");
    let mut failed = 0;
    let mut tell = |what: String, outcome: Result<String, String>| match outcome {
        Ok(detail) => println!("ok    {what}: {detail}"),
        Err(detail) => {
            failed += 1;
            println!("FAIL  {what}: {detail}");
        }
    };
    for tenant in &config.tenant {
        let id = &tenant.id;
        tell(format!("{id}: database"), database(tenant));
        tell(format!("{id}: clocks"), clocks(tenant));
        tell(format!("{id}: connections"), connections(tenant));
    }
    actix_web::rt::System::new().block_on(async {
        let tenants = match assemble::tenants(&config, &ProcessClock::System) {
            Ok(tenants) => tenants,
            Err(f) => return tell("tenants".to_owned(), Err(f.what)),
        };
        for app in tenants.iter() {
            let id = &app.id;
            for (name, door) in [("resident", &app.resident), ("merchant", &app.merchant)] {
                if let Some(door) = door {
                    tell(format!("{id}: signing key of {name}"), Ok(door.keys.current.kid().to_owned()));
                }
            }
            if let Some(keys) = &app.data_keys {
                tell(format!("{id}: data key"), data_keys(app, keys).await);
            }
            tell(
                format!("{id}: pictures"),
                app.pictures.probe().await.map(|()| "answers".to_owned()).map_err(|e| e.to_string()),
            );
            if matches!(app.board, leaderboard::Board::Redis(_)) {
                let known = match app.board.last_seq().await {
                    Ok(seq) => Ok(format!("board up to entry {seq}")),
                    Err(leaderboard::BoardError::NeedsRebuild) => {
                        Ok("no board yet; the worker makes it".to_owned())
                    }
                    Err(e) => Err(e.to_string()),
                };
                tell(format!("{id}: redis"), known);
            }
            if let Some(wechat) = &app.wechat {
                tell(
                    format!("{id}: wechat"),
                    wechat.check_access().await.map(|()| "answers".to_owned()).map_err(|e| format!("{e}")),
                );
            }
        }
    });
    if failed > 0 { Err(Failure::new(format!("{failed} checks failed"))) } else { Ok(()) }
}

/// Whether every telephone can be deciphered, and how many wait for the newest key.
async fn data_keys(app: &App, keys: &DataKeys) -> Result<String, String> {
    let counts = app.store.read(store::phones::keys).await.map_err(|e| e.to_string())?;
    let many =
        |of: &dyn Fn(&str) -> bool| counts.iter().filter(|(key, _)| of(key)).map(|(_, n)| n).sum::<i64>();
    match many(&|key| !keys.knows(key)) {
        0 => Ok(format!("{}, {} telephones wait for it", keys.current(), many(&|key| key != keys.current()))),
        lost => Err(format!(
            "{lost} telephones are under keys that are not in the file; put those below the newest"
        )),
    }
}

fn open(tenant: &foundation::config::Tenant) -> Result<store::Db, String> {
    store::db::open(&tenant.address()?, Purpose::Long).map_err(|e| Failure::from(e).what)
}

fn database(tenant: &foundation::config::Tenant) -> Result<String, String> {
    let mut conn = open(tenant)?;
    match store::migrations::is_current(&mut conn) {
        Ok(true) => Ok("answers, newest shape".to_owned()),
        Ok(false) => Err("not of the newest shape; run `jishan migrate`".to_owned()),
        Err(e) => Err(Failure::from(e).what),
    }
}

fn clocks(tenant: &foundation::config::Tenant) -> Result<String, String> {
    let mut conn = open(tenant)?;
    if conn.is_sqlite() {
        return Ok("one clock".to_owned());
    }
    let before = SystemClock.now().0 / 1_000;
    let theirs =
        diesel::sql_query("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS ms")
            .get_result::<Millis>(&mut conn)
            .map_err(|e| e.to_string())?
            .ms;
    let after = SystemClock.now().0 / 1_000;
    let apart = if theirs < before { before - theirs } else { (theirs - after).max(0) };
    let text = format!("{apart} ms apart");
    if apart > CLOCKS_APART_MAX_MS {
        Err(text + "; days and expiries would differ: synchronise them")
    } else {
        Ok(text)
    }
}

fn connections(tenant: &foundation::config::Tenant) -> Result<String, String> {
    let mut conn = open(tenant)?;
    if conn.is_sqlite() {
        return Ok(format!("{} readers, 1 writer", tenant.pool));
    }
    let max = diesel::sql_query("SELECT CAST(current_setting('max_connections') AS bigint) AS n")
        .get_result::<Setting>(&mut conn)
        .map_err(|e| e.to_string())?
        .n;
    let text = format!("{} of this process, {max} allowed in all", tenant.pool);
    if i64::from(tenant.pool) > max { Err(text) } else { Ok(text) }
}
