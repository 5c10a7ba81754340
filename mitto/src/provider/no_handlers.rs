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

#[diagnostic::do_not_recommend]
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
        let known = self.descriptor.message(self.side, job.message);
        let message = known.map_or_else(|| job.message.to_string(), |m| format!("`{}`", m.name));
        let text = format!(
            "this {} was given no handlers, so it does not answer {message}: use `provide`",
            self.side
        );
        answer.fail(Status::not_found(text));
        Run::done()
    }
}
