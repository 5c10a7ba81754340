//! Typed request/response messaging, from one process to a fleet.
//!
//! You annotate structs and functions. The macros give each message a stable id, tie each request to
//! its response and error type, build the table of handlers while the program compiles, and write typed
//! client stubs. The same handlers run in process, where nothing is encoded, behind a socket, in workers
//! behind a broker, and on many servers by address; either end of a connection may call the other.
//!
//! ```
//! use mitto::{Request, Server, handler, provider};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize, Request)]
//! #[request(response = String)]
//! pub struct Greet {
//!     pub name: String,
//! }
//!
//! mitto::schema! {
//!     /// Who sends what to whom.
//!     pub Hello {
//!         client => server as HelloClient: [Greet],
//!     }
//! }
//!
//! #[provider(server of Hello: [greet])]
//! pub struct HelloServer;
//!
//! #[handler]
//! async fn greet(req: Greet) -> String {
//!     format!("Hello, {}!", req.name)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = Server::new(HelloServer).listen("ws://127.0.0.1:0").await?.spawn();
//!
//!     let client = HelloClient::connect(server.url()).await?;
//!     assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
//!
//!     // The same client type, without a connection:
//!     let client = HelloClient::local(HelloServer);
//!     assert_eq!(client.greet(Greet { name: "Bob".into() }).await?, "Hello, Bob!");
//!
//!     server.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! The [`guide`] has a section for each subject: errors, streams, calling back, deadlines, testing. Its pages are
//!
//! - [`guide::hosts`]: from one process to many hosts; [`guide::brokers`]: what RabbitMQ, NATS and MQTT are told
//! - [`guide::delivery`]: what becomes of messages when a connection, a process or a broker is lost
//! - [`guide::security`]: who may do what, and what is checked where
//! - [`guide::telemetry`]: traces, metrics, health; [`guide::performance`]: what a request costs
//! - [`guide::errors`]: the compile errors, by code.
//!
//! Beside them stand the pages of [`limits`], the [formats](codec) and the [protocol](framing).
//!
//! # How a request travels
//!
//! 1. A stub's method makes a [`Call`]; its first poll sends it through the [`Peer`].
//! 2. The [`codec`] encodes the message into the connection's out buffer, inside a frame as the
//!    [`framing`] lays it out.
//! 3. [`in_flight`] holds a slot for the reply; dropping the `Call` frees it and cancels the request.
//! 4. The [`transport`] writes the frames that have gathered.
//! 5. The server's [`session`] reads frames and submits a [`Job`](job::Job), which borrows from the read
//!    buffer, with an [`Answer`](job::Answer) to its [`queue`]: mostly [the one](queue::PassThrough) that runs
//!    handlers in this process; others hand it on to a broker or another server.
//! 6. The [provider](mod@provider) finds the handler by message id; the [handler](mod@handler)'s module
//!    decodes the message, extracts the arguments and runs the fn.
//! 7. The `Answer` encodes the outcome into the server's out buffer. Dropped unused it answers
//!    [`Code::Internal`], so every request ends with exactly one outcome.
//! 8. The client's session fills the slot and wakes the caller, whose task decodes the reply.
//!
//! In process ([`client::Builder::local`]) the steps 2 to 5 are a function call.
//!
//! # Features
//!
//! | feature | default | gives |
//! | --- | --- | --- |
//! | `client` | yes | [`client`]: connecting, once or again and again, and the stubs' `connect`, `builder`, `local` |
//! | `server` | yes | [`server`]: listening, the list of connected peers |
//! | `macros` | yes | [`Request`], [`Notification`], [`schema!`], [`macro@handler`], [`macro@provider`] |
//! | `websocket` | yes | [`ws://`](transport::websocket); turns `tcp` on |
//! | `tcp` | yes | [`tcp://`](transport::tcp): frames behind their length |
//! | `json` | yes | [`Format::JSON`] |
//! | `json-rpc` | yes | [JSON-RPC 2.0](framing#json-rpc-20): servers take any client, clients can be one; turns `json` and `websocket` on |
//! | `messagepack` | yes | [`Format::MESSAGE_PACK`], the default format |
//! | `xml` | | [`Format::XML`]; every message takes longer to compile, once for this, `bytes` and `custom-codecs` together |
//! | `bytes` | | [`Format::BYTES`], for files and texts; compiles as `xml` does |
//! | `compact` | | [`Format::COMPACT`], for ends with equal types; every message takes a little longer to compile |
//! | `unix` | | `unix://`: `transport::unix`; nothing on other systems |
//! | `tls` | | `tls://`, and `wss://` with `websocket`: `transport::tls`; turns `tcp` on |
//! | `proxy` | | clients connect through an HTTP proxy: `transport::proxy`; turns `tcp` on |
//! | `metrics` | | what a process does, through the `metrics` facade: [`limits`] reached, connections, bytes, `middleware::Metrics` |
//! | `blocking` | | `blocking`: clients without async; turns `client` on |
//! | `signals` | | `run_until_signal`: servers and workers that SIGINT, SIGTERM and Ctrl-C end gently; turns `server` on |
//! | `axum` | | `server::axum`: a server as a route of an axum app; turns `server` and `websocket` on |
//! | `tower` | | `middleware::Tower`: layers of `tower` around requests |
//! | `broker` | | `queue::broker`, `worker`: gateways and workers, with a broker in this process |
//! | `rabbitmq` | | `queue::broker::rabbitmq`: requests through RabbitMQ; turns `broker` on |
//! | `mqtt` | | `queue::broker::mqtt`: requests through an MQTT 5 broker; turns `broker` and `tls` on, needs Rust 1.89 |
//! | `nats` | | `queue::broker::nats`: requests through NATS, or JetStream; turns `broker` and `tls` on, needs Rust 1.89 |
//! | `host` | | `router`, `queue::Forward`: requests by address, to other servers; `host`: applications, nodes and hosts in TOML, JSON or XML; `pipeline`: steps that a configuration puts together; turns `client`, `server` and `json` on |
//! | `custom-codecs` | | formats of your own: `codec::Codec`; compiles as `xml` does |
//!
//! # Layout
//!
//! A module for each word, listed from the top; each uses only those in the lines below it.
//!
//! - `host` runs what a configuration says
//! - [`server`] listens, [`client`] connects, `worker` takes requests from a broker
//! - `router` picks a place by address, [`session`] is one live connection, the same at both ends
//! - [`queue`] hands requests on
//! - [`built_in`] are the requests that every end answers
//! - [`mod@provider`] is the table of handlers, `pipeline` puts steps together as a configuration says
//! - [`mod@handler`] runs handlers, [`middleware`] stands around requests, in both directions
//! - [`context`] is what a handler may know
//! - [`job`] is one request on its way to a handler, [`topic`] tells many peers one thing
//! - [`peer`] is the other end, to be called
//! - [`framing`] lays out frames, [`in_flight`] waits for replies, [`mod@schema`] says who sends what
//! - [`message`] are the user's structs
//! - [`envelope`] is what travels around them
//! - [`auth`] says who the other end is
//! - [`address`] is what is asked, [`codec`] turns values into bytes, [`transport`] moves them, [`limits`] bounds
//!   everything, [`status`] is what travels when a call fails
//! - [`telemetry`] is what can be said of it all to who watches

pub mod address;
pub mod auth;
mod backoff;
pub mod built_in;
#[cfg(feature = "client")]
pub mod client;
pub mod codec;
pub mod context;
pub mod envelope;
mod escaped;
pub mod framing;
pub mod handler;
#[cfg(feature = "host")]
pub mod host;
pub mod in_flight;
pub mod job;
pub mod limits;
pub mod message;
pub mod middleware;
mod panics;
pub mod peer;
#[cfg(feature = "host")]
pub mod pipeline;
#[doc(hidden)]
pub mod private;
pub mod provider;
pub mod queue;
#[cfg(feature = "host")]
pub mod router;
mod runtime;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod session;
#[cfg(feature = "signals")]
mod signals;
pub mod status;
pub mod telemetry;
pub mod topic;
pub mod transport;
#[cfg(feature = "broker")]
pub mod worker;

pub use address::Address;
pub use auth::Identity;
#[cfg(feature = "client")]
pub use client::Reconnect;
#[cfg(feature = "blocking")]
pub use client::blocking;
pub use codec::Format;
pub use context::Context;
pub use envelope::Metadata;
pub use handler::{Extract, Items, State};
pub use limits::Limits;
pub use peer::{Call, ItemStream, Peer, Retry, Sends};
pub use provider::MessageProvider;
#[cfg(feature = "host")]
pub use router::Router;
#[cfg(feature = "server")]
pub use server::Server;
pub use status::{CallError, Code, Status};
pub use topic::Topics;
#[cfg(feature = "broker")]
pub use worker::Worker;

#[cfg(all(feature = "macros", feature = "host"))]
pub use mitto_derive::step;
#[cfg(feature = "macros")]
pub use mitto_derive::{Notification, Request, handler, provider};

/// Declares the messages that two roles exchange, and makes a typed stub for each direction.
///
/// See [the guide](guide#schema).
///
/// ```
/// # use mitto::{Notification, Request};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # pub struct Join {}
/// # #[derive(Serialize, Deserialize, Request)]
/// # pub struct Leave {}
/// # #[derive(Serialize, Deserialize, Notification)]
/// # pub struct Said { pub text: String }
/// mitto::schema! {
///     /// A chat between one server and many clients.
///     pub Chat {
///         client => server as ChatClient: [Join, Leave as go_away],
///         server => client as ChatCaller: [Said],
///     }
/// }
/// # fn main() {}
/// ```
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! schema {
    ($($schema:tt)*) => {
        $crate::private::schema! { ($crate) $($schema)* }
    };
}

/// How to use it: a section for each subject.
#[cfg(all(feature = "client", feature = "server", feature = "macros"))]
pub mod guide {
    #![doc = include_str!("docs/guide.md")]

    /// The compile errors, by code.
    pub mod errors {
        #![doc = include_str!("docs/errors.md")]
    }

    /// Spans, metrics and health: what can be watched.
    pub mod telemetry {
        #![doc = include_str!("docs/telemetry.md")]
    }

    /// What becomes of messages when a connection, a process or a broker is lost.
    pub mod delivery {
        #![doc = include_str!("docs/delivery.md")]
    }

    /// What each broker has to be told, and where a message's parts travel.
    #[cfg(feature = "broker")]
    pub mod brokers {
        #![doc = include_str!("docs/brokers.md")]
    }

    /// From one process to many hosts: addresses, configurations, nodes that move.
    #[cfg(feature = "host")]
    pub mod hosts {
        #![doc = include_str!("docs/hosts.md")]
    }

    /// Who may do what, and what comes from outside: what is checked where.
    pub mod security {
        #![doc = include_str!("docs/security.md")]
    }

    /// What a request costs, beside other libraries, and what to choose when.
    pub mod performance {
        #![doc = include_str!("docs/performance.md")]
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
