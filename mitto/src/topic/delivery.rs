//! What was published, on its way to the peers of this process.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::hub::{Hub, Subscriber};
use crate::codec::Format;
use crate::envelope::{MessageId, Metadata};
use crate::escaped::Escaped;
use crate::limits::{Gate, Limit, reached};
#[cfg(feature = "broker")]
use crate::message::Encoded;
use crate::message::{MessageKind, Outgoing};
use crate::peer::{CallHead, Wait};
use crate::runtime::unix_seconds;
use crate::status::{Code, Status};

/// What was published, on its way to the peers of this process.
pub(super) struct Delivery {
    /// `None` where nobody hears it.
    subscribers: Option<Arc<Vec<Subscriber>>>,
    next: usize,
    /// 0 for nobody.
    except: u64,
}

/// What everybody is told.
pub(super) struct Told<'a> {
    pub(super) message: MessageId,
    pub(super) name: &'a str,
    pub(super) metadata: &'a Metadata,
    /// Where it is encoded already.
    pub(super) format: Option<Format>,
}

impl Delivery {
    /// To all who hear a topic now, but for the one of this number.
    pub(super) fn new(hub: &Hub, topic: &str, except: u64) -> Self {
        Self {
            subscribers: hub.subscribers(topic),
            next: 0,
            except,
        }
    }

    /// Tells at most so many peers. Whether all are told.
    ///
    /// Nobody is waited for: a peer whose connection has no room now does not get it.
    pub(super) fn tell(
        &mut self,
        most: usize,
        hub: &Hub,
        told: &Told<'_>,
        message: &mut dyn Outgoing,
    ) -> bool {
        let Some(all) = &self.subscribers else {
            return true;
        };
        let end = self.next.saturating_add(most).min(all.len());
        for subscriber in &all[self.next..end] {
            if self.except != 0 && subscriber.number == self.except {
                continue;
            }
            match send(subscriber, told, message) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(status)) if is_gone(&status) => {}
                Poll::Ready(Err(status)) => {
                    hub.count_dropped();
                    refused(subscriber.peer.remote(), told.name, &status);
                }
                Poll::Pending => {
                    hub.count_dropped();
                    reached(Limit::Outbound, subscriber.peer.remote());
                }
            }
        }
        self.next = end;
        end == all.len()
    }
}

/// What has come from beyond this process.
#[cfg(feature = "broker")]
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) message: MessageId,
    pub(crate) name: &'a str,
    /// The number of the peer that does not get it; 0 for none.
    pub(crate) except: u64,
    pub(crate) metadata: &'a Metadata,
    pub(crate) format: Format,
    pub(crate) body: &'a [u8],
}

#[cfg(feature = "broker")]
impl Hub {
    /// Tells the peers of this process what has come from beyond it.
    pub(crate) fn hear(&self, topic: &str, heard: Heard<'_>) {
        let Heard {
            message,
            name,
            except,
            metadata,
            format,
            body,
        } = heard;
        let told = Told {
            message,
            name,
            metadata,
            format: Some(format),
        };
        let mut message = Encoded {
            format,
            bytes: body,
        };
        Delivery::new(self, topic, except).tell(usize::MAX, self, &told, &mut message);
    }
}

/// Sends without waiting for room.
fn send(
    subscriber: &Subscriber,
    told: &Told<'_>,
    message: &mut dyn Outgoing,
) -> Poll<Result<(), Status>> {
    let Some(out) = subscriber.peer.out() else {
        return Poll::Ready(Ok(()));
    };
    let head = CallHead {
        message: told.message,
        name: told.name,
        kind: MessageKind::Notification,
        idempotent: false,
        timeout: None,
        address: None,
        metadata: told.metadata.entries(),
        format: told.format,
        forwarded: None,
        caller: None,
        client: None,
        now: None,
    };
    let mut wait = Wait::default();
    let sent = out.notify(
        &head,
        message,
        &mut wait,
        &mut Context::from_waker(Waker::noop()),
    );
    if sent.is_pending() {
        out.leave(&mut wait);
    }
    sent
}

/// Whether the connection has ended, which ends its subscriptions.
fn is_gone(status: &Status) -> bool {
    matches!(status.code(), Code::ConnectionLost | Code::Unavailable)
}

#[cold]
fn refused(at: &str, name: &str, status: &Status) {
    // Of the process, so that the log is bounded.
    static REFUSED: Gate = Gate::new();
    if let Some(unshown) = REFUSED.pass(unix_seconds()) {
        tracing::warn!(
            at = %Escaped(at),
            name = %Escaped(name),
            status = %Escaped(status),
            unshown,
            "a peer did not get what was published"
        );
    }
}
