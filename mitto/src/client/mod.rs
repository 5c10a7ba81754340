//! Connects to a server, once or again and again, and gives back the typed stub over the connection.

mod around;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod error;
mod options;
mod reconnect;

pub use builder::Builder;
pub use error::ConnectError;
pub use reconnect::Reconnect;
