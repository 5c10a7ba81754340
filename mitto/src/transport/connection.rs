use std::task::{Context, Poll};

use super::{Batch, CloseReason, Frame, PeerInfo, TransportError};

/// One live connection. It works in batches: one [`poll_fill`](Self::poll_fill) reads what has
/// arrived, [`next_frame`](Self::next_frame) lends its frames one by one, and one
/// [`poll_write`](Self::poll_write) takes all the frames that have gathered.
///
/// One task owns a connection and polls both directions; a `poll_` method wakes it through `cx`
/// when it can go on. When no frame is left, it also calls `poll_write`, with an empty batch if need
/// be: the transport may have an answer of its own to send, such as a pong.
///
/// After an error no frame comes any more. Call [`poll_close`](Self::poll_close) with its
/// [`close_reason`](TransportError::close_reason), then fill until `false` or for a moment: what
/// still comes is thrown away, and the other end is sure to get the reason.
///
#[doc = include_str!("../docs/connection.md")]
pub trait Connection: Send + 'static {
    /// Reads once what has arrived. `true`: there may be new frames; `false`: the other end has
    /// finished, and nothing will come any more. Call it when [`next_frame`](Self::next_frame)
    /// returned `None`.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>>;

    /// Lends the next frame from the read buffer. `None`: no whole frame is there, fill again.
    ///
    /// # Errors
    ///
    /// The other end broke the protocol, or announced a frame over the limit; that is found at its
    /// header, before its body is buffered. Close with [`TransportError::close_reason`].
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError>;

    /// Takes the frames of `batch`, which is empty afterwards even if this returns `Pending`, and
    /// writes them together with what the transport itself has to say. Ready when all of it is with
    /// the operating system. While it is pending, call it again with an empty batch.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>>;

    /// Writes what is left, says goodbye in the transport's own way, and closes the write side. The
    /// reason given first counts. Reading goes on until the other end has finished, too.
    ///
    /// # Errors
    ///
    /// The connection is lost already.
    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        reason: &CloseReason,
    ) -> Poll<Result<(), TransportError>>;

    /// Queues a ping of the transport itself, to be sent by the next [`poll_write`](Self::poll_write);
    /// `false` if the transport has none. Any answer counts as a fill that brought bytes.
    fn ping(&mut self) -> bool {
        false
    }

    /// Gives memory back that is needed only while messages come and go. A session calls it behind the
    /// handshake, when nothing but pings has come for a while, and then behind each of these.
    fn shrink(&mut self) {}

    /// Bytes that the layer below has accepted since the start. While a write is pending and this
    /// stands still, the other end does not read.
    fn accepted(&self) -> u64;

    /// Whether frames arrive as what they were sent as, text or bytes. Where they do not, all arrive as
    /// bytes, and a framing whose frames are text cannot be spoken.
    fn tells_text(&self) -> bool {
        true
    }

    /// What both ends have agreed to speak when the connection was made, by one of the names in
    /// [`Settings::subprotocols`](super::Settings::subprotocols); a WebSocket can tell.
    fn subprotocol(&self) -> Option<&'static str> {
        None
    }

    /// Who is at the other end, for logs.
    fn remote(&self) -> &str;

    /// What the transport knows of the other end. All but [`PeerInfo::remote`] is given once, so that
    /// the headers of a request do not stay in memory for as long as the connection lives.
    fn take_peer_info(&mut self) -> PeerInfo {
        PeerInfo::new(self.remote())
    }

    /// What the other end said when it closed, if it did and the transport carries it.
    fn close_reason(&self) -> Option<&CloseReason> {
        None
    }
}
