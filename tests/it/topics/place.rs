//! A place where people meet: a server, or two gateways and a worker.

use std::sync::Arc;

use mitto::client::Builder;
use mitto::queue::broker::{Broker, Publisher};
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{
    Format, Limits, Notification, Peer, Request, Server, State, Status, Topics, Worker, handler,
    provider, worker,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

pub(super) const LONG: std::time::Duration = std::time::Duration::from_secs(20);

#[derive(Serialize, Deserialize, Request)]
pub(super) struct Join {
    pub(super) topic: String,
}

#[derive(Serialize, Deserialize, Request)]
pub(super) struct Leave {
    pub(super) topic: String,
}

#[derive(Serialize, Deserialize, Request)]
pub(super) struct Say {
    pub(super) topic: String,
    pub(super) text: String,
    /// Whether who says it hears it as well.
    pub(super) to_all: bool,
}

// Not the id of its name, which is all that some parts of the way know of it.
#[derive(Serialize, Deserialize, Notification)]
#[notification(id = 0x5a1d_5a1d)]
pub(super) struct Said {
    pub(super) text: String,
}

mitto::schema! {
    pub(super) Meeting {
        client => server as MeetingClient: [Join, Leave, Say],
        server => client as MeetingCaller: [Said],
    }
}

#[provider(server of Meeting: [join, leave, say])]
pub(super) struct Host {
    pub(super) topics: Topics,
    /// What is published in, if not in the usual one.
    pub(super) format: Option<Format>,
}

#[handler]
async fn join(State(topics): State<Topics>, peer: Peer, req: Join) -> Result<(), Status> {
    topics.subscribe(&peer, req.topic).await
}

#[handler]
async fn leave(State(topics): State<Topics>, peer: Peer, req: Leave) -> Result<(), Status> {
    topics.unsubscribe(&peer, req.topic).await
}

#[handler]
async fn say(
    State(topics): State<Topics>,
    State(format): State<Option<Format>>,
    peer: Peer,
    req: Say,
) -> Result<(), Status> {
    let mut publish = topics.publish(req.topic, Said { text: req.text });
    if let Some(format) = format {
        publish = publish.format(format);
    }
    match req.to_all {
        true => publish.await,
        false => publish.except(&peer).await,
    }
}

#[provider(client of Meeting: [said])]
struct Ear {
    heard: UnboundedSender<String>,
}

#[handler]
fn said(State(heard): State<UnboundedSender<String>>, req: Said) {
    let _ = heard.send(req.text);
}

/// Where people meet.
pub(super) struct Place {
    /// `None` where everybody is in this process.
    servers: Vec<Handle>,
    memory: Memory,
    worker: Option<worker::Handle>,
    pub(super) topics: Topics,
    json_rpc: bool,
    /// Its server may end with it.
    broker: Option<Arc<dyn Broker>>,
    came: std::cell::Cell<usize>,
}

/// Somebody who is there.
pub(super) struct Person {
    pub(super) client: MeetingClient,
    heard: UnboundedReceiver<String>,
}

impl Place {
    fn of(topics: Topics) -> Self {
        Self {
            servers: Vec::new(),
            memory: Memory::new(),
            worker: None,
            topics,
            json_rpc: false,
            broker: None,
            came: std::cell::Cell::new(0),
        }
    }

    pub(super) async fn local() -> Self {
        Self::of(Topics::new())
    }

    pub(super) async fn server(url: &str) -> Self {
        Self::with(url, Topics::new(), Limits::default()).await
    }

    pub(super) async fn with(url: &str, topics: Topics, limits: Limits) -> Self {
        let mut place = Self::of(topics.clone());
        let host = Host {
            topics,
            format: None,
        };
        let server = Server::new(host).transport(place.memory.clone());
        let server = server.limits(limits).listen(url).await.expect("free");
        place.servers.push(server.spawn());
        place
    }

    pub(super) async fn json_rpc() -> Self {
        Self::server("ws://127.0.0.1:0").await.speaking_json_rpc()
    }

    /// Two servers with handlers of their own.
    pub(super) async fn two_servers(broker: Arc<dyn Broker>) -> Self {
        let mut place = Self::of(Topics::over(&broker).await.expect("a broker"));
        for topics in [
            place.topics.clone(),
            Topics::over(&broker).await.expect("a broker"),
        ] {
            let host = Host {
                topics,
                format: None,
            };
            let server = Server::new(host).listen("tcp://127.0.0.1:0").await;
            place.servers.push(server.expect("free").spawn());
        }
        place.broker = Some(broker);
        place
    }

    /// Two gateways and a worker.
    pub(super) async fn two_gateways(broker: Arc<dyn Broker>) -> Self {
        Self::behind(broker, &Limits::default(), None).await
    }

    /// The same, where JSON goes through the broker.
    pub(super) async fn two_gateways_of_json(broker: Arc<dyn Broker>) -> Self {
        Self::behind(broker, &Limits::default(), Some(Format::JSON)).await
    }

    pub(super) async fn behind(
        broker: Arc<dyn Broker>,
        limits: &Limits,
        format: Option<Format>,
    ) -> Self {
        let mut place = Self::of(Topics::over(&broker).await.expect("a broker"));
        let host = Host {
            topics: place.topics.clone(),
            format,
        };
        let worker = Worker::new(host).consume(&broker).await.expect("a broker");
        let worker = worker.spawn();
        // It takes work by now: not every broker keeps what comes before.
        worker.resume().await.expect("work");
        place.worker = Some(worker);
        for _ in 0..2 {
            let publisher = Publisher::with_limits(&broker, limits).await;
            let gateway = Meeting::gateway(publisher.expect("a broker"));
            let server = Server::new(gateway).listen("ws://127.0.0.1:0").await;
            place.servers.push(server.expect("free").spawn());
        }
        place.broker = Some(broker);
        place
    }

    /// The same, where clients speak JSON-RPC.
    pub(super) fn speaking_json_rpc(mut self) -> Self {
        self.json_rpc = true;
        self
    }

    /// Ends what would take work or hold connections further on.
    pub(super) async fn close(self) {
        for server in &self.servers {
            server.shutdown().await;
        }
        if let Some(worker) = self.worker {
            worker.shutdown().await;
        }
        drop(self.broker);
    }

    /// Somebody comes, to one server after the other.
    pub(super) async fn person(&self) -> Person {
        let (heard, hears) = unbounded_channel();
        let builder = MeetingClient::builder().provide(Ear { heard });
        let came = self.came.replace(self.came.get() + 1);
        let client = match self.servers.get(came % self.servers.len().max(1)) {
            None => builder.local(Host {
                topics: self.topics.clone(),
                format: None,
            }),
            Some(server) => {
                let builder = builder.transport(self.memory.clone());
                let builder = match self.json_rpc {
                    true => builder.json_rpc(),
                    false => builder,
                };
                builder.connect(server.url()).await.expect("a connection")
            }
        };
        Person {
            client,
            heard: hears,
        }
    }

    /// A client of one's own making.
    pub(super) async fn connect(&self, builder: Builder<MeetingClient>) -> MeetingClient {
        let builder = builder.transport(self.memory.clone());
        let connecting = builder.connect(self.servers[0].url());
        connecting.await.expect("a connection")
    }

    /// The peers of the servers.
    pub(super) fn peers(&self) -> Vec<Peer> {
        let servers = self.servers.iter();
        servers.flat_map(|server| server.peers().list()).collect()
    }

    /// So many people who hear a topic.
    pub(super) async fn people<const N: usize>(&self, topic: &str) -> [Person; N] {
        let mut people = Vec::new();
        for _ in 0..N {
            let person = self.person().await;
            person.joins(topic).await.expect("it may");
            people.push(person);
        }
        people.try_into().ok().expect("so many")
    }

    /// Says something from nowhere.
    pub(super) async fn announce(&self, topic: &str, text: &str) {
        let text = text.to_owned();
        let publish = self.topics.publish(topic, Said { text });
        match self.json_rpc {
            true => publish.format(Format::JSON).await,
            false => publish.await,
        }
        .expect("it is published");
    }
}

impl Person {
    pub(super) async fn joins(&self, topic: &str) -> Result<(), Status> {
        let topic = topic.to_owned();
        self.client.join(Join { topic }).await
    }

    pub(super) async fn leaves(&self, topic: &str) -> Result<(), Status> {
        let topic = topic.to_owned();
        self.client.leave(Leave { topic }).await
    }

    pub(super) async fn says(&self, topic: &str, text: &str) {
        self.says_to(topic, text, false).await.expect("it is said");
    }

    pub(super) async fn says_to(
        &self,
        topic: &str,
        text: &str,
        to_all: bool,
    ) -> Result<(), Status> {
        let (topic, text) = (topic.to_owned(), text.to_owned());
        let say = Say {
            topic,
            text,
            to_all,
        };
        self.client.say(say).await
    }

    pub(super) async fn hears(&mut self, text: &str) {
        assert_eq!(self.hears_next().await, text);
    }

    pub(super) async fn hears_next(&mut self) -> String {
        let heard = timeout(LONG, self.heard.recv()).await;
        heard.expect("something is heard").expect("it is open")
    }
}
