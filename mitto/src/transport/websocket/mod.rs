//! `ws://host:port/path`, `wss://` with TLS: WebSocket (RFC 6455), one message per frame of ours.
//!
//! The framing is our own: it reads and writes whole batches, lends messages from the read buffer,
//! and keeps an idle connection below 2 KiB. `handshake` opens a connection, `reader` and `writer`
//! are its two directions, `frame` is what both know about the bytes.

mod connection;
#[cfg(feature = "axum")]
mod foreign;
mod frame;
mod handshake;
mod protocol;
mod reader;
mod writer;

#[cfg(feature = "axum")]
pub(crate) use foreign::{Refused, Upgrade, upgraded};

use tokio::io::{AsyncRead, AsyncWrite};

use super::socket::{Protocol, Scheme, SocketUrl, TcpOptions, within};
use super::{BoxFuture, Connection, Listener, PeerInfo, Settings, Transport, TransportError};
use protocol::{Asking, Upgrading};

const WS: Scheme = Scheme {
    prefix: "ws://",
    port: Some(80),
    tls: false,
    path: true,
};

#[cfg(feature = "tls")]
const WSS: Scheme = Scheme {
    prefix: "wss://",
    port: Some(443),
    tls: true,
    path: true,
};

#[cfg(feature = "tls")]
const SCHEMES: &[Scheme] = &[WS, WSS];
#[cfg(not(feature = "tls"))]
const SCHEMES: &[Scheme] = &[WS];

/// The WebSocket transport, over TCP. It is built in: `ws://` URLs find it by themselves, and `wss://`
/// URLs of clients do. Give one to the builder to set more.
///
/// A client offers the subprotocol `mitto.1`, or that of another framing; a server takes one that it
/// knows when it is offered, and does not ask for it. A server listening at a path other than `/` answers
/// only there, and only pages and host names that [`Settings::web`] allows.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WebSocket {
    options: TcpOptions,
}

impl WebSocket {
    /// The transport without settings.
    pub const fn new() -> Self {
        Self {
            options: TcpOptions::new(),
        }
    }

    /// What `wss://` needs: a [`TlsServer`](super::tls::TlsServer) to listen, a
    /// [`TlsClient`](super::tls::TlsClient) to connect in another way than with the public
    /// authorities.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: impl Into<super::tls::Tls>) -> Self {
        self.options.tls(tls.into());
        self
    }

    /// Connects through an HTTP proxy.
    #[cfg(feature = "proxy")]
    #[must_use]
    pub fn proxy(mut self, proxy: super::proxy::Proxy) -> Self {
        self.options.proxy(proxy);
        self
    }
}

/// Answers the upgrade request on a stream that has come in by other means, and makes a connection
/// of it. `path` is the only one that is answered; `/` stands for any.
///
/// # Errors
///
/// The other end does not ask for a WebSocket, or not within [`Settings::handshake`].
pub async fn accept(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    path: &str,
    peer: PeerInfo,
    settings: &Settings,
) -> Result<Box<dyn Connection>, TransportError> {
    let upgrade = Upgrading::new(path).open(stream, peer, settings.clone());
    within(settings.handshake, upgrade).await
}

impl Transport for WebSocket {
    fn schemes(&self) -> &'static [&'static str] {
        match cfg!(feature = "tls") {
            true => &["ws", "wss"],
            false => &["ws"],
        }
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let url = SocketUrl::parse(url, SCHEMES)?;
            let asking = Asking { url: url.clone() };
            let settings = settings.clone();
            self.options.connect(&url, asking, settings).await
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let url = SocketUrl::parse(url, SCHEMES)?;
            settings.web.check()?;
            let upgrading = Upgrading::new(url.path()).at(url.host());
            self.options.listen(&url, upgrading, settings).await
        })
    }
}
