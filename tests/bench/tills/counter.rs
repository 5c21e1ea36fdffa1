//! The shops, who stands at their tills, and the customers with their codes.

use serde_json::{Value, json};

use crate::Outcome;
use crate::client::{self, Call};
use crate::people::People;
use crate::scene::{Chance, Zipf, text};
use crate::stage::Stage;

/// So many clerks are signed in, if there are so many.
const CLERKS: usize = 300;
/// What the customers have, in hundredths: nobody runs out of points while it is measured. The copy is thrown away.
pub const RICH: i64 = 100_000_000;

/// A sale whose code was made.
pub struct Sale {
    /// The clerk's token.
    pub token: String,
    /// A key of its own.
    pub key: String,
    /// What takes the code.
    pub body: String,
}

/// A clerk, and the offer that the shop sells.
struct Till {
    name: String,
    offer: String,
}

/// Everything in front of and behind the counter.
pub struct Counter<'a> {
    stage: &'a Stage<'a>,
    tills: Vec<Till>,
    people: People<'a>,
    all: usize,
    turns: u64,
}

impl<'a> Counter<'a> {
    /// Finds shops, at most so many, of which each has an offer that is always to be had.
    pub fn open(stage: &'a Stage<'_>, shops: usize) -> Outcome<Self> {
        let names: Vec<String> = (1..=CLERKS).map(|n| format!("clerk-{n}")).collect();
        let tokens = sign_in(stage.tills(), &names)?;
        let calls: Vec<Call<'_>> = tokens
            .iter()
            .map(|token| Call { method: "GET", path: "offers?limit=20", token, ..Call::default() })
            .collect();
        let mut tills: Vec<Till> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for (name, answer) in names.into_iter().zip(client::all(stage.tills(), &calls)?) {
            // A name that nobody had is a new clerk, who works nowhere.
            let Ok(offers) = answer.json() else { continue };
            let offer =
                offers["items"].as_array().into_iter().flatten().find(|offer| is_for_everybody(offer));
            if let Some(offer) = offer
                && known.insert(text(&offer["merchantId"])?)
            {
                tills.push(Till { name, offer: text(&offer["id"])? });
            }
        }
        let mut tills = in_business(stage, tills)?;
        tills.truncate(shops);
        if tills.is_empty() {
            return Err("no shop has an offer for everybody".into());
        }
        let people = People::of(stage.address());
        let all = stage.database().number("SELECT count(*) FROM $.residents")?;
        Ok(Self { stage, tills, people, all: usize::try_from(all)?, turns: 0 })
    }

    /// How many shops sell.
    pub fn shops(&self) -> usize {
        self.tills.len()
    }

    /// So many sales, or as many as there are people: each has a code that was made now and is good for a minute.
    pub fn prepare(&mut self, wanted: usize) -> Outcome<Vec<Sale>> {
        self.turns += 1;
        let mut chance = Chance(self.turns);
        let names: Vec<String> = self.tills.iter().map(|till| till.name.clone()).collect();
        let clerks = sign_in(self.stage.tills(), &names)?;
        let customers = self.people.tokens(wanted, self.all)?;
        let zipf = Zipf::new(self.tills.len());
        let drawn: Vec<usize> = customers.iter().map(|_| zipf.draw(&mut chance)).collect();
        let bodies: Vec<String> =
            drawn.iter().map(|n| json!({"offerId": self.tills[*n].offer}).to_string()).collect();
        let calls: Vec<Call<'_>> = customers
            .iter()
            .zip(&bodies)
            .map(|(token, body)| Call {
                method: "POST",
                path: "redemption-codes",
                token,
                body,
                ..Call::default()
            })
            .collect();
        let made = client::all(self.stage.address(), &calls)?;
        // Only now: the first code of a person may have opened the account.
        self.stage.database().run(&rich())?;
        self.stage.database().tidy("balances")?;
        // In a town that has just begun nobody has ever signed in, and what was planned then is not what is planned among many.
        self.stage.database().tidy("sessions")?;
        let mut sales = Vec::with_capacity(made.len());
        for (n, answer) in drawn.into_iter().zip(made) {
            let key = uuid::Uuid::now_v7().simple().to_string();
            let body =
                json!({"code": answer.json()?["code"], "offerId": self.tills[n].offer, "orderNo": key});
            sales.push(Sale { token: clerks[n].clone(), body: body.to_string(), key });
        }
        chance.shuffle(&mut sales);
        Ok(sales)
    }
}

/// Those whose shops take part: clerks of a suspended shop still see what it offered.
fn in_business(stage: &Stage<'_>, tills: Vec<Till>) -> Outcome<Vec<Till>> {
    let paths: Vec<String> = tills.iter().map(|till| format!("offers/{}", till.offer)).collect();
    let calls: Vec<Call<'_>> =
        paths.iter().map(|path| Call { method: "GET", path, ..Call::default() }).collect();
    let answers = client::all(stage.address(), &calls)?;
    let shown = tills.into_iter().zip(answers).filter(|(_, answer)| answer.refusal().is_none());
    Ok(shown.map(|(till, _)| till).collect())
}

/// Gives points to those of the people who have signed in that have few. Not to everybody: a city would be written anew.
fn rich() -> String {
    format!(
        "UPDATE $.balances SET posted = {RICH} WHERE posted < {RICH} / 2 AND account_id IN \
         (SELECT a.account_id FROM $.sessions s JOIN $.identities i ON i.id = s.principal_id JOIN $.residents r ON r.id = i.resident_id \
          JOIN $.account_owners a ON a.owner_id IN (r.id, r.household_id) \
          WHERE s.principal = 'person' AND a.kind = 'redeemable')"
    )
}

fn is_for_everybody(offer: &Value) -> bool {
    let free = ["fromDay", "untilDay", "perResident", "perDay"].iter().all(|limit| offer[*limit].is_null());
    free && offer["state"] == "published"
        && offer["open"] == true
        && offer["openNow"] == true
        && offer["windows"] == json!([])
}

/// Signs clerks in; their access tokens, which live longer than a turn.
fn sign_in(address: &str, names: &[String]) -> Outcome<Vec<String>> {
    let bodies: Vec<String> = names.iter().map(|name| json!({"name": name}).to_string()).collect();
    let calls: Vec<Call<'_>> = bodies
        .iter()
        .map(|body| Call { method: "POST", path: "sessions/dev", body, ..Call::default() })
        .collect();
    client::all(address, &calls)?.iter().map(|answer| text(&answer.json()?["accessToken"])).collect()
}
