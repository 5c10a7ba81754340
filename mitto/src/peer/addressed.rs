//! A peer whose calls go to one address.

use std::sync::Arc;

use super::delegate::{send_by_out, tell_of_out};
use super::{CallHead, Outbound};
use crate::address::OwnedAddress;

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
    send_by_out!();

    tell_of_out!();
}
