//! Moves whole frames between two ends, and knows nothing above them.
//!
//! A [`Transport`] makes [`Connection`]s for the URL schemes it names; [`Transports`] picks the one
//! for a URL. Before it comes nothing but the operating system; after it, a session reads and
//! writes one connection and gives frames their meaning.

mod batch;
mod close;
mod connection;
mod error;
#[cfg(any(feature = "websocket", feature = "proxy"))]
mod http;
mod kept;
mod peer_info;
mod registry;
mod request_headers;
#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
mod socket;
mod web_access;

pub mod memory;
#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
pub mod prefixed;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "tcp")]
pub mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(all(feature = "unix", unix))]
pub mod unix;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use batch::{Batch, Frame, Frames};
pub use close::CloseReason;
pub use connection::Connection;
pub use error::TransportError;
pub use peer_info::{PeerInfo, UnixCredentials, UpgradeRequest};
pub use registry::Transports;
pub use request_headers::RequestHeaders;
pub use web_access::WebAccess;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A boxed future, as the object-safe traits of this module return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to move frames: connects and listens for the URL schemes it names.
///
/// Implement it, and [`Connection`], to carry messages over something that Mitto does not know;
/// register it with `.transport(..)` on the client's or the server's builder. The example `own_parts` of
/// the repository is a whole one, over TCP.
///
/// # Examples
///
/// The in-memory transport under a scheme of its own, with a log line for each connection:
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
/// use mitto::transport::{
///     BoxFuture, Connection, Listener, Settings, Transport, TransportError,
/// };
///
/// #[derive(Clone)]
/// struct Logged(Memory);
///
/// impl Transport for Logged {
///     fn schemes(&self) -> &'static [&'static str] {
///         &["logged"]
///     }
///
///     fn connect<'a>(
///         &'a self,
///         url: &'a str,
///         settings: &'a Settings,
///     ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
///         println!("connecting to {url}");
///         self.0.connect(url, settings)
///     }
///
///     fn listen<'a>(
///         &'a self,
///         url: &'a str,
///         settings: &'a Settings,
///     ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
///         self.0.listen(url, settings)
///     }
/// }
///
/// let logged = Logged(Memory::new());
/// let server = Server::new(HelloServer).transport(logged.clone());
/// let server = server.listen("logged://here").await?.spawn();
/// let client = HelloClient::builder().transport(logged).connect("logged://here").await?;
/// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
/// # server.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// The URL schemes it serves, lower case, without `://`.
    fn schemes(&self) -> &'static [&'static str];

    /// Connects to a URL of one of its schemes, handshake included.
    ///
    /// # Errors
    ///
    /// The URL is malformed, nobody listens there, the other end refuses, or the handshake fails or
    /// takes longer than [`Settings::handshake`].
    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>>;

    /// Listens at a URL of one of its schemes.
    ///
    /// # Errors
    ///
    /// The URL is malformed, or the place is taken or not allowed.
    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>>;
}

/// A place where connections come in. Dropping it frees the place.
pub trait Listener: Send + 'static {
    /// Waits for the next connection, which has not yet done its handshake.
    ///
    /// # Errors
    ///
    /// Only what ends the listener for good; what concerns one connection, or passes (no file
    /// descriptor left), is dealt with inside.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>>;

    /// The URL to connect to, with the actual port.
    fn url(&self) -> &str;
}

/// A connection that has come in, before its handshake, so that the accept loop never waits for one
/// peer. Dropping it closes it.
pub trait Incoming: Send + 'static {
    /// Does the handshake, within [`Settings::handshake`].
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>>;

    /// Tells the other end that there is no room now, then closes.
    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Who it is, for logs.
    fn remote(&self) -> &str;
}

/// What a transport must know from above.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The largest frame taken from the other end, in bytes: 1 MiB, and 16 KiB for what goes around
    /// a payload of that size.
    pub max_frame: usize,
    /// Time for the transport's own handshake: 10 s.
    pub handshake: Duration,
    /// What is spoken over the connection, by the names of WebSocket subprotocols: `mitto.1`. A client
    /// offers them, a server takes the first of the client's that is among them.
    pub subprotocols: Vec<&'static str>,
    /// What is added to the request of a client, where the transport sends one: WebSocket. None.
    pub headers: RequestHeaders,
    /// Which web pages may connect to a WebSocket server: those of the same origin.
    pub web: Arc<WebAccess>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_frame: (1 << 20) + (16 << 10),
            handshake: Duration::from_secs(10),
            subprotocols: vec!["mitto.1"],
            headers: RequestHeaders::default(),
            web: Arc::default(),
        }
    }
}
