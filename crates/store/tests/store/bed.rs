//! What a story lies on: a migrated database of its own, which goes when the story ends, and the few accounts that it needs.

use std::sync::Arc;
use std::sync::mpsc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use domain::Ts;
use domain::ids::{AccountId, HouseholdId, ResidentId, TransferId, UnitId};
use domain::ledger::{Group, Holder, Kind, Mode, Movement, Outcome, Reason, Standing};
use domain::points::Points;
use domain::time::{Clock, Zone};
use store::clock::ManualClock;
use store::db::{self, Purpose};
use store::ledger::accounts::{self, Balance};
use store::ledger::posting::{self, Posted};
use store::ledger::verify::{self, Difference};
use store::residents::NewResident;
use store::units::Unit;
use store::{Address, AnyId, Db, Result, Settings, Store, migrations};

/// Says each story once for each engine.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story(&crate::store::bed::Bed::sqlite()).await; })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story(&crate::store::bed::Bed::postgres()).await; })*
        }
    };
}

/// Noon in Shanghai on 2026-03-02, a Monday.
pub const NOON: Ts = Ts(1_772_424_000_000_000);

/// The server's URL, or a failure that says how to come by it.
pub fn server() -> String {
    std::env::var("JISHAN_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "JISHAN_TEST_POSTGRES is not set: run `scripts/services start`, then `eval \"$(scripts/services env)\"`, and the tests again"
        )
    })
}

/// A database that goes when this is dropped.
pub enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(String),
}

impl Place {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a directory"))
    }
    pub fn postgres() -> Self {
        let name = format!("jishan_test_{}", uuid::Uuid::now_v7().simple());
        admin(&format!("CREATE DATABASE {name}"));
        Self::Postgres(name)
    }
    pub fn address(&self) -> Address {
        match self {
            Self::Sqlite(dir) => Address::Sqlite(dir.path().join("jishan.db")),
            Self::Postgres(name) => {
                let url = server();
                let (server, _) = url.rsplit_once('/').expect("a URL with a database");
                Address::Postgres(format!("{server}/{name}"))
            }
        }
    }
    pub fn open(&self, purpose: Purpose) -> Db {
        db::open(&self.address(), purpose).expect("a connection")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Postgres(name) = self {
            admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn admin(sql: &str) {
    let mut conn = db::open(&Address::Postgres(server()), Purpose::Long).expect("the server of the tests");
    conn.batch_execute(sql).expect("the server obeys");
}

/// A store on a database of its own. The store is dropped before the database.
pub struct Bed {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub place: Place,
}

impl Bed {
    pub fn sqlite() -> Self {
        Self::on(Place::sqlite(), 4)
    }
    pub fn postgres() -> Self {
        Self::on(Place::postgres(), 8)
    }
    pub fn on(place: Place, pool: u32) -> Self {
        migrations::run(&mut place.open(Purpose::Long)).expect("migrations");
        let clock = Arc::new(ManualClock::at(NOON));
        let settings = Settings { address: place.address(), pool, purpose: Purpose::Write };
        let store = Store::open(&settings, clock.clone(), Zone::shanghai()).expect("a store");
        Self { store, clock, place }
    }

    pub fn now(&self) -> Ts {
        self.clock.now()
    }
    /// Moves the clock, forwards or backwards.
    pub fn move_clock(&self, seconds: i64) {
        self.clock.set(self.now().plus_seconds(seconds));
    }
    pub fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }

    /// Runs SQL past the store.
    pub fn raw(&self, sql: &str) {
        self.try_raw(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    pub fn try_raw(&self, sql: &str) -> QueryResult<()> {
        self.place.open(Purpose::Write).batch_execute(sql)
    }
    /// The one number that a query returns as `n`.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let mut conn = self.place.open(Purpose::Read);
        diesel::sql_query(sql).get_result::<Row>(&mut conn).unwrap_or_else(|e| panic!("{sql}: {e}")).n
    }

    /// A new account of a holder.
    pub async fn account(&self, kind: Kind, holder: Holder, owner: AnyId) -> AccountId {
        let now = self.now();
        let open = move |c: &mut Db| accounts::open(c, kind, holder, owner, AccountId::new(), now);
        self.store.write(open).await.expect("an account")
    }
    /// The system account of this kind.
    pub async fn system(&self, kind: Kind, holder: Holder) -> AccountId {
        let now = self.now();
        self.store.write(move |c| accounts::system(c, kind, holder, now)).await.expect("a system account")
    }
    pub async fn system_accounts(&self) -> System {
        System {
            issuing: self.system(Kind::Redeemable, Holder::Issuing).await,
            issuing_merit: self.system(Kind::Merit, Holder::Issuing).await,
            expiry: self.system(Kind::Redeemable, Holder::Expiry).await,
        }
    }
    pub async fn person(&self) -> Person {
        let id = ResidentId::new();
        let standing =
            Standing { unit: Some(UnitId::new()), household: Some(HouseholdId::new()), resident: Some(id) };
        Person {
            merit: self.account(Kind::Merit, Holder::Resident, AnyId::of(id)).await,
            redeemable: self.account(Kind::Redeemable, Holder::Resident, AnyId::of(id)).await,
            standing,
        }
    }
    /// Enters a resident, and the unit.
    pub async fn lives(&self, id: ResidentId, unit: UnitId) {
        let now = self.now();
        let place = Unit {
            id: unit,
            parent: None,
            kind: "group".to_owned(),
            setting: "rural".to_owned(),
            name: "石桥一组".to_owned(),
            code: unit.to_string(),
            version: 1,
            created_at: now.0,
        };
        let who = NewResident {
            id,
            unit,
            household: None,
            code: None,
            name: "王小明".to_owned(),
            nickname: None,
            born: None,
        };
        let enter = move |c: &mut store::Db| {
            store::units::insert(c, &place, now)?;
            store::residents::insert(c, &who, now)
        };
        self.store.write(enter).await.expect("a resident");
    }
    /// A person with so many redeemable points and as much merit.
    pub async fn person_with(&self, system: &System, hundredths: i64) -> Person {
        let person = self.person().await;
        let key = format!("base:{}", TransferId::new());
        self.post(award(&key, system, &person, hundredths)).await.expect("an award");
        person
    }

    pub async fn post(&self, group: Group) -> Result<Posted> {
        let now = self.now();
        self.store.write(move |c| posting::post(c, &group, now)).await
    }
    pub async fn outcomes(&self, groups: Vec<Group>) -> Result<Vec<Outcome>> {
        let now = self.now();
        self.store.write(move |c| posting::post_each(c, &groups, now)).await
    }
    pub async fn balance(&self, account: AccountId) -> Balance {
        let now = self.now();
        self.store.read(move |c| accounts::balance(c, account, now)).await.expect("a balance")
    }
    pub async fn posted(&self, account: AccountId) -> i64 {
        self.balance(account).await.posted.hundredths()
    }
    pub async fn available(&self, account: AccountId) -> i64 {
        self.balance(account).await.available().hundredths()
    }
    pub async fn folded(&self, account: AccountId) -> i64 {
        self.sequence().await;
        self.store.read(move |c| accounts::folded(c, account)).await.expect("a fold").0.hundredths()
    }
    /// Appends to the log until nothing waits.
    pub async fn sequence(&self) {
        while self.store.sequence().await.expect("a pass") > 0 {}
    }
    /// Everything that the checks find.
    pub async fn differences(&self) -> Vec<Difference> {
        let all =
            |c: &mut Db| (0..verify::checks().count()).map(|i| verify::run(c, i)).collect::<Result<Vec<_>>>();
        self.store.read(all).await.expect("the checks run").concat()
    }
    pub async fn assert_clean(&self) {
        assert_eq!(self.differences().await, []);
    }

    /// Runs a write that waits for the returned sender (or its end), after it has begun: whatever is written next queues behind it on
    /// SQLite.
    pub async fn blocked(&self) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let mut begun = Some(begun);
        let store = self.store.clone();
        let task = tokio::spawn(async move {
            let body = move |_: &mut Db| {
                begun.take().into_iter().for_each(|b| b.send(()).unwrap_or_default());
                may_go.recv().ok();
                Ok(())
            };
            store.write(body).await
        });
        has_begun.await.expect("the write has begun");
        (go, task)
    }
}

/// The accounts that exist once.
#[derive(Debug, Clone, Copy)]
pub struct System {
    pub issuing: AccountId,
    pub issuing_merit: AccountId,
    pub expiry: AccountId,
}

/// A resident with both accounts.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub merit: AccountId,
    pub redeemable: AccountId,
    pub standing: Standing,
}

pub fn movement(kind: Kind, debit: AccountId, credit: AccountId, hundredths: i64) -> Movement {
    Movement {
        id: TransferId::new(),
        kind,
        debit,
        credit,
        amount: Points::from_hundredths(hundredths),
        mode: Mode::Posted,
        reason: Reason::Award,
        standing: Standing::default(),
        reverses: None,
    }
}

pub fn group(key: &str, movements: Vec<Movement>) -> Group {
    Group { business_key: key.to_owned(), movements }
}

/// Merit and redeemable points alike, from issuing to a person.
pub fn award(key: &str, system: &System, person: &Person, hundredths: i64) -> Group {
    let merit = movement(Kind::Merit, system.issuing_merit, person.merit, hundredths);
    let redeemable = movement(Kind::Redeemable, system.issuing, person.redeemable, hundredths);
    let movements = [merit, redeemable].map(|m| Movement { standing: person.standing, ..m });
    group(key, movements.to_vec())
}

/// A person spends.
pub fn spend(key: &str, system: &System, person: &Person, hundredths: i64, mode: Mode) -> Group {
    let spent = movement(Kind::Redeemable, person.redeemable, system.expiry, hundredths);
    group(key, vec![Movement { mode, reason: Reason::Redemption, ..spent }])
}

/// Asserts that a write was refused with this code.
#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(outcome: Result<T>, code: domain::Code) {
    match outcome {
        Err(store::Error::Refused(refusal)) => assert_eq!(refusal.code, code),
        other => panic!("expected {code:?}, not {other:?}"),
    }
}
