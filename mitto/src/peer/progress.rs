//! How far a call is: what does not depend on its message, and is compiled once.

use std::task::{Context, Poll, ready};

use super::retry::Attempts;
use super::{CallHead, CallOptions, Outbound, Peer, Reply, Resend, Started, Wait};
use crate::address::AddressError;
use crate::envelope::{CorrelationId, Timing};
use crate::message::{MessageInfo, Outgoing};
use crate::status::Status;

/// What a call was given to travel with, and how far it is.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) options: CallOptions,
    /// What is wrong with the address that it was to go to.
    pub(super) wrong: Option<AddressError>,
    wait: Wait,
    /// `None` where it is not sent again.
    pub(super) attempts: Option<Box<Attempts>>,
    pub(super) state: State,
    /// When its handler ran, once the other end has said so.
    pub(super) timing: Option<Timing>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    New,
    Sent(CorrelationId),
    Done,
}

impl Progress {
    /// Sends the message if that is still to do, then waits for the next reply.
    pub(super) fn poll_reply(
        &mut self,
        peer: &Peer,
        info: &MessageInfo,
        message: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Reply> {
        self.poll(peer, info, message, cx, false)
    }

    /// The same for the reply that ends the request.
    pub(super) fn poll_answer(
        &mut self,
        peer: &Peer,
        info: &MessageInfo,
        message: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Reply> {
        self.poll(peer, info, message, cx, true)
    }

    #[inline(always)]
    fn poll(
        &mut self,
        peer: &Peer,
        info: &MessageInfo,
        message: &mut dyn Outgoing,
        cx: &mut Context<'_>,
        answer: bool,
    ) -> Poll<Reply> {
        let Some(out) = peer.out() else {
            self.state = State::Done;
            return Poll::Ready(Reply::Status(Status::unavailable(
                "there is nobody to call",
            )));
        };
        loop {
            // Looked at where it is, and handed on whole: a reply is large.
            let polled = match self.state {
                State::New => match ready!(self.start(out, info, message, cx)) {
                    Ok(Started::Replied(id, reply)) => {
                        self.state = State::Sent(id);
                        Poll::Ready(reply)
                    }
                    Ok(Started::Poll(id)) => {
                        self.state = State::Sent(id);
                        continue;
                    }
                    Ok(Started::Waiting(id)) => {
                        self.state = State::Sent(id);
                        return Poll::Pending;
                    }
                    Err(status) => {
                        if self.begins_again(info, message, &status, false) {
                            continue;
                        }
                        self.state = State::Done;
                        return Poll::Ready(Reply::Status(status));
                    }
                },
                State::Sent(id) => {
                    let via = self.wait.via.as_deref().unwrap_or(out);
                    via.poll_reply(id, cx)
                }
                State::Done => panic!("a call was polled after it ended"),
            };
            match &polled {
                Poll::Ready(Reply::Timing(timing)) => {
                    self.timing = Some(*timing);
                    continue;
                }
                Poll::Ready(Reply::Opened) if answer => continue,
                Poll::Ready(Reply::Lost(_)) if self.wait.begin_again() => {
                    self.state = State::New;
                    continue;
                }
                Poll::Ready(Reply::Status(status) | Reply::Lost(status))
                    if self.begins_again(info, message, status, true) =>
                {
                    continue;
                }
                Poll::Ready(reply) if reply.is_last() => self.state = State::Done,
                _ => {}
            }
            return polled;
        }
    }

    /// Sends the message. Never a part of a loop, ahead of which all that it reads would be loaded.
    #[inline(never)]
    fn start(
        &mut self,
        out: &dyn Outbound,
        info: &MessageInfo,
        message: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        let mut head = head(info, &self.options);
        if info.retry > 0 || self.attempts.is_some() {
            let of_message = || Box::new(Attempts::new(info.retry.into()));
            let attempts = self.attempts.get_or_insert_with(of_message);
            ready!(attempts.poll_turn(cx));
            head.timeout = Some(attempts.timeout(head.timeout));
        }
        match self.wrong {
            None => out.start(&head, message, &mut self.wait, cx),
            Some(wrong) => Poll::Ready(Err(refusal(wrong))),
        }
    }

    /// Whether it is sent again now that it has failed.
    #[inline(never)]
    fn begins_again(
        &mut self,
        info: &MessageInfo,
        message: &dyn Outgoing,
        status: &Status,
        was_sent: bool,
    ) -> bool {
        let Some(attempts) = &mut self.attempts else {
            return false;
        };
        if message.is_taken() || !attempts.fail(status, was_sent, info.idempotent) {
            return false;
        }
        self.state = State::New;
        self.wait = Wait::default();
        true
    }

    /// Sends the notification.
    pub(super) fn poll_notify(
        &mut self,
        peer: &Peer,
        info: &MessageInfo,
        message: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let Some(out) = peer.out() else {
            return Poll::Ready(Err(Status::unavailable("there is nobody to notify")));
        };
        let sent = match self.wrong {
            None => out.notify(&head(info, &self.options), message, &mut self.wait, cx),
            Some(wrong) => Poll::Ready(Err(refusal(wrong))),
        };
        if sent.is_ready() {
            self.state = State::Done;
        }
        sent
    }

    /// Whether its message is still to be sent, or may have to be sent again.
    pub(super) fn needs_message(&self) -> bool {
        match self.state {
            State::New => true,
            State::Sent(_) => {
                let attempts = self.attempts.as_ref();
                self.wait.resend != Resend::Never || attempts.is_some_and(|all| !all.is_last())
            }
            State::Done => false,
        }
    }

    /// Makes it ready for another message, with the same options.
    pub(super) fn restart(&mut self) {
        self.state = State::New;
        self.wait = Wait::default();
        if let Some(attempts) = &mut self.attempts {
            attempts.restart();
        }
    }

    /// Whether somebody was given the message who is asked for replies.
    pub(super) fn was_sent(&self) -> bool {
        self.wait.via.is_some()
    }

    /// Hands the request over to somebody else, with who is asked for its replies.
    pub(super) fn detach_from(&mut self, peer: &Peer) -> (Peer, Option<CorrelationId>) {
        let id = self.detach();
        (peer.through(self.wait.via.take()), id)
    }

    fn detach(&mut self) -> Option<CorrelationId> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Sent(id) => Some(id),
            State::New | State::Done => None,
        }
    }

    /// Who is asked for its replies.
    pub(super) fn out<'a>(&'a self, peer: &'a Peer) -> Option<&'a dyn Outbound> {
        self.wait.via.as_deref().or(peer.out())
    }

    /// The call is dropped.
    pub(super) fn leave(&mut self, peer: &Peer) {
        if self.wait.ticket.is_some()
            && let Some(out) = peer.out()
        {
            out.leave(&mut self.wait);
        }
        if let Some(id) = self.detach()
            && let Some(out) = self.out(peer)
        {
            out.cancel(id);
        }
    }
}

fn head<'a>(info: &'a MessageInfo, options: &'a CallOptions) -> CallHead<'a> {
    CallHead {
        message: info.id,
        name: info.name,
        kind: info.kind,
        idempotent: info.idempotent,
        timeout: options.timeout.or(info.timeout),
        address: match &options.address {
            Some(address) => Some(address.as_address()),
            None => info.address,
        },
        metadata: options.metadata.entries(),
        format: options.format,
        forwarded: options.forwarded.as_ref(),
        caller: None,
        client: None,
        now: None,
    }
}

#[cold]
fn refusal(wrong: AddressError) -> Status {
    Status::bad_request(wrong.to_string())
}
