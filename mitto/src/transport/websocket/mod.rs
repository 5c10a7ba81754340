//! `ws://host:port/path`: WebSocket (RFC 6455), one message per frame of ours.
//!
//! The framing is our own: it reads and writes whole batches, lends messages from the read buffer,
//! and keeps an idle connection below 6 KiB. `handshake` opens a connection, `reader` and `writer`
//! are its two directions, `frame` is what both know about the bytes.

mod connection;
mod frame;
mod handshake;
mod listener;
mod reader;
mod url;
mod writer;

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::{BoxFuture, Connection, Listener, Settings, Transport, TransportError};
use connection::WsConnection;
use frame::Role;
use listener::WsListener;
use url::WsUrl;

/// The WebSocket transport, over TCP. It is built in: `ws://` URLs find it by themselves.
///
/// A client offers the subprotocol `mitto.1`; a server takes it when it is offered and does not ask
/// for it. A server listening at a path other than `/` answers only there.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct WebSocket;

impl WebSocket {
    /// The transport; it has no settings of its own.
    pub const fn new() -> Self {
        Self
    }
}

impl Transport for WebSocket {
    fn schemes(&self) -> &'static [&'static str] {
        &["ws"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let connection = within(settings.handshake, connect(url, settings)).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let listener = WsListener::bind(url, settings).await?;
            Ok(Box::new(listener) as Box<dyn Listener>)
        })
    }
}

async fn connect(
    url: &str,
    settings: &Settings,
) -> Result<WsConnection<TcpStream>, TransportError> {
    let url = WsUrl::parse(url)?;
    let mut stream = TcpStream::connect((url.host(), url.port()))
        .await
        .map_err(|source| {
            let place = url.authority();
            let what = match source.kind() {
                io::ErrorKind::ConnectionRefused => format!("nothing listens at {place}"),
                _ => format!("cannot connect to {place}"),
            };
            TransportError::Connect { what, source }
        })?;
    stream.set_nodelay(true)?;
    let rest = handshake::client(&mut stream, &url).await?;
    let remote = url.to_string();
    Ok(WsConnection::new(
        stream,
        rest,
        Role::Client,
        settings,
        remote,
    ))
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Err(TransportError::Timeout(limit)))
}
