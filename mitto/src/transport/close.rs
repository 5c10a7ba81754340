use std::fmt;

/// Why an end closed a connection. The codes are those of WebSocket (RFC 6455, section 7.4), used as
/// a vocabulary by every transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// One of the constants below, or another WebSocket close code.
    pub code: u16,
    /// For people; a WebSocket carries its first 123 bytes.
    pub text: String,
}

impl CloseReason {
    /// The work is done.
    pub const DONE: u16 = 1000;
    /// This end is going away: a shutdown, a lost peer.
    pub const GOING_AWAY: u16 = 1001;
    /// The other end broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// The other end sent text where bytes are spoken, or bytes where text is.
    pub const WRONG_KIND: u16 = 1003;
    /// The other end called something text that is not UTF-8.
    pub const NOT_TEXT: u16 = 1007;
    /// The other end may not do this.
    pub const POLICY: u16 = 1008;
    /// A frame is larger than this end takes.
    pub const TOO_LARGE: u16 = 1009;
    /// This end failed.
    pub const INTERNAL: u16 = 1011;
    /// This end takes no more connections now.
    pub const TRY_AGAIN_LATER: u16 = 1013;

    /// A reason with a text for people.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    /// The ordinary end: [`DONE`](Self::DONE), without a text.
    pub fn done() -> Self {
        Self::new(Self::DONE, "")
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.as_str() {
            "" => write!(f, "closed with code {}", self.code),
            text => write!(f, "closed with code {}: {}", self.code, text.escape_debug()),
        }
    }
}
