//! The hello of both ends.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Config;
use super::admission::admit;
use crate::auth::Identity;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::framing::{FrameError, Framing, Hello};
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

/// Exchanges hellos and finds out who has connected, within the limit. On an error the other end is
/// told why, and closed.
pub(super) async fn run(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
) -> Result<(Hello, Option<Identity>), HandshakeError> {
    let framing = &*config.framing;
    let info = connection.take_peer_info();
    let limit = config.limits.handshake;
    let exchange = async {
        if side == Side::Connecting && framing.hello() {
            send(connection, config, side, None).await?;
        }
        let mut hello = match framing.hello() {
            true => poll_fn(|cx| poll_hello(connection, framing, cx)).await?,
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
        Ok((hello, identity))
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
        HandshakeError::NotHello(_) => Some(Status::bad_request(error.to_string())),
        HandshakeError::Transport(TransportError::TooLarge { .. }) => {
            Some(Status::new(Code::TooLarge, error.to_string()))
        }
        _ => None,
    }
}

fn poll_hello(
    connection: &mut dyn Connection,
    framing: &dyn Framing,
    cx: &mut Context<'_>,
) -> Poll<Result<Hello, HandshakeError>> {
    loop {
        if let Some(frame) = connection.next_frame()? {
            if frame.text != framing.text() {
                return Poll::Ready(Err(HandshakeError::Framing));
            }
            let mut hello = None;
            framing.parse(frame.bytes, &mut |envelope| {
                hello.get_or_insert_with(|| match envelope.head.kind {
                    Kind::Hello => Ok(Hello::parse(envelope.payload)?),
                    Kind::Goodbye => Err(HandshakeError::Refused(
                        framing.read_status(envelope.payload),
                    )),
                    other => Err(HandshakeError::NotHello(other)),
                });
            })?;
            return Poll::Ready(hello.unwrap_or(Err(HandshakeError::Closed(None))));
        }
        if !ready!(connection.poll_fill(cx))? {
            let reason = connection.close_reason().cloned();
            return Poll::Ready(Err(HandshakeError::Closed(reason)));
        }
    }
}
