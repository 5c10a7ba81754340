use crate::codec::CodecsError;
use crate::limits::LimitsError;
use crate::transport::TransportError;

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The URL or the place cannot be used.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The codecs do not go together.
    #[error(transparent)]
    Codecs(#[from] CodecsError),
    /// A limit has a value that cannot work.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The provider is one for clients.
    #[error("the provider handles the client's side: a server takes one with `server of ..`")]
    WrongSide,
    /// There is no format at all.
    #[error("no format: turn on a codec feature of mitto, `messagepack` or `json`, or add a codec")]
    NoFormat,
}
