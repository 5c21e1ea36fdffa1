//! From the configuration to running tenants: reads it, opens stores, keys, boards, limits, pictures.

mod mini_program;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::time::{Clock, Zone};
use foundation::app::{App, Door, Tenants};
use foundation::codes::CodeKey;
use foundation::config::{self, Config, Profile, ServeRole};
use foundation::data_keys::DataKeys;
use foundation::own::Own;
use foundation::passwords::{Cost, Passwords};
use foundation::pictures::{Decoder, PictureStore, PictureStoreSettings, S3Settings};
use foundation::rate::{ANSWER_WITHIN, Limiter};
use foundation::tokens::{Keys, Signer};
use leaderboard::{Board, InProcess, RedisBoard, RedisSettings, Tree};
use store::clock::{ManualClock, SystemClock};
use store::db::Purpose;
use store::{Address, Settings, Store};

use crate::failure::{Failure, Outcome};

/// Password hashes computed at once, and waiting.
const PASSWORD_WORKERS: usize = 2;
const PASSWORD_WAITING: usize = 32;
/// How long the test profile waits for Redis to limit a rate.
const TEST_ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Reads the configuration; every fault is named at once.
pub fn configuration(file: Option<&Path>) -> Outcome<Config> {
    config::load(file, std::env::vars())
        .map_err(|faults| Failure::usage(format!("the configuration has faults:\n  {}", faults.join("\n  "))))
}

/// The clock of this process: the system's, or in the test profile one that only moves when it is told to.
#[derive(Debug, Clone)]
pub enum ProcessClock {
    /// The system's.
    System,
    /// Moved over the admin listener.
    Manual(Arc<ManualClock>),
}

impl ProcessClock {
    /// The clock of a profile; a manual one starts at the present.
    pub fn of(profile: Profile) -> Self {
        match profile {
            Profile::Production => Self::System,
            Profile::Test => Self::Manual(Arc::new(ManualClock::at(SystemClock.now()))),
        }
    }
    /// As everybody uses it.
    pub fn shared(&self) -> Arc<dyn Clock> {
        match self {
            Self::System => Arc::new(SystemClock),
            Self::Manual(clock) => clock.clone(),
        }
    }
}

/// Opens every tenant.
pub fn tenants(config: &Config, clock: &ProcessClock) -> Outcome<Tenants> {
    let passwords = Passwords::new(PASSWORD_WORKERS, PASSWORD_WAITING);
    let passwords = if config.profile == Profile::Test { passwords.at_cost(Cost::DEMO) } else { passwords };
    let decoder = Decoder::new(config.pictures.workers, config.pictures.waiting);
    let mut apps = Vec::new();
    for tenant in &config.tenant {
        let app = tenant_app(config, tenant, clock.shared(), passwords.clone(), decoder.clone())
            .map_err(|f| Failure { what: format!("tenant {}: {}", tenant.id, f.what), ..f })?;
        apps.push(Arc::new(app));
    }
    Ok(Tenants::new(apps))
}

fn tenant_app(
    config: &Config,
    tenant: &config::Tenant,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    decoder: Decoder,
) -> Outcome<App> {
    let address = tenant.address().map_err(Failure::usage)?;
    let mut conn = store::db::open(&address, Purpose::Long)?;
    if !store::migrations::is_current(&mut conn)? {
        return Err(Failure::new("the database is not of the newest shape; run `jishan migrate`"));
    }
    let zone_name =
        store::meta::get(&mut conn, store::meta::ZONE)?.unwrap_or_else(|| "Asia/Shanghai".to_owned());
    let zone =
        Zone::named(&zone_name).ok_or_else(|| Failure::new(format!("unknown time zone {zone_name}")))?;
    let made_by_demo = store::meta::get(&mut conn, store::meta::MADE_BY)?.as_deref() == Some("demo");
    let tree = Tree(store::units::every_path(&mut conn)?.into_iter().collect());
    drop(conn);
    let secrets = Secrets { may_make: made_by_demo || matches!(address, Address::Sqlite(_)) };
    let settings = Settings { address: address.clone(), pool: tenant.pool, purpose: Purpose::Write };
    let wechat_clock = clock.clone();
    Ok(App {
        id: tenant.id.clone(),
        hosts: tenant.hosts.clone(),
        store: Store::open(&settings, clock, zone)?,
        board: board(tenant, tree)?,
        past: foundation::boards::Past::default(),
        pages: foundation::pages::Pages::default(),
        own: own(tenant, &address)?,
        rankings: tenant.rankings,
        pictures: pictures(&config.pictures)?,
        decoder,
        wechat: mini_program::client(tenant, wechat_clock)?,
        push: mini_program::receiver(tenant)?,
        release: tenant.wechat_release.of_wechat(),
        checks: mini_program::checks(tenant)?,
        links: mini_program::links(tenant, config.listen.resident),
        templates: mini_program::templates(tenant)?,
        quiet: mini_program::quiet(tenant)?,
        resident: secrets.door(
            config.has(ServeRole::Resident),
            &tenant.signing_key,
            &tenant.signing_key_file,
        )?,
        merchant: secrets.door(
            config.has(ServeRole::Merchant) && tenant.merchants,
            &tenant.merchant_signing_key,
            &tenant.merchant_signing_key_file,
        )?,
        merchants: tenant.merchants,
        code_key: secrets.code_key(config, tenant)?,
        data_keys: secrets.data_keys(config, tenant)?,
        one_account_a_phone: tenant.one_account_a_phone,
        qr_codes: mini_program::qr_codes(tenant, config.listen.resident),
        limiter: Arc::new(limiter(config.profile, tenant)?),
        passwords,
        deletion_wait_days: tenant.deletion_wait_days,
        // Only on a database that a demo made, and only where nobody but this machine can reach it.
        dev_sign_in: made_by_demo
            && config.listen.resident.ip().is_loopback()
            && config.listen.merchant.ip().is_loopback(),
    })
}

fn board(tenant: &config::Tenant, tree: Tree) -> Outcome<Board> {
    if tenant.redis.is_empty() {
        return Ok(Board::InProcess(InProcess::new(tree)));
    }
    let settings = RedisSettings::new(&tenant.redis, format!("{}:{}", tenant.redis_prefix, tenant.id));
    let board = RedisBoard::new(settings, tree).map_err(|e| Failure::new(e.to_string()))?;
    Ok(Board::Redis(board))
}

fn limiter(profile: Profile, tenant: &config::Tenant) -> Outcome<Limiter> {
    if tenant.redis.is_empty() {
        return Ok(Limiter::in_process());
    }
    let prefix = format!("{}:{}:rate", tenant.redis_prefix, tenant.id);
    // A machine that runs the suite may be slower than the patience of production, and quotas are then tested to be exact.
    let within = if profile == Profile::Test { TEST_ANSWER_WITHIN } else { ANSWER_WITHIN };
    Limiter::redis(&tenant.redis, &prefix, within).map_err(|e| Failure::new(e.to_string()))
}

fn own(tenant: &config::Tenant, address: &Address) -> Outcome<Own> {
    if tenant.redis.is_empty() {
        // Nothing keeps a second process from a PostgreSQL; a file has one that serves.
        let is_file = matches!(address, Address::Sqlite(_));
        return Ok(if is_file { Own::in_process() } else { Own::nowhere() });
    }
    let prefix = format!("{}:{}:own:", tenant.redis_prefix, tenant.id);
    Own::over_redis(&tenant.redis, &prefix).map_err(|e| Failure::new(e.to_string()))
}

fn pictures(config: &config::Pictures) -> Outcome<PictureStore> {
    let settings = if config.store == "s3" {
        PictureStoreSettings::S3(S3Settings {
            bucket: config.s3_bucket.clone(),
            endpoint: config.s3_endpoint.clone(),
            region: config.s3_region.clone(),
            access_key_id: config.s3_access_key.clone(),
            secret_access_key: config.s3_secret_key.clone().into(),
            allow_http: config.s3_allow_http,
            virtual_hosted: false,
        })
    } else {
        PictureStoreSettings::Local { root: config.folder.clone() }
    };
    PictureStore::open(&settings).map_err(|e| Failure::new(format!("the picture store: {e}")))
}

/// The keys by which the merchant service of a demo signs; made, if there are none.
pub fn demo_keys(tenant: &config::Tenant) -> Outcome<Option<Keys>> {
    let (value, file) = (&tenant.merchant_signing_key, &tenant.merchant_signing_key_file);
    Ok(Secrets { may_make: true }.door(tenant.merchants, value, file)?.map(|door| door.keys))
}

/// Secrets by value, from their files, or (on an embedded database, and for a demo) made and kept in those files.
#[derive(Debug, Clone, Copy)]
struct Secrets {
    may_make: bool,
}

impl Secrets {
    /// The text of a secret; `make` writes a new one where that may be done.
    fn text(
        self,
        value: &str,
        file: &Path,
        what: &str,
        make: impl FnOnce() -> Outcome<String>,
    ) -> Outcome<String> {
        if !value.is_empty() {
            return Ok(value.to_owned());
        }
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(text),
            Err(e) if self.may_make && e.kind() == std::io::ErrorKind::NotFound => {
                let text = make()?;
                write_secret(file, &text)?;
                Ok(text)
            }
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::usage(format!("{}: {e}", file.display())))
            }
            Err(e) => Err(Failure::usage(format!(
                "{}: {e}; `jishan admin {what} {}` makes one",
                file.display(),
                file.display()
            ))),
        }
    }

    /// The tokens of a service that this process serves.
    fn door(self, serves: bool, value: &str, file: &Path) -> Outcome<Option<Door>> {
        if !serves {
            return Ok(None);
        }
        let malformed = |e: foundation::tokens::MalformedKey| Failure::usage(format!("the signing key: {e}"));
        let make = || Ok(Signer::generate().map_err(malformed)?.to_pem().to_string());
        let pem = self.text(value, file, "signing-key", make)?;
        Ok(Some(Door::of(Keys::of(Signer::from_pem(&pem).map_err(malformed)?))))
    }

    /// The key of typed codes, for a process that makes or takes codes.
    fn code_key(self, config: &Config, tenant: &config::Tenant) -> Outcome<Option<CodeKey>> {
        let serves = config.has(ServeRole::Resident) || config.has(ServeRole::Merchant);
        if !serves || !tenant.merchants {
            return Ok(None);
        }
        let text = self.text(&tenant.code_key, &tenant.code_key_file, "code-key", new_code_key)?;
        let key = CodeKey::from_text(&text);
        let malformed = || Failure::usage(format!("{}: is no key of codes", tenant.code_key_file.display()));
        Ok(Some(key.ok_or_else(malformed)?))
    }
}

impl Secrets {
    /// The keys of telephones and invitations, for a process that reads or changes them.
    fn data_keys(self, config: &Config, tenant: &config::Tenant) -> Outcome<Option<DataKeys>> {
        if !config.has(ServeRole::Resident) && !config.has(ServeRole::Worker) {
            return Ok(None);
        }
        let text = self.text(&tenant.data_key, &tenant.data_key_file, "data-key", new_data_key)?;
        let malformed =
            || Failure::usage(format!("{}: holds no keys of personal data", tenant.data_key_file.display()));
        Ok(Some(DataKeys::from_text(&text).ok_or_else(malformed)?))
    }
}

/// A new key of personal data, as its file holds it.
pub fn new_data_key() -> Outcome<String> {
    let keys = DataKeys::generate().map_err(|code| Failure::new(code.en()))?;
    Ok(keys.to_text().to_string())
}

/// A new key of typed codes, as its file holds it.
pub fn new_code_key() -> Outcome<String> {
    let key = CodeKey::generate().map_err(|code| Failure::new(code.en()))?;
    Ok(key.to_text().to_string())
}

/// Writes a file that only its owner reads.
pub fn write_secret(file: &Path, text: &str) -> Outcome {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = file.parent() {
        foundation::private_folder(folder)?;
    }
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    Ok(())
}

/// A file that says that a SQLite database is served: a second server, and commands that write, refuse.
#[derive(Debug)]
pub struct ServeLock(
    #[expect(dead_code, reason = "held, not read: the lock ends with the file")] std::fs::File,
);

impl ServeLock {
    /// Takes the lock of a SQLite file; refused while a server holds it.
    pub fn take(database: &Path) -> Outcome<Self> {
        let path = database.with_extension("lock");
        if let Some(folder) = path.parent() {
            foundation::private_folder(folder)?;
        }
        let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        file.try_lock().map_err(|_| {
            Failure::new(format!(
                "{} is being served by another process; stop it first, or use the operation of the staff desk",
                database.display()
            ))
        })?;
        Ok(Self(file))
    }
}

/// Takes the locks of all SQLite databases of a configuration.
pub fn locks(config: &Config) -> Outcome<Vec<ServeLock>> {
    let mut locks = Vec::new();
    for tenant in &config.tenant {
        if let Ok(Address::Sqlite(path)) = tenant.address() {
            locks.push(ServeLock::take(&path)?);
        }
    }
    Ok(locks)
}
