//! Topics through a broker.

use super::{Broker, BrokerError, Endpoint};
use crate::codec::Codecs;
use crate::limits::Limits;
use crate::topic::Topics;

impl Topics {
    /// Topics of all servers and gateways at a broker: what is published anywhere is heard by the peers of
    /// all of them. They have a line of their own.
    ///
    /// Workers and servers make them. A gateway needs none: it subscribes its clients when a worker asks for
    /// it, over the line of its [`Publisher`](crate::queue::broker::Publisher), and listens to a topic for as
    /// long as one of them hears it.
    ///
    /// Through a broker a message travels in one format, the default one of this process, unless
    /// [`Publish::format`](crate::topic::Publish::format) names another, and each peer gets it in that one.
    /// What is published while there is no connection to the broker waits for one, as far as the
    /// broker's part lets it; what others publish meanwhile is not heard here.
    ///
    /// # Errors
    ///
    /// When the broker refuses, or is not there and is not to be waited for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Notification, Request, Peer, State, Status, Topics, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # struct Join {}
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # struct Say { text: String }
    /// # #[derive(Serialize, Deserialize, Notification)]
    /// # struct Said { text: String }
    /// # mitto::schema! {
    /// #     Chat {
    /// #         client => server as ChatClient: [Join, Say],
    /// #         server => client as ChatCaller: [Said],
    /// #     }
    /// # }
    /// # #[provider(server of Chat: [join, say])]
    /// # struct ChatServer { topics: Topics }
    /// # #[handler]
    /// # async fn join(State(topics): State<Topics>, peer: Peer, _: Join) -> Result<(), Status> {
    /// #     topics.subscribe(&peer, "room").await
    /// # }
    /// # #[handler]
    /// # async fn say(State(topics): State<Topics>, peer: Peer, req: Say) -> Result<(), Status> {
    /// #     topics.publish("room", Said { text: req.text }).except(&peer).await
    /// # }
    /// # #[provider(client of Chat: [said])]
    /// # struct Screen { heard: tokio::sync::mpsc::UnboundedSender<String> }
    /// # #[handler]
    /// # fn said(State(heard): State<tokio::sync::mpsc::UnboundedSender<String>>, req: Said) {
    /// #     let _ = heard.send(req.text);
    /// # }
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mitto::queue::broker::Publisher;
    /// use mitto::queue::broker::memory::Memory;
    /// use mitto::{Server, Worker};
    ///
    /// let broker = Memory::new();
    /// let topics = Topics::over(&broker).await?;
    /// let worker = Worker::new(ChatServer { topics }).consume(&broker).await?.spawn();
    ///
    /// // Gateways know nothing of topics.
    /// let gateway = Chat::gateway(Publisher::connect(&broker).await?);
    /// let here = Server::new(gateway).listen("ws://127.0.0.1:0").await?.spawn();
    /// let gateway = Chat::gateway(Publisher::connect(&broker).await?);
    /// let there = Server::new(gateway).listen("ws://127.0.0.1:0").await?.spawn();
    /// # let (heard, mut texts) = tokio::sync::mpsc::unbounded_channel();
    /// # let ada = ChatClient::connect(here.url()).await?;
    /// # let bob = ChatClient::builder().provide(Screen { heard }).connect(there.url()).await?;
    /// # ada.join(Join {}).await?;
    /// # bob.join(Join {}).await?;
    /// # ada.say(Say { text: "hello".into() }).await?;
    /// # assert_eq!(texts.recv().await.as_deref(), Some("hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn over(broker: &impl Broker) -> Result<Self, BrokerError> {
        Self::over_with_limits(broker, &Limits::default()).await
    }

    /// The same with other limits than the usual ones, for this process: those of
    /// [`with_limits`](Self::with_limits).
    ///
    /// # Errors
    ///
    /// As [`over`](Self::over).
    pub async fn over_with_limits(
        broker: &impl Broker,
        limits: &Limits,
    ) -> Result<Self, BrokerError> {
        let codecs = Codecs::default();
        let endpoint = Endpoint::open(broker, "topics", limits, codecs, None).await?;
        Ok(Self::carried(endpoint.hub().clone(), endpoint))
    }
}
