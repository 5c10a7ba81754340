#![doc = include_str!("../docs/limits.md")]

mod check;
mod limit;
mod reached;
mod setters;

use std::time::Duration;

pub use check::LimitsError;
pub use limit::Limit;
#[cfg(feature = "metrics")]
pub use reached::LIMITS_REACHED;
pub(crate) use reached::{Gate, reached, waits};

/// The limits of one end. Sizes are in bytes; [the table](self) says what happens at each.
///
/// Every field has a method of its name that sets it, to be chained:
///
/// ```
/// use std::time::Duration;
///
/// use mitto::Limits;
///
/// let limits = Limits::default()
///     .message(8 << 20)
///     .in_flight(64)
///     .timeout(Duration::from_secs(5));
/// assert_eq!(limits.message, 8 << 20);
/// assert!(limits.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest payload of one message, in either direction: 1 MiB, less than 2 GiB. Each end says
    /// its own in the hello. A sender refuses a larger one with `TooLarge`; a peer that sends one is
    /// closed before the body is buffered. In process nothing is encoded, and this does not count.
    pub message: usize,
    /// Connections of a server, over all its URLs: 10,000. One more is refused.
    pub connections: usize,
    /// Time for TLS, upgrade, hello and authentication together: 10 s. After it the connection is closed.
    pub handshake: Duration,
    /// Requests in flight per connection and direction: 1,024, at most 65,536. Our callers wait
    /// within their deadline; a peer that ignores it is refused.
    pub in_flight: usize,
    /// The same on a link, a connection whose other end has the grant `auth::LINK`: 65,536, which is
    /// also the most.
    pub in_flight_link: usize,
    /// Requests in flight per server or client, over all its connections, and notifications whose
    /// handlers still run: 65,536. One more request gets `Busy`, one more notification is dropped.
    pub in_flight_process: usize,
    /// Time between pings on a silent connection: 25 s. Shorter than [`silence`](field@Self::silence).
    pub ping: Duration,
    /// Silence after which a connection counts as lost: 45 s. [`Duration::MAX`] is never.
    pub silence: Duration,
    /// Bytes waiting to be written per connection: 4 MiB, or three times the largest message if that
    /// is more, so that one message holds nobody up. From half of it on our own messages wait; from
    /// three quarters on handlers do, and nothing is read. The rest is for one more answer and for the
    /// buffers themselves. Buffers that grew with very small or very large messages may have up to
    /// three times as much allocated.
    pub outbound: usize,
    /// Time without a byte accepted, while some wait, after which a peer counts as a slow consumer
    /// and is closed: 10 s.
    pub write_stall: Duration,
    /// Bytes that this end writes to one connection in a second: no limit. What is over it waits,
    /// large messages in pieces of 25 ms each, so that small ones pass them. An end paces only what
    /// it sends: to slow down what comes in, set it at the other end. At least 1 KiB.
    pub bandwidth: Option<u64>,
    /// What a stream's sender may be ahead of its reader: 256 KiB, where an item counts as at
    /// least 1 KiB. At the limit the handler waits.
    pub stream_window: usize,
    /// Time after which a stream that has begun ends with `Timeout` at both ends when neither an item
    /// nor progress has come, nor has its reader taken any: no limit. A reader that takes less than
    /// half a window in that time counts as idle. The shorter one of the two ends counts.
    pub stream_idle: Option<Duration>,
    /// Messages larger than 64 KiB that the other end may send at once, in pieces: 4. A peer that
    /// sends more is closed; ours take turns.
    pub pieces: usize,
    /// Metadata entries of one message: 32.
    pub metadata_entries: usize,
    /// Bytes of metadata of one message: 8 KiB. More than 57,000, with 3 for each entry, are never taken.
    pub metadata_bytes: usize,
    /// Topics that one peer may be subscribed to: 256. One more is refused with `Busy`.
    pub topics: usize,
    /// Peers of one process that may be subscribed to one topic: 10,000. One more is refused with `Busy`.
    pub subscribers: usize,
    /// Servers that a request may pass on its way: 8. After them it is answered `LoopDetected`.
    pub hops: u8,
    /// The deadline of a request that names none: 30 s.
    pub timeout: Duration,
    /// The most that progress reports can add up to, and the longest deadline that a peer may ask
    /// for; a longer one is cut: 10 minutes.
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
            bandwidth: None,
            stream_window: 256 << 10,
            stream_idle: None,
            pieces: 4,
            metadata_entries: 32,
            metadata_bytes: 8 << 10,
            topics: 256,
            subscribers: 10_000,
            hops: 8,
            timeout: Duration::from_secs(30),
            timeout_max: Duration::from_secs(600),
            drain: Duration::from_secs(25),
        }
    }
}
