//! The named list of messages that two roles exchange, in both directions.
//!
//! `mitto::schema!` writes a [`Schema`], its [`Descriptor`], and a typed stub for each direction. What is
//! listed is checked while it compiles.

mod descriptor;
mod difference;
mod list;
mod shape;
mod sort;
mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use descriptor::{Descriptor, MessageDescriptor, Names, describe, digest};
pub use difference::SchemaDifference;
pub(crate) use difference::difference;
pub use list::{List, by_id, by_name, count, distinct, join, names};
pub use shape::{Shape, ShapeOfMessage};
pub(crate) use sort::{first, key, sorted};
pub(crate) use text::Text;

/// The named list of messages that two roles exchange; written by `mitto::schema!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema [mitto::E350]",
    label = "not a schema",
    note = "a schema is made by `mitto::schema! {{ pub Name {{ .. }} }}`"
)]
pub trait Schema: 'static {
    /// The schema as data.
    const DESCRIPTOR: &'static Descriptor;

    /// The messages that the server handles.
    const TO_SERVER: &'static List;

    /// The messages that the client handles.
    const TO_CLIENT: &'static List;
}

/// A type that is a [`Schema`]; every schema is one.
///
/// Generated code asks for this, as the compiler would answer a bound on `Schema` itself with a list of
/// all schemas.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema [mitto::E350]",
    label = "not a schema",
    note = "a schema is made by `mitto::schema! {{ pub Name {{ .. }} }}`"
)]
pub trait IsSchema: 'static {
    /// The schema as data.
    const DESCRIPTOR: &'static Descriptor;

    /// The messages that the server handles.
    const TO_SERVER: &'static List;

    /// The messages that the client handles.
    const TO_CLIENT: &'static List;
}

#[diagnostic::do_not_recommend]
impl<C: Schema> IsSchema for C {
    const DESCRIPTOR: &'static Descriptor = C::DESCRIPTOR;
    const TO_SERVER: &'static List = C::TO_SERVER;
    const TO_CLIENT: &'static List = C::TO_CLIENT;
}

/// One of the two roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server.
    Server,
    /// The client.
    Client,
}

impl Side {
    /// The other role.
    pub const fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A [`Side`] as a type: [`ServerSide`] or [`ClientSide`].
pub trait End: Send + Sync + 'static {
    /// The same as a value.
    const SIDE: Side;

    /// The other role.
    type Other: End;
}

/// The server.
#[derive(Clone, Copy, Debug)]
pub enum ServerSide {}

/// The client.
#[derive(Clone, Copy, Debug)]
pub enum ClientSide {}

impl End for ServerSide {
    const SIDE: Side = Side::Server;
    type Other = ClientSide;
}

impl End for ClientSide {
    const SIDE: Side = Side::Client;
    type Other = ServerSide;
}

/// A message that schema `C` itself lists as going to `E`; written by `mitto::schema!`.
pub trait SentTo<E, C> {
    /// Its place in the list: [`At`].
    type At;
}

/// A place in a schema's list.
#[derive(Clone, Copy, Debug)]
pub struct At<const N: usize>;
