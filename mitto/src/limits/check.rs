use std::time::Duration;

use super::Limits;

/// The largest `message`, so that lengths fit into 31 bits with everything around the payload.
const MESSAGE_MAX: usize = 2 << 30;
/// Correlation ids have 16 bits for the slot.
const IN_FLIGHT_MAX: usize = 1 << 16;
/// Below this even pings would be late.
const BANDWIDTH_MIN: u64 = 1 << 10;
/// Below this a frame of no payload would fill it.
const OUTBOUND_MIN: usize = 1 << 10;

/// A limit has a value that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`Limits::{limit}` is {value}: {hint}")]
#[non_exhaustive]
pub struct LimitsError {
    /// The field of [`Limits`].
    pub limit: &'static str,
    /// What it was set to.
    pub value: String,
    /// What is wrong with that, and what to set instead.
    pub hint: &'static str,
}

impl Limits {
    /// Whether these limits can work. `Server::listen` and `Builder::connect` ask before anything
    /// else. In process, where fewer of them count, nobody asks.
    ///
    /// # Errors
    ///
    /// Names the first limit that cannot work, and says what to set instead.
    pub fn check(&self) -> Result<(), LimitsError> {
        self.check_sizes()?;
        self.check_times()
    }

    fn check_sizes(&self) -> Result<(), LimitsError> {
        let counts = [
            ("message", self.message, "no message would be taken"),
            ("connections", self.connections, "nobody could connect"),
            ("in_flight", self.in_flight, "no request would be taken"),
            (
                "in_flight_link",
                self.in_flight_link,
                "no request would be taken",
            ),
            (
                "in_flight_process",
                self.in_flight_process,
                "no request would be taken",
            ),
            ("stream_window", self.stream_window, "no stream would begin"),
            ("pieces", self.pieces, "no large message would be taken"),
        ];
        for (limit, value, hint) in counts {
            ensure(value > 0, limit, &value, hint)?;
        }
        let (message, outbound) = (self.message, self.outbound);
        ensure(
            message < MESSAGE_MAX,
            "message",
            &message,
            "set less than 2 GiB",
        )?;
        for (limit, value) in [
            ("in_flight", self.in_flight),
            ("in_flight_link", self.in_flight_link),
        ] {
            ensure(value <= IN_FLIGHT_MAX, limit, &value, "set at most 65,536")?;
        }
        ensure(
            outbound >= OUTBOUND_MIN,
            "outbound",
            &outbound,
            "set at least 1 KiB",
        )?;
        match self.bandwidth {
            Some(rate) => ensure(
                rate >= BANDWIDTH_MIN,
                "bandwidth",
                &rate,
                "set at least 1 KiB a second, or `None` for no limit",
            ),
            None => Ok(()),
        }
    }

    fn check_times(&self) -> Result<(), LimitsError> {
        let times = [
            ("handshake", self.handshake, "nobody could connect"),
            ("ping", self.ping, "pings would never stop"),
            (
                "silence",
                self.silence,
                "every connection would be closed at once",
            ),
            (
                "write_stall",
                self.write_stall,
                "every connection would be closed at once",
            ),
            ("timeout", self.timeout, "every request would be late"),
            (
                "timeout_max",
                self.timeout_max,
                "every request would be late",
            ),
        ];
        for (limit, value, hint) in times {
            ensure(!value.is_zero(), limit, &value, hint)?;
        }
        ensure(
            self.ping < self.silence || self.silence == Duration::MAX,
            "ping",
            &self.ping,
            "a quiet connection would be closed before it is asked; set less than `silence`",
        )?;
        match self.stream_idle {
            Some(idle) => ensure(
                !idle.is_zero(),
                "stream_idle",
                &idle,
                "every stream would end at once; set `None` for no limit",
            ),
            None => Ok(()),
        }
    }
}

fn ensure(
    holds: bool,
    limit: &'static str,
    value: &dyn std::fmt::Debug,
    hint: &'static str,
) -> Result<(), LimitsError> {
    match holds {
        true => Ok(()),
        false => Err(LimitsError {
            limit,
            value: format!("{value:?}"),
            hint,
        }),
    }
}
