//! The reading direction: the read buffer, and messages out of frames.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncRead;

use super::frame::{Header, Opcode, Role, apply_mask, protocol};
use crate::transport::TransportError;
use crate::transport::socket::ReadBuffer;

/// What a fragment counts at least against the limit of its message, in bytes, because handling it
/// costs about as much.
const FRAGMENT_COST: usize = 16;

pub(super) struct Reader {
    role: Role,
    max_frame: usize,
    buf: ReadBuffer,
    /// The message that comes in fragments, and the last one that did, until the next call.
    message: Vec<u8>,
    fragmented: Option<Fragmented>,
    failed: bool,
}

struct Fragmented {
    text: bool,
    cost: usize,
}

/// What a frame was, with ranges of the read buffer.
pub(super) enum Event {
    Data(Range<usize>, bool),
    Assembled(bool),
    Ping(Range<usize>),
    Pong,
    Close(Range<usize>),
}

impl Reader {
    /// `rest` is what came behind the handshake.
    pub(super) fn new(role: Role, max_frame: usize, rest: Vec<u8>) -> Self {
        Self {
            role,
            max_frame,
            buf: ReadBuffer::new(rest),
            message: Vec::new(),
            fragmented: None,
            failed: false,
        }
    }

    /// Reads once; `false` at the end of the stream. After a failure, what comes is thrown away.
    pub(super) fn poll_fill(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        if self.failed {
            self.buf.discard();
        }
        let more = ready!(self.buf.poll_fill(stream, cx))?;
        let inside = !self.buf.unparsed().is_empty() || self.fragmented.is_some();
        if !more && inside && !self.failed {
            let error = "the connection ended inside a message";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, error)));
        }
        Poll::Ready(Ok(more))
    }

    /// Gives the memory back that nothing is in.
    pub(super) fn shrink(&mut self) {
        self.buf.shrink();
    }

    /// The next frame that is there as a whole.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Event>, TransportError> {
        if self.failed {
            return Ok(None);
        }
        let next = self.parse_next();
        self.failed = next.is_err();
        next
    }

    pub(super) fn buffered(&self, range: Range<usize>) -> &[u8] {
        self.buf.get(range)
    }

    /// The message of [`Event::Assembled`].
    pub(super) fn assembled(&self) -> &[u8] {
        &self.message
    }

    #[inline]
    fn parse_next(&mut self) -> Result<Option<Event>, TransportError> {
        if self.fragmented.is_none() && self.message.capacity() > 0 {
            self.message = Vec::new();
        }
        while let Some((header, head)) = Header::parse(self.buf.unparsed(), self.role)? {
            let too_large = || TransportError::TooLarge {
                limit: self.max_frame,
            };
            self.check(&header)?;
            let len = usize::try_from(header.len).map_err(|_| too_large())?;
            let Some(payload) = self.buf.take(head, len) else {
                return Ok(None);
            };
            if let Some(mask) = header.mask {
                apply_mask(self.buf.get_mut(payload.clone()), mask);
            }
            if let Some(event) = self.event(&header, payload)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Refuses what must not come now, before its payload is waited for.
    #[inline]
    fn check(&self, header: &Header) -> Result<(), TransportError> {
        let before = match (header.opcode, &self.fragmented) {
            (Opcode::Continuation, Some(message)) => message.cost,
            (Opcode::Continuation, None) => {
                return Err(protocol("a continuation without a message"));
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(protocol("a message inside a fragmented message"));
            }
            (Opcode::Text | Opcode::Binary, None) => 0,
            // Their size is bounded by the protocol.
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
        };
        match header.len > self.max_frame.saturating_sub(before) as u64 {
            true => Err(TransportError::TooLarge {
                limit: self.max_frame,
            }),
            false => Ok(()),
        }
    }

    /// What a frame means; `None` for a fragment in the middle.
    #[inline]
    fn event(
        &mut self,
        header: &Header,
        payload: Range<usize>,
    ) -> Result<Option<Event>, TransportError> {
        let text = match (header.opcode, &self.fragmented) {
            (Opcode::Ping, _) => return Ok(Some(Event::Ping(payload))),
            (Opcode::Pong, _) => return Ok(Some(Event::Pong)),
            (Opcode::Close, _) => return Ok(Some(Event::Close(payload))),
            (Opcode::Continuation, Some(message)) => message.text,
            (opcode, _) => opcode == Opcode::Text,
        };
        if header.fin && self.fragmented.is_none() {
            if text {
                check_text(self.buf.get(payload.clone()))?;
            }
            return Ok(Some(Event::Data(payload, text)));
        }
        let cost = payload.len().max(FRAGMENT_COST);
        self.message.extend_from_slice(self.buf.get(payload));
        let message = self.fragmented.get_or_insert(Fragmented { text, cost: 0 });
        message.cost += cost;
        // A last fragment that is empty may bring the count over the limit; the message is not.
        if !header.fin && message.cost > self.max_frame {
            return Err(TransportError::TooLarge {
                limit: self.max_frame,
            });
        }
        if !header.fin {
            return Ok(None);
        }
        self.fragmented = None;
        if text {
            check_text(&self.message)?;
        }
        Ok(Some(Event::Assembled(text)))
    }
}

fn check_text(bytes: &[u8]) -> Result<(), TransportError> {
    match is_ascii(bytes) || std::str::from_utf8(bytes).is_ok() {
        true => Ok(()),
        false => Err(TransportError::NotText),
    }
}

/// Whether a text is ASCII, as most are: of short ones the standard library looks at many bytes one by
/// one.
fn is_ascii(bytes: &[u8]) -> bool {
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.is_ascii();
    };
    // The last eight bytes overlap the others.
    let (eights, _) = bytes.as_chunks::<8>();
    let any = |any, eight: &[u8; 8]| any | u64::from_ne_bytes(*eight);
    eights.iter().fold(any(0, last), any) & HIGHS == 0
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::transport::socket::{AT_REST, BUSY};
    use crate::transport::websocket::frame::HEADER_MAX;

    /// Sends a frame of `len` bytes that announces `announced`, and reads it.
    async fn cross(
        reader: &mut Reader,
        (here, there): &mut (DuplexStream, DuplexStream),
        len: usize,
        announced: usize,
    ) {
        let mut bytes = Vec::new();
        let header = Header {
            fin: true,
            opcode: Opcode::Binary,
            mask: None,
            len: announced as u64,
        };
        header.write(&mut bytes);
        bytes.resize(bytes.len() + len, 7);
        let send = there.write_all(&bytes);
        let receive = async {
            let mut read = 0;
            while read < bytes.len() {
                let before = reader.buf.unparsed().len();
                assert!(
                    poll_fn(|cx| reader.poll_fill(Pin::new(here), cx))
                        .await
                        .unwrap()
                );
                read += reader.buf.unparsed().len() - before;
                let event = reader.next().unwrap();
                assert_eq!(event.is_some(), read == bytes.len() && len == announced);
            }
            // A read that finds nothing.
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(reader.poll_fill(Pin::new(here), &mut cx).is_pending());
        };
        let (sent, ()) = tokio::join!(send, receive);
        sent.unwrap();
    }

    #[tokio::test]
    async fn buffer_grows_for_one_large_frame_and_is_given_back() {
        let mut stream = duplex(1 << 20);
        let mut reader = Reader::new(Role::Client, 1 << 20, Vec::new());
        cross(&mut reader, &mut stream, 10, 10).await;
        assert_eq!(reader.buf.capacity(), AT_REST);
        cross(&mut reader, &mut stream, 1 << 20, 1 << 20).await;
        assert!(reader.buf.capacity() <= BUSY);
        cross(&mut reader, &mut stream, 10, 10).await;
        assert_eq!(reader.buf.capacity(), AT_REST);
    }

    #[tokio::test]
    async fn announced_length_is_not_reserved() {
        let mut stream = duplex(1 << 20);
        let mut reader = Reader::new(Role::Client, 1 << 30, Vec::new());
        cross(&mut reader, &mut stream, 10, 1 << 30).await;
        assert!(reader.buf.capacity() <= AT_REST + HEADER_MAX);
    }

    #[tokio::test]
    async fn random_frames_do_no_harm() {
        for seed in 0..5_000 {
            let mut random = StdRng::seed_from_u64(seed);
            let mut bytes = Vec::new();
            for _ in 0..8 {
                let opcode = [0x00, 0x80, 0x01, 0x81, 0x82, 0x88, 0x89, 0x8A, 0xFF];
                let first = opcode[random.next_u32() as usize % opcode.len()];
                let len = (random.next_u32() % 8) as u8;
                bytes.extend([first, 0x80 | len]);
                // The mask is random, and now and then the payload is a byte short or long.
                let size = u32::from(len) + 4 + (random.next_u32() % 64) / 63;
                bytes.extend((0..size).map(|_| random.next_u32() as u8));
            }
            let mut stream = bytes.as_slice();
            let mut reader = Reader::new(Role::Server, 40, Vec::new());
            let mut more = true;
            while more {
                while let Ok(Some(event)) = reader.next() {
                    if let Event::Data(range, _) | Event::Ping(range) | Event::Close(range) = event
                    {
                        assert!(reader.buffered(range).len() <= 40);
                    }
                }
                let fill = poll_fn(|cx| reader.poll_fill(Pin::new(&mut stream), cx));
                more = fill.await.unwrap_or(false);
            }
        }
    }
}
