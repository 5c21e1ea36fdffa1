//! Posts: residents post deeds, each with a picture that was uploaded before and a claim by an item; one of twenty requests is sent again
//! with the same key.

mod references;

use std::cell::RefCell;

use references::Reference;
use serde_json::json;

use crate::Outcome;
use crate::awards::desk;
use crate::client::{self, Call, Connection};
use crate::options::Engine;
use crate::rounds::{Cell, Turn, take_turns};
use crate::rows::{Counted, Database, Tally, compare};
use crate::scene::{Chance, id_of, text};
use crate::stage::Stage;
use crate::steady;
use crate::workload::Workload;
use crate::{postgres, sqlite};

/// Deeds prepared for a second of the first round; later ones follow what was done.
const FIRST: f64 = 2_000.0;
/// So much more is prepared than the round before did.
const SPARE: f64 = 1.3;
/// One of so many requests is sent again with the same key.
const REPEATED: usize = 20;
/// The kind of the pictures' ids, which are made of numbers.
const PICTURE: u8 = 0;
/// So many residents post, of those who have a name of the development sign-in.
const AUTHORS: usize = 500;
/// What a deed says, as long as one usually is.
const TITLE: &str = "帮邻居修水管";
const TEXT: &str = "周六上午帮三单元的李奶奶修好了漏水的水管，又把楼道里的积水扫干净，顺便换了一盏不亮的灯。";

/// What a new deed writes.
const ROWS: [Counted; 5] = [
    Counted { name: "idempotency", sql: "SELECT count(*) FROM $.idempotency" },
    Counted { name: "deeds", sql: "SELECT count(*) FROM $.deeds" },
    Counted { name: "pictures", sql: "SELECT count(*) FROM $.pictures WHERE deed_id IS NOT NULL" },
    Counted { name: "reviews", sql: "SELECT count(*) FROM $.reviews" },
    Counted { name: "claims", sql: "SELECT count(*) FROM $.claims" },
];

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Cell> {
    let authors = RefCell::new(Authors::find(stage)?);
    let reference = stage.unless_alone(|| Reference::prepare(stage))?;
    let mut ours = Tally::of(stage.database(), &ROWS);
    let mut theirs = reference.as_ref().map(|reference| Tally::of_reference(reference.database(), &ROWS));
    let mut rate = FIRST;
    let rounds = take_turns(
        stage.options.rounds,
        |round| {
            let wanted = (rate * SPARE * f64::from(stage.options.seconds)) as usize;
            let turn = our_turn(stage, &mut ours, &authors.borrow_mut().prepare(wanted)?, round)?;
            rate = turn.rate();
            Ok(turn)
        },
        |round| {
            let both = reference.as_ref().zip(theirs.as_mut());
            both.map(|(reference, theirs)| stage.counted(theirs, || reference.turn(stage, round))).transpose()
        },
        |_, rate| {
            let posts = authors.borrow_mut().prepare((rate * f64::from(stage.options.seconds)) as usize)?;
            steady::simple(stage, "new-deed", (rate, posts.len()), |n| posts[n].bytes())
        },
    )?;
    compare(&ours, theirs.as_ref(), &rounds)?;
    Ok(stage.cell(Workload::NewDeed, rounds, stage.database().reference()))
}

/// Posts until the time is over, or until there are no more pictures: then the round is shorter.
fn our_turn(stage: &Stage<'_>, tally: &mut Tally<'_>, posts: &[Post], round: usize) -> Outcome<Turn> {
    let mut chance = Chance(round as u64);
    let again: Vec<bool> = posts.iter().map(|_| chance.below(REPEATED) == 0).collect();
    let seconds = f64::from(stage.options.seconds);
    let open = async || Connection::open(stage.address()).await;
    stage.counted(tally, || {
        let load = client::lanes(open, posts.len(), seconds, async |connection, n| {
            let request = posts[n].bytes();
            if !again[n] {
                return connection.tell(&request).await;
            }
            let first = connection.ask(&request).await?;
            if let Some(refusal) = first.refusal() {
                return Ok(Some(refusal));
            }
            let second = connection.ask(&request).await?;
            let same = second.refusal().is_none() && id_of(&first.body)? == id_of(&second.body)?;
            Ok((!same).then(|| "a deed that was sent again was answered by another".to_owned()))
        })?;
        Ok(load.into())
    })
}

/// A deed that is to be posted.
pub struct Post {
    token: String,
    key: String,
    body: String,
}

impl Post {
    /// The request that posts it.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { token, key, body } = self;
        Call { method: "POST", path: "deeds", token, key, body, ..Call::default() }.bytes()
    }
}

/// The residents who post, and their pictures.
pub struct Authors<'a> {
    stage: &'a Stage<'a>,
    names: Vec<String>,
    item: String,
    pictures: usize,
}

impl<'a> Authors<'a> {
    /// Finds residents who can sign in by name.
    pub fn find(stage: &'a Stage<'_>) -> Outcome<Self> {
        let names = names(stage.database())?;
        if names.is_empty() {
            return Err("no resident signs in by name".into());
        }
        let item = desk::item(stage.address(), &stage.scene.root)?;
        // The pictures of an earlier cell are spent; theirs follow.
        let pictures = stage.database().number("SELECT count(*) FROM $.pictures")?;
        Ok(Self { stage, names, item, pictures: usize::try_from(pictures)? })
    }

    /// The request by which one of them signs in.
    pub fn sign_in(&self, chance: &mut Chance) -> Vec<u8> {
        let body = json!({"name": self.names[chance.below(self.names.len())]}).to_string();
        Call { method: "POST", path: "sessions/dev", body: &body, ..Call::default() }.bytes()
    }

    /// So many deeds: for each a picture lies there that belongs to nothing yet, as if its author had uploaded it.
    pub fn prepare(&mut self, wanted: usize) -> Outcome<Vec<Post>> {
        let first = self.pictures;
        self.pictures += wanted;
        upload(self.stage.database(), self.stage.engine, first..self.pictures)?;
        let bodies: Vec<String> = self.names.iter().map(|name| json!({"name": name}).to_string()).collect();
        let calls: Vec<Call<'_>> = bodies
            .iter()
            .map(|body| Call { method: "POST", path: "sessions/dev", body, ..Call::default() })
            .collect();
        let answers = client::all(self.stage.address(), &calls)?;
        let tokens =
            answers.iter().map(|answer| text(&answer.json()?["accessToken"])).collect::<Outcome<Vec<_>>>()?;
        let day = &self.stage.scene.today;
        let mut posts: Vec<Post> = (first..self.pictures)
            .map(|n| {
                let body = json!({"section": "neighbours", "title": TITLE, "text": TEXT, "pictureIds": [picture(n)],
                    "dayOfAct": day, "itemId": self.item});
                let key = uuid::Uuid::now_v7().simple().to_string();
                // Who owns the n-th picture: `upload` counts the same way.
                Post { token: tokens[n % tokens.len()].clone(), key, body: body.to_string() }
            })
            .collect();
        Chance(first as u64).shuffle(&mut posts);
        Ok(posts)
    }
}

/// Who has a name of the development sign-in and is a resident, in the order in which they own pictures.
const OWNERS: &str = "FROM $.identities WHERE provider = 'dev' AND resident_id IS NOT NULL AND subject LIKE 'resident-%' ORDER BY subject";

fn names(database: &Database) -> Outcome<Vec<String>> {
    let sql = format!("SELECT subject {OWNERS} LIMIT {AUTHORS}");
    match database {
        Database::Sqlite(path) => {
            let connection = rusqlite::Connection::open(path)?;
            let mut statement = connection.prepare(&sql.replace("$.", ""))?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        }
        Database::Postgres { url, .. } => {
            Ok(postgres::sql(url, &sql.replace("$.", "public."))?.lines().map(ToOwned::to_owned).collect())
        }
    }
}

/// Pictures as an upload would leave them: all of them look the same, so that the stored bytes are there.
fn upload(database: &Database, engine: Engine, numbers: std::ops::Range<usize>) -> Outcome {
    if numbers.is_empty() {
        return Ok(());
    }
    let (first, last) = (numbers.start, numbers.end - 1);
    let id = match engine {
        Engine::Sqlite => sqlite::id_sql(PICTURE, "n"),
        Engine::Postgres => postgres::id(char::from(b'0' + PICTURE), "n"),
    };
    let owners = format!(
        "SELECT id, row_number() OVER (ORDER BY subject) - 1 AS place FROM (SELECT id, subject {OWNERS} LIMIT {AUTHORS}) w"
    );
    database.run(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}), \
         owners AS ({owners}) \
         INSERT INTO $.pictures (id, identity_id, hash, width, height, bytes, created_at) \
         SELECT {id}, o.id, p.hash, p.width, p.height, p.bytes, p.now FROM numbers \
         JOIN owners o ON o.place = n % (SELECT count(*) FROM owners) \
         CROSS JOIN (SELECT hash, width, height, bytes, COALESCE((SELECT max(created_at) FROM $.sessions), created_at) AS now FROM $.pictures LIMIT 1) p"
    ))?;
    database.tidy("pictures")
}

/// The id of the n-th picture, as the API writes it.
fn picture(n: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let id = u128::from_be_bytes(sqlite::id(PICTURE, n));
    let letters = (0..26).rev().map(|place| char::from(ALPHABET[(id >> (5 * place) & 31) as usize]));
    format!("pic_{}", letters.collect::<String>())
}
