//! The provider of an end that only asks.

use super::MessageProvider;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Run};
use crate::schema::{Descriptor, Schema, Side};
use crate::status::Status;

/// Handles nothing: what a client has that was given no provider.
#[derive(Clone, Copy, Debug)]
pub struct NoHandlers {
    descriptor: &'static Descriptor,
    side: Side,
}

impl NoHandlers {
    /// Stands for `side` of schema `C`.
    pub fn new<C: Schema>(side: Side) -> Self {
        Self {
            descriptor: C::DESCRIPTOR,
            side,
        }
    }
}

impl MessageProvider for NoHandlers {
    fn descriptor(&self) -> &Descriptor {
        self.descriptor
    }

    fn side(&self) -> Side {
        self.side
    }

    fn handles(&self, _: MessageId) -> bool {
        false
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        let text = format!(
            "this {} has no handlers; it was asked for {}",
            self.side, job.message
        );
        answer.fail(Status::not_found(text));
        Run::done()
    }
}
