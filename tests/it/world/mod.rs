//! One service, one client, and every way between them.
//!
//! A fact is an `async fn(world: World)`; [`in_every_way!`] makes one test of it for each way. A test
//! is named for the fact and the way: `typed_error::websocket_json_elsewhere`.

mod app;
mod elsewhere;
mod events;
mod messages;
mod service;

use std::time::Duration;

use mitto::built_in::BuiltIn;
use mitto::client::Builder;
use mitto::provider::Serves;
use mitto::schema::ServerSide;
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{Format, Limits, Server};
use tokio::sync::mpsc;

pub(crate) use app::TheApp;
pub(crate) use elsewhere::Elsewhere;
pub(crate) use events::Events;
pub(crate) use messages::*;
pub(crate) use service::TheService;

use crate::codec::Pretty;
use crate::seams::lines::Lines;
use crate::seams::pipes::Pipes;

/// How the client reaches the handlers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) reach: Reach,
    pub(crate) format: Format,
    pub(crate) runs: Runs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    InProcess,
    Memory,
    WebSocket,
    /// Over WebSocket, as JSON-RPC.
    JsonRpc,
    /// The same through memory.
    JsonRpcMemory,
    /// Over a transport that is not in the crate.
    OwnTransport,
    /// Through memory, in a framing that is not in the crate.
    OwnFraming,
}

/// Where the handlers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    Here,
    Elsewhere,
}

impl Way {
    /// Runs a test, which fails when it hangs.
    pub(crate) async fn run(self, test: impl Future<Output = ()>) {
        let patience = match self.reach {
            Reach::WebSocket | Reach::JsonRpc => Duration::from_secs(30),
            _ => {
                tokio::time::pause();
                // Takes no time at all: the clock jumps when nothing else is left to do.
                Duration::from_secs(3_600)
            }
        };
        let outcome = tokio::time::timeout(patience, test).await;
        assert!(outcome.is_ok(), "the test hangs");
    }
}

/// Makes a test of each fact for one way; the clock is paused where no socket is read.
macro_rules! one_way {
    ($fact:ident, $name:ident, $reach:ident, $format:expr, $runs:ident) => {
        #[tokio::test]
        async fn $name() {
            let way = $crate::world::Way {
                reach: $crate::world::Reach::$reach,
                format: $format,
                runs: $crate::world::Runs::$runs,
            };
            let fact = async { super::$fact($crate::world::World::open(way).await).await };
            way.run(fact).await;
        }
    };
}
pub(crate) use one_way;

/// Over every kind of connection.
macro_rules! over_connections {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::over_connections!(@memory $fact);
            $crate::world::over_connections!(@seams $fact);
            $crate::world::over_connections!(@websocket $fact);
        }
    )*};
    (@memory $fact:ident) => {
        $crate::world::one_way!($fact, memory_json, Memory, mitto::Format::JSON, Here);
        $crate::world::one_way!($fact, memory_json_elsewhere, Memory, mitto::Format::JSON, Elsewhere);
        $crate::world::one_way!($fact, memory_message_pack, Memory, mitto::Format::MESSAGE_PACK, Here);
        $crate::world::one_way!($fact, memory_message_pack_elsewhere, Memory, mitto::Format::MESSAGE_PACK, Elsewhere);
        $crate::world::one_way!($fact, memory_own_codec, Memory, $crate::codec::PRETTY, Here);
        $crate::world::one_way!($fact, memory_own_codec_elsewhere, Memory, $crate::codec::PRETTY, Elsewhere);
    };
    (@seams $fact:ident) => {
        $crate::world::one_way!($fact, own_transport, OwnTransport, mitto::Format::MESSAGE_PACK, Here);
        $crate::world::one_way!($fact, own_framing, OwnFraming, mitto::Format::JSON, Here);
        $crate::world::one_way!($fact, own_framing_elsewhere, OwnFraming, mitto::Format::JSON, Elsewhere);
    };
    (@websocket $fact:ident) => {
        $crate::world::one_way!($fact, websocket_json, WebSocket, mitto::Format::JSON, Here);
        $crate::world::one_way!($fact, websocket_json_elsewhere, WebSocket, mitto::Format::JSON, Elsewhere);
        $crate::world::one_way!($fact, websocket_message_pack, WebSocket, mitto::Format::MESSAGE_PACK, Here);
        $crate::world::one_way!($fact, websocket_message_pack_elsewhere, WebSocket, mitto::Format::MESSAGE_PACK, Elsewhere);
        $crate::world::one_way!($fact, websocket_json_rpc, JsonRpc, mitto::Format::JSON, Here);
        $crate::world::one_way!($fact, websocket_json_rpc_elsewhere, JsonRpc, mitto::Format::JSON, Elsewhere);
    };
}
pub(crate) use over_connections;

/// In process and over every kind of connection.
macro_rules! in_every_way {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::one_way!($fact, in_process, InProcess, mitto::Format::MESSAGE_PACK, Here);
            $crate::world::one_way!($fact, in_process_elsewhere, InProcess, mitto::Format::MESSAGE_PACK, Elsewhere);
            $crate::world::over_connections!(@memory $fact);
            $crate::world::over_connections!(@seams $fact);
            $crate::world::over_connections!(@websocket $fact);
        }
    )*};
}
pub(crate) use in_every_way;

/// Where the clock is paused, so that time passes only when nothing else is left to do.
macro_rules! in_paused_time {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::one_way!($fact, in_process, InProcess, mitto::Format::MESSAGE_PACK, Here);
            $crate::world::one_way!($fact, in_process_elsewhere, InProcess, mitto::Format::MESSAGE_PACK, Elsewhere);
            // Not elsewhere: through memory a JSON-RPC client is known by its first message only.
            $crate::world::one_way!($fact, memory_json_rpc, JsonRpcMemory, mitto::Format::JSON, Here);
            $crate::world::over_connections!(@memory $fact);
            $crate::world::over_connections!(@seams $fact);
        }
    )*};
}
pub(crate) use in_paused_time;

/// What a test of behaviour has.
pub(crate) struct World {
    pub(crate) way: Way,
    pub(crate) client: ServiceClient,
    /// The server, where there is a connection.
    server: Option<Handle>,
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
        }
    }

    /// With any provider of the service.
    pub(crate) async fn around(
        provider: impl Serves<Service, ServerSide>,
        way: Way,
        wishes: Wishes,
        (events, heard): (Events, mpsc::UnboundedReceiver<String>),
    ) -> Self {
        let places = Places::default();
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
            url: String::new(),
            places: places.clone(),
            events,
            heard,
        };
        let url = match way.reach {
            Reach::InProcess => {
                world.client = builder.local(provider);
                return world;
            }
            Reach::Memory | Reach::JsonRpcMemory | Reach::OwnFraming => "memory://world",
            Reach::OwnTransport => "pipes://world",
            Reach::WebSocket | Reach::JsonRpc => "ws://127.0.0.1:0",
        };
        let mut server = Server::new(provider)
            .limits(wishes.server)
            .codec(Pretty)
            .transport(places.memory)
            .transport(places.pipes);
        if way.reach == Reach::OwnFraming {
            server = server.framing(Lines);
        }
        for built_in in wishes.without {
            server = server.without(built_in);
        }
        let server = server.listen(url).await.expect("a free place");
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
        builder.connect(&self.url).await.expect("a connection")
    }

    /// A client of the same server that answers nothing.
    pub(crate) async fn client_without_handlers(&self) -> ServiceClient {
        let builder = builder(self.way, &self.places);
        builder.connect(&self.url).await.expect("a connection")
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

/// The names that servers have in this process.
#[derive(Clone, Default)]
struct Places {
    memory: Memory,
    pipes: Pipes,
}

fn builder(way: Way, places: &Places) -> Builder<ServiceClient> {
    let builder = ServiceClient::builder()
        .codec(Pretty)
        .format(way.format)
        .transport(places.memory.clone())
        .transport(places.pipes.clone());
    match way.reach {
        Reach::OwnFraming => builder.framing(Lines),
        Reach::JsonRpc | Reach::JsonRpcMemory => builder.json_rpc(),
        _ => builder,
    }
}
