//! A layer of `tracing` that keeps the spans it sees.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A span's fields; of an event, the fields of the span that it is in.
pub(crate) type Fields = BTreeMap<String, String>;

#[derive(Clone, Default)]
pub(crate) struct Captured {
    /// The spans that have closed.
    closed: Arc<Mutex<Vec<Fields>>>,
    /// For each event of a test, the innermost request that it is in.
    events: Arc<Mutex<Vec<Fields>>>,
}

impl Captured {
    /// Captures what happens on this thread until the guard is dropped.
    pub(crate) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let captured = Self::default();
        let subscriber = tracing_subscriber::registry().with(captured.clone());
        (captured, tracing::subscriber::set_default(subscriber))
    }

    /// The spans of a message that have closed: at the caller, and at the handler.
    pub(crate) fn pair(&self, message: &str) -> (Fields, Fields) {
        let closed = self.closed.lock().expect("not poisoned");
        let of = |kinds: [&str; 2]| {
            let mut found = closed.iter().filter(|span| {
                span.get("message").is_some_and(|m| m == message)
                    && kinds.contains(&span["otel.kind"].as_str())
            });
            let span = found.next().cloned().expect("a span of each end");
            assert!(found.next().is_none(), "one span for a request");
            span
        };
        (of(["client", "producer"]), of(["server", "consumer"]))
    }

    pub(crate) fn events(&self) -> Vec<Fields> {
        self.events.lock().expect("not poisoned").clone()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Captured {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Visited(&mut fields));
        let span = context.span(id).expect("it is new");
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).expect("it is open");
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(&mut Visited(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "test" {
            return;
        }
        let span = context.event_span(event);
        let fields = span.and_then(|span| span.extensions().get::<Fields>().cloned());
        self.events
            .lock()
            .expect("not poisoned")
            .push(fields.unwrap_or_default());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).expect("it closes now");
        if let Some(fields) = span.extensions_mut().remove::<Fields>() {
            self.closed.lock().expect("not poisoned").push(fields);
        }
    }
}

struct Visited<'a>(&'a mut Fields);

impl Visit for Visited<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
