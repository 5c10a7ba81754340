//! A peer in the same process: calls go straight to a queue, and nothing is encoded.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll};

use super::exchange::{Exchange, HERE, closed};
use super::{Answer, Answering, Counted, Job, Pool, Queue, Run};
use tokio_util::sync::CancellationToken;

use crate::auth::{Identity, LINK, check_hops};
use crate::codec::Codecs;
use crate::envelope::{CorrelationId, Stopwatch};
use crate::in_flight::{Patience, Reply};
use crate::limits::{Limit, Limits, reached};
use crate::message::{MessageKind, Outgoing, Payload};
use crate::panics::catch;
use crate::peer::{CallHead, ConnectionState, Outbound, Peer, Started, Wait};
use crate::runtime::{Instant, RuntimeHandle, later, spawn};
use crate::status::{Code, Status};

/// One direction between two ends of the same process.
pub struct Local {
    id: u64,
    queue: Arc<dyn Queue>,
    codecs: Codecs,
    limits: Limits,
    /// Who calls in this direction.
    identity: Option<Identity>,
    /// Who is at the other end.
    other: Option<Identity>,
    caller: OnceLock<Caller>,
    exchange: Arc<Exchange>,
    /// The handlers of notifications that run.
    notified: Arc<AtomicUsize>,
    /// Where it was made.
    runtime: Option<RuntimeHandle>,
}

/// Who calls, seen from the handlers.
enum Caller {
    /// The way back, which this direction owns.
    Owned(Peer),
    /// The way there, which owns this direction.
    Owner(Weak<Local>),
}

impl Local {
    /// Two ends of one process: a peer whose calls go to `there`, and whose handlers can call back
    /// to `here`. `identity` is whom `there` takes the caller for.
    pub fn pair(
        there: Arc<dyn Queue>,
        here: Arc<dyn Queue>,
        limits: &Limits,
        identity: Option<Identity>,
    ) -> Peer {
        let mut back = Self::new(here, limits);
        back.other.clone_from(&identity);
        back.runtime = RuntimeHandle::try_current().ok();
        let back = Arc::new(back);
        let mut forth = Self::new(there, limits);
        forth.identity = identity;
        forth.runtime = RuntimeHandle::try_current().ok();
        let forth = Arc::new(forth);
        let _ = back.caller.set(Caller::Owner(Arc::downgrade(&forth)));
        let _ = forth.caller.set(Caller::Owned(Peer::new(back)));
        Peer::new(forth)
    }

    /// A peer that stands for one request only: `start` is given the way back, and gives what runs.
    ///
    /// # Errors
    ///
    /// Those of `start`.
    pub fn single<E>(
        limits: &Limits,
        window: usize,
        start: impl FnOnce(Answer) -> Result<Run, E>,
    ) -> Result<(Peer, CorrelationId), E>
    where
        E: From<Status>,
    {
        let local = Self::new(Arc::new(Nowhere), limits);
        let exchange = &local.exchange;
        let (id, pool) = exchange.reserve(Instant::now(), patience(limits, None), window)?;
        let run = start(Answer::new(exchange.clone(), id))?;
        exchange.attach(id, run, pool);
        Ok((Peer::new(Arc::new(local)), id))
    }

    fn new(queue: Arc<dyn Queue>, limits: &Limits) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 48);
        Self {
            id: NEXT.fetch_add(1, Relaxed),
            queue,
            codecs: Codecs::default(),
            limits: limits.clone(),
            identity: None,
            other: None,
            caller: OnceLock::new(),
            exchange: Arc::new(Exchange::new(limits.in_flight_process)),
            notified: Arc::default(),
            runtime: None,
        }
    }

    fn submit(
        &self,
        head: &CallHead<'_>,
        payload: &mut Payload<'_>,
        submitted: Option<Instant>,
        deadline: Option<Instant>,
        answer: Answer,
        pool: &mut Pool,
    ) -> Run {
        let upgraded;
        let caller = match self.caller.get() {
            Some(Caller::Owned(peer)) => peer,
            Some(Caller::Owner(owner)) => {
                upgraded = owner
                    .upgrade()
                    .map_or_else(Peer::nobody, |owner| Peer::new(owner));
                &upgraded
            }
            None => &Peer::nobody(),
        };
        let caller = head.caller.unwrap_or(caller);
        let (identity, hops) = self.asks(head);
        // Made where it is handed over: a job is large.
        let submit = || {
            let job = Job {
                message: head.message,
                payload: payload.lend(),
                codecs: &self.codecs,
                address: head.address,
                metadata: head.metadata,
                deadline,
                identity,
                hops,
                idempotent: head.idempotent,
                one_way: head.kind == MessageKind::Notification,
                caller,
                pool: Some(pool),
                submitted,
                #[cfg(feature = "host")]
                routed: 0,
            };
            self.queue.submit(job, answer)
        };
        // An extractor or a `Deserialize` may panic: the answer, dropped, says so to the caller.
        catch(submit).unwrap_or_else(|_| Run::done())
    }

    /// Who asks, and how often that was forwarded.
    fn asks<'a>(&'a self, head: &CallHead<'a>) -> (Option<&'a Identity>, u8) {
        let own = self.identity.as_ref();
        match head.forwarded {
            Some(forwarded) if own.is_some_and(|own| own.has(LINK)) => {
                (forwarded.identity.as_ref(), forwarded.hops)
            }
            // Who states hops that are none harms itself alone, and a loop within this process must end.
            forwarded => (own, forwarded.map_or(0, |forwarded| forwarded.hops)),
        }
    }

    /// Refuses what goes round in a loop.
    fn check_hops(&self, head: &CallHead<'_>) -> Result<(), Status> {
        match head.forwarded {
            Some(forwarded) => check_hops(forwarded.hops, &self.limits, HERE),
            None => Ok(()),
        }
    }
}

impl Outbound for Local {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        head.metadata.admit(&self.limits, HERE)?;
        self.check_hops(head)?;
        let now = Instant::now();
        let patience = patience(&self.limits, head.timeout);
        let window = match head.kind {
            MessageKind::Stream => self.limits.stream_window,
            _ => 0,
        };
        let (id, mut pool) = self.exchange.reserve(now, patience, window)?;
        if let Some(stopwatch) = Stopwatch::asked(head.metadata) {
            self.exchange.time(id, stopwatch);
        }
        let mut payload = message.payload();
        let to: Arc<dyn Answering> = match &payload {
            Payload::Value(_) => self.exchange.clone(),
            Payload::Encoded { format, .. } => {
                self.exchange.in_bytes(*format, &self.codecs, &self.limits)
            }
        };
        let answer = Answer::new(to, id);
        let deadline = Some(later(now, patience.timeout));
        let mut run = self.submit(head, &mut payload, Some(now), deadline, answer, &mut pool);
        run.polled_from(now);
        Poll::Ready(Ok(match self.exchange.begun(id, run, pool) {
            Some(reply) => Started::Replied(id, reply),
            None => Started::Poll(id),
        }))
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        head.metadata.admit(&self.limits, HERE)?;
        self.check_hops(head)?;
        if self.exchange.is_closed() {
            return Poll::Ready(Err(closed()));
        }
        let Some(running) = Counted::one(&self.notified, self.limits.in_flight_process) else {
            reached(Limit::InFlightProcess, HERE);
            let busy = Status::new(Code::Busy, "too many notifications are being handled here");
            return Poll::Ready(Err(busy));
        };
        let mut pool = self.exchange.lend_pool();
        let mut payload = message.payload();
        let run = self.submit(head, &mut payload, None, None, Answer::nobody(), &mut pool);
        self.exchange.return_pool(pool);
        if !run.is_done() {
            // Nobody waits for a notification, so nobody drives its handler.
            spawn(async move {
                run.await;
                drop(running);
            });
        }
        Poll::Ready(Ok(()))
    }

    fn leave(&self, _: &mut Wait) {}

    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        self.exchange.poll_reply(id, cx)
    }

    fn cancel(&self, id: CorrelationId) {
        self.exchange.cancel(id);
    }

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn remote(&self) -> &str {
        HERE
    }

    fn runtime(&self) -> Option<RuntimeHandle> {
        self.runtime.clone()
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn identity(&self) -> Option<&Identity> {
        self.other.as_ref()
    }

    fn is_connected(&self) -> bool {
        !self.exchange.is_closed()
    }

    fn closed(&self) -> CancellationToken {
        self.exchange.closed()
    }

    fn state(&self) -> ConnectionState {
        match self.is_connected() {
            true => ConnectionState::Connected,
            false => ConnectionState::Closed(closed()),
        }
    }

    /// Ends both directions, as it would end a connection.
    fn close(&self, drain: bool) {
        if self.exchange.is_closed() {
            return;
        }
        self.exchange.close();
        match self.caller.get() {
            Some(Caller::Owned(back)) => {
                if let Some(back) = back.outbound() {
                    back.close(drain);
                }
            }
            Some(Caller::Owner(forth)) => {
                if let Some(forth) = forth.upgrade() {
                    forth.close(drain);
                }
            }
            None => {}
        }
    }
}

/// Handlers may keep their caller: it must learn that nobody is there any more.
impl Drop for Local {
    fn drop(&mut self) {
        self.close(false);
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({})", self.id)
    }
}

/// The queue of a peer that stands for one request only.
struct Nowhere;

impl Queue for Nowhere {
    fn submit(&self, _: Job<'_>, answer: Answer) -> Run {
        answer.fail(Status::unavailable("this is the end of one stream"));
        Run::done()
    }
}

fn patience(limits: &Limits, timeout: Option<std::time::Duration>) -> Patience {
    Patience {
        timeout: timeout.unwrap_or(limits.timeout),
        max: limits.timeout_max,
        idle: limits.stream_idle,
    }
}
