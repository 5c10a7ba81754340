use std::io;
use std::time::Duration;

use super::CloseReason;

/// What goes wrong between the operating system and a whole frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Reading or writing failed; the connection is lost.
    #[error(transparent)]
    Io(io::Error),
    /// No connection could be made; the source's kind tells refused from unreachable.
    #[error("{what}")]
    Connect {
        /// What was tried, and the likely reason.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Listening is not possible at this place.
    #[error("cannot listen at {url}{}", reason(.source))]
    Listen {
        /// The URL.
        url: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The other end answers, but does not speak this transport's protocol.
    #[error("{0}")]
    Handshake(String),
    /// The TLS handshake failed; the source is what rustls says.
    #[error("{what}")]
    Tls {
        /// What failed, and what to do.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// The proxy does not connect to the server.
    #[error("{0}")]
    Proxy(String),
    /// The other end has no room for one more connection now; trying later may help.
    #[error("the server takes no more connections now; try again later")]
    Refused,
    /// The handshake took too long.
    #[error("the handshake was not done within {0:?}")]
    Timeout(Duration),
    /// The other end broke the transport's protocol.
    #[error("the other end broke the transport's protocol: {0}")]
    Protocol(String),
    /// The other end sent a text frame that is not UTF-8.
    #[error("the other end sent a text frame that is not UTF-8")]
    NotText,
    /// The other end announced a frame over the limit; its body was not buffered.
    #[error("the other end sent a frame over the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The URL cannot be used.
    #[error("invalid url `{url}`: {reason}")]
    InvalidUrl {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No transport serves the URL's scheme.
    #[error("no transport for `{scheme}://`; {hint}")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// The schemes that are known here.
        known: Vec<&'static str>,
        /// What to do: the cargo feature to turn on, or the known schemes.
        hint: String,
    },
}

impl TransportError {
    /// What to tell the other end when closing because of this.
    pub fn close_reason(&self) -> CloseReason {
        match self {
            Self::Protocol(what) => CloseReason::new(CloseReason::PROTOCOL, what),
            Self::NotText => CloseReason::new(CloseReason::NOT_TEXT, "not UTF-8"),
            Self::TooLarge { limit } => CloseReason::new(
                CloseReason::TOO_LARGE,
                format!("frames are limited to {limit} bytes"),
            ),
            _ => CloseReason::new(CloseReason::GOING_AWAY, ""),
        }
    }

    pub(super) fn invalid_url(url: &str, reason: impl Into<String>) -> Self {
        Self::InvalidUrl {
            url: without_user(url),
            reason: reason.into(),
        }
    }
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "tls")]
        if let Some(what) = super::tls::explain(&error) {
            return Self::Tls {
                what,
                source: error,
            };
        }
        Self::Io(error)
    }
}

/// The URL without the user and password that it may hold, for errors end in logs.
fn without_user(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}***{}", &rest[at..]),
        None => url.to_owned(),
    }
}

/// What keeps a server from listening, where that can be told.
fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ": somebody listens there already",
        io::ErrorKind::AddrNotAvailable => ": this machine has no such address",
        io::ErrorKind::PermissionDenied => ": this needs other rights",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_not_shown() {
        let error = TransportError::invalid_url("ws://me:secret@here/a@b", "why");
        assert_eq!(error.to_string(), "invalid url `ws://***@here/a@b`: why");
    }
}
