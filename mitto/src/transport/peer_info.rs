use std::fmt;

/// What a transport knows of the other end before a frame has been read: what an authenticator
/// decides from.
///
/// Headers and target are what the other end says of itself. Certificates were verified, and Unix
/// credentials come from the operating system.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PeerInfo {
    /// Who it is, for logs: an address, or the URL that was connected to.
    pub remote: String,
    /// Whether the bytes travel encrypted, with the server's certificate verified by the client.
    pub encrypted: bool,
    /// The verified certificates that the other end showed in the TLS handshake, its own first, each
    /// in DER. Empty without TLS, and for a client that showed none.
    pub certificates: Vec<Vec<u8>>,
    /// Which process it is, on a Unix socket.
    pub unix: Option<UnixCredentials>,
    /// The HTTP request that opened the connection; only a WebSocket server has one.
    pub request: Option<UpgradeRequest>,
}

impl PeerInfo {
    /// Nothing but who it is.
    pub fn new(remote: impl Into<String>) -> Self {
        Self {
            remote: remote.into(),
            ..Self::default()
        }
    }
}

/// The user and the process at the other end of a Unix socket, when it connected or listened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnixCredentials {
    /// The user's id.
    pub uid: u32,
    /// The group's id.
    pub gid: u32,
    /// The process's id, where the system tells it. It may belong to another process by now.
    pub pid: Option<i32>,
}

impl UnixCredentials {
    /// The credentials of a process.
    pub const fn new(uid: u32, gid: u32, pid: Option<i32>) -> Self {
        Self { uid, gid, pid }
    }
}

impl fmt::Display for UnixCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid} of user {}", self.uid),
            None => write!(f, "a process of user {}", self.uid),
        }
    }
}

/// The HTTP request that asked for a connection. Its `Debug` shows the names of headers alone, for
/// their values hold tokens and cookies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UpgradeRequest {
    target: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl UpgradeRequest {
    /// A request for `target` (path and query), with its headers in order.
    pub fn new(target: impl Into<String>, headers: Vec<(String, Vec<u8>)>) -> Self {
        Self {
            target: target.into(),
            headers,
        }
    }

    /// Path and query, as they came.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The value of a header that is there exactly once and is text; the name's case does not matter.
    /// Two headers of one name are `None`: which of them would count is anyone's guess.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.all(name);
        let value = all.next().filter(|_| all.next().is_none())?;
        std::str::from_utf8(value).ok()
    }

    /// The values of all headers of a name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(move |(of, _)| of.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }
}

impl fmt::Debug for UpgradeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("UpgradeRequest")
            .field("path", &path)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_found_once_and_never_shown() {
        let headers = [("Authorization", "Bearer s3cret"), ("X", "1"), ("x", "2")]
            .map(|(name, value)| (name.to_owned(), value.into()));
        let request = UpgradeRequest::new("/chat?token=s3cret", headers.into());
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
        assert_eq!(request.header("x"), None);
        assert_eq!(request.all("X").count(), 2);
        let shown = format!("{request:?}");
        assert!(shown.contains("Authorization") && !shown.contains("s3cret"));
    }
}
