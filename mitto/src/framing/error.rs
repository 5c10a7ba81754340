//! Why a frame cannot be read, and what its receiver does about it.

use crate::auth::StatedError;
use crate::envelope::{CorrelationId, Kind, MetadataError};
use crate::status::Status;

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The frame is shorter than the part that every frame has.
    #[error("a frame of {0} bytes, the shortest has {least}", least = super::native::PREFIX)]
    Truncated(usize),
    /// The frame is of another version of the protocol.
    #[error("protocol version {0} is not known here, use version 1")]
    Version(u8),
    /// The frame is of a kind that this version does not know.
    #[error("frame kind {0} is not known here")]
    Kind(u8),
    /// A part of the frame cannot be read.
    #[error("a {kind} frame cannot be read")]
    Part {
        /// The frame's kind.
        kind: Kind,
        /// Whether its sender made the request that it belongs to.
        from_requester: bool,
        /// The request that it belongs to.
        correlation: CorrelationId,
        /// What is wrong with the part.
        #[source]
        error: PartError,
    },
}

impl FrameError {
    /// What the receiver does about it.
    pub fn fault(&self) -> Fault {
        match *self {
            Self::Truncated(_) | Self::Version(_) => Fault::Close,
            Self::Kind(_) => Fault::Skip,
            Self::Part {
                kind,
                from_requester,
                correlation,
                ..
            } => match (kind, from_requester) {
                (Kind::Hello | Kind::Shapes, _) => Fault::Close,
                (Kind::Request, true) => Fault::Refuse(correlation),
                (Kind::Response | Kind::Error | Kind::Item | Kind::End, false) => {
                    Fault::Fail(correlation)
                }
                _ => Fault::Skip,
            },
        }
    }

    /// What the other end is told: a `BadRequest` with the texts of the error and its cause.
    pub fn to_status(&self) -> Status {
        Status::bad_request(match self {
            Self::Part { error, .. } => format!("{self}: {error}"),
            _ => self.to_string(),
        })
    }
}

/// What the receiver of a frame that cannot be read does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Says goodbye with `BadRequest` and closes the connection.
    Close,
    /// Ignores the frame, and counts it.
    Skip,
    /// Answers this request of the other end with `BadRequest`.
    Refuse(CorrelationId),
    /// Ends this request of its own with `BadRequest`; where it is a stream, sends cancel.
    Fail(CorrelationId),
}

/// What is wrong with an optional part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// The parts together, or one of them, claim more bytes than there are.
    #[error("parts of {claimed} bytes, {left} are there")]
    Overrun {
        /// The bytes claimed.
        claimed: usize,
        /// The bytes left.
        left: usize,
    },
    /// A number has the wrong size.
    #[error("part {tag} has {length} bytes, it must have {expected}")]
    Length {
        /// The part's tag.
        tag: u8,
        /// Its length in bytes.
        length: usize,
        /// The length that it must have, in bytes.
        expected: usize,
    },
    /// A text is not UTF-8.
    #[error("part {0} is not UTF-8")]
    Text(u8),
    /// The metadata cannot be read.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The identity cannot be read.
    #[error(transparent)]
    Identity(#[from] StatedError),
}
