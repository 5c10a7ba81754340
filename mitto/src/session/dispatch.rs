//! The other end's requests and notifications on their way to the queue, and what it says of them later.

use std::borrow::Cow;

use super::apart::Place;
use super::receive::Receive;
use super::requests::Refusal;
use crate::envelope::{CorrelationId, Head, Stopwatch};
use crate::escaped::Escaped;
use crate::job::{Answer, Job, Run};
use crate::limits::{Limit, reached};
use crate::message::Payload;
use crate::panics::catch;
use crate::peer::Peer;
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
        let deadline = match self.accept(head, now) {
            Ok(deadline) => deadline,
            Err(status) => {
                self.refused += usize::from(self.busy);
                let shared = &self.shared;
                return shared.refuse(&mut shared.state(), id, &status);
            }
        };
        if let Some(stopwatch) = Stopwatch::asked(head.metadata)
            && let Some(request) = self.shared.state().requests.get(id)
        {
            request.stopwatch = Some(stopwatch);
        }
        let run = self.submit(head, payload, peer, Some(deadline));
        if !run.is_done() {
            self.runs.start(id, run, None, &mut self.pool);
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
        if shared.link && head.hops > limits.hops {
            reached(Limit::Hops, &shared.remote);
            let text = format!(
                "passed {} servers, at most {} are taken",
                head.hops, limits.hops
            );
            return Err(Status::new(Code::LoopDetected, text));
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
        accepted.map_err(|refusal| {
            shared.uncount_running();
            Status::bad_request(match refusal {
                Refusal::OutOfRange => {
                    reached(shared.in_flight_limit(), &shared.remote);
                    "the request's slot is out of range"
                }
                Refusal::Duplicate => "the request's slot is taken by one that still runs",
            })
        })
    }

    pub(super) fn notification(&mut self, head: &Head<'_>, payload: Cow<'_, [u8]>, peer: &Peer) {
        let shared = &self.shared;
        let limits = &shared.config.limits;
        let mut running = None;
        let format = head.format.unwrap_or(shared.format);
        let known = shared.differences.check_received(head.message, format);
        let admitted = known.and_then(|()| head.metadata.admit(limits, &shared.remote));
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
        let run = self.submit(head, payload, peer, None);
        if !run.is_done() {
            self.runs
                .start(CorrelationId::NONE, run, running, &mut self.pool);
        }
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

    fn submit(
        &mut self,
        head: &Head<'_>,
        payload: Cow<'_, [u8]>,
        peer: &Peer,
        deadline: Option<Instant>,
    ) -> Run {
        let shared = &self.shared;
        let answer = match deadline {
            Some(_) => Answer::new(shared.clone(), head.correlation),
            None => Answer::nobody(),
        };
        let format = head.format.unwrap_or(shared.format);
        let (apart, payload) = match Place::take(shared, payload) {
            Ok(apart) => (Some(apart), Cow::default()),
            Err(payload) => (None, payload),
        };
        let bytes = &*payload;
        let stated;
        let (identity, hops) = match head.identity {
            Some(of) if shared.link => {
                stated = of.identity();
                (stated.as_ref(), head.hops)
            }
            // Forwarded for somebody it does not name: certainly not for itself.
            None if shared.link && head.hops > 0 => (None, head.hops),
            _ => (shared.identity.as_ref(), 0),
        };
        let encoded = Payload::Encoded { format, bytes };
        let mut job = Job::new(head.message, encoded, peer, &shared.config.codecs);
        job.address = head.address;
        job.metadata = head.metadata;
        job.deadline = deadline;
        job.identity = identity;
        job.hops = hops;
        job.submitted = self.pool.take_clock();
        if let Some((place, bytes)) = apart {
            return place.submit(&job, format, bytes, answer);
        }
        job.pool = Some(&mut self.pool);
        let queue = &*shared.config.queue;
        catch(|| queue.submit(job, answer)).unwrap_or_else(|_| Run::done())
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
        shared.made_room(&mut state, &mut self.wakers);
        drop(state);
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
