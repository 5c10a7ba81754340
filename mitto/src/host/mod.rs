//! Servers that run nodes, here and elsewhere, as a configuration says.
//!
//! A [`Host`] listens where the local hosts of its [`Configuration`] do, keeps links to the others, and routes every
//! request by its address: to a node that it runs, or to another host. [The guide](crate::guide::hosts) tells it from
//! one process to many.
//!
//! | | |
//! | --- | --- |
//! | [`Host::builder`] | what a configuration can name: [`steps`](Builder::steps), [providers](Builder::provider); how hosts [listen](Builder::server) and [connect](Builder::link) |
//! | [`Host::apply`], [`plan`](Host::plan) | another configuration, merged into the one that runs |
//! | [`Host::peer`], [`call`](Host::call), [`post`](Host::post) | calls from this program to any address |
//! | [`Host::report`], [`Builder::on_event`] | what runs where, and how it fares |
//! | [`Console`] | commands, from a terminal or a pipe |
//!
//! Before it stands whoever has a configuration; after it the [`router`](crate::router), a server for each address, a
//! client for each link.
//!
//! # Examples
//!
//! A step and two actions, in one process; the second asks the first:
//!
//! ```
//! use mitto::host::Host;
//! use mitto::host::config::Configuration;
//! use mitto::pipeline::{Flow, StepContext, Steps};
//! use mitto::Status;
//!
//! #[mitto::step]
//! fn double(n: i64) -> Flow<i64> {
//!     Flow::Next(2 * n)
//! }
//!
//! #[mitto::step]
//! async fn quadruple(ctx: &mut StepContext, n: i64) -> Result<Flow<i64>, Status> {
//!     let doubled: i64 = ctx.call("math/numbers/Double", &n).await?;
//!     Ok(Flow::Next(2 * doubled))
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let configuration = Configuration::from_toml(r#"
//!     [applications.math.nodes.numbers.actions]
//!     Double = [{ type = "double" }]
//!     Quadruple = [{ type = "quadruple" }]
//!
//!     [hosts.here]
//!     local = true
//!     address = "tcp://127.0.0.1:0"
//!     runs = ["math"]
//! "#)?;
//! let host = Host::builder()
//!     .steps(Steps::new().step::<double>().step::<quadruple>())
//!     .start(configuration)
//!     .await?;
//! let answer: i64 = host.call("math/numbers/Quadruple", &3).await?;
//! assert_eq!(answer, 12);
//! # host.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod administration;
mod builder;
pub mod config;
mod configure;
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
use std::sync::{Arc, Mutex, Weak};

use arc_swap::ArcSwap;
use serde_json::Value;

pub use builder::Builder;
pub use console::Console;
pub use error::ApplyError;
pub use event::HostEvent;
pub use link::Link;
pub use report::{HostReport, HostState, NodeReport, NodeTimes};

pub use crate::auth::CONFIGURE;

use administration::Administration;
use config::{Changes, Configuration};
use configure::Configure;
use entrance::Entrance;
use running::Running;

use crate::address::{AddressError, OwnedAddress};
use crate::auth::Identity;
use crate::client;
use crate::codec::Format;
use crate::message::Travels;
use crate::peer::{Peer, Stub};
use crate::pipeline::{Poster, Step};
use crate::router::{Router, Routes};
use crate::status::Status;

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
    /// Held by the one who changes what runs.
    changing: tokio::sync::Mutex<()>,
    running: Mutex<Running>,
    administration: Administration,
    /// For calls from this program.
    peer: Peer,
    /// For calls by address alone, and for those of steps.
    poster: Poster,
}

impl Host {
    /// Begins a host: what its configuration can name.
    pub fn builder() -> Builder {
        Builder::new()
    }

    async fn start(mut parts: Builder, configuration: Configuration) -> Result<Self, ApplyError> {
        if !parts.steps.has(Configure::NAME) {
            parts.steps = parts.steps.step::<Configure>();
        }
        let router = Router::new(Routes::new());
        let entrance = Entrance::new(router.clone(), &parts.providers);
        let own = client::Builder::<Link>::new()
            .identity(own())
            .local(entrance);
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| Shared {
            peer: own.peer().clone(),
            poster: Poster::new(router.clone()),
            changing: tokio::sync::Mutex::default(),
            running: Mutex::default(),
            administration: Administration::new(shared),
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
    /// run here finish what they have and stop listening. Links to hosts that are new have up to 2 s to connect before
    /// the switch; one that is not connected then goes on trying.
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
    pub fn plan(&self, update: &Configuration) -> Result<Changes, ApplyError> {
        self.0.0.plan(update)
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
    /// What the call ends with; `BadRequest` where the address is none or names no action, `Internal` where the
    /// answer is no `R`, a stream, or the handler's own error.
    pub async fn call<T, R, A>(&self, address: A, message: &T) -> Result<R, Status>
    where
        T: Travels,
        R: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let own = self.0.0.poster.clone().identity(own());
        own.call(address, message).await
    }

    /// Sends a message to an action, which nobody answers.
    ///
    /// # Errors
    ///
    /// `BadRequest` where the address is none or names no action, or the message cannot be encoded; `Busy` over
    /// [`Limits::in_flight_process`](field@crate::Limits::in_flight_process). What becomes of it later is logged where
    /// it fails.
    pub fn post<T, A>(&self, address: A, message: &T) -> Result<(), Status>
    where
        T: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let own = self.0.0.poster.clone().identity(own());
        own.post(address, message)
    }

    /// The same in JSON.
    async fn call_in_json(&self, address: &str, message: &Value) -> Result<Value, Status> {
        let own = self.0.0.poster.clone().identity(own());
        own.format(Format::JSON).call(address, message).await
    }

    /// What runs where, and how it fares.
    pub fn report(&self) -> HostReport {
        self.0.0.report()
    }

    /// The URLs that it listens on, with their actual ports.
    pub fn urls(&self) -> Vec<String> {
        self.0.0.running().urls()
    }

    /// Takes nothing more, finishes what runs, up to the drain limit of the servers, and ends all connections.
    pub async fn shutdown(&self) {
        let ended = self.0.0.running().end();
        ended.await;
        self.0.0.router.replace(Routes::new());
    }
}

/// Whom this program is to its own actions.
fn own() -> Identity {
    Identity::new("this server").grant(CONFIGURE)
}

impl Drop for Owner {
    fn drop(&mut self) {
        let shared = &self.0;
        shared.router.replace(Routes::new());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let ended = shared.running().end();
            runtime.spawn(ended);
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
