//! A bounded pool for work that keeps a processor busy: so many work, so many wait, and whoever comes then is told to come again.
//! Without a bound on the waiting, a burst of uploads would fill the memory with pictures that nobody waits for any longer.

use std::sync::Arc;

use domain::{Code, Refusal};
use tokio::sync::Semaphore;

/// After how many seconds a refused client may come again: some pieces of work later.
const RETRY_AFTER_S: u32 = 2;

/// So many workers on the runtime's blocking threads, and so many places to wait for one.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Pool {
    /// A pool of so many workers (at least one) and waiting places.
    pub(crate) fn new(workers: usize, waiting_max: usize) -> Self {
        let workers = workers.clamp(1, Semaphore::MAX_PERMITS / 2);
        let admitted = workers + waiting_max.min(Semaphore::MAX_PERMITS / 2);
        Self { admitted: Arc::new(Semaphore::new(admitted)), working: Arc::new(Semaphore::new(workers)) }
    }

    /// Does this work on one of the workers, in the order of arrival. Whoever stops waiting gives the place free at once; work
    /// that has begun keeps its worker to the end, even if nobody waits for it any longer.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let busy = || Refusal::from(Code::Busy).retry_after(RETRY_AFTER_S);
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (admitted, working);
            work()
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "work of a pool did not end");
            Code::Internal.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_pool_refuses_and_recovers() {
        let pool = Pool::new(2, 3);
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(parking_lot::Mutex::new(gate));
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let (pool, gate) = (pool.clone(), Arc::clone(&gate));
                tokio::spawn(async move { pool.run(move || gate.lock().recv().map(|()| n)).await })
            })
            .collect();
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refusal = pool.run(|| ()).await.unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after_s), (Code::Busy, Some(RETRY_AFTER_S)));
        (0..5).for_each(|_| open.send(()).unwrap());
        for task in tasks {
            task.await.unwrap().unwrap().unwrap();
        }
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn who_stops_waiting_gives_the_place_free() {
        let pool = Pool::new(1, 1);
        let (open, gate) = mpsc::channel::<()>();
        let working = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || gate.recv()).await }
        });
        while pool.working.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| ()).await }
        });
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(pool.admitted.available_permits(), 1);
        open.send(()).unwrap();
        working.await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_leaves_no_place_taken() {
        let pool = Pool::new(1, 0);
        let refusal = pool.run(|| std::panic::panic_any(())).await.unwrap_err();
        assert_eq!(refusal.code, Code::Internal);
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
