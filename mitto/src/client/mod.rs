//! Connects to a server, and gives back the typed stub over the connection.

mod builder;
mod error;

pub use builder::Builder;
pub use error::ConnectError;
