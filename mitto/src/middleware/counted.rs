use metrics::{counter, gauge, histogram};

use super::observe::Watch;
use super::{Answered, Direction, Middleware, Next, RequestHead};
use crate::status::Status;
use crate::telemetry::{REQUEST_DURATION, REQUESTS_FINISHED, REQUESTS_IN_FLIGHT, REQUESTS_STARTED};

/// Counts requests through the `metrics` facade, at either end; which metrics and labels is in the list of
/// [`telemetry`](crate::telemetry)'s constants. Needs the feature `metrics`.
///
/// The label `message` has as many values as the schema has messages: what callers invent is `unknown`.
///
/// ```
/// use mitto::middleware::{Metrics, Middleware};
///
/// let metrics = Metrics::new();
/// # fn is(_: impl Middleware) {}
/// # is(metrics);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {}

impl Metrics {
    /// Counts with the recorder that is installed.
    pub fn new() -> Self {
        Self {}
    }
}

#[diagnostic::do_not_recommend]
impl Middleware for Metrics {
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        let direction = match head.direction() {
            Direction::Incoming => "in",
            Direction::Outgoing => "out",
        };
        let message = head.about().to_name();
        counter!(REQUESTS_STARTED, "message" => message.clone(), "direction" => direction)
            .increment(1);
        let in_flight = gauge!(REQUESTS_IN_FLIGHT, "direction" => direction);
        in_flight.increment(1.0);
        let watch = Watch::new(head.about().clone(), move |about, ending, taken| {
            let (first, second) = (about.to_name(), about.to_name());
            let outcome = ending.label();
            in_flight.decrement(1.0);
            counter!(
                REQUESTS_FINISHED,
                "message" => first, "direction" => direction, "outcome" => outcome
            )
            .increment(1);
            histogram!(REQUEST_DURATION, "message" => second, "direction" => direction)
                .record(taken.as_secs_f64());
        });
        watch.end(next.run(head).await)
    }
}
