use std::fmt;

/// Headers for the request that opens a connection. Its `Debug` shows their names alone, for their
/// values hold tokens and cookies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RequestHeaders(Vec<(String, String)>);

impl RequestHeaders {
    /// Adds one. Whether it can be sent is found when it is: a name is a word of ASCII letters, digits
    /// and `-`, a value visible ASCII and spaces; those of the handshake itself (`Host`, `Upgrade`,
    /// `Sec-WebSocket-..`) are the transport's.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Whether there is one of a name; its case does not matter.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(of, _)| of.eq_ignore_ascii_case(name))
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for RequestHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
