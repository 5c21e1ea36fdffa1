//! The worker's loops: sequencer and scores, boards, expiring holds, popular order, outbox, retention. Each pass takes no input, is safe to
//! repeat, has a limit, and runs on a signal as well as on a timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::Ts;
use foundation::pictures::uploads;
use foundation::{AnyId, App, Result, content, inbox, messages, pushes};
use store::ledger::sequencer::PASS_MAX;
use store::outbox::Pace;
use tokio::sync::watch::Receiver;

/// How often the log is looked at when nobody signals.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);
/// How long it rests after a pass, so that what comes close together is moved together.
const FOLLOW_REST: Duration = Duration::from_millis(50);
/// How often effects, holds and the popular order are looked at.
const TEND_EVERY: Duration = Duration::from_secs(1);
/// How often old rows are deleted.
const RETAIN_EVERY: Duration = Duration::from_secs(60);
/// Rows of one pass.
const PASS: i64 = 200;
/// Deeds whose likes are carried into the popular order in one transaction.
const POPULAR_AT_ONCE: i64 = 16;
/// For how long a task of the outbox is leased.
const TASK_LEASE_S: i64 = 60;
/// Messages that are looked at in one pass: within the lease, though each may take WeChat's patience.
const CARRIED_AT_ONCE: i64 = 32;
/// Tasks of one pass that wait for nobody outside.
const QUICK_AT_ONCE: i64 = 50;
/// Tasks of one pass that may each take WeChat's patience; while WeChat answers, one pass follows another.
const SLOW_AT_ONCE: i64 = 3;
/// Lease of the loops that only one process should run.
const LOOP_LEASE_S: i64 = 30;

/// How many passes over the outbox this process is in the middle of.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// Whether this process is in the middle of a task of the outbox.
pub fn is_at_work() -> bool {
    AT_WORK.load(Ordering::Acquire) > 0
}

/// A pass over the outbox, for as long as it lasts.
struct AtWork;

impl AtWork {
    fn begin() -> Self {
        AT_WORK.fetch_add(1, Ordering::AcqRel);
        Self
    }
}
impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether the process is stopping.
pub type Stopping = Receiver<bool>;

/// Waits for the next turn; `false` when the process is stopping.
async fn turn(stopping: &mut Stopping, every: Duration, signal: impl Future<Output = ()>) -> bool {
    if *stopping.borrow() {
        return false;
    }
    tokio::select! {
        _ = stopping.changed() => !*stopping.borrow(),
        () = signal => true,
        () = tokio::time::sleep(every) => true,
    }
}

/// Moves the queue into the log and follows it with the scores.
pub async fn follow_log(app: Arc<App>, mut stopping: Stopping) {
    loop {
        let woken = app.store.appended().notified();
        tokio::pin!(woken);
        // From here on a signal is not missed, though nobody waits yet.
        woken.as_mut().enable();
        note(&app, "log", drain_log(&app).await.map(|_| ()));
        tokio::time::sleep(FOLLOW_REST).await;
        if !turn(&mut stopping, FOLLOW_EVERY, woken).await {
            break;
        }
    }
    // What was acknowledged meanwhile still goes into the log.
    note(&app, "log", drain_log(&app).await.map(|_| ()));
}

/// Everything that waits for the log or the scores; returns how much it was.
pub async fn drain_log(app: &App) -> Result<u64> {
    let mut moved = 0;
    loop {
        let sequenced = app.store.sequence().await?;
        let scored = app.store.write_quietly(|conn| store::ledger::scores::follow(conn, PASS)).await?;
        moved += sequenced + scored as u64;
        // A pass that was not full has left nothing behind.
        if sequenced < PASS_MAX as u64 && scored < PASS as usize {
            return Ok(moved);
        }
    }
}

/// Effects, expired holds, the popular order; by one process at a time.
pub async fn tend(app: Arc<App>, mut stopping: Stopping) {
    let holder = AnyId(uuid::Uuid::now_v7());
    while turn(&mut stopping, TEND_EVERY, std::future::pending()).await {
        if leads(&app, "tend", holder).await {
            note(&app, "tend", tend_once(&app).await.map(|_| ()));
        }
    }
    give_back(&app, "tend", holder).await;
}

/// One pass; returns how much was done.
pub async fn tend_once(app: &Arc<App>) -> Result<usize> {
    let now = app.now();
    let swept = app.store.write_quietly(move |conn| store::ledger::holds::sweep(conn, now, PASS)).await?;
    let expired = alliance::redemptions::sweep(app, PASS).await?;
    let popular = refresh_popular(app).await?;
    let seats = community::events::lapse(app, PASS).await? + community::events::remind(app, PASS).await?;
    if swept + expired > 0 {
        app.store.changed();
    }
    let linked = alliance::clerks::link(app, PASS).await?;
    let told =
        work_outbox(app, Pace::Quick, QUICK_AT_ONCE).await? + community::pushes::work(app, PASS).await?;
    let waited = community::content::give_up(app, PASS).await?;
    Ok(swept + expired + popular + seats + linked + told + waited)
}

/// Sends messages in WeChat, has pictures looked at, and makes copies, by one process at a time; apart from everything else, because WeChat
/// may keep it waiting.
pub async fn carry(app: Arc<App>, mut stopping: Stopping) {
    let holder = AnyId(uuid::Uuid::now_v7());
    let mut wait = TEND_EVERY;
    while turn(&mut stopping, wait, std::future::pending()).await {
        let mut done = 0;
        if leads(&app, "carry", holder).await {
            let outcome = carry_once(&app).await;
            done = *outcome.as_ref().unwrap_or(&0);
            note(&app, "carry", outcome.map(|_| ()));
        }
        // Where there is more, it is gone on with.
        wait = if done > 0 { FOLLOW_REST } else { TEND_EVERY };
    }
    give_back(&app, "carry", holder).await;
}

/// What is due, as much as fits into a lease though WeChat does not answer.
pub async fn carry_once(app: &Arc<App>) -> Result<usize> {
    // A message that is on its way hides the next one to the same person.
    let _at_work = AtWork::begin();
    let sent = if app.wechat.is_some() { messages::send_due(app, CARRIED_AT_ONCE).await? } else { 0 };
    Ok(sent + work_outbox(app, Pace::Slow, SLOW_AT_ONCE).await?)
}

/// A few deeds at a time: whoever likes one of them waits meanwhile.
async fn refresh_popular(app: &App) -> Result<usize> {
    let mut done = 0;
    while done < PASS as usize {
        let few = app.store.write_quietly(|conn| store::feed::refresh_popular(conn, POPULAR_AT_ONCE)).await?;
        done += few;
        if few < POPULAR_AT_ONCE as usize {
            break;
        }
    }
    Ok(done)
}

async fn work_outbox(app: &Arc<App>, pace: Pace, limit: i64) -> Result<usize> {
    // Before a task is leased: who finds none at work finds what the pass has done.
    let _at_work = AtWork::begin();
    let now = app.now();
    let until = now.plus_seconds(TASK_LEASE_S);
    let tasks =
        app.store.write_quietly(move |conn| store::outbox::lease(conn, pace, now, until, limit)).await?;
    let count = tasks.len();
    for task in tasks {
        let id = task.id;
        let done = do_task(app, &task).await;
        match done {
            Ok(()) => app.store.write_quietly(move |conn| store::outbox::done(conn, id)).await?,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, kind = %task.kind, attempts = task.attempts, "outbox.task.failed");
                let later = now.plus_seconds(
                    i64::from(2_i32.saturating_pow(task.attempts.clamp(1, 10) as u32)).min(3_600),
                );
                app.store.write_quietly(move |conn| store::outbox::retry(conn, id, later)).await?;
            }
        }
    }
    Ok(count)
}

async fn do_task(app: &Arc<App>, task: &store::outbox::Task) -> Result<()> {
    let payload = serde_json::from_str(&task.payload)
        .map_err(|e| foundation::Error::corrupt(format!("the payload of an effect: {e}")))?;
    match task.kind.as_str() {
        uploads::DELETE => uploads::delete_blob(app, &payload).await,
        content::AGAIN => community::content::again(app, &payload).await,
        content::pictures::CHECK => content::pictures::ask(app, &payload).await,
        alliance::desk_notes::TELL => alliance::desk_notes::tell(app, task.id, &payload).await,
        community::events::TELL => community::events::tell_some(app, task.id, &payload).await,
        community::events::GO_ON => community::events::go_on(app, task.id, &payload).await,
        community::consents::HIDE => community::consents::hide(app, &payload).await,
        community::exports::MAKE => community::exports::make(app, task.attempts, &payload).await,
        community::exports::DELETE => community::exports::delete(app, &payload).await,
        community::erasure::BEGIN => community::erasure::begin(app, &payload).await,
        community::erasure::OWNER_LEAVES => community::erasure::owner_leaves(app, &payload).await,
        community::erasure::GO_ON => community::erasure::go_on(app, task.id, &payload).await,
        other => Err(foundation::Error::corrupt(format!("an effect of no meaning: {other}"))),
    }
}

/// Deletes what is no longer needed; by one process at a time.
pub async fn retain(app: Arc<App>, mut stopping: Stopping) {
    let holder = AnyId(uuid::Uuid::now_v7());
    while turn(&mut stopping, RETAIN_EVERY, std::future::pending()).await {
        if leads(&app, "retain", holder).await {
            note(&app, "retain", retain_once(&app).await.map(|_| ()));
        }
    }
    give_back(&app, "retain", holder).await;
}

/// One pass with a limit each; returns how many rows went.
pub async fn retain_once(app: &Arc<App>) -> Result<usize> {
    let now = app.now();
    let sessions = now.plus_seconds(-7 * 24 * 3_600);
    let keys = now.plus_seconds(-store::idempotency::KEPT_H * 3_600);
    // Staged rows of imports hold names: a month is long enough to look one up.
    let staged = now.plus_seconds(-30 * 24 * 3_600);
    let told = now.plus_seconds(-inbox::KEPT_DAYS * 24 * 3_600);
    let carried = now.plus_seconds(-messages::KEPT_DAYS * 24 * 3_600);
    let pushed = now.plus_seconds(-pushes::KEPT_DAYS * 24 * 3_600);
    let gone = app
        .store
        .write_quietly(move |conn| {
            Ok(store::sessions::purge(conn, sessions, PASS)?
                + store::idempotency::purge(conn, keys, PASS)?
                + store::imports::purge_rows(conn, staged, 1)?
                + store::inbox::purge(conn, told, PASS)?
                + store::messages::purge(conn, carried, PASS)?
                + store::pushes::purge(conn, pushed, PASS)?
                + content::retain(conn, now, PASS)?)
        })
        .await?;
    let codes = alliance::redemptions::retain(app, PASS).await?;
    let resealed = foundation::phones::reseal(app, PASS).await?;
    let copies = community::exports::retain(app, PASS).await?;
    community::erasure::cleanse(app).await?;
    Ok(gone + codes + resealed + copies + uploads::expire(app, PASS).await?)
}

async fn leads(app: &App, name: &'static str, holder: AnyId) -> bool {
    let now = app.now();
    let until: Ts = now.plus_seconds(LOOP_LEASE_S);
    app.store
        .write_quietly(move |conn| store::leases::take(conn, name, holder, now, until))
        .await
        .unwrap_or(false)
}

async fn give_back(app: &App, name: &'static str, holder: AnyId) {
    let outcome = app.store.write_quietly(move |conn| store::leases::give_back(conn, name, holder)).await;
    note(app, name, outcome);
}

fn note(app: &App, pass: &'static str, outcome: Result<()>) {
    if let Err(error) = outcome {
        metrics::counter!("jishan_worker_failures_total", "pass" => pass).increment(1);
        tracing::warn!(error = &error as &dyn std::error::Error, pass, tenant = %app.id, "worker.pass.failed");
    }
}
