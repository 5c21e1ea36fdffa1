//! Where bytes are kept: the database's files, everything that is in Redis, the folder of pictures and copies, the logs. On PostgreSQL every
//! column of every table is read, what the planner has kept of them, and, after the owner has written the tables anew, their files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use redis::AsyncCommands;
use tests::redis::Redis;
use tests::{Engine, Town};

use super::person::{Person, number};

pub struct Traces<'t> {
    town: &'t Town,
    redis: Option<&'t Redis>,
    /// What may be nowhere, with a name for it.
    wanted: Vec<String>,
}

impl<'t> Traces<'t> {
    /// The words of these people: of the posts of those only who want them to go, and the openid.
    pub fn of(town: &'t Town, redis: Option<&'t Redis>, people: &[Person]) -> Self {
        let mut wanted: Vec<String> = people.iter().map(|person| person.word.clone()).collect();
        let going = people.iter().filter(|person| person.posts == "remove");
        wanted.extend(going.map(|person| person.posted.clone()));
        wanted.extend(people.iter().map(|person| number(&person.name)));
        wanted.extend(openids(town));
        Self { town, redis, wanted }
    }

    /// How many files there are beside the database.
    pub fn pictures(&self) -> usize {
        files(&self.town.folder().join("pictures")).len()
    }

    /// The owner of the tables writes them anew, where the files are PostgreSQL's.
    pub fn write_anew(&self) {
        if self.town.engine == Engine::Postgres {
            let (code, told) = self.town.command(&["admin", "cleanse"]);
            assert_eq!(code, 0, "{told}");
        }
    }

    /// Every place where one of the words is found; `any` looks at the tables only.
    pub async fn found(&self, any: bool) -> Vec<String> {
        let mut found = Vec::new();
        for file in files(self.town.folder()) {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // The stand-in is WeChat's side, and no part of the platform.
            if name != "wechat.log" {
                let bytes = std::fs::read(&file).unwrap_or_default();
                self.look(&mut found, &format!("the file {name}"), &bytes);
            }
        }
        if let Some(redis) = self.redis {
            self.look(&mut found, "Redis", &everything(redis).await);
        }
        if let Some(database) = &self.town.database {
            self.look(&mut found, "the tables", dump(&database.url).as_bytes());
            self.look(
                &mut found,
                "the statistics",
                database.sql("SELECT * FROM pg_stats WHERE schemaname = 'public'").as_bytes(),
            );
            if !any {
                database.sql("CHECKPOINT");
                for file in files_of_tables(database) {
                    let bytes = std::fs::read(&file).unwrap_or_default();
                    self.look(&mut found, &format!("PostgreSQL's {}", file.display()), &bytes);
                }
            }
        }
        found
    }

    fn look(&self, found: &mut Vec<String>, place: &str, bytes: &[u8]) {
        for word in &self.wanted {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(format!("{word} in {place}"));
            }
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// By what WeChat knows the people of this moment who are residents of the first group.
fn openids(town: &Town) -> Vec<String> {
    let sql = "SELECT i.subject FROM identities i JOIN resident_names n ON n.resident_id = i.resident_id WHERE n.name LIKE '王qzwx%'";
    let found: Vec<String> = match &town.database {
        Some(database) => database.sql(sql).lines().map(str::to_owned).collect(),
        None => {
            let file = rusqlite::Connection::open(town.folder().join("town.sqlite")).expect("the file opens");
            let mut query = file.prepare(sql).expect("it reads");
            let rows = query.query_map([], |row| row.get::<_, String>(0)).expect("it reads");
            rows.map(|row| row.expect("a text")).collect()
        }
    };
    assert!(
        found.iter().all(|openid| openid.len() >= 20),
        "openids are long enough to be looked for: {found:?}"
    );
    found
}

/// Everything that the tables say.
fn dump(url: &str) -> String {
    let output = std::process::Command::new("pg_dump")
        .args(["--data-only", "--inserts", url])
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The files of tables, of what is kept apart for them, and of their indexes.
fn files_of_tables(database: &tests::process::Database) -> HashSet<PathBuf> {
    let folder = PathBuf::from(database.sql("SHOW data_directory"));
    let rows = database.sql(
        "SELECT pg_relation_filepath(c.oid) FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid \
         WHERE c.relkind IN ('r', 'i', 't') AND (c.relnamespace = 'public'::regnamespace \
           OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE relnamespace = 'public'::regnamespace))",
    );
    let found: HashSet<PathBuf> = rows.lines().map(|line| folder.join(line)).collect();
    assert!(found.iter().any(|file| file.exists()), "the server's files can be read: {}", folder.display());
    found
}

/// Every key and value of a Redis.
async fn everything(redis: &Redis) -> Vec<u8> {
    let client = redis::Client::open(redis.address()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
    let keys: Vec<Vec<u8>> = connection.keys("*").await.expect("keys");
    assert!(!keys.is_empty(), "boards and words are in it");
    let mut bytes = Vec::new();
    for key in keys {
        bytes.extend(&key);
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut connection).await.expect("a type");
        let values: Vec<Vec<u8>> = match kind.as_str() {
            "string" => vec![connection.get(&key).await.expect("a string")],
            "hash" => redis::cmd("HGETALL").arg(&key).query_async(&mut connection).await.expect("a hash"),
            "zset" => connection.zrange(&key, 0, -1).await.expect("a sorted set"),
            "set" => connection.smembers(&key).await.expect("a set"),
            "list" => connection.lrange(&key, 0, -1).await.expect("a list"),
            other => panic!("a value of the type {other}"),
        };
        values.into_iter().for_each(|value| bytes.extend(value));
    }
    bytes
}
