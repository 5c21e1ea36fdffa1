//! Passwords of staff and clerks: what is accepted as one, and how it is kept. Argon2id costs memory and time on purpose, so it
//! runs in a bounded pool of its own: a flood of sign-ins is told to come again instead of taking the machine. Whether a name
//! exists cannot be told from how long the answer takes.

mod policy;

pub use policy::{CHARACTERS_MAX, CHARACTERS_MIN, check_policy};

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use domain::{Code, Refusal};
use zeroize::Zeroizing;

use crate::pictures::Pool;

const SALT_BYTES: usize = 16;
/// The salt against which the password of an unknown name is hashed. It is no secret, since nothing is compared with it.
const DUMMY_SALT: [u8; SALT_BYTES] = *b"nobody knows you";

/// What one hash costs. It stands in each hash, so a change holds for new passwords and the old ones stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Cost {
    /// What the OWASP cheat sheet asks for at least: 19 MiB, two passes, one lane.
    pub const STANDARD: Self = Self { memory_kib: 19_456, passes: 2 };
    /// Next to nothing: for made-up people of a demo or a test, whose passwords stand in the documentation.
    pub const DEMO: Self = Self { memory_kib: 64, passes: 1 };
}

/// Hashes and verifies passwords, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    pool: Pool,
    cost: Cost,
}

impl Passwords {
    /// A pool of so many workers, for which so many requests may wait. Each worker takes 19 MiB while it works.
    pub fn new(workers: usize, waiting_max: usize) -> Self {
        Self { pool: Pool::new(workers, waiting_max), cost: Cost::STANDARD }
    }

    /// The same at another cost, for data of demos and tests.
    pub fn at_cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// The hash of a password as a PHC string, with a salt of its own.
    pub async fn hash(&self, password: &str) -> Result<String, Refusal> {
        let password = Zeroizing::new(password.to_owned());
        let cost = self.cost;
        let done = self.pool.run(move || {
            let mut salt = [0; SALT_BYTES];
            SystemRandom::new().fill(&mut salt).map_err(|_| password_hash::Error::Crypto)?;
            hash(&password, &salt, cost)
        });
        done.await?.map_err(not_hashed)
    }

    /// Whether this is the password of this hash. Without a hash (nobody has the name) the answer is no, and takes as long.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, Refusal> {
        // Nobody could have set it; and nobody makes the server hash a book.
        if password.chars().nth(CHARACTERS_MAX).is_some() {
            return Ok(false);
        }
        let password = Zeroizing::new(password.to_owned());
        let phc = phc.map(str::to_owned);
        let cost = self.cost;
        let done = self.pool.run(move || match phc {
            Some(phc) => verify(&password, &phc, cost),
            None => hash(&password, &DUMMY_SALT, cost).map(|_| false),
        });
        done.await?.map_err(not_hashed)
    }
}

fn not_hashed(error: password_hash::Error) -> Refusal {
    tracing::error!(%error, "a password could not be hashed, or a stored hash could not be read");
    Code::Internal.into()
}

fn argon2(cost: Cost) -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, salt: &[u8], cost: Cost) -> Result<String, password_hash::Error> {
    let hash: PasswordHash = argon2(cost)?.hash_password_with_salt(password.as_bytes(), salt)?;
    Ok(hash.to_string())
}

fn verify(password: &str, phc: &str, cost: Cost) -> Result<bool, password_hash::Error> {
    let stored = PasswordHash::new(phc)?;
    match argon2(cost)?.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Passwords {
        Passwords::new(2, 8).at_cost(Cost::DEMO)
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_known_again() {
        let passwords = Passwords::new(1, 1);
        let phc = passwords.hash("蓝山镇的十二棵老樟树 2026").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(passwords.verify("蓝山镇的十二棵老樟树 2026", Some(&phc)).await, Ok(true));
        assert_eq!(passwords.verify("蓝山镇的十二棵老樟树 2027", Some(&phc)).await, Ok(false));
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let passwords = quick();
        let (one, two) = (passwords.hash("the same").await, passwords.hash("the same").await);
        assert_ne!(one.unwrap(), two.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_still_read() {
        let phc = quick().hash("old and cheap").await.unwrap();
        assert_eq!(Passwords::new(1, 1).verify("old and cheap", Some(&phc)).await, Ok(true));
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_a_long_one_is_not_tried() {
        let passwords = quick();
        assert_eq!(passwords.verify("whatever it may be", None).await, Ok(false));
        let book = "书".repeat(CHARACTERS_MAX + 1);
        let phc = passwords.hash(&book).await.unwrap();
        assert_eq!(passwords.verify(&book, Some(&phc)).await, Ok(false));
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_our_fault_not_a_wrong_password() {
        for phc in [
            "",
            "plain",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA",
            "$2b$12$abcdefghijklmnopqrstuu",
            "$argon2id$v=19$m=1,t=0,p=1$c2FsdHNhbHQ$YWJjZGVmZ2hpamts",
        ] {
            let answer = quick().verify("whatever it may be", Some(phc)).await;
            assert_ne!(answer, Ok(true), "{phc}");
        }
        assert_eq!(quick().verify("x", Some("plain")).await.unwrap_err().code, Code::Internal);
    }

    #[tokio::test]
    async fn an_unknown_name_costs_as_much_as_a_wrong_password() {
        let passwords = Passwords::new(1, 1);
        let phc = passwords.hash("somebody's own password").await.unwrap();
        let time = async |phc: Option<&str>| {
            let mut fastest = std::time::Duration::MAX;
            for _ in 0..5 {
                let start = std::time::Instant::now();
                assert_eq!(passwords.verify("a wrong password", phc).await, Ok(false));
                fastest = fastest.min(start.elapsed());
            }
            fastest
        };
        let (known, unknown) = (time(Some(&phc)).await, time(None).await);
        // Without the dummy the unknown name would be a thousand times as fast.
        assert!(unknown > known / 3 && known > unknown / 3, "{known:?} {unknown:?}");
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_again() {
        let passwords = Passwords::new(1, 1);
        let mut flood = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let passwords = passwords.clone();
            flood.spawn(async move { passwords.verify("a wrong password", None).await });
        }
        let answers = flood.join_all().await;
        let busy = answers.iter().filter(|a| a.as_ref().is_err_and(|r| r.code == Code::Busy)).count();
        assert!(busy > 0 && answers.iter().flatten().all(|right| !right), "{answers:?}");
    }
}
