//! The queue of a peer: requests are handed on to it as they are.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Queue;
use super::relay::Relay;
use crate::address::OwnedAddress;
use crate::job::{Answer, Job, OwnedJob, Run};
use crate::message::{Encoded, MessageKind};
use crate::peer::{CallHead, Outbound, Peer, Started, Wait};
use crate::runtime::Instant;
use crate::status::Status;

/// Hands one kind of request on to a peer.
pub(crate) struct ToPeer {
    peer: Peer,
    name: Arc<str>,
    kind: MessageKind,
    idempotent: bool,
}

impl ToPeer {
    pub(crate) fn new(peer: Peer, name: Arc<str>, kind: MessageKind, idempotent: bool) -> Self {
        Self {
            peer,
            name,
            kind,
            idempotent,
        }
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
        let owned = match OwnedJob::copy(&job, usize::MAX) {
            Ok(owned) => owned,
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let sending = Sending {
            out: out.clone(),
            name: self.name.clone(),
            kind: self.kind,
            idempotent: self.idempotent,
            job: owned,
            wait: Wait::default(),
        };
        Run::new(sending.run(answer))
    }
}

/// A request that waits for room.
struct Sending {
    out: Arc<dyn Outbound>,
    name: Arc<str>,
    kind: MessageKind,
    idempotent: bool,
    job: OwnedJob,
    wait: Wait,
}

impl Sending {
    async fn run(mut self, answer: Answer) {
        if self.kind == MessageKind::Notification {
            if let Err(status) = poll_fn(|cx| self.poll_notify(cx)).await {
                answer.fail(status);
            }
            return;
        }
        let started = poll_fn(|cx| self.poll_start(cx)).await;
        let out = self.wait.via.take().unwrap_or_else(|| self.out.clone());
        match started {
            Ok(Started::Waiting(id) | Started::Poll(id)) => Relay::new(out, id, answer).await,
            Ok(Started::Replied(id, reply)) => Relay::replied(out, id, reply, answer).await,
            Err(status) => answer.fail(status),
        }
    }

    fn poll_start(&mut self, cx: &mut Context<'_>) -> Poll<Result<Started, Status>> {
        let (out, mut wait) = (self.out.clone(), std::mem::take(&mut self.wait));
        let mut message = self.message();
        let started = out.start(&self.head(), &mut message, &mut wait, cx);
        self.wait = wait;
        started
    }

    fn poll_notify(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let (out, mut wait) = (self.out.clone(), std::mem::take(&mut self.wait));
        let mut message = self.message();
        let sent = out.notify(&self.head(), &mut message, &mut wait, cx);
        self.wait = wait;
        sent
    }

    fn message(&self) -> Encoded<'_> {
        Encoded {
            format: self.job.format,
            bytes: &self.job.payload,
        }
    }

    fn head(&self) -> CallHead<'_> {
        let now = Instant::now();
        let left = |deadline: Instant| deadline.saturating_duration_since(now);
        CallHead {
            message: self.job.message,
            name: &self.name,
            kind: self.kind,
            idempotent: self.idempotent,
            timeout: self.job.deadline.map(left),
            address: self.job.address.as_ref().map(OwnedAddress::as_address),
            metadata: &self.job.metadata,
            format: Some(self.job.format),
            forwarded: None,
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.out.leave(&mut self.wait);
    }
}
