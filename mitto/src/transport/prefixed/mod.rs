//! Frames behind their length, over any stream of bytes: what `tcp`, `tls` and `unix` speak.
//!
//! A frame is its length in 4 bytes, highest first, and then its bytes. A length of 0xFFFF0000 and
//! more is a goodbye instead: its lower half is the close code, and nothing follows it.

mod protocol;

pub(super) use protocol::Plain;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::socket::{ReadBuffer, WriteBuffer, poll_shutdown};
use super::{Batch, CloseReason, Connection, Frame, PeerInfo, Settings, TransportError};

/// The bytes of a length.
const PREFIX: usize = 4;

/// The lengths from here on are close codes.
const GOODBYE: u32 = 0xFFFF_0000;

/// A connection over a stream of bytes that needs no handshake of its own: give one to
/// [`Handle::serve`](crate::server::Handle::serve) to serve a stream that came in by other means.
///
/// # Examples
///
/// ```
/// use mitto::transport::prefixed::Prefixed;
/// use mitto::transport::{Connection, PeerInfo, Settings};
///
/// let (here, there) = tokio::io::duplex(1024);
/// let connection = Prefixed::new(here, PeerInfo::new("a test"), &Settings::default());
/// assert_eq!(connection.remote(), "a test");
/// ```
pub struct Prefixed<S> {
    stream: S,
    read: ReadBuffer,
    write: WriteBuffer,
    max_frame: usize,
    peer: PeerInfo,
    /// The other end has said goodbye, or its stream has ended.
    finished: bool,
    failed: bool,
    closing: bool,
    close_reason: Option<CloseReason>,
}

impl<S> Prefixed<S> {
    /// A connection over `stream`. Of the settings it takes the largest frame.
    pub fn new(stream: S, peer: PeerInfo, settings: &Settings) -> Self {
        Self {
            stream,
            read: ReadBuffer::new(Vec::new()),
            write: WriteBuffer::default(),
            max_frame: settings.max_frame,
            peer,
            finished: false,
            failed: false,
            closing: false,
            close_reason: None,
        }
    }

    fn queue(&mut self, batch: &mut Batch) -> io::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let queued = match self.closing {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => append(self.write.bytes_mut(), batch),
        };
        batch.clear();
        queued
    }
}

impl<S> Connection for Prefixed<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        if self.finished {
            return Poll::Ready(Ok(false));
        }
        if self.failed {
            self.read.discard();
        }
        let more = ready!(self.read.poll_fill(Pin::new(&mut self.stream), cx));
        self.finished = !matches!(more, Ok(true));
        if self.finished && !self.failed && more.is_ok() && !self.read.unparsed().is_empty() {
            let error = "the connection ended inside a frame";
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, error);
            return Poll::Ready(Err(error.into()));
        }
        Poll::Ready(more.map_err(Into::into))
    }

    #[inline]
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        if self.finished || self.failed {
            return Ok(None);
        }
        let Some(prefix) = self.read.unparsed().first_chunk() else {
            return Ok(None);
        };
        let len = u32::from_be_bytes(*prefix);
        if len >= GOODBYE {
            self.finished = true;
            self.close_reason = Some(reason(len as u16));
            return Ok(None);
        }
        let size = usize::try_from(len).unwrap_or(usize::MAX);
        if size > self.max_frame {
            self.failed = true;
            return Err(too_large(prefix, self.max_frame));
        }
        Ok(self.read.take(PREFIX, size).map(|body| Frame {
            bytes: self.read.get(body),
            text: false,
        }))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        self.queue(batch)?;
        ready!(self.write.poll_write(Pin::new(&mut self.stream), cx))?;
        ready!(self.write.poll_flush(Pin::new(&mut self.stream), cx))?;
        Poll::Ready(Ok(()))
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        reason: &CloseReason,
    ) -> Poll<Result<(), TransportError>> {
        if !self.closing {
            self.closing = true;
            self.write.bytes_mut().extend(goodbye(reason.code));
        }
        ready!(self.poll_write(cx, &mut Batch::new()))?;
        let closed = ready!(poll_shutdown(Pin::new(&mut self.stream), cx));
        Poll::Ready(closed.map_err(Into::into))
    }

    fn shrink(&mut self) {
        self.read.shrink();
        self.write.shrink();
    }

    fn accepted(&self) -> u64 {
        self.write.accepted()
    }

    fn tells_text(&self) -> bool {
        false
    }

    fn remote(&self) -> &str {
        &self.peer.remote
    }

    fn take_peer_info(&mut self) -> PeerInfo {
        let left = PeerInfo::new(self.peer.remote.clone());
        std::mem::replace(&mut self.peer, left)
    }

    fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref()
    }
}

impl<S> fmt::Debug for Prefixed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefixed")
            .field("remote", &self.peer.remote)
            .finish_non_exhaustive()
    }
}

fn append(out: &mut Vec<u8>, batch: &Batch) -> io::Result<()> {
    let frames = batch.frames();
    out.reserve(batch.len() + frames.len() * PREFIX);
    for frame in frames {
        let len = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
        if len >= GOODBYE {
            let error = "a frame of 4 GiB and more does not fit its length";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(frame.bytes);
    }
    Ok(())
}

fn goodbye(code: u16) -> [u8; PREFIX] {
    (GOODBYE | u32::from(code)).to_be_bytes()
}

fn reason(code: u16) -> CloseReason {
    let text = match code {
        CloseReason::TRY_AGAIN_LATER => "it takes no more connections now; try again later",
        _ => "",
    };
    CloseReason::new(code, text)
}

/// A length over the limit is often not a length, but the first bytes of another protocol.
fn too_large(prefix: &[u8; PREFIX], limit: usize) -> TransportError {
    let speaks = match prefix {
        [0x15 | 0x16, 3, ..] => "it speaks TLS; both ends must use tls:// or neither",
        b"HTTP" | b"GET " | b"POST" | b"PUT " | b"HEAD" | b"OPTI" => {
            "it speaks HTTP; is one end a WebSocket, which needs ws://?"
        }
        _ => return TransportError::TooLarge { limit },
    };
    TransportError::Protocol(speaks.to_owned())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::super::socket::{AT_REST, BUSY};
    use super::*;

    fn prefixed(max_frame: usize, size: usize) -> (DuplexStream, Prefixed<DuplexStream>) {
        let (there, here) = duplex(size);
        let settings = Settings {
            max_frame,
            ..Settings::default()
        };
        (there, Prefixed::new(here, PeerInfo::new("test"), &settings))
    }

    async fn receive(end: &mut Prefixed<DuplexStream>) -> Result<Option<Vec<u8>>, TransportError> {
        loop {
            if let Some(frame) = end.next_frame()? {
                return Ok(Some(frame.bytes.to_vec()));
            }
            if !poll_fn(|cx| end.poll_fill(cx)).await? {
                return Ok(None);
            }
        }
    }

    #[tokio::test]
    async fn frames_cross_byte_by_byte() {
        let (mut there, mut here) = prefixed(1_000, 1);
        let send = there.write_all(b"\0\0\0\x02hi\0\0\0\0\0\0\0\x01!\xFF\xFF\x03\xE9late");
        let read = async {
            for frame in [&b"hi"[..], b"", b"!"] {
                assert_eq!(receive(&mut here).await.unwrap().unwrap(), frame);
            }
            assert_eq!(receive(&mut here).await.unwrap(), None);
            assert_eq!(here.close_reason().unwrap().code, CloseReason::GOING_AWAY);
            drop(here);
        };
        let (sent, ()) = tokio::join!(send, read);
        assert!(sent.is_err(), "nothing is read behind a goodbye");
    }

    #[tokio::test]
    async fn announced_length_is_neither_reserved_nor_read() {
        let (mut there, mut here) = prefixed(1 << 30, 1 << 20);
        there.write_all(b"\x40\0\0\0little").await.unwrap();
        assert!(poll_fn(|cx| here.poll_fill(cx)).await.unwrap());
        assert!(here.next_frame().unwrap().is_none());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(here.poll_fill(&mut cx).is_pending());
        assert!(here.read.capacity() <= AT_REST);
        let (mut there, mut here) = prefixed(1_000, 1 << 20);
        there.write_all(b"\0\0\x03\xE9").await.unwrap();
        let error = receive(&mut here).await.unwrap_err();
        assert!(matches!(error, TransportError::TooLarge { limit: 1_000 }));
        assert!(matches!(here.next_frame(), Ok(None)));
    }

    #[tokio::test]
    async fn buffer_grows_with_what_comes_and_is_given_back() {
        let (mut there, mut here) = prefixed(1 << 20, 1 << 21);
        for (size, most) in [(10, AT_REST), (1 << 20, BUSY), (10, AT_REST)] {
            let mut bytes = (size as u32).to_be_bytes().to_vec();
            bytes.resize(PREFIX + size, 7);
            there.write_all(&bytes).await.unwrap();
            assert_eq!(receive(&mut here).await.unwrap().unwrap().len(), size);
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(here.next_frame().unwrap().is_none());
            assert!(here.poll_fill(&mut cx).is_pending());
            assert!(here.read.capacity() <= most, "{size}");
        }
    }

    #[tokio::test]
    async fn other_protocols_are_named() {
        for (bytes, named) in [
            (b"HTTP/1.1 400", "HTTP"),
            (b"\x16\x03\x01\x02\0\x01\0\x01\x7C\0\0\0", "TLS"),
        ] {
            let (mut there, mut here) = prefixed(1 << 20, 100);
            there.write_all(bytes).await.unwrap();
            let error = receive(&mut here).await.unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[tokio::test]
    async fn stream_that_ends_inside_a_frame_is_an_error() {
        for bytes in [&b"\0"[..], b"\0\0\0\x05half"] {
            let (mut there, mut here) = prefixed(1_000, 100);
            there.write_all(bytes).await.unwrap();
            drop(there);
            let error = receive(&mut here).await.unwrap_err();
            assert!(matches!(error, TransportError::Io(_)), "{error}");
        }
    }
}
