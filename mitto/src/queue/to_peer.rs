//! The queue of a peer: requests are handed on to it as they are.

use std::sync::Arc;

use super::Queue;
use super::kept::Kept;
use super::onward::{Handed, Name, Onward};
use crate::job::{Answer, Job, Run};
use crate::message::MessageKind;
use crate::peer::Peer;
use crate::status::Status;

/// Hands one kind of request on to a peer.
pub(crate) struct ToPeer {
    peer: Peer,
    name: Arc<str>,
    kind: MessageKind,
}

impl ToPeer {
    pub(crate) fn new(peer: Peer, name: Arc<str>, kind: MessageKind) -> Self {
        Self { peer, name, kind }
    }
}

impl Queue for ToPeer {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let Some(out) = self.peer.outbound() else {
            answer.fail(Status::unavailable(
                "there is nobody to hand the request to",
            ));
            return Run::done();
        };
        let onward = Onward {
            out: out.clone(),
            kind: self.kind,
            states: false,
            name: Name::Given(self.name.clone()),
        };
        let mut job = job;
        match onward.hand(&mut job, answer) {
            Handed::Ended => Run::done(),
            Handed::Unsent(status, answer) => {
                answer.fail(status);
                Run::done()
            }
            Handed::Sent(relay) => Run::relay(relay),
            Handed::Waits(waits, answer) => match Kept::copy(&job) {
                Ok(kept) => Run::new(async move {
                    match waits.room(&kept, answer).await {
                        Handed::Sent(relay) => relay.await,
                        Handed::Unsent(status, answer) => answer.fail(status),
                        Handed::Ended | Handed::Waits(..) => {}
                    }
                }),
                Err(status) => {
                    answer.fail(status);
                    Run::done()
                }
            },
        }
    }
}
