//! Residents of the data who are signed in: as many as a workload needs.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::{self, Call};
use crate::scene::text;

/// Access tokens live five minutes; those of this age are made anew before a turn.
const FRESH: Duration = Duration::from_secs(150);
/// How many are signed in at a time.
const SOME: usize = 2_000;

/// So many have a name of the development sign-in; the others have the demonstration codes of WeChat.
const NAMED: usize = 2_000;

/// Residents who sign in, by number.
pub struct People<'a> {
    address: &'a str,
    next: usize,
    numbers: Vec<usize>,
    tokens: Vec<String>,
    signed_in: Option<Instant>,
}

impl<'a> People<'a> {
    /// Nobody yet.
    pub fn of(address: &'a str) -> Self {
        Self { address, next: 0, numbers: Vec::new(), tokens: Vec::new(), signed_in: None }
    }

    /// The tokens of so many residents, or of all that there are; good for a turn.
    pub fn tokens(&mut self, wanted: usize, all: usize) -> Outcome<&[String]> {
        let all = all + NAMED;
        if self.signed_in.is_none_or(|at| at.elapsed() > FRESH) {
            self.signed_in = Some(Instant::now());
            self.tokens = self.sign_in(&self.numbers)?;
        }
        while self.numbers.len() < wanted && self.next < all {
            let some: Vec<usize> = (self.next..all.min(self.next + SOME)).collect();
            self.next += some.len();
            let tokens = self.sign_in(&some)?;
            let are = self.residents(&tokens)?;
            for (number, token) in some.into_iter().zip(tokens).filter(|(_, token)| are.contains(token)) {
                self.numbers.push(number);
                self.tokens.push(token);
            }
        }
        Ok(&self.tokens[..wanted.min(self.tokens.len())])
    }

    fn sign_in(&self, numbers: &[usize]) -> Outcome<Vec<String>> {
        let body = |n: usize| match n.checked_sub(NAMED) {
            None => ("sessions/dev", format!("{{\"name\":\"resident-{}\"}}", n + 1)),
            Some(n) => ("sessions/wechat", format!("{{\"code\":\"demo-p{n}\"}}")),
        };
        let bodies: Vec<(&str, String)> = numbers.iter().map(|n| body(*n)).collect();
        let calls: Vec<Call<'_>> = bodies
            .iter()
            .map(|(path, body)| Call { method: "POST", path, body, ..Call::default() })
            .collect();
        client::all(self.address, &calls)?.iter().map(|answer| text(&answer.json()?["accessToken"])).collect()
    }

    /// Who of them is a resident: a name or code that nobody has makes a guest.
    fn residents(&self, tokens: &[String]) -> Outcome<HashSet<String>> {
        let calls: Vec<Call<'_>> =
            tokens.iter().map(|token| Call { method: "GET", path: "me", token, ..Call::default() }).collect();
        let mut found = HashSet::new();
        for (token, answer) in tokens.iter().zip(client::all(self.address, &calls)?) {
            if !answer.json()?["resident"].is_null() {
                found.insert(token.clone());
            }
        }
        Ok(found)
    }
}
