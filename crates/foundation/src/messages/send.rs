//! Sending what is due.

use std::collections::BTreeMap;

use domain::Ts;
use domain::consents::Purpose;
use domain::ids::IdentityId;
use domain::quiet::Quiet;
use domain::time::Zone;
use futures_util::StreamExt as _;
use store::messages::{Credit, Due, Outcome};
use store::{Db, Result};
use wechat::SubscriptionMessage;

use super::outcome::{self, Also};
use super::templates::Template;
use crate::app::App;
use crate::inbox::{Kind, Message, one, place, wall_time};

/// Messages that are on their way at once, each to another person.
const AT_ONCE: usize = 8;
/// After so many seconds a message whose answer nobody saw is lost.
const LOST_S: i64 = 120;

/// Sends what is due, at most so many; returns how many were looked at. One process does so at a time.
pub async fn send_due(app: &App, limit: i64) -> Result<usize> {
    let Some(client) = &app.wechat else { return Ok(0) };
    let now = app.now();
    let due = app.store.write_quietly(move |conn| store::messages::due(conn, now, limit)).await?;
    let many = due.len();
    // One to a person: the others of the same person are due again at the next pass.
    let mut people: Vec<IdentityId> = Vec::new();
    let mut first = Vec::new();
    for message in due {
        if !people.contains(&message.identity) {
            people.push(message.identity);
            first.push(message);
        }
    }
    let mut running = futures_util::stream::iter(first.into_iter().map(|due| send(app, client, due)))
        .buffer_unordered(AT_ONCE);
    while let Some(done) = running.next().await {
        done?;
    }
    Ok(many)
}

/// A message as it is to be sent, or what becomes of it instead.
enum Prepared {
    Send(SubscriptionMessage),
    Not(Outcome),
}

async fn send(app: &App, client: &wechat::Client, due: Due) -> Result<()> {
    let now = app.now();
    let (templates, quiet, zone) = (app.templates.clone(), app.quiet, app.store.zone().clone());
    let asked = due.clone();
    let prepared = app
        .store
        .write_quietly(move |conn| {
            let template = Kind::from_word(&asked.kind).and_then(|kind| templates.of(kind));
            let prepared = match template {
                Some(template) => prepare(conn, &asked, template, quiet, &zone, now)?,
                None => Prepared::Not(Outcome::Refused(None)),
            };
            match &prepared {
                Prepared::Not(outcome) => store::messages::settle(conn, asked.id, *outcome)?,
                Prepared::Send(message) => {
                    // From here on it may have arrived, whatever becomes of this process.
                    if !store::messages::sending(conn, asked.id, &message.template, now.plus_seconds(LOST_S))?
                    {
                        return Ok(None);
                    }
                }
            }
            Ok(Some(prepared))
        })
        .await?;
    let Some(Prepared::Send(message)) = prepared else { return Ok(()) };
    let answer = client.send_message(&message, app.release).await;
    let word = if answer.is_ok() { "sent" } else { "failed" };
    metrics::counter!("jishan_messages_total", "outcome" => word).increment(1);
    let follows = outcome::of(answer, due.attempts + 1, Ts(due.created_at), now);
    if let Also::Stop(errcode, _) = follows.also {
        tracing::error!(errcode, template = %message.template, "message.template.stopped");
    }
    app.store
        .write_quietly(move |conn| {
            store::messages::settle(conn, due.id, follows.outcome)?;
            match follows.also {
                Also::Nothing => Ok(()),
                Also::Spend => store::messages::spend(conn, due.identity, &message.template),
                Also::UsedUp => store::messages::used_up(conn, due.identity, &message.template),
                Also::Stop(errcode, until) => store::messages::stop(conn, &message.template, errcode, until),
            }
        })
        .await
}

fn prepare(
    conn: &mut Db,
    due: &Due,
    template: &Template,
    quiet: Quiet,
    zone: &Zone,
    now: Ts,
) -> Result<Prepared> {
    let not = |outcome| Ok(Prepared::Not(outcome));
    if let Some(morning) = quiet.until(now, zone) {
        return not(Outcome::Later(morning));
    }
    if let Some(until) = store::messages::stopped(conn, &template.id, now)? {
        return not(Outcome::Later(until));
    }
    let consent = store::consents::last(conn, due.identity, Purpose::WechatMessages)?;
    if consent.is_some_and(|said| !said.given) {
        return not(Outcome::Refused(None));
    }
    let off = store::messages::switches(conn, due.identity)?;
    let credits = store::messages::credits(conn, due.identity)?;
    let left = credits.iter().find(|credit| credit.template == template.id).map_or(0, Credit::left);
    if off.contains(&due.kind) || left == 0 {
        return not(Outcome::Refused(None));
    }
    let openid = store::messages::openid(conn, due.identity)?;
    let entry = one(conn, due.id, zone)?;
    let (Some(openid), Some(entry)) = (openid, entry) else { return not(Outcome::Refused(None)) };
    let values = values(template, &entry, zone);
    if values.is_empty() {
        return not(Outcome::Refused(None));
    }
    let page = template.page.as_ref().map(|page| page.replace("{object}", &entry.object));
    Ok(Prepared::Send(SubscriptionMessage { openid, template: template.id.clone(), page, values }))
}

/// What stands in the fields of a template, each shortened to what its type holds. A field that cannot say it says a dash, where its type
/// can; WeChat takes no message with an empty one.
fn values(template: &Template, entry: &Message, zone: &Zone) -> BTreeMap<String, String> {
    let places = [
        ("{title}", entry.title.clone().unwrap_or_default()),
        ("{shop}", entry.shop.clone().unwrap_or_default()),
        ("{points}", entry.detail.points.map(|points| points.to_string()).unwrap_or_default()),
        ("{text}", entry.zh.clone()),
        ("{reason}", entry.reason.clone().unwrap_or_default()),
        ("{time}", wall_time(entry.at, zone)),
        ("{until}", wall_time(entry.detail.until.unwrap_or(entry.at), zone)),
        ("{object}", entry.object.clone()),
    ];
    let fill = |(name, pattern): (&String, &String)| {
        let filled = place(pattern, &places.each_ref().map(|(mark, text)| (*mark, text.as_str())));
        let value = wechat::fit(name, &filled).or_else(|| wechat::fit(name, "—"))?;
        Some((name.clone(), value))
    };
    template.values.iter().filter_map(fill).collect()
}
