//! A peer whose calls go to one address.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::delegate::tell_of_out;
use super::{CallHead, Handover, Outbound, Started, Wait};
use crate::address::OwnedAddress;
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::message::Outgoing;
use crate::status::Status;

/// Sends to an address what names none itself.
pub(super) struct Addressed {
    pub(super) out: Arc<dyn Outbound>,
    pub(super) address: OwnedAddress,
}

impl Addressed {
    fn head<'a>(&'a self, head: &CallHead<'a>) -> CallHead<'a> {
        CallHead {
            address: head.address.or(Some(self.address.as_address())),
            ..*head
        }
    }
}

impl Outbound for Addressed {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        self.out.start(&self.head(head), message, wait, cx)
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        self.out.notify(&self.head(head), message, wait, cx)
    }

    fn leave(&self, wait: &mut Wait) {
        self.out.leave(wait);
    }

    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        self.out.poll_reply(id, cx)
    }

    fn hand_over(&self, id: CorrelationId, to: Handover) -> bool {
        self.out.hand_over(id, to)
    }

    fn taken(&self, id: CorrelationId, bytes: usize) -> usize {
        self.out.taken(id, bytes)
    }

    fn cancel(&self, id: CorrelationId) {
        self.out.cancel(id);
    }

    fn recycle(&self, bytes: Vec<u8>) {
        self.out.recycle(bytes);
    }

    tell_of_out!();
}
