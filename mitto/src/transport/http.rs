//! The heads of HTTP messages, for an upgrade to WebSocket and for a proxy.

use tokio::io::AsyncRead;
use tokio_util::io::read_buf;

/// The longest head, in bytes.
pub(super) const MAX_BYTES: usize = 16 << 10;

/// The most headers in it.
pub(super) const MAX_HEADERS: usize = 64;

/// The bytes of an HTTP head, and what came behind it.
pub(super) struct Head {
    bytes: Vec<u8>,
    end: usize,
}

/// Why there is no head.
pub(super) enum NoHead {
    Io(std::io::Error),
    Ended,
    /// The first byte cannot be that of a head.
    NotHttp(u8),
    TooLong,
}

impl From<std::io::Error> for NoHead {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Head {
    /// Reads up to the empty line, and whatever comes along. `starts` says whether the first byte can
    /// be that of a head; so a TLS client is told at once, not after the whole time-out.
    pub(super) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        starts: impl Fn(u8) -> bool,
    ) -> Result<Self, NoHead> {
        let mut bytes = Vec::with_capacity(1 << 10);
        let mut searched: usize = 0;
        loop {
            if bytes.len() == bytes.capacity() {
                bytes.reserve(1 << 10);
            }
            if read_buf(stream, &mut bytes).await? == 0 {
                return Err(NoHead::Ended);
            }
            if let Some(first) = bytes.first().filter(|first| !starts(**first)) {
                return Err(NoHead::NotHttp(*first));
            }
            let from = searched.saturating_sub(3);
            if let Some(at) = bytes[from..]
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                let end = from + at + 4;
                return match end > MAX_BYTES {
                    true => Err(NoHead::TooLong),
                    false => Ok(Self { bytes, end }),
                };
            }
            if bytes.len() >= MAX_BYTES {
                return Err(NoHead::TooLong);
            }
            searched = bytes.len();
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// What came behind the head.
    pub(super) fn into_rest(mut self) -> Vec<u8> {
        match self.bytes.len() == self.end {
            true => Vec::new(),
            false => self.bytes.split_off(self.end),
        }
    }
}

#[cfg(feature = "websocket")]
/// The headers of a head, by name.
pub(super) struct Headers<'a>(pub(super) &'a [httparse::Header<'a>]);

#[cfg(feature = "websocket")]
impl<'a> Headers<'a> {
    /// The values of all headers of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.trim_ascii())
    }

    /// The value of a header that must be there exactly once.
    pub(super) fn one(&self, name: &str) -> Option<&'a [u8]> {
        let mut all = self.all(name);
        all.next().filter(|_| all.next().is_none())
    }

    /// Whether a header's list, over all its lines, holds a word; the case does not matter.
    pub(super) fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    }
}
