//! `unix:///path/to.sock`: frames behind their length, over a Unix socket.
//!
//! The path is taken as it is written, without escapes.

mod place;

use std::io;
use std::path::Path;
use std::task::{Context, Poll, ready};

use tokio::net::{UnixListener, UnixStream};

use super::prefixed::Plain;
use super::socket::{Accept, Protocol, SocketListener, within};
use super::{
    BoxFuture, Connection, Listener, PeerInfo, Settings, Transport, TransportError, UnixCredentials,
};
use place::Place;

/// The Unix socket transport. It is built in: `unix://` URLs find it by themselves.
///
/// The socket's file has mode 0600 before anybody can connect: only processes of its own user (and
/// root) can. What is left of a process that has died is replaced; a socket that somebody listens at,
/// and any other file, is `AddrInUse`. The file is removed with the listener. Each end learns the
/// user and the process at the other in [`PeerInfo::unix`].
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unix;

impl Unix {
    /// The transport; it has no settings of its own.
    pub const fn new() -> Self {
        Self
    }
}

impl Transport for Unix {
    fn schemes(&self) -> &'static [&'static str] {
        &["unix"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let path = path(url)?;
            let stream = within(settings.handshake, connect(path)).await?;
            let mut peer = PeerInfo::new(url);
            peer.unix = Some(credentials(&stream)?);
            Plain.open(stream, peer, settings.clone()).await
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let (socket, place) =
                Place::take(path(url)?)
                    .await
                    .map_err(|source| TransportError::Listen {
                        url: url.to_owned(),
                        source,
                    })?;
            let socket = Listening {
                socket,
                _place: place,
            };
            let listener = SocketListener::new(socket, url.to_owned(), Plain, settings);
            Ok(Box::new(listener) as Box<dyn Listener>)
        })
    }
}

struct Listening {
    socket: UnixListener,
    _place: Place,
}

impl Accept for Listening {
    type Stream = UnixStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, PeerInfo)>> {
        let (stream, _) = ready!(self.socket.poll_accept(cx))?;
        let unix = credentials(&stream)?;
        let mut peer = PeerInfo::new(unix.to_string());
        peer.unix = Some(unix);
        Poll::Ready(Ok((stream, peer)))
    }
}

async fn connect(path: &Path) -> Result<UnixStream, TransportError> {
    UnixStream::connect(path).await.map_err(|source| {
        let path = path.display();
        let what = match source.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                format!("nothing listens at {path}")
            }
            io::ErrorKind::PermissionDenied => {
                format!("no permission to connect to {path}; its socket is its user's alone")
            }
            // The queue of those who wait to be accepted is full.
            io::ErrorKind::WouldBlock => return TransportError::Refused,
            _ => format!("cannot connect to {path}"),
        };
        TransportError::Connect { what, source }
    })
}

fn credentials(stream: &UnixStream) -> io::Result<UnixCredentials> {
    let peer = stream.peer_cred()?;
    Ok(UnixCredentials::new(peer.uid(), peer.gid(), peer.pid()))
}

fn path(url: &str) -> Result<&Path, TransportError> {
    match url.split_once("://") {
        Some((_, path)) if path.starts_with('/') && !path.ends_with('/') => Ok(Path::new(path)),
        _ => {
            let reason = "write an absolute path: `unix:///run/chat.sock`";
            Err(TransportError::invalid_url(url, reason))
        }
    }
}
