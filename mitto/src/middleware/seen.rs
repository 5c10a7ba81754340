//! What becomes of a value on its way out.

use std::any::Any;
use std::sync::Mutex;

use super::Outcome;
use crate::codec::{CodecError, Encoder};
use crate::job::unsent;
use crate::message::{Body, Outgoing, Payload};
use crate::status::{Code, Status};

/// An answer that is looked at while it is encoded: one that cannot be sent is not what its caller gets.
pub(super) struct Seen<'a> {
    value: &'a mut dyn Outgoing,
    /// `encode` has `&self`, and may be called by another thread than the one that looks.
    failed: Mutex<Option<Status>>,
}

impl<'a> Seen<'a> {
    /// Sends a value; `Some` where it could not be encoded.
    pub(super) fn of(
        value: &'a mut dyn Outgoing,
        send: impl FnOnce(&mut dyn Outgoing),
    ) -> Option<Outcome> {
        let mut seen = Seen {
            value,
            failed: Mutex::default(),
        };
        send(&mut seen);
        let failed = seen.failed.into_inner().ok().flatten();
        failed.map(Outcome::Status)
    }

    fn fail(&self, status: Option<Status>) {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = status;
        }
    }
}

impl Outgoing for Seen<'_> {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        // Stands if the user's `Serialize` panics.
        let panicked = "the answer panicked while it was encoded";
        self.fail(Some(Status::new(Code::Internal, panicked)));
        let encoded = self.value.encode(to);
        self.fail(encoded.as_ref().err().map(unsent));
        encoded
    }

    fn take(&mut self) -> Body {
        self.value.take()
    }

    fn is_taken(&self) -> bool {
        self.value.is_taken()
    }

    fn payload(&mut self) -> Payload<'_> {
        self.value.payload()
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        self.value.as_any()
    }
}
