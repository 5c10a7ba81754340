use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::frame::{Role, parse_close};
use super::handshake::Upgraded;
use super::reader::{Event, Reader};
use super::writer::Writer;
use crate::transport::socket::{ByteStream, poll_shutdown};
use crate::transport::{Batch, CloseReason, Connection, Frame, PeerInfo, Settings, TransportError};

/// One WebSocket connection after its handshake, over any stream of bytes.
pub(super) struct WsConnection<S> {
    stream: S,
    reader: Reader,
    writer: Writer,
    peer: PeerInfo,
    subprotocol: Option<&'static str>,
    /// The other end has said goodbye, or its stream has ended.
    finished: bool,
    close_reason: Option<CloseReason>,
}

/// Where the bytes of a message are.
enum Lent {
    Buffered(Range<usize>, bool),
    Assembled(bool),
}

impl<S> WsConnection<S> {
    pub(super) fn new(
        stream: S,
        upgraded: Upgraded,
        role: Role,
        settings: &Settings,
        peer: PeerInfo,
    ) -> Self {
        Self {
            stream,
            reader: Reader::new(role, settings.max_frame, upgraded.rest),
            writer: Writer::new(role),
            peer,
            subprotocol: upgraded.subprotocol,
            finished: false,
            close_reason: None,
        }
    }

    #[inline]
    fn next_message(&mut self) -> Result<Option<Lent>, TransportError> {
        while !self.finished {
            let Some(event) = self.reader.next()? else {
                break;
            };
            match event {
                Event::Data(range, text) => return Ok(Some(Lent::Buffered(range, text))),
                Event::Assembled(text) => return Ok(Some(Lent::Assembled(text))),
                Event::Ping(range) => self.writer.pong(self.reader.buffered(range)),
                Event::Pong => {}
                Event::Close(range) => {
                    self.finished = true;
                    let reason = parse_close(self.reader.buffered(range))?;
                    self.writer.close(reason.as_ref());
                    self.close_reason = reason;
                }
            }
        }
        Ok(None)
    }
}

impl<S: ByteStream> Connection for WsConnection<S> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        if self.finished {
            return Poll::Ready(Ok(false));
        }
        let more = ready!(self.reader.poll_fill(Pin::new(&mut self.stream), cx));
        self.finished = !matches!(more, Ok(true));
        Poll::Ready(more.map_err(Into::into))
    }

    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        Ok(self.next_message()?.map(|lent| match lent {
            Lent::Buffered(range, text) => Frame {
                bytes: self.reader.buffered(range),
                text,
            },
            Lent::Assembled(text) => Frame {
                bytes: self.reader.assembled(),
                text,
            },
        }))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        self.writer.take(batch)?;
        let written = ready!(self.writer.poll(Pin::new(&mut self.stream), cx));
        Poll::Ready(written.map_err(Into::into))
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        reason: &CloseReason,
    ) -> Poll<Result<(), TransportError>> {
        self.writer.close(Some(reason));
        ready!(self.poll_write(cx, &mut Batch::new()))?;
        let closed = ready!(poll_shutdown(Pin::new(&mut self.stream), cx));
        Poll::Ready(closed.map_err(Into::into))
    }

    fn ping(&mut self) -> bool {
        self.writer.ping();
        true
    }

    fn shrink(&mut self) {
        self.reader.shrink();
        self.writer.shrink();
    }

    fn accepted(&self) -> u64 {
        self.writer.accepted()
    }

    fn subprotocol(&self) -> Option<&'static str> {
        self.subprotocol
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn receive(end: &mut impl Connection) -> Vec<u8> {
        loop {
            if let Some(frame) = end.next_frame().unwrap() {
                return frame.bytes.to_vec();
            }
            assert!(poll_fn(|cx| end.poll_fill(cx)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn frames_cross_byte_by_byte() {
        let settings = Settings::default();
        let (there, here) = tokio::io::duplex(1);
        let mut server = WsConnection::new(
            there,
            Upgraded::default(),
            Role::Server,
            &settings,
            PeerInfo::default(),
        );
        let mut client = WsConnection::new(
            here,
            Upgraded::default(),
            Role::Client,
            &settings,
            PeerInfo::default(),
        );
        for size in [0, 1, 125, 126, 70_000] {
            let body = vec![7; size];
            let mut batch = Batch::new();
            batch.bytes_mut().extend_from_slice(&body);
            batch.end_frame(false);
            let write = poll_fn(|cx| client.poll_write(cx, &mut batch));
            let (written, received) = tokio::join!(write, receive(&mut server));
            written.unwrap();
            assert_eq!(received, body);
        }
    }
}
