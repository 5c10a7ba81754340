use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, TcpStream};

use super::{Accept, ServerProtocol, SocketListener, SocketUrl};
use crate::transport::{PeerInfo, Settings, TransportError};

/// Listens at the host and port of a URL.
pub(super) async fn bind<P: ServerProtocol>(
    url: &SocketUrl,
    protocol: P,
    settings: &Settings,
) -> Result<SocketListener<Bound, P>, TransportError> {
    let failed = |source| TransportError::Listen {
        url: url.to_string(),
        source,
    };
    let socket = TcpListener::bind((url.host(), url.port()))
        .await
        .map_err(failed)?;
    let port = socket.local_addr().map_err(failed)?.port();
    let url = url.clone().with_port(port).to_string();
    let socket = Bound(socket);
    Ok(SocketListener::new(socket, url, protocol, settings))
}

/// A socket that listens until this is dropped.
pub(super) struct Bound(TcpListener);

impl Accept for Bound {
    type Stream = TcpStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, PeerInfo)>> {
        let (stream, remote) = ready!(self.0.poll_accept(cx))?;
        // It fails only where the peer has gone already, which reading finds.
        let _ = stream.set_nodelay(true);
        Poll::Ready(Ok((stream, PeerInfo::new(remote.to_string()))))
    }
}

#[cfg(unix)]
impl Drop for Bound {
    /// A process that is being started somewhere else in this one has copies of all sockets for a moment,
    /// and while one of them listens the port stays taken: it is told to stop, for all copies.
    fn drop(&mut self) {
        // Where that is not possible the port is free with the last copy.
        if let Ok(copy) = self.0.as_fd().try_clone_to_owned() {
            let _ = std::net::TcpStream::from(copy).shutdown(std::net::Shutdown::Both);
        }
    }
}
