//! A method for each field of [`Limits`], to be chained.

use std::time::Duration;

use super::Limits;

macro_rules! setters {
    ($($name:ident: $type:ty),* $(,)?) => {
        impl Limits {$(
            #[doc = concat!("Sets [`", stringify!($name), "`](field@Self::", stringify!($name), ").")]
            #[must_use]
            pub fn $name(mut self, $name: $type) -> Self {
                self.$name = $name.into();
                self
            }
        )*}
    };
}

setters! {
    message: usize,
    connections: usize,
    handshake: Duration,
    in_flight: usize,
    in_flight_link: usize,
    in_flight_process: usize,
    ping: Duration,
    silence: Duration,
    outbound: usize,
    write_stall: Duration,
    bandwidth: impl Into<Option<u64>>,
    stream_window: usize,
    stream_idle: impl Into<Option<Duration>>,
    pieces: usize,
    metadata_entries: usize,
    metadata_bytes: usize,
    topics: usize,
    subscribers: usize,
    hops: u8,
    timeout: Duration,
    timeout_max: Duration,
    drain: Duration,
}
