use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::{ByteStream, ServerProtocol, within};
#[cfg(feature = "tls")]
use crate::transport::tls::TlsServer;
use crate::transport::{
    BoxFuture, Connection, Incoming, Listener, PeerInfo, Settings, TransportError,
};

/// How long accepting rests after it failed: without a free file descriptor it would fail at once
/// again.
const REST: Duration = Duration::from_millis(100);

/// A socket that streams come in at.
pub(crate) trait Accept: Send + 'static {
    type Stream: ByteStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, PeerInfo)>>;
}

/// A listening socket, and what becomes of the streams that come in.
pub(crate) struct SocketListener<A, P> {
    socket: A,
    url: String,
    protocol: P,
    #[cfg(feature = "tls")]
    tls: Option<TlsServer>,
    settings: Settings,
    resting: Option<Pin<Box<Sleep>>>,
}

impl<A, P> SocketListener<A, P> {
    pub(crate) fn new(socket: A, url: String, protocol: P, settings: &Settings) -> Self {
        Self {
            socket,
            url,
            protocol,
            #[cfg(feature = "tls")]
            tls: None,
            settings: settings.clone(),
            resting: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn with_tls(self, tls: Option<TlsServer>) -> Self {
        Self { tls, ..self }
    }
}

impl<A: Accept, P: ServerProtocol> Listener for SocketListener<A, P> {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>> {
        loop {
            if let Some(rest) = &mut self.resting {
                ready!(rest.as_mut().poll(cx));
                self.resting = None;
            }
            match ready!(self.socket.poll_accept(cx)) {
                Ok((stream, peer)) => {
                    return Poll::Ready(Ok(Box::new(Arrived {
                        stream,
                        peer,
                        protocol: self.protocol.clone(),
                        #[cfg(feature = "tls")]
                        tls: self.tls.clone(),
                        settings: self.settings.clone(),
                    })));
                }
                Err(error) if concerns_one_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, url = self.url, "accepting a connection failed");
                    self.resting = Some(Box::pin(sleep(REST)));
                }
            }
        }
    }

    fn url(&self) -> &str {
        &self.url
    }
}

fn concerns_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
    )
}

/// A stream that has yet to become a connection.
struct Arrived<S, P> {
    stream: S,
    peer: PeerInfo,
    protocol: P,
    #[cfg(feature = "tls")]
    tls: Option<TlsServer>,
    settings: Settings,
}

impl<S: ByteStream, P: ServerProtocol> Incoming for Arrived<S, P> {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let limit = self.settings.handshake;
            within(limit, self.open()).await
        })
    }

    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // A TLS handshake is the dear part of a connection: none when there is no room.
            #[cfg(feature = "tls")]
            if self.tls.is_some() {
                return;
            }
            self.protocol.refuse(self.stream).await;
        })
    }

    fn remote(&self) -> &str {
        &self.peer.remote
    }
}

impl<S: ByteStream, P: ServerProtocol> Arrived<S, P> {
    async fn open(self) -> Result<Box<dyn Connection>, TransportError> {
        #[cfg(feature = "tls")]
        if let Some(tls) = self.tls {
            let (stream, peer) = tls.accept(Box::new(self.stream), self.peer).await?;
            return self.protocol.open(stream, peer, self.settings).await;
        }
        self.protocol
            .open(self.stream, self.peer, self.settings)
            .await
    }
}
