//! A town of a test's own: a fresh database, a stand-in for WeChat, servers with a clock that stands still, and a small world.
//!
//! 云溪区 (district) → 石桥镇 (town) → 柳湾村 (village) → 一组, 二组 (groups); and 沙河镇 → 上河社区 → 一号网格, which is foreign to 柳湾村.

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::actor::Actor;
use crate::process::{Database, Engine, Process, run};
use crate::stand_in::StandIn;

/// The password of every staff account of a test town.
pub const PASSWORD: &str = "willow-bay-desk-key";
/// When every story begins: Monday 2 March 2026, ten o'clock in Shanghai.
pub const START: &str = "2026-03-02T02:00:00Z";
/// The day on which every story begins.
pub const TODAY: &str = "2026-03-02";

/// How a town is served.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Processes that serve the resident API; more than one needs PostgreSQL. 0 is one.
    pub processes: usize,
    /// Whether the merchant service and the worker have processes of their own; needs PostgreSQL.
    pub roles_apart: bool,
    /// Further variables of every process.
    pub environment: Vec<(String, String)>,
}

/// A town.
#[derive(Debug)]
pub struct Town {
    /// The engine pair.
    pub engine: Engine,
    /// The serving processes; the last one is the worker where roles are apart.
    pub processes: Vec<Process>,
    /// The PostgreSQL database.
    pub database: Option<Database>,
    /// Variables of every process and command.
    pub environment: Vec<(String, String)>,
    /// The ids of the world, by name.
    pub world: World,
    /// The operations account.
    pub ops: Actor,
    folder: TempDir,
    /// Whether processes of one role sign in to PostgreSQL as that role's user.
    least: bool,
    http: Client,
    /// The stand-in for WeChat.
    pub wechat: StandIn,
    /// It is there as long as this is.
    _wechat: Process,
}

/// The ids of the small world.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct World {
    pub district: String,
    pub town: String,
    pub village: String,
    pub group1: String,
    pub group2: String,
    pub other_town: String,
    pub other_community: String,
    pub other_grid: String,
}

impl Town {
    /// A town in one process.
    pub async fn open() -> Self {
        Self::open_with(Options::default()).await
    }

    /// A town served like this.
    pub async fn open_with(options: Options) -> Self {
        let engine = Engine::of_run();
        let folder = TempDir::new().expect("a folder can be made");
        let database = (engine == Engine::Postgres).then(Database::new);
        let stand_in = Process::start(
            &["wechat-stand-in", "--listen", "127.0.0.1:0"],
            &[],
            &folder.path().join("wechat.log"),
        );
        let mut environment = environment(&folder, database.as_ref(), &stand_in.listening);
        environment.extend(options.environment.iter().cloned());
        found(&environment, &folder, engine);
        let shared = engine == Engine::Postgres;
        let least = options.roles_apart && shared;
        if let Some(database) = database.as_ref().filter(|_| least) {
            database.apply_roles();
        }
        let mut town = Self {
            engine,
            processes: Vec::new(),
            database,
            environment,
            world: World::default(),
            ops: Actor::anybody(""),
            folder,
            least,
            // A connection of its own for each request: the admin listener closes idle ones, at the very moment of the next request perhaps.
            http: Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client can be made"),
            wechat: StandIn::at(&stand_in.listening),
            _wechat: stand_in,
        };
        for _ in 0..options.processes.max(1) {
            let roles = if options.roles_apart && shared { "resident" } else { "resident,merchant,worker" };
            town.start(roles);
        }
        if options.roles_apart && shared {
            town.start("merchant");
            town.start("worker");
        }
        town.set_clock(START).await;
        town.ops = town.staff("ops").await;
        town.world = town.make_world().await;
        town
    }

    /// Starts one more process with these roles.
    ///
    /// A process of one role signs in to PostgreSQL as that role's user, who may do no more than `deploy/roles.sql` says.
    pub fn start(&mut self, roles: &str) {
        self.start_with(roles, &[]);
    }

    /// The same, with variables of its own.
    pub fn start_with(&mut self, roles: &str, variables: &[(String, String)]) {
        let log = self.folder.path().join("serve.log");
        let mut environment = self.environment.clone();
        let user = match roles {
            "resident" => Some("jishan_api"),
            "merchant" => Some("jishan_merchant"),
            "worker" => Some("jishan_worker"),
            _ => None,
        };
        if let Some((database, user)) = self.database.as_ref().filter(|_| self.least).zip(user) {
            environment.push(("JISHAN_TENANT_DATABASE".to_owned(), database.url_of(user)));
        }
        environment.extend(variables.iter().cloned());
        let process = Process::start(&["serve", "--role", roles], &environment, &log);
        self.processes.push(process);
    }

    /// Everything that the processes have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("serve.log")).unwrap_or_default()
    }

    /// The folder of the town's files.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The address of a process of the resident API.
    pub fn base(&self, process: usize) -> String {
        format!("http://{}", self.processes[process].address("resident"))
    }

    /// The address of the merchant service: of the first process that serves it.
    pub fn merchant_base(&self) -> String {
        let serving = self.processes.iter().find(|p| p.listening.contains("merchant="));
        format!("http://{}", serving.expect("a process serves the merchant service").address("merchant"))
    }

    /// Nobody in particular, at the merchant service.
    pub fn till(&self) -> Actor {
        self.anybody().at_merchant(&self.merchant_base())
    }

    /// Signs a person in at the merchant service by WeChat; one who works in no shop, the first time.
    pub async fn applicant(&self, name: &str) -> Actor {
        let till = self.till();
        let answer = till.post("sessions/wechat", json!({"code": format!("demo-{name}")})).await.expect(200);
        let mut actor = till.with_tokens(&answer);
        actor.id = text(&answer["subject"]);
        actor
    }

    /// The admin address of a process.
    pub fn admin(&self, process: usize) -> String {
        format!("http://{}", self.processes[process].address("admin"))
    }

    /// Nobody in particular.
    pub fn anybody(&self) -> Actor {
        Actor::anybody(&self.base(0))
    }

    /// Sets the clocks of all processes.
    pub async fn set_clock(&self, moment: &str) {
        for i in 0..self.processes.len() {
            let request = self.http.put(format!("{}/clock", self.admin(i))).json(&json!({"now": moment}));
            let status = request.send().await.expect("the clock can be set").status();
            assert!(status.is_success(), "the clock answered {status}");
        }
    }

    /// Works off everything that waits, in all processes: the worker first, where roles are apart.
    pub async fn drain(&self) {
        for i in (0..self.processes.len()).rev() {
            self.try_drain(i).await.unwrap_or_else(|told| panic!("process {i} cannot be drained: {told}"));
        }
    }

    /// Works off everything that waits, in one process, or tells what hinders it.
    pub async fn try_drain(&self, process: usize) -> Result<(), String> {
        let request = self.http.post(format!("{}/drain", self.admin(process)));
        let answer = request.send().await.expect("the admin listener answers");
        let status = answer.status();
        let told = answer.text().await.unwrap_or_default();
        if status.is_success() { Ok(()) } else { Err(format!("{status}: {told}")) }
    }

    /// A page of the admin listener.
    pub async fn admin_page(&self, process: usize, path: &str) -> (u16, String) {
        let answer = self
            .http
            .get(format!("{}{path}", self.admin(process)))
            .send()
            .await
            .expect("the admin listener answers");
        (answer.status().as_u16(), answer.text().await.unwrap_or_default())
    }

    /// Runs a command of the binary on this town.
    pub fn command(&self, args: &[&str]) -> (i32, String) {
        run(args, &self.environment, "")
    }

    /// Drains, recomputes everything, and fails on any difference.
    pub async fn verify(&self) {
        self.drain().await;
        let (code, text) = self.command(&["verify"]);
        assert_eq!(code, 0, "{text}");
    }

    /// Signs a staff account in.
    pub async fn staff(&self, login: &str) -> Actor {
        let anybody = self.anybody();
        let answer =
            anybody.post("sessions/staff", json!({"login": login, "password": PASSWORD})).await.expect(200);
        let mut actor = anybody.with_tokens(&answer);
        actor.id = answer["subject"].as_str().unwrap_or_default().to_owned();
        actor
    }

    /// Makes a staff account with a role on a unit, and signs it in.
    pub async fn appoint(&self, login: &str, role: &str, unit: &str) -> Actor {
        self.appoint_resident(login, role, unit, None).await
    }

    /// The same, for a person who is a resident, too.
    pub async fn appoint_resident(
        &self,
        login: &str,
        role: &str,
        unit: &str,
        resident: Option<&str>,
    ) -> Actor {
        let mut account = json!({"login": login, "name": format!("{login} 同志"), "password": PASSWORD});
        if let Some(resident) = resident {
            account["residentId"] = json!(resident);
        }
        let made = self.ops.post("staff/accounts", account).await.expect(201);
        self.ops
            .put("staff/roles", json!({"staffId": made["id"], "unitId": unit, "role": role}))
            .await
            .expect(200);
        self.staff(login).await
    }

    /// Signs a person in by WeChat; a guest, the first time.
    pub async fn guest(&self, name: &str) -> Actor {
        let anybody = self.anybody();
        let answer =
            anybody.post("sessions/wechat", json!({"code": format!("demo-{name}")})).await.expect(200);
        anybody.with_tokens(&answer)
    }

    /// A household in a smallest unit; its id.
    pub async fn household(&self, unit: &str, code: &str) -> String {
        let body = json!({"unitId": unit, "code": code, "door": format!("{code} 号")});
        text(&self.ops.post("staff/households", body).await.expect(201)["id"])
    }

    /// A resident of a smallest unit who signed in and was matched; `name` is the sign-in name and the nickname.
    pub async fn resident(&self, name: &str, unit: &str, household: Option<&str>) -> Actor {
        let mut body = json!({"unitId": unit, "name": format!("王{name}")});
        if let Some(household) = household {
            body["householdId"] = json!(household);
        }
        let resident = text(&self.ops.post("staff/residents", body).await.expect(201)["id"]);
        let guest = self.guest(name).await;
        self.match_resident(guest, name, unit, &resident).await
    }

    /// Has a guest matched to a resident.
    pub async fn match_resident(&self, guest: Actor, name: &str, unit: &str, resident: &str) -> Actor {
        let request = guest
            .post("me/join-requests", json!({"unitId": unit, "name": format!("王{name}")}))
            .await
            .expect(201);
        let path = format!("staff/join-requests/{}/decide", text(&request["id"]));
        self.ops.post(&path, json!({"decision": "accept", "residentId": resident})).await.expect(200);
        let mut actor = guest;
        actor.id = resident.to_owned();
        actor
    }

    /// Somebody else than operations who may adopt what operations drafted.
    pub async fn council(&self) -> Actor {
        let body = json!({"login": "council", "password": PASSWORD});
        if self.anybody().post("sessions/staff", body).await.status == 200 {
            return self.staff("council").await;
        }
        let tree = self.anybody().get("units").await.expect(200);
        self.appoint("council", "secretary", &text(&tree["items"][0]["id"])).await
    }

    /// Adopts the awards of a carried catalogue on a unit, in force from today.
    pub async fn adopt(&self, unit: &str, carried: &str) {
        let body = json!({"unitId": unit, "carried": carried, "awardsOnly": true});
        let draft = self.ops.post("staff/catalogues", body).await.expect(201);
        let path = format!("staff/catalogues/{}", text(&draft["id"]));
        let etag = self.ops.get(&path).await.etag();
        let council = self.council().await;
        let adopt = council.request(reqwest::Method::POST, &format!("{path}/adopt"));
        let request = adopt.header("If-Match", etag).json(&json!({"forceFrom": TODAY}));
        council.send(request).await.expect(200);
    }

    /// The id of an item in force, by its code.
    pub async fn item(&self, unit: &str, code: &str) -> String {
        let found = self.anybody().get(&format!("rules?unit={unit}&limit=100")).await.expect(200);
        let item = found["items"].as_array().into_iter().flatten().find(|i| i["code"] == code);
        text(&item.unwrap_or_else(|| panic!("no item {code} in {found}"))["id"])
    }

    async fn make_world(&self) -> World {
        let tree = self.anybody().get("units").await.expect(200);
        let district = text(&tree["items"][0]["id"]);
        let unit = async |parent: &str, kind: &str, setting: &str, name: &str, code: &str| {
            let body =
                json!({"parentId": parent, "type": kind, "setting": setting, "name": name, "code": code});
            text(&self.ops.post("staff/units", body).await.expect(201)["id"])
        };
        let town = unit(&district, "town", "rural", "石桥镇", "YX-SQ").await;
        let village = unit(&town, "village", "rural", "柳湾村", "YX-SQ-LW").await;
        let group1 = unit(&village, "group", "rural", "一组", "YX-SQ-LW-1").await;
        let group2 = unit(&village, "group", "rural", "二组", "YX-SQ-LW-2").await;
        let other_town = unit(&district, "town", "urban", "沙河镇", "YX-SH").await;
        let other_community = unit(&other_town, "community", "urban", "上河社区", "YX-SH-SHE").await;
        let other_grid = unit(&other_community, "grid", "urban", "一号网格", "YX-SH-SHE-1").await;
        World { district, town, village, group1, group2, other_town, other_community, other_grid }
    }
}

/// The text of a JSON string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub(crate) fn environment(
    folder: &TempDir,
    database: Option<&Database>,
    wechat: &str,
) -> Vec<(String, String)> {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let address = database.map_or_else(|| format!("sqlite:{}", path("town.sqlite")), |d| d.url.clone());
    let mut pairs = vec![
        ("JISHAN_PROFILE", "test".to_owned()),
        ("JISHAN_LISTEN_RESIDENT", "127.0.0.1:0".to_owned()),
        ("JISHAN_LISTEN_MERCHANT", "127.0.0.1:0".to_owned()),
        ("JISHAN_LISTEN_ADMIN", "127.0.0.1:0".to_owned()),
        ("JISHAN_LISTEN_WORKERS", "2".to_owned()),
        ("JISHAN_LOG_FORMAT", "json".to_owned()),
        ("JISHAN_PICTURES_FOLDER", path("pictures")),
        ("JISHAN_TENANT_ID", "yunxi".to_owned()),
        ("JISHAN_TENANT_DATABASE", address),
        ("JISHAN_TENANT_SIGNING_KEY_FILE", path("key.pem")),
        ("JISHAN_TENANT_MERCHANT_SIGNING_KEY_FILE", path("merchant.pem")),
        ("JISHAN_TENANT_CODE_KEY_FILE", path("codes.key")),
        ("JISHAN_TENANT_DATA_KEY_FILE", path("data.key")),
        ("JISHAN_TENANT_PUBLIC_URL", "https://points.example.org".to_owned()),
        ("JISHAN_TENANT_WECHAT_APP_ID", "wxdemo0000000000".to_owned()),
        ("JISHAN_TENANT_WECHAT_APP_SECRET", "demo-secret-of-no-worth".to_owned()),
        ("JISHAN_TENANT_WECHAT_BASE_URL", wechat.to_owned()),
    ];
    let limits = [
        "READ",
        "READ_ADDRESS",
        "WRITE",
        "WRITE_ADDRESS",
        "SIGN_IN_ADDRESS",
        "UPLOAD",
        "UPLOAD_ADDRESS",
        "INVITATION",
        "INVITATION_ADDRESS",
    ];
    for key in limits {
        pairs.push((Box::leak(format!("JISHAN_LIMITS_{key}").into_boxed_str()), "1000000".to_owned()));
    }
    if database.is_some() {
        let redis = std::env::var("JISHAN_TEST_REDIS")
            .expect("JISHAN_TEST_REDIS names the server: `eval \"$(scripts/services env)\"`");
        pairs.push(("JISHAN_TENANT_REDIS", redis));
        pairs.push(("JISHAN_TENANT_REDIS_PREFIX", format!("suite-{}", uuid::Uuid::now_v7().simple())));
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Migrates, makes the tenant, and its first staff account.
fn found(environment: &[(String, String)], folder: &TempDir, engine: Engine) {
    let done = |args: &[&str], input: &str| {
        let (code, text) = run(args, environment, input);
        assert_eq!(code, 0, "{args:?}: {text}");
    };
    done(&["migrate"], "");
    if engine == Engine::Postgres {
        let secrets = [
            ("signing-key", "key.pem"),
            ("signing-key", "merchant.pem"),
            ("code-key", "codes.key"),
            ("data-key", "data.key"),
        ];
        for (command, name) in secrets {
            done(&["admin", command, &folder.path().join(name).display().to_string()], "");
        }
    }
    done(&["admin", "init", "--name", "云溪区", "--code", "YX"], "");
    done(&["admin", "create-staff", "--login", "ops", "--name", "运营"], PASSWORD);
}
