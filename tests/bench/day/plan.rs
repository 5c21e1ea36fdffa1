//! What is done in a day: of a thousand steps so many of each kind, in an order by chance.

use std::collections::HashSet;
use std::rc::Rc;

use crate::Outcome;
use crate::client::{Call, Connection};
use crate::likes;
use crate::people::People;
use crate::posts::Authors;
use crate::reads;
use crate::scene::{Chance, Zipf};
use crate::stage::Stage;
use crate::tills::{self, Counter, Sale};

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Feed,
    Older,
    Deed,
    Board,
    Rank,
    Account,
    Transfers,
    Like,
    Post,
    Redeem,
    SignIn,
}

/// Of so many steps.
const WHOLE: usize = 1_000;
/// So many are of each kind.
pub const MIX: [(Act, usize); 11] = [
    (Act::Feed, 380),
    (Act::Older, 80),
    (Act::Deed, 140),
    (Act::Board, 120),
    (Act::Rank, 70),
    (Act::Account, 45),
    (Act::Transfers, 45),
    (Act::Like, 100),
    (Act::Post, 12),
    (Act::Redeem, 6),
    (Act::SignIn, 2),
];
/// The name of those that change nothing.
pub const READS: &str = "reads";
/// The name of both requests of a redemption.
pub const REDEMPTION: &str = "redemption";
/// Kinds whose latencies are told together.
pub const GROUPS: [&str; 5] = [READS, "like", "new-deed", REDEMPTION, "sign-in"];

impl Act {
    const fn group(self) -> usize {
        match self {
            Self::Like => 1,
            Self::Post => 2,
            Self::Redeem => 3,
            Self::SignIn => 4,
            _ => 0,
        }
    }
}

/// So many of so many steps are of a group.
pub fn share(group: usize) -> f64 {
    MIX.iter().filter(|(act, _)| act.group() == group).map(|(_, n)| *n).sum::<usize>() as f64 / WHOLE as f64
}

/// Residents who read what is their own.
const READERS: usize = 500;
/// Different requests of each kind of read.
const POOL: usize = 4_000;
/// A repeated request was asked so many of its kind before, so that it has been answered.
const AGO: usize = 50;
/// So many draws may fall on what was drawn before.
const DRAWS_MAX: usize = 64;

/// Shares of a hundred likes: those that repeat an earlier one, those on the one deed that everybody likes, those on the deeds of the week by
/// Zipf; the others fall on older deeds.
const REPEATED: usize = 5;
const VIRAL: usize = 1;
const RECENT: usize = 80;

/// One step.
pub struct Step {
    act: Act,
    what: What,
}

enum What {
    Ask(Rc<[u8]>),
    /// Both requests of a redemption, and which of them are sent again.
    Redeem(Sale, (bool, bool)),
}

impl Step {
    /// The group of its latency.
    pub const fn group(&self) -> usize {
        self.act.group()
    }
}

/// A client of both services, which asks one thing at a time.
pub struct Lane<'a> {
    stage: &'a Stage<'a>,
    resident: Connection,
    till: Option<Connection>,
}

impl<'a> Lane<'a> {
    /// One that has not been to a till yet.
    pub async fn open(stage: &'a Stage<'_>) -> Outcome<Self> {
        Ok(Self { stage, resident: Connection::open(stage.address()).await?, till: None })
    }
    /// Takes a step; why it was refused.
    pub async fn take(&mut self, step: &Step) -> Outcome<Option<String>> {
        match &step.what {
            What::Ask(request) => self.resident.tell(request).await,
            What::Redeem(sale, again) => {
                let till = match self.till.take() {
                    Some(till) => till,
                    None => Connection::open(self.stage.tills()).await?,
                };
                tills::sell(self.till.insert(till), sale, *again).await
            }
        }
    }
}

/// Those who live through the day.
pub struct Residents<'a> {
    stage: &'a Stage<'a>,
    readers: People<'a>,
    authors: Authors<'a>,
    counter: Counter<'a>,
    board: String,
    pages: Vec<String>,
    old: Vec<String>,
    run: String,
    turns: u64,
}

impl<'a> Residents<'a> {
    /// Finds them and what they look at.
    pub fn find(stage: &'a Stage<'_>) -> Outcome<Self> {
        let pages = reads::older(stage)?;
        Ok(Self {
            stage,
            readers: People::of(stage.address()),
            authors: Authors::find(stage)?,
            counter: Counter::open(stage, usize::MAX)?,
            board: reads::board(stage)?,
            old: reads::deeds_of(stage, &pages)?,
            pages,
            run: uuid::Uuid::now_v7().simple().to_string(),
            turns: 0,
        })
    }

    /// The token of one of them.
    pub fn reader(&mut self) -> Outcome<String> {
        Ok(self.readers.tokens(1, READERS)?.first().ok_or("nobody signs in")?.clone())
    }

    /// So many steps, or a few more; fewer where there are not so many people for the tills.
    pub fn prepare(&mut self, wanted: usize) -> Outcome<Vec<Step>> {
        self.turns += 1;
        let mut chance = Chance(self.turns);
        let thousands = wanted.div_ceil(WHOLE);
        let share = |act: Act| MIX.iter().find(|(one, _)| *one == act).map_or(0, |(_, n)| n * thousands);
        let posts = self.posts(share(Act::Post), &mut chance)?;
        let likes = self.likes(share(Act::Like), &mut chance)?;
        let sales = self.counter.prepare(share(Act::Redeem))?;
        let reads = self.reads(&mut chance)?;
        let (mut posts, mut likes, mut sales) = (posts.into_iter(), likes.into_iter(), sales.into_iter());
        let mut steps = Vec::with_capacity(thousands * WHOLE);
        for _ in 0..thousands {
            let mut acts: Vec<Act> = MIX.iter().flat_map(|(act, n)| std::iter::repeat_n(*act, *n)).collect();
            chance.shuffle(&mut acts);
            for act in acts {
                let what = match act {
                    Act::Like => likes.next().map(What::Ask),
                    Act::Post => posts.next().map(What::Ask),
                    Act::Redeem => {
                        let again = (chance.below(100) < REPEATED, chance.below(100) < REPEATED);
                        sales.next().map(|sale| What::Redeem(sale, again))
                    }
                    read => Some(What::Ask(reads.draw(read, &mut chance))),
                };
                let Some(what) = what else { return Ok(steps) };
                steps.push(Step { act, what });
            }
        }
        Ok(steps)
    }

    /// Reads of every kind, and sign-ins: half of what anybody may read is read by people who are signed in.
    fn reads(&mut self, chance: &mut Chance) -> Outcome<Reads> {
        let tokens = self.readers.tokens(READERS, READERS)?;
        if tokens.is_empty() {
            return Err("nobody signs in".into());
        }
        let (scene, zipf) = (&self.stage.scene, Zipf::new(self.stage.scene.deeds.len()));
        let rank = format!("rankings/{}/me?period=year", scene.root);
        let mut of = |act: Act| -> Vec<Rc<[u8]>> {
            let one = |n: usize| {
                let path = match act {
                    Act::Feed => "deeds".to_owned(),
                    Act::Older => self.pages[chance.below(self.pages.len())].clone(),
                    Act::Deed => format!("deeds/{}", scene.deeds[zipf.draw(chance)]),
                    Act::Board => self.board.clone(),
                    Act::Rank => rank.clone(),
                    Act::Account => "me/account".to_owned(),
                    Act::Transfers => "me/transfers".to_owned(),
                    _ => return self.authors.sign_in(chance),
                };
                let own = matches!(act, Act::Rank | Act::Account | Act::Transfers);
                let token =
                    if own || n.is_multiple_of(2) { tokens[chance.below(tokens.len())].as_str() } else { "" };
                Call { method: "GET", path: &path, token, ..Call::default() }.bytes()
            };
            (0..POOL).map(one).map(Rc::from).collect()
        };
        Ok(Reads(MIX.map(|(act, _)| (act, of(act)))))
    }

    /// New deeds; some of the requests are sent again with the same key.
    fn posts(&mut self, wanted: usize, chance: &mut Chance) -> Outcome<Vec<Rc<[u8]>>> {
        let mut posts: Vec<Rc<[u8]>> = Vec::with_capacity(wanted);
        for post in self.authors.prepare(wanted)? {
            let again = posts.len() > AGO && chance.below(100) < REPEATED;
            posts.push(if again {
                posts[chance.below(posts.len() - AGO)].clone()
            } else {
                post.bytes().into()
            });
        }
        Ok(posts)
    }

    /// Likes by guests of this turn, never the same twice but for the repetitions.
    fn likes(&mut self, wanted: usize, chance: &mut Chance) -> Outcome<Vec<Rc<[u8]>>> {
        let guests = likes::guests(self.stage, &format!("d{}t{}", &self.run[24..], self.turns))?;
        let (week, old) = (&self.stage.scene.deeds, &self.old);
        let (zipf, viral) = (Zipf::new(week.len()), &week[week.len() / 2]);
        let mut seen = HashSet::new();
        let mut likes: Vec<Rc<[u8]>> = Vec::with_capacity(wanted);
        while likes.len() < wanted {
            let kind = chance.below(100);
            let fresh = (0..DRAWS_MAX).find_map(|_| {
                let deed = match kind {
                    _ if kind < REPEATED && likes.len() > AGO => return None,
                    _ if kind < REPEATED + VIRAL => viral,
                    _ if kind < REPEATED + VIRAL + RECENT || old.is_empty() => &week[zipf.draw(chance)],
                    _ => &old[chance.below(old.len())],
                };
                let guest = chance.below(guests.len());
                seen.insert((deed, guest)).then_some((deed, guest))
            });
            match fresh {
                Some((deed, guest)) => {
                    let path = format!("deeds/{deed}/like");
                    likes.push(
                        Call { method: "PUT", path: &path, token: &guests[guest], ..Call::default() }
                            .bytes()
                            .into(),
                    );
                }
                None if likes.len() > AGO => likes.push(likes[chance.below(likes.len() - AGO)].clone()),
                None => return Err("there is nothing that is not liked".into()),
            }
        }
        Ok(likes)
    }
}

/// Requests of every kind of read.
struct Reads([(Act, Vec<Rc<[u8]>>); MIX.len()]);

impl Reads {
    fn draw(&self, act: Act, chance: &mut Chance) -> Rc<[u8]> {
        let pool = self.0.iter().find(|(one, _)| *one == act).map_or(&[][..], |(_, pool)| pool);
        pool[chance.below(pool.len())].clone()
    }
}
