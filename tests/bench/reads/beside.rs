//! What reads are compared with: a bare server, Redis, or pgbench.

use std::path::PathBuf;
use std::process::Command;

use crate::children::Serving;
use crate::client::Answer;
use crate::options::Engine;
use crate::rounds::Turn;
use crate::rows::Database;
use crate::stage::Stage;
use crate::workload::Workload;
use crate::wrk::Wrk;
use crate::zsets::Zset;
use crate::{Outcome, postgres};

/// Deeds that the product reads for a page: one more than it shows, to know whether another page follows.
const PAGE: usize = 15;
/// Deeds behind which the pages begin that are asked for by chance.
const DEEDS: usize = 4_000;

/// What reads are compared with.
pub enum Beside<'a> {
    /// A server that answers the same bytes.
    Bare(Serving),
    /// A server that serialises the same page.
    Serialising(Serving),
    /// Redis, asked for the same number of lines.
    Redis(Zset<'a>),
    /// The query of a page, asked by pgbench.
    Query(Query),
}

impl<'a> Beside<'a> {
    /// Prepares what a workload is compared with.
    pub fn set(
        stage: &'a Stage<'_>,
        workload: Workload,
        (sample, encoding): (&Answer, &str),
    ) -> Outcome<Self> {
        match (workload, &stage.redis) {
            (Workload::BoardRedis, Some(redis)) => Ok(Self::Redis(Zset::make(redis)?)),
            (Workload::Older, _) if stage.engine == Engine::Postgres => {
                Ok(Self::Query(Query::prepare(stage)?))
            }
            (Workload::OwnFeed, _) => Ok(Self::Serialising(serve(stage, sample, &["--serialise"])?)),
            _ if encoding.is_empty() => Ok(Self::Bare(bare(stage, sample)?)),
            _ => Ok(Self::Bare(serve(stage, sample, &["--encoding", encoding])?)),
        }
    }
    /// A turn of it.
    pub fn turn(&self, wrk: &Wrk, seconds: u32) -> Outcome<Turn> {
        match self {
            Self::Bare(serving) | Self::Serialising(serving) => wrk.ask(&serving.address, seconds),
            Self::Redis(zset) => zset.turn(seconds),
            Self::Query(query) => query.turn(seconds),
        }
    }
    /// Its processes.
    pub fn pids(&self) -> Vec<u32> {
        match self {
            Self::Bare(serving) | Self::Serialising(serving) => vec![serving.id()],
            Self::Redis(_) | Self::Query(_) => Vec::new(),
        }
    }
    /// What it is, in a sentence.
    pub const fn told(&self) -> &'static str {
        match self {
            Self::Bare(_) => {
                "reads: actix-web, 2 workers, the same bytes pre-serialised; load by wrk -t1 -c32"
            }
            Self::Serialising(_) => {
                "own-feed: actix-web, 2 workers, the same page serialised for each request; load by wrk -t1 -c32"
            }
            Self::Redis(_) => {
                "board-redis: redis-benchmark -c 32, ZREVRANGE 0 49 of a set of 38,000, unpipelined, without names"
            }
            Self::Query(_) => {
                "older on PostgreSQL: pgbench -M prepared -c 8 -j 2 over the server's socket, the query of the page and nothing else"
            }
        }
    }
}

/// Serves this answer and nothing else.
pub fn bare(stage: &Stage<'_>, sample: &Answer) -> Outcome<Serving> {
    serve(stage, sample, &[])
}

fn serve(stage: &Stage<'_>, sample: &Answer, how: &[&str]) -> Outcome<Serving> {
    let body = stage.folder.join("body");
    std::fs::write(&body, &sample.body)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare", "--content-type", &sample.content_type, "--body"]).arg(body).args(how);
    Serving::start(&mut command)
}

/// The query of a page from a moment by chance, among the same deeds.
pub struct Query {
    url: String,
    script: PathBuf,
    since: usize,
    until: usize,
}

impl Query {
    fn prepare(stage: &Stage<'_>) -> Outcome<Self> {
        let Database::Postgres { url, .. } = stage.database() else {
            return Err("there is no PostgreSQL".into());
        };
        let root = postgres::sql(url, "SELECT id FROM units WHERE parent_id IS NULL")?;
        let moments = format!(
            "SELECT min(published_at) || ' ' || max(published_at) FROM (SELECT published_at FROM deed_feed WHERE unit_id = '{root}' \
             ORDER BY published_at DESC LIMIT {DEEDS}) newest"
        );
        let moments = postgres::sql(url, &moments)?;
        let (since, until) = moments.split_once(' ').ok_or("there are no deeds")?;
        let script = stage.folder.join("older.pgbench");
        std::fs::write(&script, page(&root))?;
        Ok(Self { url: url.clone(), script, since: since.parse()?, until: until.parse()? })
    }
    fn turn(&self, seconds: u32) -> Outcome<Turn> {
        let defined = [("since", self.since), ("until", self.until)];
        postgres::pgbench(&self.url, &self.script, seconds, &defined)
    }
}

/// The query of the product's latest feed (`store::feed`), word for word but for where it begins.
fn page(root: &str) -> String {
    format!(
        "\\set place random(:since, :until)\n\
         SELECT d.id, d.identity_id, d.resident_id, d.household_id, d.unit_id, u.name, d.section, d.title, \
         substr(d.body, 1, 161), d.day_of_act, d.item_id, d.quantity, d.state, d.reason, d.like_count, \
         d.comment_count, d.share_count, d.created_at, d.published_at, r.unit_id, COALESCE(r.hidden, FALSE), n.name, n.nickname, \
         c.merit, d.event_id, f.place \
         FROM (SELECT deed_id, published_at AS place FROM deed_feed WHERE unit_id = '{root}' \
         AND (published_at, deed_id) < (:place, 'ffffffff-ffff-ffff-ffff-ffffffffffff') \
         ORDER BY published_at DESC, deed_id DESC LIMIT {PAGE}) f \
         JOIN deeds d ON d.id = f.deed_id JOIN units u ON u.id = d.unit_id LEFT JOIN residents r ON r.id = d.resident_id \
         LEFT JOIN resident_names n ON n.resident_id = d.resident_id \
         LEFT JOIN claims c ON c.cause = 'deed' AND c.cause_id = d.id AND c.state = 'posted' \
         ORDER BY f.place DESC, f.deed_id DESC;\n"
    )
}
