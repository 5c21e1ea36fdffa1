//! PostgreSQL by its own programs: psql for databases and counts, pgbench for the references of writes.

use std::path::Path;
use std::process::Command;

use crate::rounds::Turn;
use crate::{Outcome, children};

/// Connections of the reference: with more of them two cores do less.
pub const CLIENTS: usize = 8;
/// What a client's numbers begin with, so that no two clients use the same.
pub const STRIDE: usize = 10_000_000;

/// The address of another database of a server.
pub fn at(server: &str, name: &str) -> Outcome<String> {
    let (base, query) = server.split_once('?').map_or((server, String::new()), |(b, q)| (b, format!("?{q}")));
    let (base, _) = base.rsplit_once('/').ok_or("JISHAN_TEST_POSTGRES names no server: use scripts/bench")?;
    Ok(format!("{base}/{name}{query}"))
}

/// Runs SQL; the rows as `psql -At` prints them.
pub fn sql(url: &str, sql: &str) -> Outcome<String> {
    let mut command = Command::new("psql");
    command.args([url, "-X", "-v", "ON_ERROR_STOP=1", "-qAt", "-c", sql]);
    Ok(children::run(&mut command)?.trim().to_owned())
}

/// Makes a database anew, empty or as the copy of another.
pub fn make(server: &str, name: &str, template: Option<&str>) -> Outcome {
    sql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
    let like = template.map_or_else(String::new, |t| format!(" TEMPLATE {t} STRATEGY file_copy"));
    sql(server, &format!("CREATE DATABASE {name}{like}")).map(drop)
}

/// Gives a database another name.
pub fn rename(server: &str, name: &str, to: &str) -> Outcome {
    sql(server, &format!("DROP DATABASE IF EXISTS {to} WITH (FORCE)"))?;
    sql(server, &format!("ALTER DATABASE {name} RENAME TO {to}")).map(drop)
}

/// Runs a script of pgbench for so many seconds. `i` in the script begins at `from` in every client.
pub fn pgbench(url: &str, script: &Path, seconds: u32, defined: &[(&str, usize)]) -> Outcome<Turn> {
    let mut command = Command::new("pgbench");
    command.args(["-n", "-M", "prepared", "-c", &CLIENTS.to_string(), "-j", "2", "-T", &seconds.to_string()]);
    for (name, value) in defined {
        command.args(["-D", &format!("{name}={value}")]);
    }
    command.arg("-f").arg(script).arg(url);
    read(&children::run(&mut command)?)
}

fn read(output: &str) -> Outcome<Turn> {
    let figure = |prefix: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(prefix));
        line.and_then(|rest| rest.trim().split(' ').next()?.parse::<f64>().ok())
    };
    let answered = figure("number of transactions actually processed:");
    let (Some(answered), Some(tps)) = (answered, figure("tps =")) else {
        return Err(format!("pgbench told no figures: {output}").into());
    };
    let refused = figure("number of failed transactions:").unwrap_or(0.0);
    let (answered, refused, seconds) = (answered as usize, refused as usize, answered / tps);
    Ok(Turn { answered, refused, seconds, p50: figure("latency average ="), ..Turn::default() })
}

/// An id that is made of a number, as SQL: `of` keeps kinds of ids apart. It is greater than every real one, as the newest is.
pub fn id(of: char, number: &str) -> String {
    format!("('f{of}000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid")
}

/// Copies of these tables in the schema `bench`, with all their indexes and checks, and with what is in them where asked for.
pub fn copies(filled: &[&str], empty: &[&str]) -> String {
    let mut sql = "DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench;".to_owned();
    for table in filled.iter().chain(empty) {
        sql += &format!("CREATE TABLE bench.{table} (LIKE public.{table} INCLUDING ALL);");
    }
    for table in filled {
        sql += &format!("INSERT INTO bench.{table} SELECT * FROM public.{table};");
    }
    sql
}

/// Makes statistics and hint bits of the copies, as the real tables have them, and leaves nothing to be written while it is measured.
pub fn settle(url: &str, tables: &[&str]) -> Outcome {
    tables.iter().try_for_each(|table| sql(url, &format!("VACUUM (ANALYZE) bench.{table}")).map(drop))?;
    sql(url, "CHECKPOINT").map(drop)
}
