//! `tcp://host:port`, `tls://` with TLS: frames behind their length.

use super::prefixed::Plain;
use super::socket::{Scheme, SocketUrl, TcpOptions};
use super::{BoxFuture, Connection, Listener, Settings, Transport, TransportError};

const TCP: Scheme = Scheme {
    prefix: "tcp://",
    port: None,
    tls: false,
    path: false,
};

#[cfg(feature = "tls")]
const TLS: Scheme = Scheme {
    prefix: "tls://",
    tls: true,
    ..TCP
};

#[cfg(feature = "tls")]
const SCHEMES: &[Scheme] = &[TCP, TLS];
#[cfg(not(feature = "tls"))]
const SCHEMES: &[Scheme] = &[TCP];

/// The TCP transport. It is built in: `tcp://` URLs find it by themselves, and `tls://` URLs of
/// clients do. Give one to the builder to set more.
///
/// It has no handshake and no ping of its own; `TCP_NODELAY` is set, for frames are written in
/// batches already. How frames are told apart is in [`prefixed`](super::prefixed).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tcp {
    options: TcpOptions,
}

impl Tcp {
    /// The transport without settings.
    pub const fn new() -> Self {
        Self {
            options: TcpOptions::new(),
        }
    }

    /// What `tls://` needs: a [`TlsServer`](super::tls::TlsServer) to listen, a
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

impl Transport for Tcp {
    fn schemes(&self) -> &'static [&'static str] {
        match cfg!(feature = "tls") {
            true => &["tcp", "tls"],
            false => &["tcp"],
        }
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let url = SocketUrl::parse(url, SCHEMES)?;
            let settings = settings.clone();
            self.options.connect(&url, Plain, settings).await
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let url = SocketUrl::parse(url, SCHEMES)?;
            self.options.listen(&url, Plain, settings).await
        })
    }
}
