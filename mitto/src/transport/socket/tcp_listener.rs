use std::io;
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, TcpStream};

use super::{Accept, ServerProtocol, SocketListener, SocketUrl};
use crate::transport::{PeerInfo, Settings, TransportError};

/// Listens at the host and port of a URL.
pub(super) async fn bind<P: ServerProtocol>(
    url: &SocketUrl,
    protocol: P,
    settings: &Settings,
) -> Result<SocketListener<TcpListener, P>, TransportError> {
    let failed = |source| TransportError::Listen {
        url: url.to_string(),
        source,
    };
    let socket = TcpListener::bind((url.host(), url.port()))
        .await
        .map_err(failed)?;
    let port = socket.local_addr().map_err(failed)?.port();
    let url = url.clone().with_port(port).to_string();
    Ok(SocketListener::new(socket, url, protocol, settings))
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, PeerInfo)>> {
        let (stream, remote) = ready!(self.poll_accept(cx))?;
        // It fails only where the peer has gone already, which reading finds.
        let _ = stream.set_nodelay(true);
        Poll::Ready(Ok((stream, PeerInfo::new(remote.to_string()))))
    }
}
