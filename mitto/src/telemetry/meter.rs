//! The metrics: their names, and those of a connection. Without the feature they are nothing.

/// Requests that have begun, by `message` and `direction` (`in`, `out`); a counter.
#[cfg(feature = "metrics")]
pub const REQUESTS_STARTED: &str = "mitto_requests_started_total";

/// Requests that have ended, by `message`, `direction` and `outcome`; a counter.
#[cfg(feature = "metrics")]
pub const REQUESTS_FINISHED: &str = "mitto_requests_finished_total";

/// How long requests took, in seconds, by `message` and `direction`; a histogram.
#[cfg(feature = "metrics")]
pub const REQUEST_DURATION: &str = "mitto_request_duration_seconds";

/// Requests that have begun and not ended, by `direction`; a gauge.
#[cfg(feature = "metrics")]
pub const REQUESTS_IN_FLIGHT: &str = "mitto_requests_in_flight";

/// Connections that are open, of servers and clients of this process; a gauge.
#[cfg(feature = "metrics")]
pub const CONNECTIONS: &str = "mitto_connections";

/// Bytes of the frames that came, before TLS and the transport's own; a counter.
#[cfg(feature = "metrics")]
pub const BYTES_RECEIVED: &str = "mitto_received_bytes_total";

/// Bytes of the frames that went, before TLS and the transport's own; a counter.
#[cfg(feature = "metrics")]
pub const BYTES_SENT: &str = "mitto_sent_bytes_total";

/// Connections that ended before both ends had said hello; a counter.
#[cfg(feature = "metrics")]
pub const HANDSHAKES_FAILED: &str = "mitto_handshakes_failed_total";

/// How long the requests of a node take that runs here, in seconds; a histogram by `node`.
#[cfg(all(feature = "metrics", feature = "host"))]
pub const NODE_DURATION: &str = "mitto_node_request_duration_seconds";

/// Whether another host is reached, 1 or 0; a gauge by `host`.
#[cfg(all(feature = "metrics", feature = "host"))]
pub const HOST_UP: &str = "mitto_host_up";

/// Counts a connection that did not come to be.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) fn handshake_failed() {
    #[cfg(feature = "metrics")]
    metrics::counter!(HANDSHAKES_FAILED).increment(1);
}

/// What is counted of one connection, for as long as it lasts.
#[derive(Debug)]
pub(crate) struct Meter {
    #[cfg(feature = "metrics")]
    connections: metrics::Gauge,
    #[cfg(feature = "metrics")]
    received: metrics::Counter,
    #[cfg(feature = "metrics")]
    sent: metrics::Counter,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let meter = Self {
            #[cfg(feature = "metrics")]
            connections: metrics::gauge!(CONNECTIONS),
            #[cfg(feature = "metrics")]
            received: metrics::counter!(BYTES_RECEIVED),
            #[cfg(feature = "metrics")]
            sent: metrics::counter!(BYTES_SENT),
        };
        #[cfg(feature = "metrics")]
        meter.connections.increment(1.0);
        meter
    }

    pub(crate) fn received(&self, bytes: usize) {
        #[cfg(feature = "metrics")]
        self.received.increment(bytes as u64);
        let _ = bytes;
    }

    pub(crate) fn sent(&self, bytes: usize) {
        #[cfg(feature = "metrics")]
        if bytes > 0 {
            self.sent.increment(bytes as u64);
        }
        let _ = bytes;
    }
}

#[cfg(feature = "metrics")]
impl Drop for Meter {
    fn drop(&mut self) {
        self.connections.decrement(1.0);
    }
}
