//! Places that run nodes, as a configuration says.

mod administration;
mod ask;
mod builder;
pub mod config;
mod console;
mod entrance;
mod error;
mod event;
mod keys;
mod link;
mod listener;
mod node;
mod placement;
mod report;
mod running;

use std::fmt;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use builder::Builder;
pub use console::Console;
pub use error::ApplyError;
pub use event::HostEvent;
pub use link::Link;
pub use report::{HostReport, HostState, NodeReport, NodeTimes};

use ask::Asker;
use config::{Changes, Configuration};
use entrance::Entrance;
use running::Running;

use crate::address::{AddressError, OwnedAddress};
use crate::auth::Identity;
use crate::client;
use crate::codec::Format;
use crate::peer::{Peer, Stub};
use crate::pipeline::Poster;
use crate::router::{Router, Routes};
use crate::status::Status;

/// The grant that lets an identity change what runs where.
pub const CONFIGURE: &str = "configure";

/// A server that runs nodes, here and elsewhere, as a [`Configuration`] says, and is changed while it runs.
///
/// Clones are one host. It ends when it is [shut down](Self::shutdown), or with its last clone.
#[derive(Clone)]
pub struct Host(Arc<Owner>);

/// Ends the host when it is dropped: what runs holds the router, which holds what runs.
struct Owner(Arc<Shared>);

struct Shared {
    parts: Builder,
    router: Router,
    configuration: ArcSwap<Configuration>,
    /// Changed by one at a time.
    running: tokio::sync::Mutex<Running>,
    /// For calls from this program.
    peer: Peer,
    asker: Asker,
    /// For what steps ask for their callers.
    poster: Arc<dyn Poster>,
}

impl Host {
    /// Begins a host: what its configuration can name.
    pub fn builder() -> Builder {
        Builder::new()
    }

    async fn start(parts: Builder, configuration: Configuration) -> Result<Self, ApplyError> {
        let router = Router::new(Routes::new());
        let asker = Asker::new(router.clone());
        let entrance = Entrance::new(router.clone(), &parts.providers);
        let own = client::Builder::<Link>::new()
            .identity(own())
            .local(entrance);
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| Shared {
            peer: own.peer().clone(),
            poster: Arc::new(asker.clone()),
            asker,
            running: tokio::sync::Mutex::new(Running::new(shared.clone())),
            configuration: ArcSwap::default(),
            router: router.clone(),
            parts,
        });
        let host = Self(Arc::new(Owner(shared)));
        host.apply(&configuration).await?;
        Ok(host)
    }

    /// What it runs.
    pub fn configuration(&self) -> Arc<Configuration> {
        self.0.0.configuration.load_full()
    }

    /// Merges an update into what runs, and runs that.
    ///
    /// The whole is checked before anything changes, and then switched at once: a request that comes after this
    /// has returned goes by the new configuration; those in flight end where they are. Hosts that no longer
    /// run here finish what they have and stop listening.
    ///
    /// # Errors
    ///
    /// When anything is wrong with it. Then nothing has changed.
    pub async fn apply(&self, update: &Configuration) -> Result<Changes, ApplyError> {
        self.0.0.apply(update).await
    }

    /// What [`apply`](Self::apply) would change, without changing it.
    ///
    /// # Errors
    ///
    /// What would be wrong, except for what only shows when it is tried, such as a port that is taken.
    pub async fn plan(&self, update: &Configuration) -> Result<Changes, ApplyError> {
        self.0.0.plan(update).await
    }

    /// Calls any address from this program, with the grant [`CONFIGURE`].
    ///
    /// Every stub can be made of it: `ShopClient::from(host.peer().clone())`.
    pub fn peer(&self) -> &Peer {
        &self.0.0.peer
    }

    /// Calls an action, by its whole address, and reads its answer: for actions that are no messages of a
    /// schema. It has [`Limits::timeout`](crate::Limits::timeout).
    ///
    /// # Errors
    ///
    /// What the call ends with; `BadRequest` where the address is none, or the answer no `R`.
    pub async fn call<R: DeserializeOwned>(
        &self,
        address: impl AsRef<str>,
        message: &(impl Serialize + ?Sized),
    ) -> Result<R, Status> {
        self.call_in(None, address.as_ref(), message).await
    }

    async fn call_in<R: DeserializeOwned>(
        &self,
        format: Option<Format>,
        address: &str,
        message: &(impl Serialize + ?Sized),
    ) -> Result<R, Status> {
        let asker = &self.0.0.asker;
        let mut posted = asker.posted(parsed(address)?, format, message)?;
        posted.identity = Some(own());
        asker.read(asker.call(posted).await?)
    }

    /// Sends a message to an action, which nobody answers.
    ///
    /// # Errors
    ///
    /// Where it cannot be sent at all. What becomes of it is not told.
    pub fn post(
        &self,
        address: impl AsRef<str>,
        message: &(impl Serialize + ?Sized),
    ) -> Result<(), Status> {
        let asker = &self.0.0.asker;
        let mut posted = asker.posted(parsed(address.as_ref())?, None, message)?;
        posted.identity = Some(own());
        asker.post(posted)
    }

    /// What runs where, and how it fares.
    pub async fn report(&self) -> HostReport {
        self.0.0.report().await
    }

    /// The URLs that it listens on, with their actual ports.
    pub async fn urls(&self) -> Vec<String> {
        self.0.0.running.lock().await.urls()
    }

    /// Takes nothing more, finishes what runs, up to the drain limit of the servers, and ends all connections.
    pub async fn shutdown(&self) {
        let ended = self.0.0.running.lock().await.end();
        ended.await;
        self.0.0.router.replace(Routes::new());
    }
}

/// Whom this program is to its own actions.
fn own() -> Identity {
    Identity::new("this server").grant(CONFIGURE)
}

fn parsed(address: &str) -> Result<OwnedAddress, Status> {
    OwnedAddress::try_from(address)
        .map_err(|error: AddressError| Status::bad_request(error.to_string()))
}

impl Drop for Owner {
    fn drop(&mut self) {
        let shared = self.0.clone();
        shared.router.replace(Routes::new());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let ended = shared.running.lock().await.end();
                ended.await;
            });
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let configuration = self.configuration();
        let hosts = configuration.hosts().map(config::HostConfig::name);
        f.debug_struct("Host")
            .field("hosts", &hosts.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
