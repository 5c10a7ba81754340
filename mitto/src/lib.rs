//! Typed request/response messaging, from one process to a fleet.

pub mod built_in;
#[cfg(feature = "client")]
pub mod client;
pub mod codec;
pub mod context;
pub mod envelope;
pub mod framing;
pub mod handler;
pub mod in_flight;
pub mod job;
pub mod limits;
pub mod message;
pub mod peer;
#[doc(hidden)]
pub mod private;
pub mod provider;
pub mod queue;
mod runtime;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod session;
pub mod status;
pub mod transport;

pub use codec::Format;
pub use context::Context;
pub use envelope::Metadata;
pub use handler::{Extract, Items, State};
pub use limits::Limits;
pub use peer::{Call, ItemStream, Peer, Sends};
pub use provider::MessageProvider;
#[cfg(feature = "server")]
pub use server::Server;
pub use status::{CallError, Code, Status};

#[cfg(feature = "macros")]
pub use mitto_derive::{Notification, Request, handler, provider};

/// Declares the messages that two roles exchange.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! schema {
    ($($schema:tt)*) => {
        $crate::private::schema! { ($crate) $($schema)* }
    };
}
