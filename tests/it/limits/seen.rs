//! What the log and the metrics have seen.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use mitto::limits::{LIMITS_REACHED, Limit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

/// The counters and log lines of one thread.
#[derive(Clone, Default)]
pub(super) struct Seen {
    counters: Arc<Mutex<HashMap<String, Arc<AtomicU64>>>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Seen {
    pub(super) fn during<T>(run: impl FnOnce() -> T) -> (Self, T) {
        let seen = Self::default();
        let output = metrics::with_local_recorder(&seen, || {
            tracing::subscriber::with_default(seen.clone(), run)
        });
        (seen, output)
    }

    pub(super) fn count(&self, limit: Limit) -> u64 {
        let counters = self.counters.lock().unwrap();
        counters
            .get(limit.name())
            .map_or(0, |counter| counter.load(SeqCst))
    }

    /// Whether a line names the limit, and where it was reached.
    pub(super) fn line(&self, limit: Limit) -> bool {
        let lines = self.lines.lock().unwrap();
        lines.iter().any(|line| {
            line.starts_with("limit reached")
                && line.contains(&format!(" limit={limit} "))
                && line.contains(" at=")
                && line.contains(" unshown=")
        })
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() != LIMITS_REACHED {
            return Counter::noop();
        }
        let label = key.labels().find(|label| label.key() == "limit");
        let limit = label.expect("the limit is a label").value().to_owned();
        let mut counters = self.counters.lock().unwrap();
        Counter::from_arc(counters.entry(limit).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("mitto::limits")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let line = format!("{}{} ", line.message, line.fields);
        self.lines.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields += &format!(" {name}={value:?}"),
        }
    }
}
