//! A client that is spoken by hand, through a pipe: no socket is in it, so that all that happens is in order.

use mitto::Limits;
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Hello, Native};
use mitto::server::Handle;
use mitto::transport::prefixed::Prefixed;
use mitto::transport::{PeerInfo, Settings, websocket};
use mitto_test_targets::transports::UPGRADE;
use tokio::io::{AsyncWriteExt, DuplexStream};

/// What goes through the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    WebSocket,
    Prefixed,
}

impl Over {
    pub(crate) const ALL: [Self; 2] = [Self::WebSocket, Self::Prefixed];

    /// Lets the server serve the pipe `there`, whose other end is `here`.
    pub(crate) async fn connect(
        self,
        server: &Handle,
        settings: &Settings,
        here: &mut DuplexStream,
        there: DuplexStream,
    ) {
        let peer = PeerInfo::new("a pipe");
        match self {
            Self::Prefixed => server.serve(Box::new(Prefixed::new(there, peer, settings))),
            Self::WebSocket => {
                here.write_all(UPGRADE).await.expect("there is room");
                let accepted = websocket::accept(there, "/", peer, settings).await;
                server.serve(accepted.expect("a good upgrade"));
            }
        }
    }

    pub(crate) fn hello(self, limits: &Limits) -> Vec<u8> {
        let mut hello = Vec::new();
        Hello::new(limits).write(&mut hello);
        self.frame(&Head::new(Kind::Hello, CorrelationId::NONE), &hello)
    }

    /// The bytes of one frame.
    pub(crate) fn frame(self, head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
        match self {
            Self::Prefixed => prefixed(head, payload),
            Self::WebSocket => ws(0x82, &native(head, payload)),
        }
    }
}

pub(crate) fn prefixed(head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
    let frame = native(head, payload);
    [&(frame.len() as u32).to_be_bytes()[..], &frame].concat()
}

/// A short WebSocket frame, with a mask of zeros.
pub(crate) fn ws(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u8;
    assert!(length < 126, "a short frame");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

pub(crate) fn native(head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Native.begin(head, &mut out);
    out.extend_from_slice(payload);
    Native.finish(head, 0, &mut out);
    out
}

/// Lets everything run that can: as many turns as it takes until nothing has been allocated for a while.
pub(crate) async fn settle(mut look: impl FnMut() -> usize) -> usize {
    let mut most = look();
    let mut quiet = 0;
    while quiet < 1_000 {
        let before = look();
        tokio::task::yield_now().await;
        let now = look();
        quiet = if now == before { quiet + 1 } else { 0 };
        most = most.max(now);
    }
    most
}
