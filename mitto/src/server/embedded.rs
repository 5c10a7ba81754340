//! A server within another program's own: it listens nowhere, and serves what it is given.

#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Handle, ListenError, Server};
#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
use crate::transport::{PeerInfo, prefixed::Prefixed};

impl Server {
    /// Makes a server that listens nowhere, for a program that accepts connections itself: it serves the
    /// connections and streams that its [`Handle`] is given, and with the feature `axum` those of a
    /// route. Limits, authentication, hooks and [`Handle::shutdown`] are as with one that listens; the
    /// handle has no URLs.
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen), without what concerns a URL.
    pub fn embed(self) -> Result<Handle, ListenError> {
        self.web.check()?;
        self.ready().map(super::Listening::embedded)
    }
}

#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
impl Handle {
    /// Serves a stream of bytes that came in by other means, in a task of its own: the two ends of a
    /// pipe, a serial line, a tunnel. On it travel frames behind their length, as over `tcp://`; needs
    /// the feature `tcp` or `unix`.
    ///
    /// `peer` is what an authenticator sees of the other end. A connection over
    /// [`Limits::connections`](crate::Limits::connections) is closed, and so is one that comes after the
    /// shutdown.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Request, Server, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # struct Knock {}
    /// # mitto::schema! { Hello { client => server as HelloClient: [Knock] } }
    /// # #[provider(server of Hello: [knock])]
    /// # struct HelloServer;
    /// # #[handler]
    /// # fn knock(_: Knock) {}
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mitto::transport::PeerInfo;
    ///
    /// let server = Server::new(HelloServer).embed()?;
    /// let (here, there) = tokio::io::duplex(4096);
    /// server.serve_stream(here, PeerInfo::new("a pipe"));
    /// # drop(there);
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve_stream(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: PeerInfo,
    ) {
        let settings = self.transport_settings();
        self.serve(Box::new(Prefixed::new(stream, peer, &settings)));
    }
}
