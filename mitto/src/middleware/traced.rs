use std::fmt;
use std::sync::Arc;

use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use super::observe::Watch;
use super::{Answered, Direction, Middleware, Next, RequestHead};
use crate::envelope::Metadata;
use crate::message::MessageKind;
use crate::status::Status;
use crate::telemetry::{TRACEPARENT, TRACESTATE, Trace, TraceContext};

/// Makes a span of each request, at either end, and joins the two by `traceparent` in the metadata.
///
/// The span is named `request`, of level info and target `mitto`, with the fields `message`, `kind`,
/// `peer`, `otel.kind` (`server`, `client`, `producer` or `consumer`), `trace_id`, `span_id`, `parent_id`,
/// `outcome` ([`Ending::label`](super::Ending::label)) and `duration_us` (microseconds). What comes in is
/// handled inside its span, in tasks of `#[handler(spawn)]` and `#[handler(blocking)]` too.
///
/// A request that goes out belongs to the trace that its metadata names, else to that of the handler
/// that makes it ([`Trace::current`]), else to a new one. What comes in belongs to the trace that its
/// caller names; a malformed `traceparent` counts for nothing.
///
/// ```
/// use mitto::middleware::{Middleware, Tracing};
///
/// let tracing = Tracing::new();
/// # fn is(_: impl Middleware) {}
/// # is(tracing);
/// ```
#[derive(Clone, Default)]
pub struct Tracing {
    ids: Option<Ids>,
}

type Ids = Arc<dyn Fn(&Span, Option<&TraceContext>) -> Option<TraceContext> + Send + Sync>;

impl Tracing {
    /// Gives the spans random ids.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the ids of a span from elsewhere, such as an OpenTelemetry layer: `ids` is called with each
    /// new span and the ids of its parent; with OpenTelemetry it sets the parent, and reads the ids that
    /// the span has then. Where it gives `None` they are random.
    pub fn ids(
        mut self,
        ids: impl Fn(&Span, Option<&TraceContext>) -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        self.ids = Some(Arc::new(ids));
        self
    }

    /// Puts a span and its trace where those who come after find them.
    fn join(&self, span: &Span, head: &mut RequestHead) -> Trace {
        let parent = parent(head);
        let ids = &self.ids;
        let own = ids
            .as_ref()
            .and_then(|ids| ids(span, parent.as_ref().map(|parent| &parent.context)))
            .or_else(|| parent.as_ref().map(|parent| parent.context.child()))
            .unwrap_or_else(TraceContext::random);
        if let Some(parent) = &parent {
            let id = parent.context.span_id();
            span.record("parent_id", display(format_args!("{id:016x}")));
        }
        span.record("trace_id", display(format_args!("{:032x}", own.trace_id())));
        span.record("span_id", display(format_args!("{:016x}", own.span_id())));
        let mut trace = Trace::new(own);
        trace.state = parent.and_then(|parent| parent.state);
        let metadata = head.metadata_mut();
        metadata.insert(TRACEPARENT, own.to_string());
        match &trace.state {
            Some(state) if metadata.get(TRACESTATE).is_none() => {
                metadata.insert(TRACESTATE, &**state);
            }
            Some(_) => {}
            None => metadata.remove(TRACESTATE),
        }
        trace
    }
}

#[diagnostic::do_not_recommend]
impl Middleware for Tracing {
    async fn handle(&self, mut head: RequestHead, next: Next) -> Result<Answered, Status> {
        let span = span(&head);
        let trace = self.join(&span, &mut head);
        if head.direction() == Direction::Incoming {
            let span = span.clone();
            head.within(move |work| span.in_scope(|| trace.enter(work)));
        }
        let told = span.clone();
        let watch = Watch::new(head.about().clone(), move |_, ending, taken| {
            let taken = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
            told.record("outcome", ending.label());
            told.record("duration_us", taken);
        });
        watch.end(next.run(head).instrument(span).await)
    }
}

/// What the request is part of.
fn parent(head: &RequestHead) -> Option<Trace> {
    let named = named(head.metadata());
    match head.direction() {
        Direction::Incoming => named,
        Direction::Outgoing => named.or_else(Trace::current),
    }
}

fn named(metadata: &Metadata) -> Option<Trace> {
    let mut trace = Trace::new(metadata.get(TRACEPARENT)?.parse().ok()?);
    trace.state = metadata.get(TRACESTATE).map(Arc::from);
    Some(trace)
}

fn span(head: &RequestHead) -> Span {
    let (kind, otel) = match (head.kind(), head.direction()) {
        (MessageKind::Notification, Direction::Incoming) => ("notification", "consumer"),
        (MessageKind::Notification, Direction::Outgoing) => ("notification", "producer"),
        (MessageKind::Stream, Direction::Incoming) => ("stream", "server"),
        (MessageKind::Stream, Direction::Outgoing) => ("stream", "client"),
        (_, Direction::Incoming) => ("request", "server"),
        (_, Direction::Outgoing) => ("request", "client"),
    };
    tracing::info_span!(
        target: "mitto",
        "request",
        message = head.name(),
        kind,
        peer = head.peer().remote(),
        otel.kind = otel,
        trace_id = Empty,
        span_id = Empty,
        parent_id = Empty,
        outcome = Empty,
        duration_us = Empty,
    )
}

impl fmt::Debug for Tracing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracing").finish_non_exhaustive()
    }
}
