//! Who works in a shop: its owners add and remove people. Whoever is removed has no shop with the next request.

use domain::access::{ClerkActor, ShopRole};
use domain::ids::ClerkId;
use domain::{Code, text};
use foundation::passwords::check_policy;
use foundation::{App, Error, Once, RequestContext, Result};
pub use store::merchant_staff::Member;

/// How many may work in a shop.
const MEMBERS_MAX: i64 = 50;

/// Everybody who works in the shop.
pub async fn list(app: &App, who: ClerkActor) -> Result<Vec<Member>> {
    let at = who.require_owner()?;
    app.store.read(move |conn| store::merchant_staff::of_shop(conn, at.merchant)).await
}

/// Somebody to add.
#[derive(Clone)]
pub enum Newcomer {
    /// An account to make.
    Account {
        /// The name it signs in by.
        login: String,
        /// The person's name.
        name: String,
        /// The password.
        password: String,
    },
    /// An account that has signed in by WeChat.
    Known(ClerkId),
}

/// Names and passwords stay out of logs.
impl std::fmt::Debug for Newcomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account { .. } => "Account(…)",
            Self::Known(_) => "Known(…)",
        })
    }
}

/// What is written of a newcomer.
#[derive(Clone)]
enum Entry {
    Account { login: String, name: String, hash: String },
    Known(ClerkId),
}

async fn entry(app: &App, newcomer: Newcomer) -> Result<Entry> {
    Ok(match newcomer {
        Newcomer::Known(clerk) => Entry::Known(clerk),
        Newcomer::Account { login, name, password } => {
            let login = text::parse("login", &login, text::LOGIN)?.to_lowercase();
            let name = text::parse("name", &name, text::PERSON_NAME)?;
            check_policy(&password, &login)?;
            Entry::Account { login, name, hash: app.passwords.hash(&password).await? }
        }
    })
}

/// Adds somebody to the own shop. Refused: a taken sign-in name, whoever works in a shop already.
pub async fn add(
    app: &App,
    who: ClerkActor,
    newcomer: Newcomer,
    role: ShopRole,
    ctx: RequestContext,
) -> Result<Once<ClerkId>> {
    let at = who.require_owner()?;
    let (now, new) = (app.now(), ClerkId::new());
    let entry = entry(app, newcomer).await?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                store::merchants::lock(conn, at.merchant)?;
                if store::merchant_staff::count(conn, at.merchant)? >= MEMBERS_MAX {
                    return Err(Code::ShopFull.into());
                }
                let clerk = match &entry {
                    Entry::Account { login, name, hash } => {
                        if !store::clerks::insert(conn, new, login, hash, name, now)? {
                            return Err(Code::NameTaken.into());
                        }
                        new
                    }
                    Entry::Known(clerk) => {
                        let found = store::clerks::find(conn, *clerk)?.filter(|c| !c.disabled);
                        found.ok_or(Error::from(Code::ClerkNotFound))?.id
                    }
                };
                store::merchant_staff::add(conn, at.merchant, clerk, role, now)?;
                Ok(clerk)
            })
        })
        .await
}

/// One who works in the own shop.
pub async fn read(app: &App, who: ClerkActor, clerk: ClerkId) -> Result<Member> {
    let found = list(app, who).await?.into_iter().find(|member| member.clerk == clerk);
    found.ok_or_else(|| Code::ClerkNotFound.into())
}

/// Ends somebody's work in the own shop. Refused: the last owner.
pub async fn remove(app: &App, who: ClerkActor, clerk: ClerkId) -> Result<()> {
    let at = who.require_owner()?;
    let now = app.now();
    app.store.write(move |conn| store::merchant_staff::remove(conn, at.merchant, clerk, now)).await
}
