//! What a host answers: everything that has an address.

use std::collections::HashSet;

use super::builder::Providers;
use super::link::Anything;
use crate::built_in::BuiltIn;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Queue, Run};
use crate::provider::{MessageProvider, Serves};
use crate::router::Router;
use crate::schema::{Descriptor, MessageDescriptor, ServerSide, Side};

/// Stands before the router, where a server or a client of this process expects a provider.
pub(super) struct Entrance {
    router: Router,
    descriptor: Descriptor,
}

impl Entrance {
    pub(super) fn new(router: Router, providers: &Providers) -> Self {
        Self {
            router,
            descriptor: descriptor(providers),
        }
    }
}

impl MessageProvider for Entrance {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn side(&self) -> Side {
        Side::Server
    }

    /// Actions are no messages of a schema: what has an address is asked where that leads.
    fn handles(&self, id: MessageId) -> bool {
        !BuiltIn::MESSAGES.iter().any(|message| message.id == id)
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        self.router.submit(job, answer)
    }
}

impl Serves<Anything, ServerSide> for Entrance {}

/// All that the registered providers know, each message once.
fn descriptor(providers: &Providers) -> Descriptor {
    let mut all = Descriptor::new("host", "What the providers of a host know.", &[], &[], 0);
    for side in [Side::Server, Side::Client] {
        let mut known = HashSet::new();
        let messages: Vec<MessageDescriptor> = providers
            .values()
            .flat_map(|provider| provider.descriptor().messages_to(side))
            .filter(|message| known.insert(message.id))
            .cloned()
            .collect();
        match side {
            Side::Server => all.to_server = messages.into(),
            Side::Client => all.to_client = messages.into(),
        }
    }
    all
}
