//! Kills: processes that end in the middle of their work, and memories that are lost or older than they should be. Nothing that was
//! acknowledged may be gone, nothing may be done twice, and boards equal the log.
//!
//! `JISHAN_KILLS` says how often (20 if nothing is said). Processes live in the present here, because a clock that stands still begins at
//! the present when its process is started again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::redis::Redis;
use tests::town::text;
use tests::{Actor, Engine, Options, Town, picture};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::stage::{AWARD, Stage, attempt, deed_of, grant, hundredths};

/// How often the stories kill.
pub fn kills() -> usize {
    std::env::var("JISHAN_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// How much is acknowledged before the kill of a round: now little, now much.
fn patience(round: usize) -> u32 {
    20 + (round as u32 * 37) % 90
}

/// Processes are killed and started anew, with clocks of the present, and everybody signs in again.
async fn restart(stage: &mut Stage, roles: &[&str]) {
    stage.town.processes.iter_mut().for_each(tests::process::Process::kill);
    stage.town.processes.clear();
    roles.iter().for_each(|roles| stage.town.start(roles));
    stage.town.ops = stage.town.staff("ops").await;
    stage.secretary = stage.town.staff("liu").await;
}

/// Today, as the server has it.
async fn today(town: &Town) -> String {
    let page = town.anybody().get(&format!("rankings/{}?period=day", town.world.district)).await.expect(200);
    text(&page["period"]["start"])
}

/// Everything that was posted by claims, in hundredths, by resident.
async fn posted(stage: &Stage) -> (BTreeMap<String, i64>, HashMap<String, String>) {
    let (mut sums, mut states, mut cursor) = (BTreeMap::new(), HashMap::new(), String::new());
    loop {
        let page = stage.secretary.get(&format!("staff/claims?limit=100{cursor}")).await.expect(200);
        for claim in page["items"].as_array().into_iter().flatten() {
            states.insert(text(&claim["id"]), text(&claim["state"]));
            if claim["state"] == "posted" {
                *sums.entry(text(&claim["residentId"])).or_insert(0) += hundredths(&claim["merit"]);
            }
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (sums, states),
        }
    }
}

/// The board of all time, as it is read.
async fn board(town: &Town) -> (BTreeMap<String, i64>, bool) {
    let path = format!("rankings/{}?period=all&limit=100", town.world.district);
    let page = town.anybody().get(&path).await.expect(200);
    let lines = page["items"].as_array().into_iter().flatten();
    (lines.map(|l| (text(&l["id"]), hundredths(&l["score"]))).collect(), page["stale"] == true)
}

/// After draining, the board equals what was posted.
async fn boards_equal_the_log(stage: &Stage) {
    drain(&stage.town).await;
    let (read, stale) = board(&stage.town).await;
    assert!(!stale, "the board is there, but was not asked");
    assert_eq!(read, posted(stage).await.0);
}

/// Drains the first process; a connection that broke may have to be made again first.
async fn drain(town: &Town) {
    let until = Instant::now() + Duration::from_secs(20);
    while let Err(told) = town.try_drain(0).await {
        assert!(Instant::now() < until, "it cannot be drained: {told}");
    }
}

/// What a client was told is done.
#[derive(Debug)]
enum Ack {
    /// This deed is liked by this guest, or is not.
    Like(String, usize, bool),
    /// This deed was posted by this author.
    Deed(String, usize),
    /// This claim was entered.
    Entered(String),
    /// This claim was granted.
    Granted(String),
}

/// A client: what it was told, and the like that was under way when the server died.
struct Client {
    who: Actor,
    number: usize,
    day: String,
    acked: Vec<Ack>,
    count: Arc<Semaphore>,
}

impl Client {
    fn note(&mut self, ack: Ack) {
        self.acked.push(ack);
        self.count.add_permits(1);
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let request = self.who.request(method, path);
        let key = uuid::Uuid::now_v7().to_string();
        let request = match body {
            Some(body) => request.header("Idempotency-Key", key).json(&body),
            None => request,
        };
        let (status, answer) = attempt(request).await?;
        assert!(status < 300, "{path} answered {status}: {answer}");
        Some(answer)
    }

    /// Likes deeds and takes it back, again and again; returns what was not answered.
    async fn like(mut self, deeds: Vec<String>) -> (Vec<Ack>, Option<String>) {
        for turn in 0.. {
            let deed = &deeds[turn % deeds.len()];
            let wanted = (turn / deeds.len()).is_multiple_of(2);
            let method = if wanted { Method::PUT } else { Method::DELETE };
            match self.call(method, &format!("deeds/{deed}/like"), None).await {
                Some(answer) => assert_eq!(answer["liked"], wanted),
                None => return (self.acked, Some(deed.clone())),
            }
            self.note(Ack::Like(deed.clone(), self.number, wanted));
        }
        unreachable!("turns do not end")
    }

    async fn post(mut self) -> (Vec<Ack>, Option<String>) {
        for n in 0.. {
            let file = reqwest::multipart::Part::bytes(picture::jpeg(n)).file_name("picture.jpg");
            let form = reqwest::multipart::Form::new().part("file", file);
            let upload = self.who.request(Method::POST, "pictures").multipart(form);
            let Some((201, uploaded)) = attempt(upload).await else { break };
            let body = deed_of(&[text(&uploaded["id"])], &self.day);
            let Some(deed) = self.call(Method::POST, "deeds", Some(body)).await else { break };
            self.note(Ack::Deed(text(&deed["id"]), self.number));
        }
        (self.acked, None)
    }

    async fn award(mut self, unit: String, resident: String, item: String) -> (Vec<Ack>, Option<String>) {
        while self.award_once(&unit, &resident, &item).await.is_some() {}
        (self.acked, None)
    }

    /// Enters a claim and decides whatever waits in the unit.
    async fn award_once(&mut self, unit: &str, resident: &str, item: &str) -> Option<()> {
        let body = json!({"residentId": resident, "itemId": item, "dayOfAct": self.day});
        let claim = self.call(Method::POST, "staff/claims", Some(body)).await?;
        self.note(Ack::Entered(text(&claim["id"])));
        let queue = format!("staff/reviews?kind=claim&unit={unit}&limit=10");
        let queue = self.call(Method::GET, &queue, None).await?;
        for review in queue["items"].as_array().into_iter().flatten() {
            let path = format!("staff/reviews/{}", text(&review["id"]));
            self.call(Method::POST, &format!("{path}/claim"), Some(json!({}))).await?;
            self.call(Method::POST, &format!("{path}/decide"), Some(grant())).await?;
            self.note(Ack::Granted(text(&review["claim"]["id"])));
        }
        Some(())
    }
}

/// For how many rounds the same tokens are used: WeChat signs one person in a hundred times a minute, and tokens live five minutes.
const SIGNED_IN_FOR: usize = 20;

/// Who writes: three who like, two who post, three who award, each in a unit of its own.
struct Crowd {
    likers: Vec<Actor>,
    deeds: Vec<String>,
    posters: Vec<Actor>,
    awarded: Vec<(String, Actor)>,
    item: String,
}

impl Crowd {
    async fn gather(stage: &Stage) -> Self {
        let town = &stage.town;
        let units = [&town.world.group1, &town.world.group2, &town.world.other_grid];
        let mut awarded = Vec::new();
        for (n, unit) in units.into_iter().enumerate() {
            awarded.push((unit.clone(), town.resident(&format!("awarded-{n}"), unit, None).await));
        }
        let mut posters = Vec::new();
        for n in 0..2 {
            posters.push(town.resident(&format!("poster-{n}"), &town.world.group1, None).await);
        }
        let mut likers = Vec::new();
        for n in 0..3 {
            likers.push(town.guest(&format!("liker-{n}")).await);
        }
        let mut deeds = Vec::new();
        for n in 0..4 {
            deeds.push(stage.published(&awarded[0].1, n).await);
        }
        let item = stage.item("A-1").await;
        Self { likers, deeds, posters, awarded, item }
    }

    /// Finds the server that was started last, with new sign-ins or those of before.
    async fn turn_to(&mut self, town: &Town, sign_in: bool) {
        for (word, people) in [("liker", &mut self.likers), ("poster", &mut self.posters)] {
            for (n, person) in people.iter_mut().enumerate() {
                *person = match sign_in {
                    true => town.guest(&format!("{word}-{n}")).await,
                    false => person.at(&town.base(0)),
                };
            }
        }
    }

    /// Begins to write.
    async fn write(
        &self,
        stage: &Stage,
        count: &Arc<Semaphore>,
    ) -> Vec<JoinHandle<(Vec<Ack>, Option<String>)>> {
        let day = today(&stage.town).await;
        let client = |who: Actor, number: usize| Client {
            who,
            number,
            day: day.clone(),
            acked: Vec::new(),
            count: count.clone(),
        };
        let mut running = Vec::new();
        for (n, liker) in self.likers.iter().enumerate() {
            running.push(tokio::spawn(client(liker.clone(), n).like(self.deeds.clone())));
        }
        for (n, poster) in self.posters.iter().enumerate() {
            running.push(tokio::spawn(client(poster.clone(), n).post()));
        }
        for (n, (unit, resident)) in self.awarded.iter().enumerate() {
            let desk = client(stage.secretary.clone(), n);
            running.push(tokio::spawn(desk.award(unit.clone(), resident.id.clone(), self.item.clone())));
        }
        running
    }

    /// Everything that was acknowledged is there.
    async fn check(&self, stage: &Stage, rounds: Vec<(Vec<Ack>, Option<String>)>) {
        let (_, states) = posted(stage).await;
        let (likers, authors) = (&self.likers, &self.posters);
        for (acked, under_way) in rounds {
            let mut likes = HashMap::new();
            for ack in acked {
                match ack {
                    Ack::Like(deed, liker, liked) => drop(likes.insert((deed, liker), liked)),
                    Ack::Deed(deed, author) => {
                        let deed = authors[author].get(&format!("deeds/{deed}")).await.expect(200);
                        let picture = text(&deed["pictureIds"][0]);
                        let picture = authors[author].get(&format!("pictures/{picture}")).await;
                        assert!(picture.status == 200 && picture.bytes.len() > 100, "the picture is gone");
                    }
                    Ack::Entered(claim) => assert!(states.contains_key(&claim), "{claim} is gone"),
                    Ack::Granted(claim) => assert_eq!(states[&claim], "posted", "{claim}"),
                }
            }
            for ((deed, liker), liked) in likes {
                if under_way.as_ref() != Some(&deed) {
                    let seen = likers[liker].get(&format!("deeds/{deed}")).await.expect(200);
                    assert_eq!(seen["likedByMe"], liked, "the like of {liker} on {deed}");
                }
            }
        }
        for deed in &self.deeds {
            let mut count = 0;
            for liker in likers {
                let seen = liker.get(&format!("deeds/{deed}")).await.expect(200);
                count += i64::from(seen["likedByMe"] == true);
            }
            let seen = stage.town.anybody().get(&format!("deeds/{deed}")).await.expect(200);
            assert_eq!(seen["likeCount"], count, "likes are counted as they are");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_under_load() {
    let mut stage = Stage::open().await;
    let mut crowd = Crowd::gather(&stage).await;
    restart(&mut stage, &["resident,worker"]).await;
    let mut acknowledged = 0;
    for round in 0..kills() {
        let count = Arc::new(Semaphore::new(0));
        crowd.turn_to(&stage.town, round.is_multiple_of(SIGNED_IN_FOR)).await;
        let running = crowd.write(&stage, &count).await;
        count.acquire_many(patience(round)).await.expect("it stays open").forget();
        restart(&mut stage, &["resident,worker"]).await;
        crowd.turn_to(&stage.town, false).await;
        let mut rounds = Vec::new();
        for client in running {
            rounds.push(client.await.expect("a client was refused what it may do"));
        }
        acknowledged += rounds.iter().map(|(acked, _)| acked.len()).sum::<usize>();
        crowd.check(&stage, rounds).await;
        boards_equal_the_log(&stage).await;
    }
    stage.town.verify().await;
    assert!(!stage.town.log().contains("panicked"));
    println!("{} kills, {acknowledged} acknowledged writes", kills());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_gapless_when_the_sequencer_is_killed_at_any_point() {
    if Engine::of_run() == Engine::Sqlite {
        return; // There the sequencer is a part of every write, which the kills above end.
    }
    let mut stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let mut crowd = Crowd::gather(&stage).await;
    restart(&mut stage, &["resident"]).await;
    crowd.turn_to(&stage.town, true).await;
    let count = Arc::new(Semaphore::new(0));
    let running = crowd.write(&stage, &count).await;
    for round in 0..kills().div_ceil(2) {
        stage.town.start("worker");
        count.acquire_many(patience(round) / 2).await.expect("it stays open").forget();
        stage.town.processes.pop().expect("the worker runs").kill();
    }
    restart(&mut stage, &["resident", "worker"]).await;
    for client in running {
        client.await.expect("a client was refused what it may do");
    }
    boards_equal_the_log(&stage).await;
    let database = stage.town.database.as_ref().expect("on PostgreSQL");
    let gaps = "SELECT count(*) - max(seq), count(*) - count(DISTINCT seq) FROM ledger_log";
    assert_eq!(database.sql(gaps), "0|0");
    let doubled = "SELECT count(*), count(DISTINCT transfer_id) FROM ledger_log WHERE entry = 'transfer'";
    let (logged, distinct) =
        database.sql(doubled).split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!((&logged, &logged), (&distinct, &database.sql("SELECT count(*) FROM transfers")));
    stage.town.verify().await;
}

/// While Redis is away everything goes on, and boards say that they are stale.
async fn nothing_fails_without_redis(stage: &Stage, resident: &Actor, item: &str) {
    assert!(board(&stage.town).await.1, "it answers from Redis that is away");
    let own = format!("rankings/{}/me?period=all", stage.town.world.district);
    assert_eq!(resident.get(&own).await.expect(200)["stale"], true);
    stage.award(resident, item).await;
    resident.put("me", json!({"nickname": "柳叶"})).await.expect(200);
    let (read, stale) = board(&stage.town).await;
    assert!(stale && !read.is_empty(), "{read:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boards_equal_the_log_whatever_became_of_redis() {
    if Engine::of_run() == Engine::Sqlite {
        return boards_equal_the_log_after_each_restart().await;
    }
    let mut redis = Redis::start().await;
    let environment = vec![("JISHAN_TENANT_REDIS".to_owned(), redis.address())];
    let stage = Stage::open_with(Options { environment, ..Options::default() }).await;
    let item = stage.item("A-1").await;
    let mut residents = Vec::new();
    for n in 0..6 {
        residents.push(stage.town.resident(&format!("wang-{n}"), &stage.town.world.group1, None).await);
    }
    stage.award(&residents[0], &item).await;
    boards_equal_the_log(&stage).await;
    let oldest = redis.keep("oldest").await;
    for round in 0..kills() {
        let (one, other) = (&residents[round % 6], &residents[(round + 1) % 6]);
        stage.award(one, &item).await;
        match round % 4 {
            0 => redis.tell("FLUSHALL").await.expect("it forgets"),
            1 => {
                redis.kill();
                nothing_fails_without_redis(&stage, other, &item).await;
                redis.revive(None).await;
            }
            2 => {
                boards_equal_the_log(&stage).await;
                let old = redis.keep("old").await;
                stage.award(one, &item).await;
                boards_equal_the_log(&stage).await;
                redis.kill();
                redis.revive(Some(&old)).await;
            }
            _ => {
                redis.kill();
                stage.award(other, &item).await;
                redis.revive(Some(&oldest)).await;
            }
        }
        stage.award(other, &item).await;
        boards_equal_the_log(&stage).await;
    }
    stage.town.verify().await;
    assert!(!stage.town.log().contains("panicked"));
}

/// Where the board is in the process, its memory is lost with the process.
async fn boards_equal_the_log_after_each_restart() {
    let mut stage = Stage::open().await;
    let item = stage.item("A-1").await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    stage.award(&wang, &item).await;
    for round in 1..=5 {
        restart(&mut stage, &["resident,worker"]).await;
        boards_equal_the_log(&stage).await;
        let body = json!({"residentId": wang.id, "itemId": item, "dayOfAct": today(&stage.town).await});
        let claim = text(&stage.secretary.post("staff/claims", body).await.expect(201)["id"]);
        let path = crate::stage::claimed(&stage.secretary, "claim", &claim).await;
        stage.secretary.post(&format!("{path}/decide"), grant()).await.expect(200);
        boards_equal_the_log(&stage).await;
        assert_eq!(board(&stage.town).await.0[&wang.id], AWARD * (round + 1));
    }
    stage.town.verify().await;
}
