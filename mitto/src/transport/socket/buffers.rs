use std::io;
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use crate::transport::kept::Kept;

/// The read buffer while little comes, in bytes.
pub(crate) const AT_REST: usize = 4 << 10;

/// What it may grow to while reads come back full, in bytes; more only for one frame that needs it.
pub(crate) const BUSY: usize = 64 << 10;

/// What is read at once while there is no read buffer, in bytes.
const FIRST: usize = 512;

/// What has come and is not yet parsed: 4 KiB at rest, more while much comes, and nothing while nothing
/// but pings does.
#[derive(Debug)]
pub(crate) struct ReadBuffer {
    bytes: Vec<u8>,
    /// Nobody has looked at what the buffer was made with.
    unseen: bool,
    parsed: usize,
    /// The whole size of the frame that is arriving, if its header is there.
    arriving: usize,
    /// The last read filled the buffer, so that more may be waiting.
    full: bool,
    /// Bytes that came since a read last found nothing.
    recent: usize,
}

impl ReadBuffer {
    /// `rest` is what came behind a handshake.
    pub(crate) fn new(rest: Vec<u8>) -> Self {
        Self {
            unseen: !rest.is_empty(),
            bytes: rest,
            parsed: 0,
            arriving: 0,
            full: false,
            recent: 0,
        }
    }

    /// Reads once; `false` at the end of the stream.
    pub(crate) fn poll_fill(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        if mem::take(&mut self.unseen) {
            return Poll::Ready(Ok(true));
        }
        if self.bytes.capacity() == 0 {
            return self.poll_first(stream, cx);
        }
        self.make_room();
        let spare = self.bytes.capacity() - self.bytes.len();
        let read = match poll_read_buf(stream, cx, &mut self.bytes) {
            Poll::Ready(read) => or_end(read)?,
            Poll::Pending => {
                self.settle();
                return Poll::Pending;
            }
        };
        self.full = read == spare;
        self.recent = self.recent.saturating_add(read);
        Poll::Ready(Ok(read > 0))
    }

    /// Gives the buffer back, if there is nothing in it.
    pub(crate) fn shrink(&mut self) {
        if self.unparsed().is_empty() {
            self.bytes = Vec::new();
            self.parsed = 0;
        }
    }

    /// Reads without a buffer: who waits for the first byte needs none.
    fn poll_first(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        let mut first = [0; FIRST];
        let mut first = ReadBuf::new(&mut first);
        let read = ready!(stream.poll_read(cx, &mut first));
        or_end(read.map(|()| 0))?;
        let first = first.filled();
        if !first.is_empty() {
            self.bytes.reserve_exact(AT_REST);
            self.bytes.extend_from_slice(first);
        }
        self.recent = self.recent.saturating_add(first.len());
        Poll::Ready(Ok(!first.is_empty()))
    }

    /// What is not parsed.
    #[inline]
    pub(crate) fn unparsed(&self) -> &[u8] {
        &self.bytes[self.parsed..]
    }

    /// Takes a frame of `header` bytes and a body of `body`, if all of it is there: the place of its
    /// body, until the next fill.
    #[inline]
    pub(crate) fn take(&mut self, header: usize, body: usize) -> Option<Range<usize>> {
        let start = self.parsed + header;
        match start.checked_add(body) {
            Some(end) if end <= self.bytes.len() => {
                self.parsed = end;
                self.arriving = 0;
                Some(start..end)
            }
            _ => {
                self.arriving = header.saturating_add(body);
                None
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    #[cfg(feature = "websocket")]
    #[inline]
    pub(crate) fn get_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.bytes[range]
    }

    /// Throws away all that is there.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.parsed = 0;
        self.arriving = 0;
    }

    /// Moves what is not parsed to the front, and sizes the buffer for the next read.
    fn make_room(&mut self) {
        if self.parsed > 0 {
            self.bytes.drain(..self.parsed);
            self.parsed = 0;
        }
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        // Never the announced length at once: a header is cheap to send.
        let most = BUSY.max(self.arriving);
        if capacity < AT_REST {
            self.bytes.reserve_exact(AT_REST - len);
        } else if capacity > most {
            self.bytes.shrink_to(most);
        } else if (self.full || len == capacity) && capacity < most {
            self.bytes.reserve_exact((capacity * 2).min(most) - len);
        }
        self.full = false;
    }

    /// Gives the buffer back once a read found nothing and little came since the last time.
    fn settle(&mut self) {
        if self.recent == 0 {
            return;
        }
        if self.recent <= AT_REST {
            self.bytes.shrink_to(AT_REST);
        }
        self.recent = 0;
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// TLS that is cut off without its goodbye has ended; whether that was inside a frame is found above.
fn or_end(read: io::Result<usize>) -> io::Result<usize> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }
}

/// What waits to be written, back to back.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    bytes: Vec<u8>,
    kept: Kept,
    written: usize,
    accepted: u64,
    unflushed: bool,
}

impl WriteBuffer {
    /// The buffer, to append to.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether nothing waits.
    #[cfg(feature = "websocket")]
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes that the stream has accepted since the start.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Gives back the memory of a buffer that is empty.
    pub(crate) fn shrink(&mut self) {
        self.kept.shrink(&mut self.bytes);
    }

    /// Writes until nothing is left.
    pub(crate) fn poll_write(
        &mut self,
        mut stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.bytes.get(self.written..) {
            match ready!(stream.as_mut().poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => {
                    self.written += n;
                    self.accepted += n as u64;
                    self.unflushed = true;
                }
            }
        }
        if !self.bytes.is_empty() {
            self.written = 0;
            self.kept.empty(&mut self.bytes);
        }
        Poll::Ready(Ok(()))
    }

    /// Passes on what a layer below, such as TLS, still holds.
    pub(crate) fn poll_flush(
        &mut self,
        stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(stream.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// Closes the writing direction.
pub(crate) fn poll_shutdown(
    stream: Pin<&mut impl AsyncWrite>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    match ready!(stream.poll_shutdown(cx)) {
        // The other end has closed both directions already.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
        closed => Poll::Ready(closed),
    }
}
