//! Servers that others forward to.

use mitto::auth::{LINK, Tokens};
use mitto::provider::Serves;
use mitto::queue::Forward;
use mitto::schema::ServerSide;
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{Identity, Limits, Server};

use super::{Service, ServiceClient};
use crate::codec::Pretty;

/// A server that is reached over a link, and the link.
pub(crate) struct Hop {
    _server: Handle,
    link: ServiceClient,
}

impl Hop {
    pub(super) async fn new(provider: impl Serves<Service, ServerSide>, limits: &Limits) -> Self {
        let memory = Memory::new();
        let tokens = Tokens::new().token("link", Identity::new("hop").grant(LINK));
        let server = Server::new(provider)
            .limits(limits.clone())
            .codec(Pretty)
            .authenticate(tokens)
            .transport(memory.clone());
        let server = server.listen("memory://hop").await.expect("a free place");
        let server = server.spawn();
        let link = ServiceClient::builder()
            .limits(limits.clone())
            .codec(Pretty)
            .token("link")
            .transport(memory);
        let link = link.connect("memory://hop").await.expect("a connection");
        Self {
            _server: server,
            link,
        }
    }

    /// The queue that leads to it.
    pub(super) fn forward(&self) -> Forward {
        Forward::to(self.link.peer().clone())
    }
}
