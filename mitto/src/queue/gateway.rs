//! A provider without handlers: it hands everything on.

use std::fmt;
use std::sync::Arc;

use super::Queue;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Run};
use crate::provider::{MessageProvider, Serves};
use crate::schema::{Descriptor, Schema, ServerSide, Side};

/// What a server is made of that owns connections and has no handlers: a schema, and a queue that
/// everything is handed on to. Made by the schema: `Chat::gateway(queue)`; [`Queue`] has an example.
#[derive(Clone)]
pub struct Gateway {
    descriptor: &'static Descriptor,
    queue: Arc<dyn Queue>,
}

impl Gateway {
    /// Hands what goes to the server of schema `C` on to `queue`.
    pub fn new<C: Schema>(queue: impl Queue) -> Self {
        queue.prepare(C::DESCRIPTOR);
        Self {
            descriptor: C::DESCRIPTOR,
            queue: Arc::new(queue),
        }
    }
}

#[diagnostic::do_not_recommend]
impl MessageProvider for Gateway {
    fn descriptor(&self) -> &Descriptor {
        self.descriptor
    }

    fn side(&self) -> Side {
        Side::Server
    }

    fn handles(&self, id: MessageId) -> bool {
        self.descriptor.message(Side::Server, id).is_some()
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        self.queue.submit(job, answer)
    }
}

/// A gateway serves whatever its queue does; which schema that is was given when it was made.
#[diagnostic::do_not_recommend]
impl<C: Schema> Serves<C, ServerSide> for Gateway {}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("schema", &self.descriptor.name)
            .finish_non_exhaustive()
    }
}
