use crate::codec::{CodecsError, Format};
use crate::limits::LimitsError;
use crate::session::HandshakeError;
use crate::transport::TransportError;

/// Why a client cannot connect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No connection could be made.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The two ends did not come to terms.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The codecs do not go together.
    #[error(transparent)]
    Codecs(#[from] CodecsError),
    /// A limit has a value that cannot work.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The format asked for is not spoken here.
    #[error("no codec for {0}: turn on its feature of mitto, or add the codec to the builder")]
    UnknownFormat(Format),
    /// The thread of a blocking client cannot be started.
    #[cfg(feature = "blocking")]
    #[error("cannot start the thread that the client's connections run in")]
    Thread(#[source] std::io::Error),
    /// The framing does not carry the format asked for.
    #[error("this framing carries {only} only: leave `.format(..)` out, or the framing")]
    OtherFormat {
        /// The format asked for.
        format: Format,
        /// The one that is carried.
        only: Format,
    },
    /// There is no format at all.
    #[error("no format: turn on a codec feature of mitto, `messagepack` or `json`, or add a codec")]
    NoFormat,
}
