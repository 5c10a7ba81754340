//! What can be said to those who watch: traces, metrics, health.
//!
//! Here is the data; [`middleware`](crate::middleware) makes it of requests.
#![cfg_attr(
    all(feature = "client", feature = "server", feature = "macros"),
    doc = "\nThe [guide](crate::guide::telemetry) shows how they are used, and lists all metrics."
)]

mod health;
mod meter;
mod trace;

pub use health::HealthReport;
pub(crate) use health::Vitals;
pub(crate) use meter::Meter;
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) use meter::handshake_failed;
#[cfg(feature = "metrics")]
pub use meter::{
    BYTES_RECEIVED, BYTES_SENT, CONNECTIONS, HANDSHAKES_FAILED, REQUEST_DURATION,
    REQUESTS_FINISHED, REQUESTS_IN_FLIGHT, REQUESTS_STARTED,
};
#[cfg(all(feature = "metrics", feature = "host"))]
pub use meter::{HOST_UP, NODE_DURATION};
pub(crate) use trace::Here;
pub use trace::{BadTraceparent, TRACEPARENT, TRACESTATE, Trace, TraceContext};
