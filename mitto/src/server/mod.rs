//! Listens, and runs a session for each connection that comes in.
//!
//! A [`Server`] is made of a provider and listens at one URL or more; what it listens with is a
//! [`Listening`], which runs until it is shut down.

mod access;
#[cfg(feature = "axum")]
pub mod axum;
mod doors;
mod embedded;
mod error;
mod handle;
mod listening;
mod peers;
mod serving;
#[cfg(feature = "signals")]
mod signals;
mod until;

pub use error::ListenError;
pub use handle::Handle;
pub use listening::Listening;
pub use peers::Peers;

use std::fmt;
use std::sync::Arc;

use crate::auth::Authenticator;
use crate::built_in::{BuiltIn, BuiltIns};
#[cfg(feature = "custom-codecs")]
use crate::codec::Codec;
use crate::codec::Codecs;
use crate::framing::Framing;
use crate::limits::Limits;
use crate::middleware::{Incoming, Known, Middleware, Outgoing, Stack};
use crate::peer::{Hooks, Peer};
use crate::provider::MessageProvider;
use crate::schema::Side;
use crate::session::Config;
use crate::status::Status;
use crate::transport::{Transport, Transports, WebAccess};

/// A server that does not listen yet.
///
/// # Examples
///
/// ```
/// # use mitto::{Request, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet { name: String }
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// # #[handler]
/// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::Server;
/// use mitto::transport::memory::Memory;
///
/// let memory = Memory::new();
/// let server = Server::new(HelloServer)
///     .transport(memory.clone()) // not needed for `ws://127.0.0.1:8080`
///     .on_connect(|peer| println!("{} is here", peer.remote()))
///     .listen("memory://hello")
///     .await?;
/// let server = server.spawn(); // or `server.run().await`, which lasts until it is shut down
/// println!("listening at {}", server.url());
///
/// let client = HelloClient::builder().transport(memory).connect("memory://hello").await?;
/// assert_eq!(server.peers().len(), 1);
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it listens"]
pub struct Server {
    provider: Arc<dyn MessageProvider>,
    built_ins: BuiltIns,
    limits: Limits,
    #[cfg(feature = "custom-codecs")]
    codecs: Vec<Arc<dyn Codec>>,
    transports: Vec<Arc<dyn Transport>>,
    framing: Option<Arc<dyn Framing>>,
    incoming: Stack,
    outgoing: Stack,
    hooks: Hooks,
    version: String,
    authenticator: Option<Arc<dyn Authenticator>>,
    anonymous: bool,
    web: WebAccess,
}

impl Server {
    /// A server of `provider`: one made by `#[mitto::provider]`, a gateway, or one of your own.
    pub fn new(provider: impl MessageProvider) -> Self {
        Self {
            provider: Arc::new(provider),
            built_ins: BuiltIns::default(),
            limits: Limits::default(),
            #[cfg(feature = "custom-codecs")]
            codecs: Vec::new(),
            transports: Vec::new(),
            framing: None,
            incoming: Stack::new(),
            outgoing: Stack::new(),
            hooks: Hooks::default(),
            version: String::new(),
            authenticator: None,
            anonymous: false,
            web: WebAccess::default(),
        }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a format of your own; needs the feature `custom-codecs`.
    #[cfg(feature = "custom-codecs")]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.push(Arc::new(codec));
        self
    }

    /// Adds a transport of your own, for the URL schemes that it names.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transports.push(Arc::new(transport));
        self
    }

    /// Lays frames out in this way, and in no other. Without it a server speaks
    /// [`Native`](crate::framing::Native) and, with the feature `json-rpc`, JSON-RPC 2.0 to those who
    /// begin with that; `.framing(Native)` turns JSON-RPC off.
    pub fn framing(mut self, framing: impl Framing) -> Self {
        self.framing = Some(Arc::new(framing));
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests that come in, inside of those that are
    /// there.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.incoming.push(middleware);
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests that this server makes of its peers,
    /// inside of those that are there.
    pub fn outgoing(mut self, middleware: impl Middleware) -> Self {
        self.outgoing.push(middleware);
        self
    }

    /// Calls `hook` with each peer that has connected, before its first request is handled. The client's
    /// `connect` returns after it, unless the two ends know messages in different versions.
    ///
    /// It runs in the connection's task, so it must not block. A panic in it is logged.
    pub fn on_connect(mut self, hook: impl Fn(&Peer) + Send + Sync + 'static) -> Self {
        self.hooks.on_connected(hook);
        self
    }

    /// Calls `hook` once for each of these peers when its connection has ended, with the reason: also
    /// at a shutdown, and where the connection is aborted. The peer is no longer in the
    /// [list](Listening::peers) then.
    ///
    /// It must not block. A panic in it is logged.
    pub fn on_disconnect(mut self, hook: impl Fn(&Peer, &Status) + Send + Sync + 'static) -> Self {
        self.hooks.on_closed(hook);
        self
    }

    /// Sets the application's version, for [`HealthReport::version`](crate::telemetry::HealthReport):
    /// `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Switches a built-in request off: it is answered `NotFound`.
    pub fn without(mut self, built_in: BuiltIn) -> Self {
        self.built_ins.switch_off(built_in);
        self
    }

    /// Starts to listen at a URL such as `ws://127.0.0.1:8080`; port 0 takes a free one. Connections
    /// are accepted once the result [runs](Listening::run).
    ///
    /// # Errors
    ///
    /// When the URL or the place cannot be used, two codecs have one format, or a limit cannot work.
    pub async fn listen(self, url: &str) -> Result<Listening, ListenError> {
        self.ready()?.and_listen(url).await
    }

    /// A server that listens nowhere yet.
    fn ready(self) -> Result<Listening, ListenError> {
        if self.provider.side() != Side::Server {
            return Err(ListenError::WrongSide);
        }
        self.limits.check()?;
        #[cfg(feature = "custom-codecs")]
        let codecs = Codecs::new(self.codecs)?;
        #[cfg(not(feature = "custom-codecs"))]
        let codecs = Codecs::default();
        let format = codecs.default_format().ok_or(ListenError::NoFormat)?;
        #[cfg(feature = "json-rpc")]
        let json_rpc = Config::json_rpc(&*self.provider, &self.limits);
        let vitals = self.built_ins.vitals().clone();
        let schema = self.provider.descriptor();
        let incoming = Known::new(schema, Side::Server).and(BuiltIn::MESSAGES);
        let outgoing = Known::new(schema, Side::Client).and(BuiltIn::MESSAGES);
        let mut config = Config {
            outgoing: Outgoing::new(self.outgoing, outgoing, &self.limits),
            limits: self.limits,
            codecs,
            format,
            authenticator: self.authenticator,
            anonymous: self.anonymous,
            web: self.web,
            ..Config::serving(self.provider, self.built_ins)
        };
        let limit = config.limits.message;
        config.queue = Incoming::around(self.incoming, incoming, limit, config.queue);
        match self.framing {
            Some(framing) => config.framing = framing,
            #[cfg(feature = "json-rpc")]
            None => config.alternative = Some(Arc::new(json_rpc)),
            #[cfg(not(feature = "json-rpc"))]
            None => {}
        }
        let transports = Transports::new(self.transports);
        let server = Listening::new(Arc::new(config), transports, self.hooks);
        Ok(server.watched(vitals, self.version))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("schema", &self.provider.descriptor().name)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
