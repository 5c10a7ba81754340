//! The hello of both ends.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Config;
use super::admission::admit;
use super::comparing::compare;
use super::shapes::Differences;
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
    /// The hellos differ in the shapes of messages, and the other end did not tell its own.
    #[error("the other end went on with a {0} frame, not with the shapes of its messages")]
    NotShapes(Kind),
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
    /// Who has connected.
    pub(super) identity: Option<Identity>,
    /// The messages that are not the same at both ends.
    pub(super) differences: Differences,
    /// The first frame, where that was needed to find the framing.
    pub(super) first: Option<Vec<u8>>,
    /// The hello that is still to be said: the last word of the end that was connected to.
    pub(super) greeting: Batch,
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

/// Finds the framing, exchanges hellos and finds out who has connected, within `limit`. On an error the
/// other end is told why, and closed.
///
/// The end that was connected to says its hello last, and that is left to the caller: who hears it takes
/// the connection for made. Only where the shapes of messages differ must it come before.
pub(super) async fn run(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
    limit: Duration,
) -> Result<Agreed, HandshakeError> {
    if config.framing.text() && !connection.tells_text() {
        return Err(HandshakeError::BytesOnly(connection.remote().to_owned()));
    }
    let info = connection.take_peer_info();
    let named = connection.subprotocol();
    let speaks = |framing: &Arc<dyn Framing>| {
        named.is_some_and(|name| framing.subprotocols().contains(&name))
    };
    let alternative = config.alternative.as_ref();
    let alternative = alternative.filter(|_| side == Side::Accepting);
    // A name that was given is kept to.
    let guess = alternative.filter(|_| named.is_none());
    let framing = alternative.filter(|framing| speaks(framing));
    let mut framing = framing.unwrap_or(&config.framing);
    let exchange = async {
        if side == Side::Connecting && framing.hello() {
            write(connection, &mut greeting(config, side, None)).await?;
        }
        let mut first = None;
        let mut hello = Hello::new(&config.limits);
        if framing.hello() {
            match poll_fn(|cx| poll_first(connection, config, guess, cx)).await? {
                First::Hello(said) => hello = said,
                First::Other(other, frame) => {
                    framing = other;
                    first = Some(frame);
                }
            }
        }
        let mut identity = None;
        let mut last = Batch::new();
        if side == Side::Accepting {
            // Before the server says a word of itself.
            let admitted = admit(config, info, hello.credentials.take()).await;
            identity = admitted.map_err(HandshakeError::Denied)?;
            if framing.hello() {
                last = greeting(config, side, identity.as_ref());
            }
        }
        let differences = match config.differs(&hello) {
            true => {
                write(connection, &mut last).await?;
                compare(connection, config, side, &hello).await?
            }
            false => Differences::default(),
        };
        if differences.is_empty() {
            config.compare(&hello, connection.remote());
        }
        Ok(Agreed {
            framing: framing.connection().unwrap_or_else(|| framing.clone()),
            hello,
            identity,
            differences,
            first,
            greeting: last,
        })
    };
    let outcome = match timeout(limit, exchange).await {
        Ok(outcome) => outcome,
        Err(_) => {
            reached(Limit::Handshake, connection.remote());
            Err(HandshakeError::Timeout(config.limits.handshake))
        }
    };
    if let Err(error) = &outcome {
        let framing = &**framing;
        if let HandshakeError::Transport(TransportError::TooLarge { .. }) = error {
            reached(Limit::Message, connection.remote());
        }
        let reason = match error {
            HandshakeError::Transport(error) => error.close_reason(),
            HandshakeError::Framing { .. } => {
                CloseReason::new(CloseReason::WRONG_KIND, error.to_string())
            }
            HandshakeError::Timeout(limit) => {
                CloseReason::new(CloseReason::PROTOCOL, silent(*limit, guess))
            }
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

fn greeting(config: &Config, side: Side, to: Option<&Identity>) -> Batch {
    let mut hello = Hello::new(&config.limits);
    hello.in_flight = config.in_flight(to).try_into().unwrap_or(u32::MAX);
    if side == Side::Connecting {
        hello.credentials.clone_from(&config.token);
    }
    if config.framing.lists() {
        hello.features |= Hello::LISTS;
    }
    hello.formats = config.codecs.formats().collect();
    hello.schemas.clone_from(&config.schemas);
    let mut batch = Batch::new();
    frame(&*config.framing, Kind::Hello, &mut batch, |out| {
        hello.write(out);
    });
    batch
}

pub(super) async fn write(
    connection: &mut dyn Connection,
    batch: &mut Batch,
) -> Result<(), TransportError> {
    match batch.is_empty() {
        true => Ok(()),
        false => poll_fn(|cx| connection.poll_write(cx, batch)).await,
    }
}

pub(super) fn frame(
    framing: &dyn Framing,
    kind: Kind,
    batch: &mut Batch,
    payload: impl FnOnce(&mut Vec<u8>),
) {
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

/// What the other end began with.
enum First<'a> {
    Hello(Hello),
    /// A frame of the alternative framing.
    Other(&'a Arc<dyn Framing>, Vec<u8>),
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
