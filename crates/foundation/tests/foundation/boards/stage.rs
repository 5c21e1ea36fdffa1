//! What the stories of the boards lie on: a database of their own, boards of their own, a small tree, and people who earn.

use std::process::Command;
use std::sync::Arc;

use domain::ids::{AccountId, HouseholdId, ResidentId, TransferId, UnitId};
use domain::ledger::{Group, Holder, Kind, Mode, Movement, Reason, Standing};
use domain::ranking::Subject;
use domain::time::{Clock, Zone};
use domain::{Id, Points, Ts};
use foundation::app::Door;
use foundation::passwords::Passwords;
use foundation::pictures::{Decoder, PictureStore, PictureStoreSettings};
use foundation::rate::Limiter;
use foundation::tokens::{Keys, Signer};
use foundation::{AnyId, App};
use leaderboard::{Board, InProcess, RedisBoard, RedisSettings, Tree};
use store::clock::ManualClock;
use store::db::{self, Purpose};
use store::ledger::{accounts, posting, scores};
use store::units::Unit;
use store::{Address, Settings, Store, migrations};

use crate::servers::{Server, redis};

/// Ten o'clock in Shanghai on Friday 27 February 2026: weeks, months and days end soon.
pub const START: Ts = Ts(1_772_157_600_000_000);

/// The two pairs of engines.
#[derive(Debug, Clone, Copy)]
pub enum Pair {
    SqliteInProcess,
    PostgresRedis,
}

/// A database that goes when this is dropped.
enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(String),
}

fn server() -> String {
    std::env::var("JISHAN_TEST_POSTGRES").expect(
        "JISHAN_TEST_POSTGRES is set: run `scripts/services start`, then `eval \"$(scripts/services env)\"`",
    )
}

fn psql(sql: &str) {
    let output =
        Command::new("psql").args([&server(), "-v", "ON_ERROR_STOP=1", "-qc", sql]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Place {
    fn of(pair: Pair) -> Self {
        match pair {
            Pair::SqliteInProcess => Self::Sqlite(tempfile::tempdir().unwrap()),
            Pair::PostgresRedis => {
                let name = format!("jishan_boards_{}", uuid::Uuid::now_v7().simple());
                psql(&format!("CREATE DATABASE {name}"));
                Self::Postgres(name)
            }
        }
    }
    fn address(&self) -> Address {
        match self {
            Self::Sqlite(folder) => Address::Sqlite(folder.path().join("jishan.db")),
            Self::Postgres(name) => {
                let url = server();
                let (base, _) = url.rsplit_once('/').unwrap();
                Address::Postgres(format!("{base}/{name}"))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Postgres(name) = self {
            psql(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Somebody who earns.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub merit: AccountId,
    pub resident: ResidentId,
    pub standing: Standing,
}

/// The stage. The app is dropped before its database.
pub struct Stage {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    /// The root, two towns, and two smallest units in the first town and one in the second.
    pub units: Vec<UnitId>,
    pub smallest: Vec<UnitId>,
    pub people: Vec<Person>,
    pub settings: Option<RedisSettings>,
    issuing: AccountId,
    _redis: Option<Server>,
    _place: Place,
}

impl Stage {
    pub async fn new(pair: Pair) -> Self {
        let place = Place::of(pair);
        migrations::run(&mut db::open(&place.address(), Purpose::Long).unwrap()).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let settings = Settings { address: place.address(), pool: 4, purpose: Purpose::Write };
        let store = Store::open(&settings, clock.clone(), Zone::shanghai()).unwrap();
        let (board, settings, redis) = board(pair).await;
        let app = Arc::new(app(store, board));
        let issuing =
            app.store.write(|c| accounts::system(c, Kind::Merit, Holder::Issuing, START)).await.unwrap();
        let (units, smallest) = plant(&app).await;
        let mut stage = Self {
            app,
            clock,
            units,
            smallest,
            people: Vec::new(),
            settings,
            issuing,
            _redis: redis,
            _place: place,
        };
        let households: Vec<HouseholdId> = (0..4).map(|_| HouseholdId::new()).collect();
        for i in 0..12 {
            let household = (i % 5 != 4).then(|| households[i % 4]);
            let unit = stage.smallest[if i < 6 { 0 } else { i % 3 }];
            let person = stage.person(unit, household).await;
            stage.people.push(person);
        }
        stage
    }

    pub async fn person(&self, unit: UnitId, household: Option<HouseholdId>) -> Person {
        let resident = ResidentId::new();
        let open = move |c: &mut store::Db| {
            accounts::open(c, Kind::Merit, Holder::Resident, AnyId::of(resident), AccountId::new(), START)
        };
        let merit = self.app.store.write(open).await.unwrap();
        Person {
            merit,
            resident,
            standing: Standing { unit: Some(unit), household, resident: Some(resident) },
        }
    }

    /// Gives merit, or takes it back.
    pub async fn award(&self, person: Person, hundredths: i64) {
        let now = self.clock.now();
        let (debit, credit, reason) = if hundredths > 0 {
            (self.issuing, person.merit, Reason::Award)
        } else {
            (person.merit, self.issuing, Reason::Reversal)
        };
        let movement = Movement {
            id: TransferId::new(),
            kind: Kind::Merit,
            debit,
            credit,
            amount: Points::from_hundredths(hundredths.abs()),
            mode: Mode::Posted,
            reason,
            standing: person.standing,
            reverses: None,
        };
        let group = Group { business_key: format!("test:{}", movement.id), movements: vec![movement] };
        self.app.store.write(move |c| posting::post(c, &group, now)).await.unwrap();
    }

    /// Hides, shows or erases.
    pub async fn say(&self, entry: &'static str, subject: Subject, id: uuid::Uuid) {
        let queue = move |c: &mut store::Db| scores::enqueue_visibility(c, entry, subject, AnyId(id));
        self.app.store.write(queue).await.unwrap();
    }

    /// Appends to the log what waits, and lets the scores follow by so much.
    pub async fn log(&self, scored: i64) {
        while self.app.store.sequence().await.unwrap() > 0 {}
        self.app.store.write(move |c| scores::follow(c, scored)).await.unwrap();
    }

    pub fn pass_hours(&self, hours: i64) {
        self.clock.set(self.clock.now().plus_seconds(hours * 3_600));
    }

    /// Forgets everything that this stage has on Redis.
    pub async fn wipe_redis(&self) {
        let settings = self.settings.as_ref().unwrap();
        let client = ::redis::Client::open(settings.address.as_str()).unwrap();
        let mut link = client.get_multiplexed_async_connection().await.unwrap();
        let pattern = format!("{{{}}}:*", settings.prefix);
        let keys: Vec<String> = ::redis::cmd("KEYS").arg(pattern).query_async(&mut link).await.unwrap();
        assert!(!keys.is_empty());
        let _gone: u64 = ::redis::cmd("DEL").arg(keys).query_async(&mut link).await.unwrap();
    }
}

async fn board(pair: Pair) -> (Board, Option<RedisSettings>, Option<Server>) {
    if matches!(pair, Pair::SqliteInProcess) {
        return (Board::InProcess(InProcess::new(Tree::default())), None, None);
    }
    let (address, server) = match std::env::var("JISHAN_TEST_REDIS") {
        Ok(address) => (address, None),
        Err(_) => {
            let server = redis(None).await;
            (format!("redis://127.0.0.1:{}", server.port()), Some(server))
        }
    };
    let mut settings = RedisSettings::new(address, format!("test-{}", uuid::Uuid::now_v7().simple()));
    // A busy machine is no failure.
    settings.read_timeout *= 20;
    settings.apply_timeout *= 5;
    let board = RedisBoard::new(settings.clone(), Tree::default()).unwrap();
    (Board::Redis(board), Some(settings), server)
}

fn pages() -> foundation::qr_codes::Pages {
    let page = || "pages/index/index".to_owned();
    foundation::qr_codes::Pages { deed: page(), event: page(), merchant: page(), invitation: page() }
}

fn app(store: Store, board: Board) -> App {
    App {
        id: "test".to_owned(),
        hosts: Vec::new(),
        store,
        board,
        past: foundation::boards::Past::default(),
        pages: foundation::pages::Pages::default(),
        own: foundation::own::Own::in_process(),
        rankings: true,
        pictures: PictureStore::open(&PictureStoreSettings::Local { root: std::env::temp_dir() }).unwrap(),
        decoder: Decoder::new(1, 1),
        wechat: None,
        push: None,
        release: Default::default(),
        checks: foundation::content::Checks::new(domain::words::Words::read([]).unwrap()),
        links: None,
        templates: Default::default(),
        quiet: domain::quiet::Quiet::between("00:00", "00:00").unwrap(),
        resident: Some(Door::of(Keys::of(Signer::generate().unwrap()))),
        merchant: None,
        merchants: true,
        code_key: None,
        data_keys: None,
        one_account_a_phone: true,
        qr_codes: foundation::qr_codes::QrCodes::new(
            "https://example.org",
            pages(),
            foundation::qr_codes::Release::Release,
        ),
        limiter: Arc::new(Limiter::in_process()),
        passwords: Passwords::new(1, 1),
        deletion_wait_days: 7,
        dev_sign_in: false,
    }
}

async fn plant(app: &App) -> (Vec<UnitId>, Vec<UnitId>) {
    let ids: Vec<UnitId> = (0..6).map(|_| UnitId::new()).collect();
    let parents = [None, Some(0), Some(0), Some(1), Some(1), Some(2)];
    for (i, parent) in parents.into_iter().enumerate() {
        let kind = ["district", "town", "town", "group", "group", "group"][i];
        add_unit(app, ids[i], parent.map(|p: usize| ids[p]), kind).await;
    }
    (ids.clone(), ids[3..].to_vec())
}

/// Adds a unit.
pub async fn add_unit(app: &App, id: UnitId, parent: Option<UnitId>, kind: &'static str) {
    let unit = Unit {
        id,
        parent,
        kind: kind.to_owned(),
        setting: "rural".to_owned(),
        name: "石桥".to_owned(),
        code: id.uuid().to_string(),
        version: 1,
        created_at: START.0,
    };
    app.store.write(move |c| store::units::insert(c, &unit, START)).await.unwrap();
}
