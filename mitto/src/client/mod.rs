//! Connects to a server, and gives back the typed stub over the connection.

mod builder;
mod error;
mod options;
mod reconnect;

pub use builder::Builder;
pub use error::ConnectError;
pub use reconnect::Reconnect;
