//! Where servers of a test are found, and what both ends need for it.

use std::sync::{Arc, LazyLock};

use mitto::Server;
use mitto::client::Builder;
use mitto::transport::memory::Memory;
use mitto::transport::tcp::Tcp;
use mitto::transport::tls::{TlsClient, TlsServer};
use mitto::transport::websocket::WebSocket;

use super::{Reach, ServiceClient, Way};
use crate::codec::Pretty;
use crate::seams::lines::Lines;
use crate::seams::pipes::Pipes;
use crate::transport::{Authority, Directory};

/// The names that servers of one test have.
#[derive(Clone)]
pub(super) struct Places {
    memory: Memory,
    pipes: Pipes,
    tls: bool,
    /// Where a socket's file is, until the test ends.
    directory: Option<Arc<Directory>>,
}

impl Places {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            memory: Memory::new(),
            pipes: Pipes::default(),
            tls: matches!(reach, Reach::Tls | Reach::Wss),
            directory: (reach == Reach::Unix).then(|| Arc::new(Directory::new())),
        }
    }

    /// What to listen at; in process there is nothing.
    pub(super) fn url(&self, reach: Reach) -> Option<String> {
        let url = match reach {
            Reach::InProcess => return None,
            Reach::Memory | Reach::JsonRpcMemory | Reach::OwnFraming => "memory://world",
            Reach::OwnTransport => "pipes://world",
            Reach::Ws | Reach::JsonRpc => "ws://127.0.0.1:0",
            Reach::Wss => "wss://127.0.0.1:0",
            Reach::Tcp => "tcp://127.0.0.1:0",
            Reach::Tls => "tls://127.0.0.1:0",
            Reach::Unix => return self.directory.as_ref().map(|directory| directory.url()),
        };
        Some(url.to_owned())
    }

    pub(super) fn listening(&self, server: Server) -> Server {
        let server = server
            .transport(self.memory.clone())
            .transport(self.pipes.clone());
        if !self.tls {
            return server;
        }
        let tls = &TLS.0;
        server
            .transport(Tcp::new().tls(tls.clone()))
            .transport(WebSocket::new().tls(tls.clone()))
    }
}

pub(super) fn builder(way: Way, places: &Places) -> Builder<ServiceClient> {
    let mut builder = ServiceClient::builder()
        .codec(Pretty)
        .format(way.format)
        .transport(places.memory.clone())
        .transport(places.pipes.clone());
    if places.tls {
        let tls = &TLS.1;
        builder = builder
            .transport(Tcp::new().tls(tls.clone()))
            .transport(WebSocket::new().tls(tls.clone()));
    }
    match way.reach {
        Reach::OwnFraming => builder.framing(Lines),
        Reach::JsonRpc | Reach::JsonRpcMemory => builder.json_rpc(),
        _ => builder,
    }
}

/// One authority and one certificate for all tests: making them takes longer than most tests do.
static TLS: LazyLock<(TlsServer, TlsClient)> = LazyLock::new(|| {
    let authority = Authority::new();
    (authority.server(), authority.client())
});
