//! What happens to a host.

use std::fmt;

use super::config::Changes;
use crate::status::Status;
#[cfg(feature = "metrics")]
use crate::telemetry::HOST_UP;

/// What happens to a host, as [`Builder::on_event`](super::Builder::on_event) is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HostEvent {
    /// Another host has been reached.
    Up {
        /// Its name.
        host: String,
    },
    /// The connection to another host is lost.
    Down {
        /// Its name.
        host: String,
        /// Why.
        why: Status,
    },
    /// Another configuration runs.
    Applied {
        /// What is different.
        changes: Changes,
    },
}

impl HostEvent {
    pub(super) fn up(host: &str) -> Self {
        #[cfg(feature = "metrics")]
        metrics::gauge!(HOST_UP, "host" => host.to_owned()).set(1.0);
        let host = host.to_owned();
        Self::Up { host }
    }

    pub(super) fn down(host: &str, why: &Status) -> Self {
        #[cfg(feature = "metrics")]
        metrics::gauge!(HOST_UP, "host" => host.to_owned()).set(0.0);
        let (host, why) = (host.to_owned(), why.clone());
        Self::Down { host, why }
    }
}

/// One line, or one for each change.
impl fmt::Display for HostEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up { host } => write!(f, "host {host} is up"),
            Self::Down { host, why } => write!(f, "host {host} is down: {why}"),
            Self::Applied { changes } => write!(f, "{changes}"),
        }
    }
}
