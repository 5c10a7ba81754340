//! The other end's requests and notifications on their way to the queue, and what it says of them later.

use std::borrow::Cow;

use super::apart::Place;
use super::receive::Receive;
use super::requests::Refusal;
#[cfg(not(feature = "host"))]
use crate::auth::Identity;
use crate::auth::check_hops;
use crate::envelope::{CorrelationId, Head, Stopwatch};
use crate::escaped::Escaped;
use crate::job::{Answer, Counted, Job, Run};
use crate::limits::{Limit, reached};
use crate::message::Payload;
use crate::panics::catch;
use crate::peer::Peer;
#[cfg(feature = "host")]
use crate::queue::Queue;
use crate::runtime::Instant;
use crate::status::{Code, Status};

impl Receive {
    #[inline(never)]
    pub(super) fn request(
        &mut self,
        head: &Head<'_>,
        payload: Cow<'_, [u8]>,
        peer: &Peer,
        now: Instant,
    ) {
        let id = head.correlation;
        if id.generation() == 0 {
            // No request has this id, so that nobody waits for an answer to it.
            return self.ignore(head);
        }
        match self.accept(head, now) {
            Ok(deadline) => self.submit(head, payload, peer, Some(deadline), None),
            Err(status) => {
                self.refused += usize::from(self.busy);
                let shared = &self.shared;
                shared.refuse(&mut shared.state(), id, &status);
            }
        }
    }

    /// Takes a request, or says why not.
    fn accept(&self, head: &Head<'_>, now: Instant) -> Result<Instant, Status> {
        let shared = &*self.shared;
        let limits = &shared.config.limits;
        let Some(format) = head.format else {
            return Err(Status::bad_request("the request does not name its format"));
        };
        shared.differences.check_received(head.message, format)?;
        head.metadata.admit(limits, &shared.remote)?;
        let timeout = head
            .timeout
            .unwrap_or(limits.timeout)
            .min(limits.timeout_max);
        if shared.link {
            check_hops(head.hops, limits, &shared.remote)?;
        }
        if self.busy && shared.is_full() {
            reached(Limit::Outbound, &shared.remote);
            let full = "too many answers wait to be read";
            return Err(Status::new(Code::Busy, full));
        }
        let mut state = shared.state();
        if state.closing.is_some() {
            return Err(Status::unavailable("this end is shutting down"));
        }
        if self.is_crowded() || !shared.count_running() {
            return Err(Status::new(
                Code::Busy,
                "too many requests are running here",
            ));
        }
        let times = (timeout, limits.timeout_max);
        let accepted =
            state
                .requests
                .accept(head.correlation, head.format, shared.window, now, times);
        match accepted {
            Ok((request, deadline)) => {
                request.stopwatch = Stopwatch::asked(head.metadata);
                Ok(deadline)
            }
            Err(refusal) => {
                shared.uncount_running();
                Err(Status::bad_request(match refusal {
                    Refusal::OutOfRange => {
                        reached(shared.in_flight_limit(), &shared.remote);
                        "the request's slot is out of range"
                    }
                    Refusal::Duplicate => "the request's slot is taken by one that still runs",
                }))
            }
        }
    }

    pub(super) fn notification(&mut self, head: &Head<'_>, payload: Cow<'_, [u8]>, peer: &Peer) {
        let shared = &self.shared;
        let limits = &shared.config.limits;
        let mut running = None;
        let format = head.format.unwrap_or(shared.format);
        let known = shared.differences.check_received(head.message, format);
        let admitted = known
            .and_then(|()| head.metadata.admit(limits, &shared.remote))
            .and_then(|()| match shared.link {
                true => check_hops(head.hops, limits, &shared.remote),
                false => Ok(()),
            });
        let dropped = match admitted {
            Err(status) => Some(status),
            Ok(()) if head.format.is_none() => {
                Some(Status::bad_request("it does not name its format"))
            }
            Ok(()) if self.busy || self.is_crowded() => {
                Some(Status::new(Code::Busy, "too much is running here"))
            }
            Ok(()) => {
                running = shared.count_notification();
                let full = "too many requests are running here";
                running.is_none().then(|| Status::new(Code::Busy, full))
            }
        };
        if let Some(why) = dropped {
            let peer = Escaped(&self.shared.remote);
            tracing::warn!(%peer, why = %Escaped(why), "notification dropped");
            return self.shared.note_ignored();
        }
        self.submit(head, payload, peer, None, running);
    }

    /// Whether more handlers run than the limit lets in: those that have answered and go on, and those
    /// of notifications.
    fn is_crowded(&self) -> bool {
        let shared = &self.shared;
        let crowded = self.runs.len() >= 2 * shared.in_flight;
        if crowded {
            reached(shared.in_flight_limit(), &shared.remote);
        }
        crowded
    }

    /// Hands it to the queue, and polls what that does not finish. A notification has no deadline.
    fn submit(
        &mut self,
        head: &Head<'_>,
        payload: Cow<'_, [u8]>,
        peer: &Peer,
        deadline: Option<Instant>,
        running: Option<Counted>,
    ) {
        let shared = &self.shared;
        let (id, answer) = match deadline {
            Some(_) => {
                let id = head.correlation;
                (id, Answer::new(shared.clone(), id))
            }
            None => (CorrelationId::NONE, Answer::nobody()),
        };
        let format = head.format.unwrap_or(shared.format);
        #[cfg(feature = "host")]
        let behind = match head.caller {
            Some(number) if shared.link => {
                let stated = head.identity.as_ref();
                self.behind.find(number, stated, format, peer)
            }
            _ => None,
        };
        #[cfg(not(feature = "host"))]
        let behind: Option<(&Peer, Option<&Identity>)> = None;
        let peer = behind.map_or(peer, |(peer, _)| peer);
        #[cfg(feature = "host")]
        let to_client = match head.client.map(|number| shared.client(number, head)) {
            Some(Some(client)) => Some(client),
            Some(None) => {
                let text =
                    "the client is no longer connected to the server that forwarded its request";
                return answer.fail(Status::new(Code::ConnectionLost, text));
            }
            None => None,
        };
        #[cfg(feature = "host")]
        let queue = to_client
            .as_ref()
            .map_or(&*shared.config.queue, |client| client as &dyn Queue);
        #[cfg(not(feature = "host"))]
        let queue = &*shared.config.queue;
        let is_own = head.client.is_none();
        let stated;
        let (identity, hops) = match (head.identity, behind) {
            (Some(_), Some((_, identity))) => (identity, head.hops),
            (Some(of), None) if shared.link => {
                stated = of.identity();
                (stated.as_ref(), head.hops)
            }
            // Forwarded for somebody it does not name: certainly not for itself.
            (None, _) if shared.link && head.hops > 0 => (None, head.hops),
            _ => (shared.identity.as_ref(), 0),
        };
        let submitted = self.pool.take_clock();
        let job = |bytes, pool| Job {
            message: head.message,
            payload: Payload::Encoded { format, bytes },
            codecs: &shared.config.codecs,
            address: head.address,
            metadata: head.metadata,
            deadline,
            identity,
            hops,
            idempotent: head.idempotent,
            one_way: deadline.is_none(),
            caller: peer,
            pool,
            submitted,
            #[cfg(feature = "host")]
            routed: 0,
        };
        let mut unfinished = None;
        let place = match is_own {
            true => Place::take(shared, payload),
            false => Err(payload),
        };
        match place {
            Ok((place, bytes)) => {
                unfinished = Some(place.submit(&job(&[], None), format, bytes, answer));
            }
            Err(payload) => {
                // A panic has dropped the answer, which says so to the caller.
                let _ = catch(|| {
                    let run = queue.submit(job(&payload, Some(&mut self.pool)), answer);
                    // Most are done, and are not moved any further.
                    if !run.is_done() {
                        unfinished = Some(run);
                    }
                });
            }
        }
        match unfinished.map(Run::into_relay) {
            Some(Ok(relay)) => self.rest(id, relay),
            Some(Err(run)) => self.runs.start(id, run, running, &mut self.pool),
            None => {}
        }
    }

    pub(super) fn cancel(&mut self, id: CorrelationId) {
        self.assembly.cancel(id, true);
        let shared = &self.shared;
        let mut state = shared.state();
        if shared.framing.answers_cancel() && state.requests.get(id).is_some() {
            let status = Status::new(Code::Cancelled, "the request was cancelled");
            shared.refuse(&mut state, id, &status);
        }
        let token = shared.cancelled(&mut state, id);
        let relay = state.handing.take_relay(id);
        shared.made_room(&mut state, &mut self.wakers);
        drop(state);
        drop(relay);
        if let Some(token) = token {
            token.cancel();
        }
        self.runs.cancel(id);
    }

    pub(super) fn credit(&mut self, id: CorrelationId, payload: &[u8]) {
        let Some(bytes) = self.shared.framing.read_credit(payload) else {
            return self.shared.note_ignored();
        };
        let waker = self.shared.state().requests.credit(id, bytes);
        self.wakers.extend(waker);
    }
}
