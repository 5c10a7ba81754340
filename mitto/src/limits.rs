//! Everything that is bounded, in one place.

use std::time::Duration;

/// The limits of one end. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest payload of one message, in either direction: 1 MiB. Each end says its own in the
    /// hello. A sender refuses a larger one with `TooLarge`; a peer that sends one is closed before
    /// the body is buffered. In process nothing is encoded, and this does not count.
    pub message: usize,
    /// Connections per listener: 10,000. One more is refused.
    pub connections: usize,
    /// Time for TLS, upgrade, hello and authentication together: 10 s. After it the connection is closed.
    pub handshake: Duration,
    /// Requests in flight per connection and direction: 1,024, at most 65,536. Our callers wait
    /// within their deadline; a peer that ignores it gets `Busy`.
    pub in_flight: usize,
    /// The same on a link, a connection whose other end has the grant
    /// [`LINK`](crate::auth::LINK): 65,536, which is also the most.
    pub in_flight_link: usize,
    /// Requests in flight per process: 65,536. One more gets `Busy`.
    pub in_flight_process: usize,
    /// Time between pings on a silent connection: 25 s.
    pub ping: Duration,
    /// Silence after which a connection counts as lost: 45 s.
    pub silence: Duration,
    /// Bytes waiting to be written per connection: 4 MiB. From half of it on our own messages wait; when
    /// no further message may fit, handlers wait, and nothing is read. Buffers that grew with very small
    /// or very large messages may have up to three times as much allocated.
    pub outbound: usize,
    /// Time without a byte accepted, while some wait, after which a peer counts as a slow consumer
    /// and is closed: 10 s.
    pub write_stall: Duration,
    /// What a stream's sender may be ahead of its reader: 256 KiB, where an item counts as at
    /// least 1 KiB. At the limit the handler waits.
    pub stream_window: usize,
    /// Metadata entries of one message: 32.
    pub metadata_entries: usize,
    /// Bytes of metadata of one message: 8 KiB.
    pub metadata_bytes: usize,
    /// The deadline of a request that names none: 30 s.
    pub timeout: Duration,
    /// The most that progress reports can add up to: 10 minutes.
    pub timeout_max: Duration,
    /// Time that a shutdown leaves running requests: 25 s. After it they are aborted.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 1 << 20,
            connections: 10_000,
            handshake: Duration::from_secs(10),
            in_flight: 1_024,
            in_flight_link: 65_536,
            in_flight_process: 65_536,
            ping: Duration::from_secs(25),
            silence: Duration::from_secs(45),
            outbound: 4 << 20,
            write_stall: Duration::from_secs(10),
            stream_window: 256 << 10,
            metadata_entries: 32,
            metadata_bytes: 8 << 10,
            timeout: Duration::from_secs(30),
            timeout_max: Duration::from_secs(600),
            drain: Duration::from_secs(25),
        }
    }
}
