#![doc = include_str!("../docs/protocol.md")]

mod error;
mod hello;
mod native;
mod parts;
mod shapes;

pub use self::error::{Fault, FrameError, PartError};
pub use self::hello::{Hello, SchemaEntry};
pub use self::native::Native;
pub use self::shapes::ShapeEntry;
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
    /// Whether frames are text, for transports that tell text from bytes.
    fn text(&self) -> bool {
        false
    }

    /// Whether a connection starts with a hello in each direction.
    fn hello(&self) -> bool {
        true
    }

    /// Writes what comes before the payload.
    ///
    /// The head is one that the other end takes: its metadata passed
    /// [`Entries::check`](crate::envelope::Entries::check), its address was parsed as one.
    fn begin(&self, head: &Head<'_>, out: &mut Vec<u8>);

    /// Writes what comes behind the payload, of the frame that began at `out[start]`.
    fn finish(&self, head: &Head<'_>, start: usize, out: &mut Vec<u8>);

    /// Reads one frame and hands every envelope in it to `each`, in order.
    ///
    /// # Errors
    ///
    /// The frame cannot be read; [`FrameError::fault`] says what the receiver does about it.
    fn parse(&self, frame: &[u8], each: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError>;

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
