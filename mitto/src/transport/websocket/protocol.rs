use super::connection::WsConnection;
use super::frame::Role;
use super::handshake;
use crate::transport::socket::{ByteStream, Protocol, ServerProtocol, SocketUrl};
use crate::transport::{Connection, PeerInfo, Settings, TransportError};

/// A client that asks for a WebSocket.
pub(super) struct Asking {
    pub(super) url: SocketUrl,
}

impl Protocol for Asking {
    async fn open<S: ByteStream>(
        self,
        mut stream: S,
        peer: PeerInfo,
        settings: Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let upgraded = handshake::client(&mut stream, &self.url, &settings).await?;
        let connection = WsConnection::new(stream, upgraded, Role::Client, &settings, peer);
        Ok(Box::new(connection))
    }
}

/// A server that answers requests at a path.
#[derive(Clone)]
pub(super) struct Upgrading {
    path: String,
    /// The host that it listens at.
    host: Option<String>,
}

impl Upgrading {
    pub(super) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            host: None,
        }
    }

    pub(super) fn at(self, host: &str) -> Self {
        Self {
            host: Some(host.to_owned()),
            ..self
        }
    }
}

impl Protocol for Upgrading {
    async fn open<S: ByteStream>(
        self,
        mut stream: S,
        mut peer: PeerInfo,
        settings: Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let place = handshake::Place {
            path: &self.path,
            host: self.host.as_deref(),
            encrypted: peer.encrypted,
            settings: &settings,
        };
        let (upgraded, request) = handshake::server(&mut stream, &place).await?;
        peer.request = Some(request);
        let connection = WsConnection::new(stream, upgraded, Role::Server, &settings, peer);
        Ok(Box::new(connection))
    }
}

impl ServerProtocol for Upgrading {
    async fn refuse<S: ByteStream>(self, mut stream: S) {
        handshake::refuse(&mut stream).await;
    }
}
