//! Connects to a server, and gives back the typed stub over the connection.

mod around;
mod builder;
mod error;
mod options;

pub use builder::Builder;
pub use error::ConnectError;
