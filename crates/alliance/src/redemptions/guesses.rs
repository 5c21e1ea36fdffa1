//! Guesses of typed codes. Eleven digits can be tried; so a shop has a few wrong ones in ten minutes and in a day. A guess is counted and
//! committed before the code is looked for, so that as many at once as there may be are no more than one after the other; what turns out
//! right is given back.

use domain::ids::MerchantId;
use domain::period::{Period, Span};
use domain::{Code, Day, Ts};
use foundation::{AnyId, App, Error, Result};
use store::ledger::counters::{self, Take};

/// Wrong codes of a shop in ten minutes of the clock.
const IN_WINDOW: i64 = 10;
/// Ten minutes, in seconds.
const WINDOW_S: i64 = 600;
/// Wrong codes of a shop in a local day.
const IN_DAY: i64 = 50;
/// The counter of the ten minutes: its `start` counts them since 1970.
const WINDOW_SCOPE: &str = "wrong-codes-10min";
/// The counter of the day.
const DAY_SCOPE: &str = "wrong-codes-day";

/// A guess that was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    shop: AnyId,
    window: Period,
    day: Period,
}

impl Guess {
    /// Counts a guess of a shop, or refuses with how long to wait.
    pub(super) async fn count(app: &App, shop: MerchantId) -> Result<Self> {
        let (now, today) = (app.now(), app.store.today());
        let window = window_of(now);
        let guess = Self { shop: AnyId::of(shop), window, day: Period::of(Span::Day, today) };
        let window_ends = (i64::from(window.start.0) + 1) * WINDOW_S;
        let day_ends = today.plus(1).starts_at(app.store.zone()).unix_seconds();
        app.store
            .write_quietly(move |conn| {
                let [window, day] = guess.takes();
                let wait = |until: i64| {
                    move |e: Error| e.told_when(Code::CodeTooManyWrong, until - now.unix_seconds())
                };
                counters::take(conn, &window, Code::CodeTooManyWrong).map_err(wait(window_ends))?;
                counters::take(conn, &day, Code::CodeTooManyWrong).map_err(wait(day_ends))?;
                Ok(guess)
            })
            .await
    }

    fn takes(self) -> [Take; 2] {
        let take = |scope: &str, period, max| Take {
            scope: scope.to_owned(),
            subject: self.shop,
            period,
            amount: 1,
            max,
        };
        [take(WINDOW_SCOPE, self.window, IN_WINDOW), take(DAY_SCOPE, self.day, IN_DAY)]
    }

    /// The code was right, or nothing was told of it.
    pub(super) async fn give_back(self, app: &App) {
        let given = app
            .store
            .write_quietly(move |conn| {
                self.takes()
                    .iter()
                    .try_for_each(|t| counters::give_back(conn, &t.scope, t.subject, t.period, 1))
            })
            .await;
        if let Err(error) = given {
            tracing::warn!(error = &error as &dyn std::error::Error, "redemptions.guess.kept");
        }
    }
}

fn window_of(now: Ts) -> Period {
    let window = i32::try_from(now.unix_seconds().div_euclid(WINDOW_S)).unwrap_or(i32::MAX);
    Period { span: Span::Day, start: Day(window) }
}

/// Deletes counters of ten minutes that are over, and codes that ended a day ago; returns how many rows went.
pub async fn retain(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let (codes_before, windows_before) = (now.plus_seconds(-24 * 3_600), window_of(now.plus_seconds(-3_600)));
    app.store
        .write_quietly(move |conn| {
            let windows = counters::purge(conn, WINDOW_SCOPE, windows_before.start, limit)?;
            Ok(windows + store::redemption_codes::purge(conn, codes_before, limit)?)
        })
        .await
}
