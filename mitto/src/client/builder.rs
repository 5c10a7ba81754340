use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::options::Options;
use super::{ConnectError, Reconnect};
use crate::auth::{BearerToken, Identity};
#[cfg(feature = "custom-codecs")]
use crate::codec::Codec;
use crate::codec::Format;
use crate::framing::Framing;
use crate::limits::Limits;
use crate::middleware::Middleware;
use crate::peer::{Peer, Stub};
use crate::provider::{NoHandlers, Serves};
use crate::schema::End;
use crate::status::Status;
use crate::transport::Transport;

/// The role that holds a stub.
type Holder<S> = <<S as Stub>::Receiver as End>::Other;

/// Everything that can be set before a client connects; a stub's `builder()` begins one.
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
/// use std::time::Duration;
///
/// use mitto::{Format, Limits};
///
/// let limits = Limits::default().timeout(Duration::from_secs(5));
/// let client = HelloClient::builder().format(Format::JSON).limits(limits);
///
/// // Nobody listens there: the error says so.
/// let error = client.connect("ws://127.0.0.1:9").await.unwrap_err();
/// assert_eq!(error.to_string(), "nothing listens at 127.0.0.1:9");
///
/// let client = HelloClient::builder().local(HelloServer);
/// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until it connects"]
pub struct Builder<S> {
    pub(super) options: Options,
    stub: PhantomData<fn() -> S>,
}

impl<S: Stub> Builder<S> {
    /// The defaults: no handlers of its own, all limits as documented.
    pub fn new() -> Self {
        let nothing = NoHandlers::new::<S::Schema>(<Holder<S> as End>::SIDE);
        Self {
            options: Options::new(Arc::new(nothing)),
            stub: PhantomData,
        }
    }

    /// Answers what the server asks of this client.
    pub fn provide(mut self, provider: impl Serves<S::Schema, Holder<S>>) -> Self {
        self.options.provider = Arc::new(provider);
        self
    }

    /// Sends requests in this format; without it MessagePack, or whatever there is.
    pub fn format(mut self, format: Format) -> Self {
        self.options.format = Some(format);
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Adds a format of your own; needs the feature `custom-codecs`.
    #[cfg(feature = "custom-codecs")]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.options.codecs.push(Arc::new(codec));
        self
    }

    /// Adds a transport of your own, for the URL schemes that it names.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.options.transports.push(Arc::new(transport));
        self
    }

    /// Lays frames out in another way; the server must do the same.
    pub fn framing(mut self, framing: impl Framing) -> Self {
        self.options.framing = Some(Arc::new(framing));
        self
    }

    /// Speaks JSON-RPC 2.0, to a server of this crate or of any other; needs the feature `json-rpc` and
    /// a `ws://` or `wss://` URL.
    ///
    /// Everything is as with the framing of this crate, except that payloads are JSON, that a large
    /// message holds up those behind it, and that a stream whose reader is behind holds up all that
    /// comes over the connection. See [`framing`](crate::framing#json-rpc-20).
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
    /// # use mitto::Server;
    /// // Nothing is to be said to the server.
    /// let server = Server::new(HelloServer).listen("ws://127.0.0.1:0").await?.spawn();
    ///
    /// let client = HelloClient::builder().json_rpc().connect(server.url()).await?;
    /// // > {"jsonrpc":"2.0","id":65536,"method":"Greet","params":{"name":"Ada"}}
    /// // < {"jsonrpc":"2.0","id":65536,"result":"Hello, Ada!"}
    /// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
    /// # server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "json-rpc")]
    pub fn json_rpc(mut self) -> Self {
        self.options.json_rpc = true;
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests that this client makes, inside of those
    /// that are there.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.options.outgoing.push(middleware);
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests that the server makes of this client,
    /// inside of those that are there.
    pub fn incoming(mut self, middleware: impl Middleware) -> Self {
        self.options.incoming.push(middleware);
        self
    }

    /// Connects again whenever the connection is lost. See [what becomes of calls](crate::guide::delivery).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Request, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # #[request(response = String, idempotent)]
    /// # struct Greet { name: String }
    /// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
    /// # #[provider(server of Hello: [greet])]
    /// # struct HelloServer;
    /// # #[handler]
    /// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mitto::Server;
    /// use mitto::client::Reconnect;
    ///
    /// let server = Server::new(HelloServer).listen("ws://127.0.0.1:0").await?.spawn();
    /// let url = server.url().to_owned();
    /// let client = HelloClient::builder()
    ///     .reconnect(Reconnect::default())
    ///     .on_connected(|peer| println!("connected to {}", peer.remote()))
    ///     .on_closed(|_, why| println!("lost: {why}"))
    ///     .connect(&url)
    ///     .await?;
    ///
    /// server.shutdown().await;
    /// let _server = Server::new(HelloServer).listen(&url).await?.spawn();
    /// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.options.reconnect = Some(reconnect);
        self
    }

    /// Calls `hook` for each connection that is made, before anything is sent over it that waited for
    /// it.
    ///
    /// It must not block. The peer that it is given does not keep the client open. A panic in it is
    /// logged.
    pub fn on_connected(mut self, hook: impl Fn(&Peer) + Send + Sync + 'static) -> Self {
        self.options.hooks.on_connected(hook);
        self
    }

    /// Calls `hook` once for each of these connections, when it has ended, with the reason.
    ///
    /// It must not block. A panic in it is logged.
    pub fn on_closed(mut self, hook: impl Fn(&Peer, &Status) + Send + Sync + 'static) -> Self {
        self.options.hooks.on_closed(hook);
        self
    }

    /// Shows a bearer token to the server: in the hello, and on WebSocket as the header `Authorization`
    /// too, which proxies see. What can be read on the way can be stolen: send it over TLS.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.options.token = Some(BearerToken::new(token));
        self
    }

    /// Adds a header to the request that opens a WebSocket; other transports send none. An
    /// `Authorization` of your own is sent instead of that of the [`token`](Self::token).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.add(name, value);
        self
    }

    /// Whom a [`local`](Self::local) provider takes this client for; anonymous without it. A server
    /// decides that by itself, so on a connection this says nothing.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.options.identity = Some(identity);
        self
    }

    /// Connects to a server. The connection is closed with the last clone of the stub or of its
    /// peer.
    ///
    /// # Errors
    ///
    /// When nobody listens there, the two ends do not come to terms, or a limit cannot work.
    pub async fn connect(self, url: &str) -> Result<S, ConnectError> {
        self.options.connect(url).await.map(S::from)
    }

    /// The same without waiting for the first connection, and connecting again whenever it is lost.
    #[cfg(feature = "host")]
    pub(crate) async fn connect_lazily(mut self, url: &str) -> Result<S, ConnectError> {
        let reconnect = self.options.reconnect.take().unwrap_or_default();
        self.reconnect(reconnect.lazily()).connect(url).await
    }

    /// A client of a provider in this process: nothing is encoded.
    pub fn local(self, provider: impl Serves<S::Schema, S::Receiver>) -> S {
        S::from(self.options.local(Arc::new(provider)))
    }
}

impl<S: Stub> Default for Builder<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("limits", &self.options.limits)
            .field("format", &self.options.format)
            .finish_non_exhaustive()
    }
}
