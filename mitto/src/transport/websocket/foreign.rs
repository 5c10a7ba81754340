//! Upgrades that another HTTP server answers.

use httparse::Header;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::WsConnection;
use super::frame::Role;
use super::handshake::{Asked, NO_ROOM, Place, Refusal, Upgraded};
use crate::transport::http::Headers;
use crate::transport::{Connection, PeerInfo, Settings, UpgradeRequest};

/// What answers a request for a WebSocket that may be had.
pub(crate) struct Upgrade {
    /// What answers the key.
    pub(crate) accept: String,
    pub(crate) subprotocol: Option<&'static str>,
    pub(crate) request: UpgradeRequest,
}

/// What answers one that is turned away.
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) text: &'static str,
}

impl Upgrade {
    /// Looks at a request for `target`, with its path and headers as they came.
    pub(crate) fn check(
        method: &str,
        http_1_1: bool,
        target: &str,
        headers: &[(&str, &[u8])],
        settings: &Settings,
    ) -> Result<Self, Refused> {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| Header { name, value })
            .collect();
        let asked = Asked {
            method,
            http_1_1,
            target,
            headers: Headers(&headers),
        };
        // Path and TLS are the other server's; where that listens is not known.
        let place = Place {
            path: "/",
            host: None,
            encrypted: false,
            settings,
        };
        let (accept, subprotocol) = asked.check(&place)?;
        Ok(Self {
            accept,
            subprotocol,
            request: asked.into_request(),
        })
    }
}

impl Refused {
    /// There is no room for one more connection.
    pub(crate) fn no_room() -> Self {
        NO_ROOM.into()
    }
}

impl From<Refusal> for Refused {
    fn from((status, headers, text): Refusal) -> Self {
        let code = status.split(' ').next().and_then(|code| code.parse().ok());
        Self {
            status: code.unwrap_or(400),
            headers: headers
                .split("\r\n")
                .filter_map(|header| header.split_once(": "))
                .collect(),
            text,
        }
    }
}

/// The connection behind an upgrade that was answered with this subprotocol.
pub(crate) fn upgraded(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    subprotocol: Option<&'static str>,
    peer: PeerInfo,
    settings: &Settings,
) -> Box<dyn Connection> {
    // What has come behind the request is in the stream.
    let upgraded = Upgraded {
        rest: Vec::new(),
        subprotocol,
    };
    let connection = WsConnection::new(stream, upgraded, Role::Server, settings, peer);
    Box::new(connection)
}
