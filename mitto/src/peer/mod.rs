//! The other end, over whatever reaches it.
//!
//! A [`Peer`] is made by a session, by a queue of the same process, or by a test; stubs wrap one. Its
//! calls go to an [`Outbound`], which encodes the message and holds the slot for the reply.

mod addressed;
mod await_kind;
mod call;
mod callback;
mod connection_state;
mod delegate;
#[cfg(any(feature = "client", feature = "server"))]
mod hooks;
mod item_stream;
mod outbound;
mod progress;
mod resumed_stream;
mod retry;
mod statistics;
mod stub;
mod timed;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use crate::in_flight::Reply;
use addressed::Addressed;
pub use await_kind::{Await, Outcome};
pub use call::{Call, CallOptions};
pub use callback::CallHandle;
pub use connection_state::{ConnectionState, States};
#[cfg(feature = "host")]
pub(crate) use delegate::send_by_out;
pub(crate) use delegate::tell_of_out;
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) use hooks::Hooks;
pub use item_stream::ItemStream;
pub use outbound::{CallHead, Outbound, Resend, Started, Wait};
pub use resumed_stream::ResumedStream;
pub use retry::Retry;
pub use statistics::Statistics;
pub use stub::{Calls, NoCalls, Sends, Stub, call};
pub use timed::{Timed, TimedCall};

use crate::address::{AddressError, OwnedAddress};
use crate::auth::Identity;
use crate::envelope::CorrelationId;
use crate::message::Message;
use crate::schema::SchemaDifference;
use crate::status::Status;

/// A cheap, cloneable handle to the other end.
///
/// A client has it from its stub; a handler takes it as an argument; a server lists those that are
/// connected. The typed stubs are made from it: `ChatCaller::from(peer)`.
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
/// use mitto::built_in::Ping;
///
/// let client = HelloClient::local(HelloServer);
/// let peer = client.peer();
/// assert_eq!(peer.remote(), "in process");
/// peer.call(Ping {}).await?; // a message of any schema
///
/// peer.close();
/// peer.closed().await;
/// assert!(!peer.is_connected());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Peer {
    out: Option<Arc<dyn Outbound>>,
    /// Closes the connection with the last handle that has it.
    owner: Option<Arc<Owner>>,
}

/// What the handles share that keep a connection open.
struct Owner {
    out: Arc<dyn Outbound>,
    /// What is dropped behind the connection's end.
    _kept: Option<Kept>,
}

/// What is to live for as long as the handles that keep a connection open.
pub(crate) type Kept = Box<dyn Send + Sync>;

impl Peer {
    /// A peer that is reached through `out`. The handle does not keep the connection open.
    pub fn new(out: Arc<dyn Outbound>) -> Self {
        Self {
            out: Some(out),
            owner: None,
        }
    }

    /// The same as a handle that owns the connection: with its last clone the connection is closed,
    /// as by [`drain`](Self::drain).
    pub fn into_owner(self) -> Self {
        self.keeping(None)
    }

    /// The same, where something else goes with the last clone as well.
    pub(crate) fn keeping(self, kept: Option<Kept>) -> Self {
        let owner = self
            .out
            .clone()
            .map(|out| Arc::new(Owner { out, _kept: kept }));
        Self {
            out: self.out,
            owner,
        }
    }

    /// The same handle, for replies that come through another outbound.
    pub(crate) fn through(&self, via: Option<Arc<dyn Outbound>>) -> Self {
        Self {
            out: via.or_else(|| self.out.clone()),
            owner: self.owner.clone(),
        }
    }

    /// Nobody: calls to it fail with `Unavailable`. The caller of a provider's own `call` is nobody.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The same, for calls to an address: `application/node` or `application/node/action`. A call or a message
    /// that names one itself goes there.
    ///
    /// Stubs are made from it: `ShopClient::from(client.peer().at("shop/eu")?)`.
    ///
    /// # Errors
    ///
    /// When it is no address.
    pub fn at<A>(&self, address: A) -> Result<Self, AddressError>
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let address = address.try_into().map_err(Into::into)?;
        let out = self.out.clone().map(|out| {
            let addressed: Arc<dyn Outbound> = Arc::new(Addressed { out, address });
            addressed
        });
        Ok(Self {
            out,
            owner: self.owner.clone(),
        })
    }

    /// Sends a message of any schema: a request, or a notification.
    ///
    /// The typed stubs are the better way in; this is what they call.
    pub fn call<M: Message>(&self, message: M) -> Call<'_, M> {
        Call::new(self, message)
    }

    /// Where it is, for people: `127.0.0.1:53124`, `in process`.
    pub fn remote(&self) -> &str {
        self.out.as_ref().map_or("nobody", |out| out.remote())
    }

    /// Who it is, as the server's authenticator found; `None` for an anonymous client, and for a
    /// server.
    pub fn identity(&self) -> Option<&Identity> {
        self.out.as_ref().and_then(|out| out.identity())
    }

    /// A number that tells the peers of this process apart.
    pub fn id(&self) -> u64 {
        self.out.as_ref().map_or(0, |out| out.id())
    }

    /// What the connection holds now. All zero where there is none.
    pub fn statistics(&self) -> Statistics {
        self.out
            .as_ref()
            .map_or_else(Statistics::default, |out| out.statistics())
    }

    /// The messages that the other end knows in another version than this one. Empty where the two are
    /// equal, in process, and where one of them is built without the feature `compact`, as shapes are not
    /// compared then.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn report(peer: &mitto::Peer) {
    /// for difference in peer.schema_differences() {
    ///     println!("{difference}"); // `Ping`: field `n` is u64 here and u32 there
    /// }
    /// # }
    /// ```
    pub fn schema_differences(&self) -> Vec<SchemaDifference> {
        self.out
            .as_ref()
            .map_or_else(Vec::new, |out| out.schema_differences())
    }

    /// Whether it can be reached now.
    pub fn is_connected(&self) -> bool {
        self.out.as_ref().is_some_and(|out| out.is_connected())
    }

    /// What its connection is doing now.
    pub fn state(&self) -> ConnectionState {
        match &self.out {
            Some(out) => out.state(),
            None => ConnectionState::Closed(nobody()),
        }
    }

    /// Watches what its connection is doing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::Peer;
    /// # async fn watch(peer: Peer) {
    /// let mut states = peer.states();
    /// println!("{}", states.current());
    /// while let Some(state) = states.changed().await {
    ///     println!("{state}"); // the last one is `Closed`
    /// }
    /// # }
    /// ```
    pub fn states(&self) -> States {
        States::of(self)
    }

    /// Waits until it can no longer be reached. A client that reconnects can be, until it was closed
    /// or has given up.
    pub async fn closed(&self) {
        if let Some(out) = &self.out {
            out.closed().cancelled_owned().await;
        }
    }

    /// Ends the connection: says goodbye, and fails what still waits with `ConnectionLost`.
    ///
    /// [`closed`](Self::closed) waits until that is done.
    pub fn close(&self) {
        if let Some(out) = &self.out {
            out.close(false);
        }
    }

    /// Ends the connection gently: says goodbye and takes nothing new, then closes when what runs, in
    /// either direction, has finished.
    pub fn drain(&self) {
        if let Some(out) = &self.out {
            out.close(true);
        }
    }

    /// Waits for the next reply to a request that was sent by hand.
    pub(crate) fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        match &self.out {
            Some(out) => out.poll_reply(id, cx),
            None => Poll::Ready(Reply::Status(nobody())),
        }
    }

    /// The same without keeping the connection open.
    pub(crate) fn without_owner(&self) -> Self {
        Self {
            out: self.out.clone(),
            owner: None,
        }
    }

    pub(crate) fn outbound(&self) -> Option<&Arc<dyn Outbound>> {
        self.out.as_ref()
    }

    pub(crate) fn out(&self) -> Option<&dyn Outbound> {
        self.out.as_deref()
    }
}

fn nobody() -> Status {
    Status::unavailable("there is nobody to call")
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.out.close(true);
    }
}

impl PartialEq for Peer {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Peer {}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({}, {})", self.id(), self.remote())
    }
}
