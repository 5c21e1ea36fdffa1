//! The demo: an invented district with its people, rules and history, written in bulk into an empty database. Everything follows from
//! the seed and the day: two runs write the same rows, ids included. Nobody and nothing in it exists.
//!
//! [`Scale::Town`] is for a look around. [`Scale::Platform`] is for measuring: at 1 it is as large as the largest real town platform
//! that the rules were taken from, 38,000 residents after three years.

mod book;
mod chance;
mod deeds;
mod desk;
mod events;
mod goods;
mod history;
mod names;
mod notices;
mod people;
pub mod pictures;
mod redemptions;
mod rules;
mod shops;
#[cfg(test)]
mod tests;
mod texts;
mod topics;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use alliance::receipts::{Receipt, Sold};
use domain::time::{DAY, HOUR, Zone};
use domain::{Day, Ts};
use foundation::tokens::Keys;
use store::bulk::{HELD, Loader, load};
use store::{Db, Error, Result, meta};

use book::Book;
use chance::Chance;
use deeds::Album;
use history::World;
use people::People;
use redemptions::Sales;
use rules::{Adoption, Rules};
use shops::Founding;
pub use shops::TILL;

/// The tenant's id of every demo.
pub const TENANT: &str = "demo";
/// The key in `meta` under which the seed is kept.
pub const SEED: &str = "demo_seed";
const ZONE: &str = "Asia/Shanghai";
/// What makes another seed of a seed.
const TRADE: u64 = 0x5eed_0f5a_1e5a_11ce;
/// The last moment of a day on which nobody said how late it is.
const EVENING: i64 = 21 * HOUR;

/// How large a demo is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// 360 residents and three months.
    Town,
    /// So many times 38,000 residents, 162,000 published deeds and 832,000 awards, over three years.
    Platform(f64),
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Everything by chance follows from it.
    pub seed: u64,
    /// The last day of the history: today, for a demo to look at.
    pub as_of: Day,
    /// The last moment of the history, on `as_of`: now, when that is today. Without it, the evening of that day.
    pub until: Option<Ts>,
    /// How large.
    pub scale: Scale,
    /// The password of every staff account, hashed (a PHC string).
    pub staff_password_hash: String,
    /// The WeChat app whose demonstration codes (`demo-p0`, `demo-p1`, …) sign the residents in.
    pub wechat_app_id: String,
    /// What signs receipts; without it there are none.
    pub signing: Option<Signing>,
}

/// What signs the receipts of past sales.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The keys of the merchant service.
    pub keys: Keys,
    /// Who issues: the tenant's id.
    pub issuer: String,
}

impl Signing {
    /// The receipt of a sale, and that of its return.
    fn receipts(&self, sold: &Sold, voided: Option<Ts>) -> Result<(String, Option<String>)> {
        let receipt = Receipt::of(&self.issuer, sold);
        let signed = receipt.signed(&self.keys)?;
        Ok((signed, voided.map(|at| receipt.voided(at).signed(&self.keys)).transpose()?))
    }
}

/// A picture that the caller has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// SHA-256 of the stored JPEG, in hex.
    pub hash: String,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// The size of the file.
    pub bytes: i64,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// Units of every level.
    pub units: u64,
    /// Households.
    pub households: u64,
    /// Residents.
    pub residents: u64,
    /// Ways to sign in, guests included.
    pub identities: u64,
    /// Published deeds.
    pub deeds: u64,
    /// Published deeds of the last day.
    pub published_today: u64,
    /// Claims: posted, reversed, submitted.
    pub claims: u64,
    /// Transfers.
    pub transfers: u64,
    /// Entries of the log.
    pub log_entries: u64,
    /// Likes.
    pub likes: u64,
    /// Comments.
    pub comments: u64,
    /// Pictures of deeds.
    pub pictures: u64,
    /// What waits for a decision: deeds and claims.
    pub waiting: u64,
    /// Shops, whatever became of their application.
    pub shops: u64,
    /// Offers.
    pub offers: u64,
    /// Redemptions.
    pub redemptions: u64,
    /// Events.
    pub events: u64,
    /// Sign-ups.
    pub sign_ups: u64,
    /// Merit that residents and households hold, in whole points.
    pub points: i64,
    /// How long it took.
    pub seconds: f64,
}

/// The numbers of a scale.
#[derive(Debug)]
struct Shape {
    residents: usize,
    days: usize,
    deeds: usize,
    readings: usize,
    towns: usize,
    of_town: [usize; 3],
    smallest: usize,
    /// Residents with a development sign-in name.
    developers: usize,
    likes: f64,
    likes_max: usize,
    /// Comments of a hundred deeds.
    comments: usize,
    rejected: usize,
    /// Deeds of so many last days have pictures.
    pictured_days: i32,
    /// How much busier the last day is than others.
    last_day: f64,
    /// The rules came into force so many days before the first day.
    rules_before: i32,
    /// Shops that take part.
    shops: usize,
    /// Shops that do not: each third one applies, was refused, is suspended.
    other_shops: usize,
    /// Whether it is for a look around: with pictures of offers, and points for the documented residents.
    looked_at: bool,
    /// Sales, and in how many last days.
    sales: usize,
    sales_days: usize,
    /// Past events, in how many last days, and how many of a hundred have a recap.
    events: usize,
    event_days: usize,
    recaps: u64,
    /// To how many of a hundred past events of the own community `resident-1` went.
    regular: u64,
    /// Events that are announced beside the documented ones.
    coming: usize,
}

impl Shape {
    fn of(scale: Scale) -> Self {
        match scale {
            Scale::Town => Self {
                residents: 360,
                days: 90,
                deeds: 420,
                readings: 620,
                towns: 3,
                of_town: [3, 2, 3],
                smallest: 3,
                developers: 40,
                likes: 4.4,
                likes_max: 60,
                comments: 130,
                rejected: 9,
                pictured_days: 3_650,
                last_day: 2.2,
                rules_before: 310,
                shops: 9,
                other_shops: 3,
                looked_at: true,
                sales: 320,
                sales_days: 90,
                events: 20,
                event_days: 90,
                recaps: 50,
                regular: 90,
                coming: 0,
            },
            Scale::Platform(factor) => {
                let times = |n: f64| (n * factor).max(1.0) as usize;
                let communities = times(8.0).clamp(3, 8);
                Self {
                    residents: times(38_000.0).max(360),
                    days: 3 * 365,
                    deeds: times(162_000.0),
                    readings: times(659_000.0),
                    towns: 3 * (factor.ceil().max(1.0) as usize),
                    of_town: [communities; 3],
                    smallest: 8,
                    developers: 2_000,
                    likes: 5.45,
                    likes_max: 120,
                    comments: 30,
                    rejected: times(810.0),
                    pictured_days: 30,
                    last_day: 1.0,
                    rules_before: 40,
                    shops: times(258.0).max(9),
                    other_shops: times(9.0).max(3),
                    looked_at: false,
                    sales: times(120_000.0),
                    sales_days: 365,
                    events: times(2_000.0),
                    event_days: 365,
                    recaps: 15,
                    regular: 10,
                    coming: times(40.0),
                }
            }
        }
    }

    fn communities(&self, town: usize) -> usize {
        self.of_town[town % self.of_town.len()]
    }
    fn first_day(&self, plan: &Plan) -> Day {
        plan.as_of.plus(1 - i32::try_from(self.days).unwrap_or(i32::MAX))
    }
}

/// Fills an empty, migrated database; refuses one that holds anything. `pictures` is called once for each number below
/// [`pictures::COUNT`] and stores that picture ([`pictures::jpeg`] makes it); `progress` hears the step, and how far it is.
pub fn write(
    conn: &mut Db,
    plan: &Plan,
    pictures: &mut dyn FnMut(u32) -> Result<Picture>,
    progress: &dyn Fn(&str, u64, u64),
) -> Result<Written> {
    write_holding(HELD, conn, plan, pictures, progress)
}

/// The same, with so many cells at most waiting in memory.
fn write_holding(
    held: usize,
    conn: &mut Db,
    plan: &Plan,
    pictures: &mut dyn FnMut(u32) -> Result<Picture>,
    progress: &dyn Fn(&str, u64, u64),
) -> Result<Written> {
    let started = Instant::now();
    let zone = Zone::named(ZONE).ok_or_else(|| Error::corrupt("the demo's time zone is not known"))?;
    let until = plan.until.unwrap_or(Ts(plan.as_of.starts_at(&zone).0 + EVENING));
    if Day::of(until, &zone) != plan.as_of {
        return Err(Error::corrupt("the demo's last moment is not on its last day"));
    }
    let mut album = Album::default();
    for n in 0..pictures::COUNT {
        progress("pictures", n.into(), pictures::COUNT.into());
        album.0.push(pictures(n)?);
    }
    let seed = plan.seed.to_string();
    let marks = [(meta::TENANT, TENANT), (meta::ZONE, ZONE), (meta::MADE_BY, "demo"), (SEED, seed.as_str())];
    let mut written = load(conn, &marks, held, |out| fill(out, plan, &zone, until, album, progress))?;
    written.seconds = started.elapsed().as_secs_f64();
    Ok(written)
}

fn fill(
    out: &mut Loader<'_>,
    plan: &Plan,
    zone: &Zone,
    until: Ts,
    album: Album,
    progress: &dyn Fn(&str, u64, u64),
) -> Result<Written> {
    let shape = Shape::of(plan.scale);
    let mut chance = Chance::new(plan.seed);
    let first = shape.first_day(plan);
    let force_from = first.plus(-shape.rules_before);
    let founded = Ts(force_from.starts_at(zone).0 + 9 * HOUR - 10 * DAY);
    progress("people", 0, shape.residents as u64);
    let tree = people::plant(out, &mut chance, &shape, founded)?;
    // People come after the rules, and some days before the first deed.
    let moved_in = Ts(first.starts_at(zone).0 - 10 * DAY + 10 * HOUR);
    let mut people = people::settle(out, &mut chance, plan, &shape, tree, moved_in)?;
    people::appoint(out, &mut chance, plan, &mut people, founded)?;
    let by =
        people.staff.operations.first().copied().ok_or_else(|| Error::corrupt("nobody runs the district"))?;
    let rules = adopt(out, &mut chance, &people, Adoption { by, force_from, at: Ts(founded.0 + 5 * DAY) })?;
    let pools = people.tree.smallest.iter().map(|unit| Rc::new(rules.pool(&unit.path))).collect();
    let mut book = Book::open(out, &mut chance, &people, moved_in, first)?;
    // A stream of its own: what shops and events do leaves to deeds the chance that they had.
    let mut trade = Chance::new(plan.seed ^ TRADE);
    people.born = events::births(out, &mut trade, &people, plan.as_of)?;
    let founding = Founding { plan, shape: &shape, zone, people: &people, album: &album, until };
    let (alliance, offers) = founding.found(out, &mut trade, &mut book)?;
    let written = Written {
        shops: (shape.shops + shape.other_shops) as u64,
        offers,
        units: (1 + people.tree.towns.len() + people.tree.communities.len() + people.tree.smallest.len())
            as u64,
        households: people.households.len() as u64,
        residents: people.residents.len() as u64,
        identities: people.active.len() as u64,
        ..Written::default()
    };
    let mut world = World {
        shape: &shape,
        zone,
        people: &people,
        rules,
        pools,
        book,
        album,
        written,
        first,
        last: plan.as_of,
        until,
        recent: Vec::new(),
        sales: Sales::of(alliance, (&people, zone), plan.signing.as_ref()),
        known_stays: BTreeMap::new(),
        known_award: None,
    };
    world.live(out, (&mut chance, &mut trade), progress)?;
    desk::fill(&mut world, out, &mut chance)?;
    let cancelled = world.announce_coming(out, &mut trade)?;
    notices::fill(&world, out, &mut trade, cancelled)?;
    out.look_back()?;
    world.written.redemptions = world.sales.done;
    world.written.transfers = world.book.transfers;
    world.written.log_entries = u64::try_from(world.book.seq).unwrap_or(0);
    world.written.points = world.book.merit() / 100;
    Ok(world.written)
}

/// Adopts the carried rule tables: one for the whole district, one for each of the first two towns, one for each of three villages.
fn adopt(out: &mut Loader<'_>, chance: &mut Chance, people: &People, adoption: Adoption) -> Result<Rules> {
    let tree = &people.tree;
    let mut rules = Rules::default();
    rules.carry(out, chance, tree.district[0].id, "baqiao", adoption, false)?;
    for (n, town) in tree.towns.iter().enumerate() {
        match n % 3 {
            0 => rules.carry(out, chance, town.id, "sample-composed", adoption, false)?,
            1 => rules.carry(out, chance, town.id, "wendeng-rural", adoption, false)?,
            _ => {}
        }
    }
    let villages = tree.communities.iter().filter(|c| c.above % 3 == 2);
    for (village, key) in villages.zip(["xipo", "baiyang", "fengjie"].into_iter().cycle()) {
        rules.carry(out, chance, village.id, key, adoption, false)?;
    }
    if let Some(town) = tree.towns.get(2) {
        rules.carry(out, chance, town.id, "nankang", adoption, true)?;
    }
    Ok(rules)
}
