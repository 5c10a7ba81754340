//! What carries topics beyond this process.

use std::future::Future;
use std::pin::Pin;

use crate::codec::Format;
use crate::envelope::{MessageId, Metadata};
use crate::peer::Peer;
use crate::status::Status;

/// What will be done.
pub(crate) type Doing = Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;

/// Carries topics beyond this process.
pub(crate) trait Carrier: Send + Sync + 'static {
    /// Lets this process hear a topic, from when that is ready.
    fn listen(&self, topic: &str) -> Doing;

    /// Lets it hear the topic no more. Called in order with [`listen`](Self::listen).
    fn unlisten(&self, topic: &str);

    /// Tells all who listen, this process included.
    fn publish(&self, topic: &str, publication: Publication) -> Doing;

    /// Asks whoever holds the connection of a peer to subscribe it, or to end that.
    fn ask(&self, peer: &Peer, topic: &str, wish: Wish) -> Doing;

    /// The number that a peer of this process has for everybody, which it keeps.
    fn number(&self, peer: &Peer) -> u64;
}

/// What is asked for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Subscribe,
    Unsubscribe,
}

/// A message on its way to a topic.
#[cfg_attr(
    not(feature = "broker"),
    expect(dead_code, reason = "a broker reads it")
)]
pub(crate) struct Publication {
    pub(crate) message: MessageId,
    pub(crate) name: &'static str,
    /// The number of the peer that does not get it; 0 for none.
    pub(crate) except: u64,
    pub(crate) metadata: Metadata,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
}
