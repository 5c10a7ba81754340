use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

use super::connection::WsConnection;
use super::frame::Role;
use super::url::WsUrl;
use super::{handshake, within};
use crate::transport::{BoxFuture, Connection, Incoming, Listener, Settings, TransportError};

/// How long accepting rests after it failed: without a free file descriptor it would fail at once
/// again.
const REST: Duration = Duration::from_millis(100);

pub(super) struct WsListener {
    listener: TcpListener,
    url: String,
    path: String,
    settings: Settings,
    resting: Option<Pin<Box<Sleep>>>,
}

impl WsListener {
    pub(super) async fn bind(url: &str, settings: &Settings) -> Result<Self, TransportError> {
        let parsed = WsUrl::parse(url)?;
        let failed = |source| TransportError::Listen {
            url: url.to_owned(),
            source,
        };
        let listener = TcpListener::bind((parsed.host(), parsed.port()))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let parsed = parsed.with_port(port);
        Ok(Self {
            listener,
            url: parsed.to_string(),
            path: parsed.path().to_owned(),
            settings: settings.clone(),
            resting: None,
        })
    }
}

impl Listener for WsListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>> {
        loop {
            if let Some(rest) = &mut self.resting {
                ready!(rest.as_mut().poll(cx));
                self.resting = None;
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((stream, remote)) => {
                    return Poll::Ready(Ok(Box::new(Upgrading {
                        stream,
                        remote: remote.to_string(),
                        path: self.path.clone(),
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
    )
}

/// A TCP connection that has yet to become a WebSocket.
struct Upgrading {
    stream: TcpStream,
    remote: String,
    path: String,
    settings: Settings,
}

impl Incoming for Upgrading {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let Self {
                mut stream,
                remote,
                path,
                settings,
            } = *self;
            stream.set_nodelay(true)?;
            let upgrade = handshake::server(&mut stream, &path);
            let rest = within(settings.handshake, upgrade).await?;
            let connection = WsConnection::new(stream, rest, Role::Server, &settings, remote);
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn refuse(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { handshake::refuse(&mut self.stream).await })
    }

    fn remote(&self) -> &str {
        &self.remote
    }
}
