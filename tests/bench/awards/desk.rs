//! The desks of some communities: who enters, who decides, for whom, and what waits there.

use serde_json::{Value, json};

use crate::Outcome;
use crate::client::{self, Answer, Call};
use crate::scene::{Chance, text};
use crate::stage::Stage;

/// Communities whose desks are used, if there are so many.
const COMMUNITIES: usize = 8;
/// Residents of each who are awarded.
const RESIDENTS: usize = 400;
/// The code of the item.
const ITEM: &str = "BQ-004";
/// The password of every staff account of a demo.
pub const PASSWORD: &str = "yunxi-demo-desk";

/// A review that its secretary holds.
pub struct Waiting {
    /// The path that decides it.
    pub path: String,
    /// The secretary's token.
    pub token: String,
    /// A key of its own.
    pub key: String,
}

impl Waiting {
    /// The request that grants it.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { path, token, key } = self;
        let body = r#"{"grant":{"decision":"grant"}}"#;
        Call { method: "POST", path, token, key, body, ..Call::default() }.bytes()
    }
}

/// One community.
struct Community {
    number: usize,
    residents: Vec<String>,
}

/// The desks.
pub struct Desk<'a> {
    address: &'a str,
    item: String,
    today: String,
    communities: Vec<Community>,
    entered: usize,
}

impl<'a> Desk<'a> {
    /// Finds communities, and residents of them who have points already: the first points of a person also open accounts.
    pub fn find(stage: &'a Stage<'_>) -> Outcome<Self> {
        let (address, root) = (stage.address(), stage.scene.root.as_str());
        let mut communities = Vec::new();
        for (n, unit) in units(address, root)?.iter().enumerate() {
            let path = format!("rankings/{unit}?period=all&limit=100");
            let lines = client::pages(address, &path, "", |so_far| so_far.len() >= RESIDENTS)?;
            let residents: Vec<String> = lines.iter().map(|l| text(&l["id"])).collect::<Outcome<_>>()?;
            // The first grid worker is a resident, too, and may not enter for the own household.
            if n > 0 && !residents.is_empty() {
                communities.push(Community { number: n + 1, residents });
            }
            if communities.len() == COMMUNITIES {
                break;
            }
        }
        if communities.is_empty() {
            return Err("no community has residents with points".into());
        }
        let (item, today) = (item(address, root)?, stage.scene.today.clone());
        Ok(Self { address, item, today, communities, entered: 0 })
    }

    /// How many residents are awarded.
    pub fn residents(&self) -> usize {
        self.communities.iter().map(|c| c.residents.len()).sum()
    }

    /// So many reviews, each held by the secretary who will decide it, in an order by chance.
    pub fn prepare(&mut self, wanted: usize) -> Outcome<Vec<Waiting>> {
        let each = wanted / self.communities.len() + 1;
        let mut waiting = Vec::with_capacity(wanted);
        for n in 0..self.communities.len() {
            let number = self.communities[n].number;
            self.enter(n, &self.sign_in(&format!("grid-{number}"))?, each)?;
            waiting.extend(self.hold(&self.sign_in(&format!("secretary-{number}"))?, each)?);
        }
        Chance(wanted as u64).shuffle(&mut waiting);
        Ok(waiting)
    }

    fn sign_in(&self, login: &str) -> Outcome<String> {
        let body = json!({"login": login, "password": PASSWORD}).to_string();
        let call = Call { method: "POST", path: "sessions/staff", body: &body, ..Call::default() };
        text(&client::all(self.address, &[call])?[0].json()?["accessToken"])
    }

    fn enter(&mut self, community: usize, token: &str, count: usize) -> Outcome {
        let residents = &self.communities[community].residents;
        let entries: Vec<(String, String)> = (self.entered..self.entered + count)
            .map(|n| {
                let resident = &residents[n % residents.len()];
                json!({"residentId": resident, "itemId": self.item, "dayOfAct": self.today})
            })
            .map(|body| (key(), body.to_string()))
            .collect();
        self.entered += count;
        let calls: Vec<Call<'_>> = entries
            .iter()
            .map(|(key, body)| Call {
                method: "POST",
                path: "staff/claims",
                token,
                key,
                body,
                ..Call::default()
            })
            .collect();
        well(&client::all(self.address, &calls)?)
    }

    fn hold(&self, token: &str, count: usize) -> Outcome<Vec<Waiting>> {
        let path = "staff/reviews?kind=claim&limit=100";
        let found = client::pages(self.address, path, token, |so_far| so_far.len() >= count)?;
        let ids: Vec<String> = found.iter().map(|r| text(&r["id"])).collect::<Outcome<_>>()?;
        let paths: Vec<String> = ids.iter().map(|id| format!("staff/reviews/{id}/claim")).collect();
        let calls: Vec<Call<'_>> =
            paths.iter().map(|path| Call { method: "POST", path, token, ..Call::default() }).collect();
        well(&client::all(self.address, &calls)?)?;
        let decide = |id| format!("staff/reviews/{id}/decide");
        Ok(ids
            .into_iter()
            .map(|id| Waiting { path: decide(id), token: token.to_owned(), key: key() })
            .collect())
    }
}

/// The item that every resident may have, as often as it is earned.
pub fn item(address: &str, root: &str) -> Outcome<String> {
    let rules = client::pages(address, &format!("rules?unit={root}&limit=100"), "", |_| false)?;
    let item = rules.iter().find(|rule| rule["code"] == ITEM).ok_or(format!("there is no item {ITEM}"))?;
    text(&item["id"])
}

fn key() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

fn well(answers: &[Answer]) -> Outcome {
    answers.iter().try_for_each(|answer| answer.json().map(drop))
}

/// The communities, in the order in which their staff are numbered: by code.
fn units(address: &str, root: &str) -> Outcome<Vec<String>> {
    let mut communities = Vec::new();
    for town in children(address, root)? {
        communities.extend(children(address, &town)?);
    }
    Ok(communities)
}

fn children(address: &str, parent: &str) -> Outcome<Vec<String>> {
    let path = format!("units?parent={parent}&limit=100");
    let mut units: Vec<Value> = client::pages(address, &path, "", |_| false)?;
    units.sort_by(|a, b| a["code"].as_str().cmp(&b["code"].as_str()));
    units.iter().map(|unit| text(&unit["id"])).collect()
}
