//! JSON-RPC 2.0.

mod answers;
mod asked;
mod canonical;
mod codes;
mod connection;
mod extra;
mod id;
mod members;
mod message;
mod names;
mod requests;
mod scan;
mod streams;
mod write;

use std::fmt;
use std::sync::Arc;

pub use names::Methods;

use super::{FrameError, Framing};
use crate::codec::Format;
use crate::envelope::{Envelope, Head};
use crate::limits::Limits;
use crate::status::Status;
use connection::Connection;

/// The names of the WebSocket subprotocol. None is registered, so these are those
/// in use.
const SUBPROTOCOLS: &[&str] = &[
    "jsonrpc-2.0",
    "jsonrpc2.0",
    "jsonrpc",
    "json-rpc-2.0",
    "json-rpc",
];

/// What the methods of the protocol itself begin with. No message has a name with a point.
const RESERVED: &str = "mitto.";
const CANCEL: &str = "mitto.cancel";
const PROGRESS: &str = "mitto.progress";
const ITEM: &str = "mitto.item";
const END: &str = "mitto.end";

/// JSON-RPC 2.0: every message is a text that any JSON-RPC library can write and read.
///
/// A server speaks it to every client that begins with it, a client where its builder says
/// `json_rpc()`; nobody needs to make one. The page on [framing](crate::framing) describes it.
#[derive(Clone)]
pub struct JsonRpc {
    methods: Arc<Methods>,
    limits: Limits,
}

impl JsonRpc {
    /// The framing of an end that answers these methods.
    pub fn new(methods: Methods, limits: &Limits) -> Self {
        Self {
            methods: Arc::new(methods),
            limits: limits.clone(),
        }
    }
}

/// Stands for the connections to come: each one has [its own](Framing::connection), which knows the
/// ids that are in use there.
impl Framing for JsonRpc {
    fn connection(&self) -> Option<Arc<dyn Framing>> {
        let connection = Connection::new(self.methods.clone(), &self.limits);
        Some(Arc::new(connection))
    }

    fn text(&self) -> bool {
        true
    }

    fn hello(&self) -> bool {
        false
    }

    fn subprotocols(&self) -> &'static [&'static str] {
        SUBPROTOCOLS
    }

    fn format(&self) -> Option<Format> {
        Some(Format::JSON)
    }

    fn begin(&self, _: &Head<'_>, _: &mut Vec<u8>) {}

    fn finish(&self, _: &Head<'_>, _: usize, _: &mut Vec<u8>) {}

    fn parse(&self, _: &[u8], _: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError> {
        Ok(())
    }

    fn write_status(&self, status: &Status, out: &mut Vec<u8>) {
        codes::write_status(status, out);
    }

    fn read_status(&self, payload: &[u8]) -> Status {
        codes::read_status(payload)
    }

    fn write_credit(&self, _: u32, _: &mut Vec<u8>) {}

    fn read_credit(&self, _: &[u8]) -> Option<u32> {
        None
    }
}

impl fmt::Debug for JsonRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonRpc").finish_non_exhaustive()
    }
}
