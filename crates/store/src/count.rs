//! Counts what is said to the database: every statement, and what begins and ends a transaction. A round trip of a hot path that nobody
//! meant to add is seen there, exactly and on a busy machine too.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use metrics::Counter;

/// The counter, by its name in the metrics.
const NAME: &str = "jishan_statements_total";

/// Hears what a connection does.
pub(crate) struct Count(Counter);

impl Count {
    pub(crate) fn new() -> Self {
        Self(metrics::counter!(NAME))
    }
}

impl Instrumentation for Count {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.increment(1);
        }
    }
}
