//! A figure that the program tells its operators, as a signal that a test waits for.

use std::pin::pin;
use std::sync::Arc;

use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::sync::watch;

/// One gauge; every other figure is dropped.
pub struct Figure {
    name: &'static str,
    value: Arc<Value>,
}

struct Value(watch::Sender<f64>);

impl Figure {
    /// The gauge of this name, and what is told of it from now on.
    pub fn of(name: &'static str) -> (Self, watch::Receiver<f64>) {
        let (sender, told) = watch::channel(0.0);
        (Self { name, value: Arc::new(Value(sender)) }, told)
    }

    /// Runs this, and hears the gauge while it runs (not what it gives to other tasks).
    pub async fn listen<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|cx| metrics::with_local_recorder(self, || future.as_mut().poll(cx))).await
    }
}

impl GaugeFn for Value {
    fn increment(&self, by: f64) {
        self.0.send_modify(|value| *value += by);
    }
    fn decrement(&self, by: f64) {
        self.0.send_modify(|value| *value -= by);
    }
    fn set(&self, value: f64) {
        self.0.send_replace(value);
    }
}

impl Recorder for Figure {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        if key.name() == self.name { Gauge::from_arc(self.value.clone()) } else { Gauge::noop() }
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
