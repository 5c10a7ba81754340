//! The hello of both ends.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Config;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::framing::{FrameError, Framing, Hello};
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
    /// Frames of text are spoken over a transport that carries bytes only.
    #[error("the connection to {0} carries bytes only: this framing needs `ws://` or `wss://`")]
    BytesOnly(String),
    /// The other end speaks text where this end speaks bytes, or the other way round.
    #[error("the other end speaks another framing: {}", began(*.text))]
    Framing {
        /// Whether its first frame was text.
        text: bool,
    },
}

/// What both ends have come to.
pub(super) struct Agreed {
    /// The framing of this connection.
    pub(super) framing: Arc<dyn Framing>,
    pub(super) hello: Hello,
    /// The first frame, where that was needed to find the framing.
    pub(super) first: Option<Vec<u8>>,
}

fn began(text: bool) -> &'static str {
    match text {
        true => "its first frame is text, those of this end are bytes",
        false => "its first frame is bytes, those of this end are text",
    }
}

fn said(reason: Option<&CloseReason>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// Finds the framing and exchanges hellos, within `limit`. On an error the other end is told why, and
/// closed.
pub(super) async fn run(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
    limit: Duration,
) -> Result<Agreed, HandshakeError> {
    let alternative = config.alternative.as_ref();
    let alternative = alternative.filter(|_| side == Side::Accepting);
    if config.framing.text() && !connection.tells_text() {
        return Err(HandshakeError::BytesOnly(connection.remote().to_owned()));
    }
    let named = connection.subprotocol();
    let speaks = |framing: &Arc<dyn Framing>| {
        named.is_some_and(|name| framing.subprotocols().contains(&name))
    };
    if let Some(framing) = alternative.filter(|framing| speaks(framing)) {
        return Ok(without_hello(framing, config, None));
    }
    let framing = &*config.framing;
    if !framing.hello() {
        return Ok(without_hello(&config.framing, config, None));
    }
    // A name that was given is kept to.
    let alternative = alternative.filter(|_| named.is_none());
    let exchange = async {
        if side == Side::Connecting {
            send(connection, config).await?;
        }
        let first = poll_fn(|cx| poll_first(connection, config, alternative, cx)).await?;
        let hello = match first {
            First::Hello(hello) => hello,
            First::Other(framing, frame) => {
                return Ok(without_hello(framing, config, Some(frame)));
            }
        };
        if side == Side::Accepting {
            send(connection, config).await?;
        }
        Ok(Agreed {
            framing: of_connection(&config.framing),
            hello,
            first: None,
        })
    };
    let outcome = match timeout(limit, exchange).await {
        Ok(outcome) => outcome,
        Err(_) => Err(HandshakeError::Timeout(config.limits.handshake)),
    };
    if let Err(error) = &outcome {
        let reason = match error {
            HandshakeError::Transport(error) => error.close_reason(),
            HandshakeError::Framing { .. } => {
                CloseReason::new(CloseReason::WRONG_KIND, error.to_string())
            }
            HandshakeError::Timeout(limit) => {
                CloseReason::new(CloseReason::PROTOCOL, silent(*limit, alternative))
            }
            error => CloseReason::new(CloseReason::PROTOCOL, error.to_string()),
        };
        let close = async {
            if let Some(status) = goodbye(error) {
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

async fn send(connection: &mut dyn Connection, config: &Config) -> Result<(), HandshakeError> {
    let mut hello = Hello::new(&config.limits);
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

/// What an end is told that has said nothing.
fn silent(limit: Duration, alternative: Option<&Arc<dyn Framing>>) -> String {
    let names = alternative.map_or(&[][..], |framing| framing.subprotocols());
    match names.first() {
        None => HandshakeError::Timeout(limit).to_string(),
        Some(name) => format!(
            "nothing came within {limit:?}; a client that names the subprotocol {name} may be silent"
        ),
    }
}

/// What the other end is told of its violation.
fn goodbye(error: &HandshakeError) -> Option<Status> {
    match error {
        HandshakeError::Frame(frame) => Some(frame.to_status()),
        HandshakeError::NotHello(_) => Some(Status::bad_request(error.to_string())),
        HandshakeError::Transport(TransportError::TooLarge { .. }) => {
            Some(Status::new(Code::TooLarge, error.to_string()))
        }
        _ => None,
    }
}

/// What the other end began with.
enum First<'a> {
    Hello(Hello),
    /// A frame of the alternative framing.
    Other(&'a Arc<dyn Framing>, Vec<u8>),
}

/// Neither end asks the other for a hello: what it takes is not known, and believed to be the same.
fn without_hello(framing: &Arc<dyn Framing>, config: &Config, first: Option<Vec<u8>>) -> Agreed {
    Agreed {
        framing: of_connection(framing),
        hello: Hello::new(&config.limits),
        first,
    }
}

fn of_connection(framing: &Arc<dyn Framing>) -> Arc<dyn Framing> {
    framing.connection().unwrap_or_else(|| framing.clone())
}

fn poll_first<'a>(
    connection: &mut dyn Connection,
    config: &Config,
    alternative: Option<&'a Arc<dyn Framing>>,
    cx: &mut Context<'_>,
) -> Poll<Result<First<'a>, HandshakeError>> {
    let framing = &*config.framing;
    loop {
        if let Some(frame) = connection.next_frame()? {
            if frame.text != framing.text() {
                let text = frame.text;
                let other = alternative.filter(|other| other.text() == text);
                return Poll::Ready(match other {
                    Some(other) => Ok(First::Other(other, frame.bytes.to_vec())),
                    None => Err(HandshakeError::Framing { text }),
                });
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
            let hello = hello.unwrap_or(Err(HandshakeError::Closed(None)));
            return Poll::Ready(hello.map(First::Hello));
        }
        if !ready!(connection.poll_fill(cx))? {
            let reason = connection.close_reason().cloned();
            return Poll::Ready(Err(HandshakeError::Closed(reason)));
        }
    }
}
