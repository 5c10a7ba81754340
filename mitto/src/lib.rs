//! Typed request/response messaging, from one process to a fleet.

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
pub mod session;
pub mod status;
pub mod transport;

#[cfg(feature = "macros")]
pub use mitto_derive::{Notification, Request, handler, provider};
pub use schema::Sends;

/// Declares the messages that two roles exchange.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! schema {
    ($($schema:tt)*) => {
        $crate::private::schema! { ($crate) $($schema)* }
    };
}
