#![doc = include_str!("../docs/protocol.md")]

mod error;
mod hello;
#[cfg(feature = "json-rpc")]
pub mod json_rpc;
mod native;
mod parts;
mod shapes;

pub use self::error::{Fault, FrameError, PartError};
pub use self::hello::{Hello, SchemaEntry};
#[cfg(feature = "json-rpc")]
pub use self::json_rpc::JsonRpc;
pub use self::native::Native;
pub use self::shapes::ShapeEntry;
use std::sync::Arc;

use crate::codec::Format;
use crate::envelope::{Envelope, Head};
use crate::status::Status;

/// Where senders cut a payload into pieces: 64 KiB. One that is not larger goes as it is.
pub const PIECE: usize = 64 << 10;

/// How the bytes of one envelope are laid out on one connection.
///
/// The session calls it between codec and transport: [`begin`](Self::begin), the codec's payload,
/// [`finish`](Self::finish), all into the connection's out buffer; and [`parse`](Self::parse) for
/// each frame that the transport hands up. The transport delimits frames.
pub trait Framing: Send + Sync + 'static {
    /// The framing of a new connection, where each one has its own because it keeps something. Without
    /// one all connections share this.
    fn connection(&self) -> Option<Arc<dyn Framing>> {
        None
    }

    /// The names of the WebSocket subprotocol that say that this framing is spoken. A client offers
    /// them; a server takes any.
    fn subprotocols(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether frames are text, for transports that tell text from bytes.
    fn text(&self) -> bool {
        false
    }

    /// Whether a connection starts with a hello in each direction.
    fn hello(&self) -> bool {
        true
    }

    /// The one format that its payloads are in, where it carries no other.
    fn format(&self) -> Option<Format> {
        None
    }

    /// Whether the reader of a stream says how much more it takes. Where it does not, a reader that is
    /// behind takes nothing at all from the connection until it has caught up.
    fn credit(&self) -> bool {
        true
    }

    /// Whether it carries several items of a stream in one envelope, whose head says
    /// [`list`](Head::list). They are sent so to an end that has said the same in its hello.
    fn lists(&self) -> bool {
        false
    }

    /// Whether a request that was cancelled still gets an answer.
    fn answers_cancel(&self) -> bool {
        false
    }

    /// Writes what comes before the payload.
    ///
    /// The head is one that the other end takes: its metadata passed
    /// [`Entries::check`](crate::envelope::Entries::check).
    fn begin(&self, head: &Head<'_>, out: &mut Vec<u8>);

    /// Writes what comes behind the payload, of the frame that began at `out[start]`. Where nothing is
    /// left of it, nothing is sent.
    fn finish(&self, head: &Head<'_>, start: usize, out: &mut Vec<u8>);

    /// Reads one frame and hands every envelope in it to `each`, in order.
    ///
    /// # Errors
    ///
    /// The frame cannot be read; [`FrameError::fault`] says what the receiver does about it.
    fn parse(&self, frame: &[u8], each: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError>;

    /// Whether it has something to say to what was parsed.
    fn has_reply(&self) -> bool {
        false
    }

    /// Writes a whole frame of its own, in answer to what it parsed. Called while
    /// [`has_reply`](Self::has_reply) says so.
    fn reply(&self, out: &mut Vec<u8>) {
        let _ = out;
    }

    /// Writes a status as the payload of an error with the status flag, or of a goodbye.
    fn write_status(&self, status: &Status, out: &mut Vec<u8>);

    /// Reads what [`write_status`](Self::write_status) wrote. What cannot be read becomes an
    /// `Internal` that says so.
    fn read_status(&self, payload: &[u8]) -> Status;

    /// Writes the payload of a credit: the bytes that a stream's sender may send beyond what it was
    /// allowed before.
    fn write_credit(&self, bytes: u32, out: &mut Vec<u8>);

    /// Reads what [`write_credit`](Self::write_credit) wrote, if it can be read.
    fn read_credit(&self, payload: &[u8]) -> Option<u32>;
}
