//! What goes wrong between this process and its broker.

use std::time::Duration;

use crate::address::AddressError;
use crate::status::{Code, Status};

/// Why a broker cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The URL is not one of this broker's.
    #[error("`{url}` is no URL of this broker: {why}")]
    Url {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is not there, or does not answer.
    #[error("cannot reach the broker at `{url}`: {why}")]
    Unreachable {
        /// The URL, without its password.
        url: String,
        /// What was tried, and what came of it.
        why: String,
    },
    /// It is there and does not want us: wrong credentials, a virtual host that does not exist, rights that
    /// are missing.
    #[error("the broker at `{url}` refuses: {why}")]
    Refused {
        /// The URL, without its password.
        url: String,
        /// What it says.
        why: String,
    },
    /// A queue is there already, and was set up in another way.
    #[error(
        "the queue `{queue}` at `{url}` was set up in another way, delete it or set it up alike: {why}"
    )]
    Different {
        /// The URL, without its password.
        url: String,
        /// The queue.
        queue: String,
        /// What differs.
        why: String,
    },
    /// A node's name is none.
    #[error(transparent)]
    Node(#[from] AddressError),
    /// The broker cannot do this.
    #[error("{0}")]
    Unsupported(String),
    /// The line to it was closed by this end.
    #[error("the line to the broker is closed")]
    Closed,
    /// It did not answer in time.
    #[error("the broker at `{url}` has not answered within {within:?}")]
    Late {
        /// The URL, without its password.
        url: String,
        /// How long it was waited for.
        within: Duration,
    },
}

/// Why a parcel was not sent, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nobody takes work from the node, or the inbox is gone: it was not sent.
    #[error("nobody takes messages at `{0}`")]
    Nobody(String),
    /// The broker has not taken it: its queue is full, or it says no.
    #[error("the broker does not take it: {0}")]
    Refused(String),
    /// The broker was lost before it had confirmed: it may have been sent.
    #[error("the broker was lost before it had confirmed")]
    Lost,
    /// The parcel is larger than the broker takes: it was not sent.
    #[error("{0} bytes are more than the broker takes")]
    TooLarge(usize),
    /// The line was closed by this end: it was not sent.
    #[error("the line to the broker is closed")]
    Closed,
}

impl From<SendError> for Status {
    fn from(error: SendError) -> Self {
        let code = match error {
            SendError::Nobody(_) | SendError::Refused(_) | SendError::Closed => Code::Unavailable,
            SendError::Lost => Code::ConnectionLost,
            SendError::TooLarge(_) => Code::TooLarge,
        };
        Self::new(code, error.to_string())
    }
}
