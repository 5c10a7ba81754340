//! The hello of both ends.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Config;
use super::admission::admit;
use super::shapes::Differences;
use crate::auth::Identity;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::framing::{FrameError, Framing, Hello, ShapeEntry};
use crate::limits::{Limit, reached};
use crate::runtime::timeout;
use crate::status::{Code, Status};
use crate::transport::{Batch, CloseReason, Connection, TransportError};

/// Which end says hello first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Connecting,
    Accepting,
}

/// Why a connection did not become a session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The connection broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The other end closed instead of saying hello.
    #[error("the other end closed the connection before its hello{}", said(.0.as_ref()))]
    Closed(Option<CloseReason>),
    /// The other end said no.
    #[error("the other end refused the connection")]
    Refused(#[source] Status),
    /// The other end may not connect. It is told so.
    #[error("the other end was refused: {0}")]
    Denied(Status),
    /// The other end did not say hello in time.
    #[error("the other end did not say hello within {0:?}")]
    Timeout(Duration),
    /// The other end says something else than hello.
    #[error("the other end began with a {0} frame, not with hello")]
    NotHello(Kind),
    /// The hellos differ in the shapes of messages, and the other end did not tell its own.
    #[error("the other end went on with a {0} frame, not with the shapes of its messages")]
    NotShapes(Kind),
    /// The hello cannot be read.
    #[error(
        "the other end's hello cannot be read: is it a mitto server or client of this version?"
    )]
    Frame(#[from] FrameError),
    /// The other end speaks text where this end speaks frames, or the other way round.
    #[error("the other end speaks another framing")]
    Framing,
}

fn said(reason: Option<&CloseReason>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// What the two ends have learnt of each other.
pub(super) struct Met {
    pub(super) hello: Hello,
    /// Who has connected.
    pub(super) identity: Option<Identity>,
    /// The messages that are not the same at both ends.
    pub(super) differences: Differences,
}

/// Exchanges hellos and finds out who has connected, within the limit. On an error the other end is
/// told why, and closed.
pub(super) async fn run(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
) -> Result<Met, HandshakeError> {
    let framing = &*config.framing;
    let info = connection.take_peer_info();
    let limit = config.limits.handshake;
    let exchange = async {
        if side == Side::Connecting && framing.hello() {
            send(connection, config, side, None).await?;
        }
        let mut hello = match framing.hello() {
            true => {
                read(connection, framing, Kind::Hello, |bytes| {
                    Hello::parse(bytes)
                })
                .await?
            }
            false => Hello::default(),
        };
        let mut identity = None;
        if side == Side::Accepting {
            // Before the server says a word of itself.
            let admitted = admit(config, info, hello.credentials.take()).await;
            identity = admitted.map_err(HandshakeError::Denied)?;
            if framing.hello() {
                send(connection, config, side, identity.as_ref()).await?;
            }
        }
        config.compare(&hello, connection.remote());
        let mut differences = Differences::default();
        if config.differs(&hello) {
            differences = compare(connection, config, side, &hello).await?;
            differences.log(connection.remote());
        }
        Ok(Met {
            hello,
            identity,
            differences,
        })
    };
    let outcome = match timeout(limit, exchange).await {
        Ok(outcome) => outcome,
        Err(_) => {
            reached(Limit::Handshake, connection.remote());
            Err(HandshakeError::Timeout(limit))
        }
    };
    if let Err(error) = &outcome {
        if let HandshakeError::Transport(TransportError::TooLarge { .. }) = error {
            reached(Limit::Message, connection.remote());
        }
        let reason = match error {
            HandshakeError::Transport(error) => error.close_reason(),
            HandshakeError::Denied(status) => match status.code() {
                Code::Denied => CloseReason::new(CloseReason::POLICY, status.message()),
                _ => CloseReason::new(CloseReason::INTERNAL, status.message()),
            },
            error => CloseReason::new(CloseReason::PROTOCOL, error.to_string()),
        };
        let close = async {
            if let Some(status) = goodbye(error).filter(|_| framing.hello()) {
                let mut batch = Batch::new();
                frame(framing, Kind::Goodbye, &mut batch, |out| {
                    framing.write_status(&status, out);
                });
                poll_fn(|cx| connection.poll_write(cx, &mut batch)).await?;
            }
            poll_fn(|cx| connection.poll_close(cx, &reason)).await?;
            // What still comes must be read: else the kernel resets the connection, and the other end
            // may never see the reason.
            while poll_fn(|cx| connection.poll_fill(cx)).await? {
                while connection.next_frame()?.is_some() {}
            }
            Ok::<_, TransportError>(())
        };
        // The error at hand says more than one on the way out.
        let _ = timeout(Duration::from_secs(1), close).await;
    }
    outcome
}

/// Tells the other end what the messages look like here, and hears what they look like there.
///
/// One end speaks first: if both wrote a long list before they read, neither could go on.
async fn compare(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
    hello: &Hello,
) -> Result<Differences, HandshakeError> {
    let framing = &*config.framing;
    if side == Side::Accepting {
        send_shapes(connection, config, hello).await?;
    }
    let theirs = read(connection, framing, Kind::Shapes, |bytes| {
        ShapeEntry::read_all(bytes)
    });
    let theirs = theirs.await?;
    if side == Side::Connecting {
        send_shapes(connection, config, hello).await?;
    }
    Ok(config.shapes.compare(&theirs))
}

async fn send_shapes(
    connection: &mut dyn Connection,
    config: &Config,
    hello: &Hello,
) -> Result<(), HandshakeError> {
    let most = usize::try_from(hello.message).unwrap_or(usize::MAX);
    let mut batch = Batch::new();
    frame(&*config.framing, Kind::Shapes, &mut batch, |out| {
        config.shapes.write(most, out);
    });
    poll_fn(|cx| connection.poll_write(cx, &mut batch)).await?;
    Ok(())
}

async fn send(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
    to: Option<&Identity>,
) -> Result<(), HandshakeError> {
    let mut hello = Hello::new(&config.limits);
    hello.in_flight = config.in_flight(to).try_into().unwrap_or(u32::MAX);
    if side == Side::Connecting {
        hello.credentials.clone_from(&config.token);
    }
    hello.formats = config.codecs.formats().collect();
    hello.schemas.clone_from(&config.schemas);
    let mut batch = Batch::new();
    frame(&*config.framing, Kind::Hello, &mut batch, |out| {
        hello.write(out);
    });
    poll_fn(|cx| connection.poll_write(cx, &mut batch)).await?;
    Ok(())
}

fn frame(framing: &dyn Framing, kind: Kind, batch: &mut Batch, payload: impl FnOnce(&mut Vec<u8>)) {
    let head = Head::new(kind, CorrelationId::NONE);
    framing.begin(&head, batch.bytes_mut());
    payload(batch.bytes_mut());
    framing.finish(&head, 0, batch.bytes_mut());
    batch.end_frame(framing.text());
}

/// What the other end is told of its violation.
fn goodbye(error: &HandshakeError) -> Option<Status> {
    match error {
        HandshakeError::Denied(status) => Some(status.clone()),
        HandshakeError::Frame(frame) => Some(frame.to_status()),
        HandshakeError::NotHello(_) | HandshakeError::NotShapes(_) => {
            Some(Status::bad_request(error.to_string()))
        }
        HandshakeError::Transport(TransportError::TooLarge { .. }) => {
            Some(Status::new(Code::TooLarge, error.to_string()))
        }
        _ => None,
    }
}

/// Waits for the one frame that must come now, and reads it.
async fn read<T>(
    connection: &mut dyn Connection,
    framing: &dyn Framing,
    kind: Kind,
    mut parse: impl FnMut(&[u8]) -> Result<T, FrameError>,
) -> Result<T, HandshakeError> {
    poll_fn(|cx| poll_read(connection, framing, kind, &mut parse, cx)).await
}

fn poll_read<T>(
    connection: &mut dyn Connection,
    framing: &dyn Framing,
    kind: Kind,
    parse: &mut dyn FnMut(&[u8]) -> Result<T, FrameError>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, HandshakeError>> {
    loop {
        if let Some(frame) = connection.next_frame()? {
            if frame.text != framing.text() {
                return Poll::Ready(Err(HandshakeError::Framing));
            }
            let mut read = None;
            framing.parse(frame.bytes, &mut |envelope| {
                read.get_or_insert_with(|| match envelope.head.kind {
                    found if found == kind => Ok(parse(envelope.payload)?),
                    Kind::Goodbye => Err(HandshakeError::Refused(
                        framing.read_status(envelope.payload),
                    )),
                    other if kind == Kind::Hello => Err(HandshakeError::NotHello(other)),
                    other => Err(HandshakeError::NotShapes(other)),
                });
            })?;
            return Poll::Ready(read.unwrap_or(Err(HandshakeError::Closed(None))));
        }
        if !ready!(connection.poll_fill(cx))? {
            let reason = connection.close_reason().cloned();
            return Poll::Ready(Err(HandshakeError::Closed(reason)));
        }
    }
}
