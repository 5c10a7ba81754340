//! What comes back for a request.

use super::Arrived;
use crate::envelope::{Timing, item_cost};
use crate::message::Body;
use crate::status::Status;

/// What comes back for a request.
#[derive(Debug)]
pub enum Reply {
    /// The response. Ends the request.
    Response(Body),
    /// The handler's own error. Ends the request.
    Error(Body),
    /// Any other failure. Ends the request.
    Status(Status),
    /// The connection ended before the outcome came: what this end says, not the other one. Ends the
    /// request.
    Lost(Status),
    /// When the handler ran, right before what ends the request, if its caller asked.
    Timing(Timing),
    /// The stream's handler has begun.
    Opened,
    /// The stream's next item.
    Item(Body),
    /// The stream's next items. Their reader says when it has taken them.
    Arrived(Arrived),
    /// The stream's end. Ends the request.
    End,
}

impl Reply {
    /// Whether it ends the request.
    #[inline]
    pub fn is_last(&self) -> bool {
        !matches!(
            self,
            Self::Timing(_) | Self::Opened | Self::Item(_) | Self::Arrived(_)
        )
    }

    /// What it counts against a stream's window, in bytes; of items that arrived their slot knows.
    #[inline]
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Item(Body::Encoded { bytes, .. }) => item_cost(bytes.len()),
            Self::Item(Body::Value(_)) => item_cost(0),
            _ => 0,
        }
    }
}
