//! Where a host listens.

use std::sync::Arc;

use super::ApplyError;
use super::builder::Builder;
use super::config::HostConfig;
use super::entrance::Entrance;
use super::keys::{LinkKey, OwnUser};
use crate::auth::Authenticator;
use crate::router::Router;
use crate::server::{Handle, Listening, Server};

/// A server at the address of a host that runs here.
pub(super) struct Bound {
    listening: Listening,
    key: LinkKey,
}

/// The same, taking connections.
pub(super) struct Open {
    pub(super) handle: Handle,
    key: LinkKey,
}

impl Bound {
    /// Listens, and takes no connections yet. Who shows the key is a link.
    pub(super) async fn at(
        parts: &Builder,
        router: &Router,
        host: &HostConfig,
        shown: Option<&str>,
    ) -> Result<Self, ApplyError> {
        let (key, user) = (LinkKey::default(), OwnUser::default());
        key.set(shown);
        let server = Server::new(Entrance::new(router.clone(), &parts.providers));
        let links = |is_last| Arc::new(key.last(is_last)) as Arc<dyn Authenticator>;
        let server = (parts.server)(host, server).authenticate_around(links, user.clone());
        let listening = server.listen(host.address()).await;
        let listening = listening.map_err(|error| ApplyError::Listen {
            host: host.name().to_owned(),
            url: host.address().to_owned(),
            error: Box::new(error),
        })?;
        user.is_owner_of(listening.url());
        Ok(Self { listening, key })
    }

    pub(super) fn open(self) -> Open {
        Open {
            handle: self.listening.spawn(),
            key: self.key,
        }
    }
}

impl Open {
    /// Who shows this key from now on is a link.
    pub(super) fn set_key(&self, key: Option<&str>) {
        self.key.set(key);
    }
}
