//! What only an operator at the machine does: migrating, the tenant's first facts, the first staff account, keys.

use std::io::Read;
use std::path::{Path, PathBuf};

use domain::access::Role;
use domain::erasure::{Posts, Why};
use domain::ids::{IdentityId, StaffId, UnitId};
use domain::time::{Clock, Zone};
use foundation::passwords::{Passwords, check_policy};
use foundation::tokens::Signer;
use store::cleanse::Depth;
use store::clock::SystemClock;
use store::db::Purpose;

use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};

/// The operator's commands.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Admin {
    /// Makes the tenant: its time zone and the root unit. Done once.
    Init {
        /// The root unit's name.
        #[arg(long)]
        name: String,
        /// The root unit's code.
        #[arg(long)]
        code: String,
        /// The tenant's time zone, for ever.
        #[arg(long, default_value = "Asia/Shanghai")]
        zone: String,
    },
    /// Makes a staff account with the role of operations on the root unit; the password is read from standard input.
    CreateStaff {
        /// The sign-in name.
        #[arg(long)]
        login: String,
        /// The person's name.
        #[arg(long)]
        name: String,
    },
    /// Makes a signing key in a new file.
    SigningKey {
        /// The file.
        file: PathBuf,
    },
    /// Makes a key of telephone numbers and invitations, in a new file; the resident API and the worker need the same.
    DataKey {
        /// The file.
        file: PathBuf,
    },
    /// Makes the key under which typed redemption codes are kept, in a new file; the resident API and the merchant service need the same.
    CodeKey {
        /// The file.
        file: PathBuf,
    },
    /// Writes the tables anew from which rows of people were deleted, so that nothing of them is left in the files: as the owner of the
    /// tables, at a quiet hour, because nobody else gets at a table meanwhile.
    Cleanse,
    /// Deletes an account, as its person or WeChat would: to repeat after a restore what was deleted since the backup. The worker does it.
    Erase {
        /// The identity, as `deletions` names it, or as `idn_…`.
        #[arg(value_parser = identity)]
        identity: IdentityId,
        /// `anonymous` or `remove`: what becomes of deeds and comments.
        #[arg(long, default_value = "remove")]
        posts: String,
        /// Whether the user is gone at WeChat: then the clerk of the same user goes, too.
        #[arg(long)]
        gone_at_wechat: bool,
    },
}

/// An identity as the database shows it, or as everybody writes it.
fn identity(text: &str) -> Result<IdentityId, String> {
    let plain = || text.parse().ok().map(IdentityId);
    text.parse().ok().or_else(plain).ok_or_else(|| "neither a UUID nor an id of the form idn_…".to_owned())
}

/// Brings the databases of all tenants to the newest shape.
pub fn migrate(file: Option<&Path>) -> Outcome {
    let config = assemble::configuration(file)?;
    for tenant in &config.tenant {
        let address = tenant.address().map_err(Failure::usage)?;
        prepare_folder(&address)?;
        let mut conn = store::db::open(&address, Purpose::Long)?;
        let names = store::migrations::run(&mut conn)?;
        println!(
            "{}: {}",
            tenant.id,
            if names.is_empty() { "is current".to_owned() } else { names.join(", ") }
        );
    }
    Ok(())
}

/// Makes the folder of a SQLite file.
pub fn prepare_folder(address: &store::Address) -> Outcome {
    if let store::Address::Sqlite(path) = address
        && let Some(folder) = path.parent()
    {
        foundation::private_folder(folder)?;
    }
    Ok(())
}

/// Runs an operator's command.
pub fn run(file: Option<&Path>, command: Admin) -> Outcome {
    match command {
        Admin::SigningKey { file } => {
            let signer = Signer::generate().map_err(|e| Failure::new(e.to_string()))?;
            assemble::write_secret(&file, &signer.to_pem())?;
            println!("{} in {}", signer.kid(), file.display());
            Ok(())
        }
        Admin::CodeKey { file } => {
            assemble::write_secret(&file, &assemble::new_code_key()?)?;
            println!("a key of codes in {}", file.display());
            Ok(())
        }
        Admin::DataKey { file } => {
            assemble::write_secret(&file, &assemble::new_data_key()?)?;
            println!("a key of personal data in {}", file.display());
            Ok(())
        }
        Admin::Cleanse => cleanse(file),
        Admin::Erase { identity, posts, gone_at_wechat } => erase(file, identity, &posts, gone_at_wechat),
        Admin::Init { name, code, zone } => init(file, &name, &code, &zone),
        Admin::CreateStaff { login, name } => create_staff(file, &login, &name),
    }
}

fn connection(file: Option<&Path>) -> Outcome<(store::Db, Vec<assemble::ServeLock>)> {
    let config = assemble::configuration(file)?;
    let [tenant] = config.tenant.as_slice() else {
        return Err(Failure::usage(
            "this command works on one tenant: give it a configuration with only that one",
        ));
    };
    let locks = assemble::locks(&config)?;
    Ok((store::db::open(&tenant.address().map_err(Failure::usage)?, Purpose::Long)?, locks))
}

fn erase(file: Option<&Path>, identity: IdentityId, posts: &str, gone_at_wechat: bool) -> Outcome {
    let posts = Posts::from_word(posts).ok_or_else(|| Failure::usage("--posts is anonymous or remove"))?;
    let why = if gone_at_wechat { Why::Wechat } else { Why::Wish };
    let (conn, _locks) = connection(file)?;
    drop(conn);
    let config = assemble::configuration(file)?;
    actix_web::rt::System::new().block_on(async {
        let tenants = assemble::tenants(&config, &ProcessClock::System)?;
        let app = tenants.iter().next().ok_or_else(|| Failure::usage("the configuration names no tenant"))?;
        match community::erasure::erase(app, identity, posts, why).await? {
            Some(deletion) => println!("{deletion} has begun"),
            None => println!("there is no such account"),
        }
        Ok(())
    })
}

fn cleanse(file: Option<&Path>) -> Outcome {
    let (mut conn, _locks) = connection(file)?;
    let config = assemble::configuration(file)?;
    let now = SystemClock.now();
    for tenant in &config.tenant {
        if !store::cleanse::run(&tenant.address().map_err(Failure::usage)?, Depth::Whole)? {
            return Err(Failure::new("this role does not own the tables: run it as the owner"));
        }
        store::deletions::cleansed(&mut conn, now, now)?;
        println!("{}: written anew", tenant.id);
    }
    Ok(())
}

fn init(file: Option<&Path>, name: &str, code: &str, zone: &str) -> Outcome {
    if !Zone::is_known(zone) {
        return Err(Failure::usage(format!("there is no time zone {zone}")));
    }
    let (mut conn, _locks) = connection(file)?;
    if !store::units::children(&mut conn, None, None, 1)?.is_empty() {
        return Err(Failure::new("the tenant has its root unit already"));
    }
    store::meta::put_new(&mut conn, store::meta::ZONE, zone)?;
    store::meta::put_new(&mut conn, store::meta::MADE_BY, "admin")?;
    let now = SystemClock.now();
    let root = store::units::Unit {
        id: UnitId::new(),
        parent: None,
        kind: "district".to_owned(),
        setting: "urban".to_owned(),
        name: name.to_owned(),
        code: code.to_owned(),
        version: 1,
        created_at: now.0,
    };
    store::units::insert(&mut conn, &root, now)?;
    println!("{} {}", root.id, root.name);
    Ok(())
}

fn create_staff(file: Option<&Path>, login: &str, name: &str) -> Outcome {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    let login = login.trim().to_lowercase();
    let refused = |r: domain::Refusal| Failure::new(r.code.en());
    check_policy(password, &login).map_err(refused)?;
    let hash = actix_web::rt::System::new().block_on(Passwords::new(1, 1).hash(password)).map_err(refused)?;
    let (mut conn, _locks) = connection(file)?;
    let root = store::units::children(&mut conn, None, None, 1)?;
    let root = root.first().ok_or_else(|| Failure::new("make the tenant first: `jishan admin init`"))?;
    let account = store::staff::Account {
        id: StaffId::new(),
        login,
        password_hash: hash,
        name: name.to_owned(),
        resident: None,
        disabled: false,
        failures: 0,
        locked_until: None,
        version: 1,
        created_at: SystemClock.now().0,
    };
    if !store::staff::insert(&mut conn, &account)? {
        return Err(Failure::new("that sign-in name is taken"));
    }
    store::roles::grant(&mut conn, account.id, root.id, Role::Operations)?;
    println!("{} {}", account.id, account.login);
    Ok(())
}
