//! Reading the configuration.

use std::path::Path;

use toml::{Table, Value};

use super::Config;

/// The commented default.
pub const DEFAULT: &str = include_str!("default.toml");

/// What the names of its variables begin with.
const PREFIX: &str = "JISHAN_";

/// The default, with the file's values and then the environment's laid over it; or every fault.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Vec<String>> {
    let mut table: Table = DEFAULT.parse().map_err(|e| vec![format!("the compiled-in default: {e}")])?;
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| vec![format!("{}: {e}", path.display())])?;
        let own: Table = text.parse().map_err(|e| vec![format!("{}: {e}", path.display())])?;
        lay_over(&mut table, own);
    }
    let mut faults = Vec::new();
    for (name, value) in environment {
        if let Err(fault) = set(&mut table, &name, &value) {
            faults.push(fault);
        }
    }
    read_secret_files(&mut table, &mut faults);
    let config: Config = match Value::Table(table).try_into() {
        Ok(config) => config,
        Err(e) => {
            faults.push(e.to_string().trim().to_owned());
            return Err(faults);
        }
    };
    faults.extend(config.faults());
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

/// Lays own values over the defaults. A list of tenants replaces the default one, each entry completed by the default's keys.
fn lay_over(base: &mut Table, own: Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (Some(Value::Array(below)), Value::Array(above)) if key == "tenant" => {
                let default = below.first().and_then(Value::as_table).cloned().unwrap_or_default();
                *below = above
                    .into_iter()
                    .map(|entry| match entry {
                        Value::Table(t) => {
                            let mut merged = default.clone();
                            lay_over(&mut merged, t);
                            Value::Table(merged)
                        }
                        other => other,
                    })
                    .collect();
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Sets the key that a variable names. One that names no key is refused: whoever set it believes that it does something.
fn set(table: &mut Table, name: &str, text: &str) -> Result<(), String> {
    let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| !is_anothers(rest)) else { return Ok(()) };
    let keys = every_key(table);
    let Some(slot) = slot(table, rest) else {
        let meant = nearest(&keys, rest).map(|key| format!("; {PREFIX}{key}?")).unwrap_or_default();
        return Err(format!("{name} names no key{meant}"));
    };
    let fault = |what: &str| format!("{name}: expected {what}");
    *slot = match slot {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| fault("a whole number"))?),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| fault("true or false"))?),
        Value::Array(_) => Value::Array(
            text.split(',').filter(|t| !t.is_empty()).map(|t| Value::String(t.trim().to_owned())).collect(),
        ),
        _ => return Err(fault("a plain value")),
    };
    Ok(())
}

/// Variables of the same beginning that are not the configuration's: of the command line, of the scripts beside it, of tests and
/// benchmarks, and the passwords that `roles.sql` reads.
fn is_anothers(rest: &str) -> bool {
    let names = ["CONFIG", "BIN", "KILLS", "ROUNDS", "KEEP_SERVICES", "SERVICES_DIR", "POSTGRES_BIN"];
    let passwords = ["POSTGRES", "OWNER", "API", "MERCHANT", "WORKER"];
    names.contains(&rest)
        || rest.starts_with("TEST_")
        || rest.starts_with("BENCH_")
        || rest.strip_suffix("_PASSWORD").is_some_and(|whose| passwords.contains(&whose))
}

/// Every key, as a variable names it.
fn every_key(table: &Table) -> Vec<String> {
    let mut out = Vec::new();
    for (key, value) in table {
        let upper = key.to_uppercase();
        let below = match value {
            Value::Table(inner) => Some(inner),
            Value::Array(entries) => entries.first().and_then(Value::as_table),
            _ => None,
        };
        match below {
            Some(inner) => out.extend(every_key(inner).iter().map(|key| format!("{upper}_{key}"))),
            None => out.push(upper),
        }
    }
    out
}

/// The key that was probably meant: the one with the most words in common, and of those the one with the fewest letters otherwise.
fn nearest<'k>(keys: &'k [String], rest: &str) -> Option<&'k String> {
    let words: Vec<&str> = rest.split('_').collect();
    let common = |key: &str| key.split('_').filter(|word| words.contains(word)).count();
    keys.iter().min_by_key(|key| (std::cmp::Reverse(common(key)), letters_otherwise(key, rest)))
}

/// How many letters have to be put in, left out or changed to make one text of the other.
fn letters_otherwise(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let changed = before + usize::from(a != b);
            before = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(before + 1);
        }
    }
    row[other.len()]
}

fn slot<'t>(table: &'t mut Table, rest: &str) -> Option<&'t mut Value> {
    // Only a table or a list has more below it: `limits.write` is not where `LIMITS_WRITE_ADDRESS` leads.
    let leads = |key: &str, value: &Value| {
        let upper = key.to_uppercase();
        let has_more = matches!(value, Value::Table(_) | Value::Array(_));
        rest == upper || has_more && rest.starts_with(&format!("{upper}_"))
    };
    let key = table.iter().find(|(key, value)| leads(key, value)).map(|(key, _)| key.clone())?;
    let upper = key.to_uppercase();
    let value = table.get_mut(&key)?;
    if rest == upper {
        return Some(value);
    }
    let rest = &rest[upper.len() + 1..];
    match value {
        Value::Table(inner) => slot(inner, rest),
        Value::Array(entries) => slot(entries.first_mut()?.as_table_mut()?, rest),
        _ => None,
    }
}

/// Reads the values whose `_file` is named; the signing key's file is read where the key is needed, because it may have to be made.
fn read_secret_files(table: &mut Table, faults: &mut Vec<String>) {
    let mut read = |section: &mut Table, key: &str| {
        let file = section.get(&format!("{key}_file")).and_then(Value::as_str).unwrap_or_default().to_owned();
        // A value that is stated, as by a variable, stands over the file.
        let stated = section.get(key).and_then(Value::as_str).is_some_and(|value| !value.is_empty());
        if file.is_empty() || stated {
            return;
        }
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                section.insert(key.to_owned(), Value::String(text.trim().to_owned()));
            }
            Err(e) => faults.push(format!("{key}_file: {file}: {e}")),
        }
    };
    if let Some(Value::Table(pictures)) = table.get_mut("pictures") {
        read(pictures, "s3_secret_key");
    }
    if let Some(Value::Array(tenants)) = table.get_mut("tenant") {
        for tenant in tenants.iter_mut().filter_map(Value::as_table_mut) {
            for secret in ["wechat_app_secret", "wechat_push_token", "wechat_push_key"] {
                read(tenant, secret);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> + use<> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn the_default_is_good() {
        let config = load(None, env(&[])).unwrap();
        assert_eq!(config.tenant[0].id, "jishan");
    }

    #[test]
    fn a_variable_stands_over_the_default() {
        let config = load(
            None,
            env(&[
                ("JISHAN_LISTEN_RESIDENT", "127.0.0.1:1"),
                ("JISHAN_TENANT_REDIS_PREFIX", "x"),
                ("JISHAN_LIMITS_READ", "7"),
                ("JISHAN_LIMITS_READ_ADDRESS", "70"),
            ]),
        )
        .unwrap();
        assert_eq!(
            (
                config.listen.resident.port(),
                config.tenant[0].redis_prefix.as_str(),
                config.limits.read,
                config.limits.read_address
            ),
            (1, "x", 7, 70)
        );
    }

    #[test]
    fn a_variable_that_names_no_key_is_refused_with_the_one_that_was_meant() {
        for (wrong, meant) in [
            ("JISHAN_REDIS", "JISHAN_TENANT_REDIS?"),
            ("JISHAN_LISTEN_RESIDNET", "JISHAN_LISTEN_RESIDENT?"),
            ("JISHAN_LIMIT_READ", "JISHAN_LIMITS_READ?"),
        ] {
            let faults = load(None, env(&[(wrong, "1")])).unwrap_err();
            assert_eq!(faults, [format!("{wrong} names no key; {meant}")]);
        }
    }

    #[test]
    fn variables_of_others_stay_theirs() {
        let others = [
            "JISHAN_CONFIG",
            "JISHAN_TEST_REDIS",
            "JISHAN_KILLS",
            "JISHAN_OWNER_PASSWORD",
            "JISHANX",
            "HOME",
        ];
        load(None, env(&others.map(|name| (name, "1")))).unwrap();
    }

    #[test]
    fn the_production_example_is_good_for_each_of_its_roles() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/production.toml");
        for roles in ["resident", "worker", "resident,worker"] {
            let config = load(Some(Path::new(file)), env(&[("JISHAN_ROLES", roles)])).unwrap();
            assert_eq!(config.tenant[0].id, "yunxi");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = load(
            None,
            env(&[
                ("JISHAN_LISTEN_ADMIN", "0.0.0.0:9090"),
                ("JISHAN_LOG_FORMAT", "xml"),
                ("JISHAN_ROLES", "resident"),
                ("JISHAN_LIMITS_READ", "many"),
                ("JISHAN_TENANT_PUBLIC_URL", "http://points.example.org"),
                ("JISHAN_TENANT_WECHAT_PAGES_DEED", "/pages/deed/deed"),
            ]),
        )
        .unwrap_err();
        let text = faults.join("\n");
        for named in
            ["listen.admin", "log.format", "split roles", "JISHAN_LIMITS_READ", "public_url", "wechat_pages"]
        {
            assert!(text.contains(named), "{named} in {text}");
        }
    }
}
