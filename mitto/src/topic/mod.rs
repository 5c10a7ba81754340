//! One message to many peers: they subscribe to a topic, and hear what is published to it.
//!
//! [`Topics`] are held by a provider, whose handlers subscribe their callers and publish. In a process by
//! itself nothing else is needed; with `Topics::over` a broker (feature `broker`) the same code reaches the
//! clients of every gateway.
//!
//! # What holds
//!
//! - A message is encoded at most once in each format, however many peers get it.
//! - Nobody is waited for. A peer whose connection has no room, because half of
//!   [`Limits::outbound`](crate::Limits) waits to be written, does not get the message; that is
//!   [counted](Topics::dropped) and logged. One that takes nothing at all is closed as a slow consumer.
//! - What one process publishes to a topic, one after the other, a peer gets in that order; of several workers
//!   each has an order of its own. It gets a message once
//!   or, when it or the broker is lost meanwhile, not at all: nothing is kept for later.
//! - A subscription ends with the connection. A client that connects again is another peer: it asks again
//!   for what it wants, best in the hook `on_connected` of its builder.
//! - A topic is there for as long as somebody hears it. Its name is any text that
//!   [can be shown](check_name), of 1 to 255 bytes.
//! - A peer hears at most [`Limits::topics`](crate::Limits), and a topic has at most
//!   [`Limits::subscribers`](crate::Limits) in each process.

mod carrier;
mod delivery;
mod hub;
mod name;
mod once;
mod publish;

use std::fmt;
use std::sync::Arc;

pub use name::{MAX_NAME, NameError, check_name};
pub use publish::Publish;

use crate::limits::Limits;
use crate::message::{Message, OneWay};
use crate::peer::{Outbound, Peer};
use crate::status::{Code, Status};
pub(crate) use carrier::Wish;
#[cfg(feature = "broker")]
pub(crate) use carrier::{Carrier, Doing, Publication};
#[cfg(feature = "broker")]
pub(crate) use delivery::Heard;
pub(crate) use hub::Hub;

/// Topics that peers subscribe to. Clones are the same topics; a provider holds one for its handlers.
///
/// # Examples
///
/// ```
/// use mitto::{Context, Notification, Peer, Request, State, Status, Topics, handler, provider};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Request)]
/// struct Join { room: String }
///
/// #[derive(Serialize, Deserialize, Request)]
/// struct Say { room: String, text: String }
///
/// #[derive(Serialize, Deserialize, Notification)]
/// struct Said { text: String }
///
/// mitto::schema! {
///     Chat {
///         client => server as ChatClient: [Join, Say],
///         server => client as ChatCaller: [Said],
///     }
/// }
///
/// #[provider(server of Chat: [join, say])]
/// struct ChatServer { topics: Topics }
///
/// #[handler]
/// async fn join(State(topics): State<Topics>, peer: Peer, req: Join) -> Result<(), Status> {
///     topics.subscribe(&peer, format!("room/{}", req.room)).await
/// }
///
/// #[handler]
/// async fn say(State(topics): State<Topics>, peer: Peer, req: Say) -> Result<(), Status> {
///     let room = format!("room/{}", req.room);
///     topics.publish(room, Said { text: req.text }).except(&peer).await
/// }
/// # #[provider(client of Chat: [said])]
/// # struct Screen { heard: tokio::sync::mpsc::UnboundedSender<String> }
/// # #[handler]
/// # fn said(State(heard): State<tokio::sync::mpsc::UnboundedSender<String>>, req: Said) {
/// #     let _ = heard.send(req.text);
/// # }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::sync::Arc;
/// # use mitto::{Server, transport::memory::Memory};
/// # let memory = Memory::new();
/// # let (heard, mut texts) = tokio::sync::mpsc::unbounded_channel();
/// # let connect = || {
/// #     let screen = Screen { heard: heard.clone() };
/// #     ChatClient::builder().provide(screen).transport(memory.clone()).connect("memory://chat")
/// # };
///
/// let server = Server::new(ChatServer { topics: Topics::new() });
/// # let server = server.transport(memory.clone()).listen("memory://chat").await?.spawn();
/// # let (ada, bob) = (connect().await?, connect().await?);
/// # for client in [&ada, &bob] {
/// #     client.join(Join { room: "lobby".into() }).await?;
/// # }
/// # ada.say(Say { room: "lobby".into(), text: "hello".into() }).await?;
/// # assert_eq!(texts.recv().await.as_deref(), Some("hello"));
/// # assert!(texts.try_recv().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Topics {
    hub: Arc<Hub>,
    /// The line to the broker, which ends with the last clone.
    _line: Option<Arc<dyn Send + Sync>>,
}

impl Topics {
    /// Topics of this process: what is published is heard by peers of this process only.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// The same with other limits than the usual ones. Of them count [`topics`](Limits::topics),
    /// [`subscribers`](Limits::subscribers), [`message`](Limits::message) and those of metadata.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            hub: Hub::new(limits, None),
            _line: None,
        }
    }

    /// The same beyond this process.
    #[cfg(feature = "broker")]
    pub(crate) fn carried(hub: Arc<Hub>, line: Arc<dyn Send + Sync>) -> Self {
        Self {
            hub,
            _line: Some(line),
        }
    }

    /// Subscribes a peer to a topic, until its connection ends. From when this is ready, the peer gets what is
    /// published. One that is subscribed already stays so, and gets it once.
    ///
    /// A peer behind a gateway is subscribed there: what is published does not come through this process.
    ///
    /// # Errors
    ///
    /// `BadRequest` when the name [is none](check_name), `Busy` when the peer hears
    /// [too many](Limits::topics) topics or the topic has [too many](Limits::subscribers) subscribers in its
    /// process, `ConnectionLost` when the peer or its gateway is gone, `Unavailable` when the peer is
    /// behind a gateway and the topics are not over a broker (`Topics::over`). Through a broker also what
    /// keeps it from being reached.
    pub async fn subscribe(&self, peer: &Peer, topic: impl AsRef<str>) -> Result<(), Status> {
        let topic = topic.as_ref();
        match is_elsewhere(peer) {
            true => self.ask(peer, topic, Wish::Subscribe).await,
            false => self.hub.subscribe(peer, topic).await,
        }
    }

    /// Ends a subscription. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// Those of [`subscribe`](Self::subscribe) for a peer behind a gateway; else none.
    pub async fn unsubscribe(&self, peer: &Peer, topic: impl AsRef<str>) -> Result<(), Status> {
        let topic = topic.as_ref();
        if is_elsewhere(peer) {
            return self.ask(peer, topic, Wish::Unsubscribe).await;
        }
        self.hub.unsubscribe(peer, topic);
        Ok(())
    }

    /// Publishes a notification to all who are subscribed.
    ///
    /// # Errors
    ///
    /// `BadRequest` when the topic's name [is none](check_name), what keeps the message from being encoded
    /// (its other formats are sent), and through a broker what keeps it from being reached. That a peer does
    /// not get it is no error: see [`dropped`](Self::dropped).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Format, Notification, Peer, Status, Topics};
    /// # #[derive(serde::Serialize, serde::Deserialize, Notification)]
    /// # struct Price { cents: u64 }
    /// # async fn publish(topics: Topics, seller: Peer) -> Result<(), Status> {
    /// topics.publish("prices", Price { cents: 420 }).await?;
    /// topics.publish("prices", Price { cents: 410 }).except(&seller).await
    /// # }
    /// ```
    pub fn publish<M>(&self, topic: impl AsRef<str>, message: M) -> Publish<'_, M>
    where
        M: Message<Kind = OneWay>,
    {
        Publish::new(self, topic.as_ref(), message)
    }

    /// How many peers of this process are subscribed to a topic.
    pub fn subscribers(&self, topic: impl AsRef<str>) -> usize {
        let all = self.hub.subscribers(topic.as_ref());
        all.map_or(0, |all| all.len())
    }

    /// How often a peer of this process did not get what was published: its connection had no room, or does
    /// not carry the format or size. Those of a gateway are counted there, as
    /// [`Limit::Outbound`](crate::limits::Limit::Outbound).
    pub fn dropped(&self) -> u64 {
        self.hub.dropped()
    }

    async fn ask(&self, peer: &Peer, topic: &str, wish: Wish) -> Result<(), Status> {
        check_name(topic)?;
        match &self.hub.carrier {
            Some(carrier) => carrier.ask(peer, topic, wish).await,
            None => {
                let text =
                    "the peer is behind a gateway: make the topics with `Topics::over` its broker";
                Err(Status::new(Code::Unavailable, text))
            }
        }
    }
}

/// Whether another server holds the peer's connection.
fn is_elsewhere(peer: &Peer) -> bool {
    peer.out().is_some_and(Outbound::is_behind_gateway)
}

impl Default for Topics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Topics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topics")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}
