//! One service, one client, and every way between them.
//!
//! A fact is an `async fn(world: World)`; the macros of [`matrix`] make one test of it for each way. A
//! test is named for the fact, the transport, the format and the place where handlers run:
//! `typed_error_arrives_typed::wss::xml_elsewhere`.

mod app;
mod brokers;
mod elsewhere;
mod events;
mod hops;
mod matrix;
mod messages;
mod places;
mod service;
mod way;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mitto::built_in::BuiltIn;
use mitto::provider::Serves;
use mitto::queue::broker::{Broker, Publisher};
use mitto::router::{Router, Routes};
use mitto::schema::ServerSide;
use mitto::server::Handle;
use mitto::{Limits, Server, Worker, worker};
use tokio::sync::mpsc;

pub(crate) use app::TheApp;
pub(crate) use elsewhere::Elsewhere;
pub(crate) use events::Events;
pub(crate) use matrix::{
    check, in_every_format, in_every_way, in_paused_time, over_connections, tests,
};
pub(crate) use messages::*;
pub(crate) use service::TheService;
pub(crate) use way::{Reach, Runs, Way};

use crate::codec::Pretty;
use crate::seams::lines::Lines;
use hops::Hop;
use places::{Places, builder};

/// What a test of behaviour has.
pub(crate) struct World {
    pub(crate) way: Way,
    pub(crate) client: ServiceClient,
    /// The server, where there is a connection.
    server: Option<Handle>,
    /// Where the handlers run, behind a broker.
    worker: Option<worker::Handle>,
    /// The servers that a server forwards to.
    hops: Vec<Hop>,
    /// The node that calls go to.
    pub(crate) node: Option<String>,
    url: String,
    places: Places,
    events: Events,
    heard: mpsc::UnboundedReceiver<String>,
}

/// What a test may want other than usual.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) server: Limits,
    pub(crate) client: Limits,
    pub(crate) without: Vec<BuiltIn>,
}

/// A queue, and a worker with the service, at a node of their own.
async fn behind_a_broker(
    service: TheService,
    broker: &Arc<dyn Broker>,
    limits: &Limits,
) -> (Publisher, worker::Handle, String) {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let node = format!("world/w{}", NEXT.fetch_add(1, Relaxed));
    let worker = Worker::new(service)
        .limits(limits.clone())
        .codec(Pretty)
        .node(&node);
    let worker = worker.consume(broker).await.expect("a broker").spawn();
    // It takes work by now: not every broker keeps what comes before.
    worker.resume().await.expect("work");
    let publisher = Publisher::with_limits(broker, limits).await;
    let publisher = publisher.expect("a broker").to_node(&node);
    (publisher.expect("a node"), worker, node)
}

/// The client, for calls to a node.
fn addressed(client: &ServiceClient, node: &str) -> ServiceClient {
    ServiceClient::from(client.peer().at(node).expect("a node"))
}

impl World {
    pub(crate) async fn open(way: Way) -> Self {
        Self::with(way, Wishes::default()).await
    }

    pub(crate) async fn with(way: Way, wishes: Wishes) -> Self {
        let (events, heard) = Events::new();
        let service = TheService {
            events: events.clone(),
            word: "sesame".into(),
        };
        let limits = wishes.server.clone();
        match way.runs {
            Runs::Here => Self::around(service, way, wishes, (events, heard)).await,
            Runs::Elsewhere => {
                let gateway = Service::gateway(Elsewhere::new(service, &limits));
                Self::around(gateway, way, wishes, (events, heard)).await
            }
            Runs::OneHop | Runs::TwoHops => {
                let last = Hop::new(service, &limits).await;
                let mut hops = vec![last];
                if way.runs == Runs::TwoHops {
                    let gateway = Service::gateway(hops[0].forward());
                    hops.push(Hop::new(gateway, &limits).await);
                }
                let gateway = Service::gateway(hops[hops.len() - 1].forward());
                let mut world = Self::around(gateway, way, wishes, (events, heard)).await;
                world.hops = hops;
                world
            }
            Runs::Route => {
                let broker = brokers::broker(way.runs);
                let (publisher, worker, node) = behind_a_broker(service, &broker, &limits).await;
                let routes = Routes::new().node(&*node, publisher).expect("a node");
                let gateway = Service::gateway(Router::new(routes));
                let mut world = Self::around(gateway, way, wishes, (events, heard)).await;
                world.client = addressed(&world.client, &node);
                world.worker = Some(worker);
                world.node = Some(node);
                world
            }
            runs => {
                let broker = brokers::broker(runs);
                let (publisher, worker, _) = behind_a_broker(service, &broker, &limits).await;
                let gateway = Service::gateway(publisher);
                let mut world = Self::around(gateway, way, wishes, (events, heard)).await;
                world.worker = Some(worker);
                world
            }
        }
    }

    /// With any provider of the service.
    pub(crate) async fn around(
        provider: impl Serves<Service, ServerSide>,
        way: Way,
        wishes: Wishes,
        (events, heard): (Events, mpsc::UnboundedReceiver<String>),
    ) -> Self {
        let places = Places::new(way.reach);
        let app = TheApp {
            events: events.clone(),
        };
        let builder = builder(way, &places)
            .provide(app)
            .limits(wishes.client.clone());
        let mut world = Self {
            way,
            client: ServiceClient::from(mitto::Peer::nobody()),
            server: None,
            worker: None,
            hops: Vec::new(),
            node: None,
            url: String::new(),
            places: places.clone(),
            events,
            heard,
        };
        let Some(url) = places.url(way.reach) else {
            world.client = builder.local(provider);
            return world;
        };
        let server = Server::new(provider).limits(wishes.server).codec(Pretty);
        let mut server = places.listening(server);
        if way.reach == Reach::OwnFraming {
            server = server.framing(Lines);
        }
        for built_in in wishes.without {
            server = server.without(built_in);
        }
        let server = server.listen(&url).await.expect("a free place");
        world.url = server.url().to_owned();
        world.server = Some(server.spawn());
        world.client = builder.connect(&world.url).await.expect("a connection");
        world
    }

    /// The server, where there is a connection.
    pub(crate) fn server(&self) -> &Handle {
        self.server.as_ref().expect("a way with a connection")
    }

    /// A second client of the same server.
    pub(crate) async fn another_client(&self) -> ServiceClient {
        let app = TheApp {
            events: self.events.clone(),
        };
        let builder = builder(self.way, &self.places).provide(app);
        let client = builder.connect(&self.url).await.expect("a connection");
        match &self.node {
            Some(node) => addressed(&client, node),
            None => client,
        }
    }

    /// A client of the same server that answers nothing.
    pub(crate) async fn client_without_handlers(&self) -> ServiceClient {
        let builder = builder(self.way, &self.places);
        let client = builder.connect(&self.url).await.expect("a connection");
        match &self.node {
            Some(node) => addressed(&client, node),
            None => client,
        }
    }

    /// Waits for what happens next.
    pub(crate) async fn event(&mut self) -> String {
        self.heard
            .recv()
            .await
            .expect("the world itself keeps it open")
    }

    /// What has happened by now.
    pub(crate) fn event_now(&mut self) -> Option<String> {
        self.heard.try_recv().ok()
    }

    /// Lets one waiting handler go on.
    pub(crate) fn let_go(&self) {
        self.events.gate.add_permits(1);
    }

    /// Waits until the server has so many peers.
    pub(crate) async fn peers(&self, count: usize) {
        while self.server().peers().len() != count {
            tokio::task::yield_now().await;
        }
    }
}
