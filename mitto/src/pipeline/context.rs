//! What a step may know and do.

use std::sync::Arc;

use super::Poster;
use super::environment::Environment;
use crate::address::{Address, AddressError, OwnedAddress};
use crate::auth::Identity;
use crate::codec::Format;
use crate::context::Context;
use crate::envelope::Metadata;
use crate::message::Travels;
use crate::peer::Peer;
use crate::runtime::Instant;
use crate::status::Status;

/// What a step may know of the message that it works on, and the way to post and call others.
#[derive(Debug)]
pub struct StepContext {
    pub(super) context: Context,
    pub(super) environment: Arc<Environment>,
    pub(super) poster: Poster,
    pub(super) format: Format,
    pub(super) hops: u8,
}

impl StepContext {
    /// Where the message went.
    pub fn address(&self) -> Option<Address<'_>> {
        self.context.address()
    }

    /// What travels beside it.
    pub fn metadata(&self) -> &Metadata {
        self.context.metadata()
    }

    /// When its caller gives up; `None` where nobody waits.
    pub fn deadline(&self) -> Option<Instant> {
        self.context.deadline()
    }

    /// Who has sent it; `None` for an anonymous caller.
    pub fn identity(&self) -> Option<&Identity> {
        self.context.identity()
    }

    /// Who has sent it, and can be called back.
    pub fn peer(&self) -> &Peer {
        self.context.peer()
    }

    /// Tells the caller that the message is being worked on: it waits a full timeout from now on.
    pub fn progress(&self) {
        self.context.progress();
    }

    /// Whether the caller has given up.
    pub fn is_cancelled(&self) -> bool {
        self.context.is_cancelled()
    }

    /// The state of this type that was given to [`Steps::state`](super::Steps::state).
    pub fn state<T: 'static>(&self) -> Option<&T> {
        self.environment.get()
    }

    /// Prints a line, where [`Print`](super::Steps#built-in-steps) does.
    pub fn print(&self, line: &str) {
        self.environment.print(line);
    }

    /// Sends a value on to an address, `application/node/action`, and does not wait for it: in the name of
    /// whoever has sent the message, with its metadata.
    ///
    /// # Errors
    ///
    /// `BadRequest` where that is no address with an action, and where the value cannot be encoded; `Busy`
    /// where more posts and calls would be on their way than
    /// [`Limits::in_flight_process`](field@crate::Limits::in_flight_process); `Unavailable` where the pipeline has no
    /// [poster](super::Pipeline::with_poster). What becomes of it later is logged where it fails.
    pub fn post<T, A>(&self, address: A, value: &T) -> Result<(), Status>
    where
        T: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        self.poster.origin(self).post(address, value)
    }

    /// Asks an address, `application/node/action`, and waits for its answer: within the deadline of the
    /// message, in the name of whoever has sent it, with its metadata.
    ///
    /// Each call that is made while another one is answered counts as a hop, so that calls which go round
    /// end with `LoopDetected`, after [`Limits::hops`](field@crate::Limits::hops) of them.
    ///
    /// # Errors
    ///
    /// Those of [`post`](Self::post), and whatever the call ends with; `Internal` where it is answered by a stream, an
    /// error of the handler's own, or another type than `R`.
    pub async fn call<T, R, A>(&self, address: A, value: &T) -> Result<R, Status>
    where
        T: Travels,
        R: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        // The value is encoded before anything is awaited, so that it need not be `Sync`.
        let asked = self.poster.origin(self).ask(address, value);
        asked?.await
    }
}
