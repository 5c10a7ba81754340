//! A message on its way, as a future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::await_kind::{Await, Outcome};
use super::progress::Progress;
use super::retry::Attempts;
use super::{Outbound, Peer, Reply, Retry};
use crate::address::{AddressError, OwnedAddress};
use crate::auth::{Forwarded, Identity};
use crate::codec::Format;
use crate::envelope::{CorrelationId, Metadata, Timing};
use crate::message::{Message, Sent};
use crate::runtime::RuntimeHandle;
use crate::status::Status;

/// A call: the first poll sends the message, dropping it cancels the request.
///
/// Its output depends on the message: see [`Outcome`].
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
/// let client = HelloClient::local(HelloServer);
/// let call = client.greet(Greet { name: "Ada".into() }); // nothing is sent yet
/// let greeting = call
///     .timeout(Duration::from_secs(2))
///     .metadata("trace", "4711")
///     .await?;
/// assert_eq!(greeting, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'p, M> {
    peer: &'p Peer,
    message: Sent<M>,
    progress: Progress,
}

/// What a single call can have set.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// Its deadline from its first poll on. Otherwise the message's own, or else the limit's default.
    pub timeout: Option<Duration>,
    /// Where it goes.
    pub address: Option<OwnedAddress>,
    /// What travels beside it.
    pub metadata: Metadata,
    /// The format it is sent in.
    pub format: Option<Format>,
    /// Whom it is sent for, if not for this program itself.
    pub forwarded: Option<Forwarded>,
}

impl<'p, M> Call<'p, M> {
    pub(crate) fn new(peer: &'p Peer, message: M) -> Self {
        Self {
            peer,
            message: Sent(Some(message)),
            progress: Progress::default(),
        }
    }

    /// Who is asked for its replies.
    pub(super) fn out(&self) -> Option<&dyn Outbound> {
        self.progress.out(self.peer)
    }

    /// When its handler ran, if the other end has said so.
    pub(super) fn timing(&self) -> Option<Timing> {
        self.progress.timing
    }

    /// Hands the request over to a stream of its items, with who is asked for them.
    pub(super) fn detach(&mut self) -> (Peer, Option<CorrelationId>) {
        self.progress.detach_from(self.peer)
    }

    /// The runtime that the connection runs in.
    pub(crate) fn runtime(&self) -> Option<RuntimeHandle> {
        self.peer.out()?.runtime()
    }

    /// A call to `peer` of what was [taken](Self::take) out of another one.
    pub(super) fn resumed(peer: &'p Peer, message: Sent<M>, progress: Progress) -> Self {
        Self {
            peer,
            message,
            progress,
        }
    }

    /// Takes everything out: nothing is left to be dropped.
    pub(super) fn take(&mut self) -> (Peer, Sent<M>, Progress) {
        let progress = std::mem::take(&mut self.progress);
        (self.peer.clone(), Sent(self.message.0.take()), progress)
    }
}

impl<M: Message> Call<'_, M> {
    /// Sets its deadline, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.progress.options.timeout = Some(timeout);
        self
    }

    /// Sets the address: `application/node` or `application/node/action`, as a text or an
    /// [`Address`](crate::Address).
    ///
    /// Otherwise it goes where the message says, `#[request(address = "shop/orders")]`, or the
    /// [peer](Peer::at). The handler finds it in [`Context::address`](crate::Context::address); a gateway to a
    /// broker sends the request to the workers of that node.
    ///
    /// A text that is no address ends the call with [`Code::BadRequest`](crate::Code::BadRequest), which
    /// says what is wrong with it, before anything is sent.
    pub fn at<A>(mut self, address: A) -> Self
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        match address.try_into() {
            Ok(address) => {
                self.progress.options.address = Some(address);
                self.progress.wrong = None;
            }
            Err(error) => self.progress.wrong = Some(error.into()),
        }
        self
    }

    /// Adds an entry to its metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.progress.options.metadata.insert(key, value);
        self
    }

    /// Sends it again when it fails and another try may help: so many times at most, or as a [`Retry`] says.
    ///
    /// Instead of what the message says: `#[request(retry = 3)]`.
    pub fn retry(mut self, retry: impl Into<Retry>) -> Self {
        self.progress.attempts = Some(Box::new(Attempts::new(retry.into())));
        self
    }

    /// Sends it in another format than the connection's own.
    pub fn format(mut self, format: Format) -> Self {
        self.progress.options.format = Some(format);
        self
    }

    /// Sends it for somebody else: for `identity`, or for an anonymous caller, as one that was forwarded
    /// `hops` times, this time included.
    ///
    /// For gateways. The other end believes it only on a link, a connection that it gave the grant
    /// [`LINK`](crate::auth::LINK); elsewhere the request is this program's own.
    pub fn forwarded_for(mut self, identity: Option<Identity>, hops: u8) -> Self {
        self.progress.options.forwarded = Some(Forwarded { identity, hops });
        self
    }

    /// Sends the message if that is still to do, then waits for the next reply.
    pub(super) fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Reply> {
        let reply = self
            .progress
            .poll_reply(self.peer, M::INFO, &mut self.message, cx);
        self.release_message();
        reply
    }

    /// The same for the reply that ends the request.
    #[inline]
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Reply> {
        let reply = self
            .progress
            .poll_answer(self.peer, M::INFO, &mut self.message, cx);
        self.release_message();
        reply
    }

    /// Once the message is encoded the next caller can have its memory, unless it may be needed again.
    fn release_message(&mut self) {
        if !self.progress.needs_message() {
            self.message.0 = None;
        }
    }

    pub(super) fn poll_notify(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.progress
            .poll_notify(self.peer, M::INFO, &mut self.message, cx)
    }
}

/// Nothing in it is pinned: the message only waits to be encoded.
impl<M> Unpin for Call<'_, M> {}

impl<M: Message> Future for Call<'_, M>
where
    M::Kind: Await<M>,
{
    type Output = Outcome<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        M::Kind::poll(self.get_mut(), cx)
    }
}

impl<M> Drop for Call<'_, M> {
    fn drop(&mut self) {
        self.progress.leave(self.peer);
    }
}

impl<M: Message> fmt::Debug for Call<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("message", &M::INFO.name)
            .field("peer", self.peer)
            .field("state", &self.progress.state)
            .finish_non_exhaustive()
    }
}
