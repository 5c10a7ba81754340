//! The session's task: reads, lets handlers run, writes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::runtime::{Instant, Sleep, later, sleep_until};

use super::ending::{broken, lost};
use super::pace::Pace;
use super::receive::{End, Receive};
use super::shared::Shared;
use crate::framing::Framing;
use crate::limits::reached;
use crate::peer::Peer;
use crate::status::Status;
use crate::telemetry::Meter;
use crate::transport::{Batch, Connection};

/// Reads in a row before handlers and callers get their turn.
const READS: usize = 16;
/// Rounds of handlers in a row before other tasks get their turn.
const ROUNDS: usize = 16;
/// Time after which two ends that both wait for room, and so read nothing, are believed to wait for
/// each other.
pub(super) const DEADLOCK: Duration = Duration::from_millis(100);
/// Time for the transport's goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Drives one connection.
pub(super) struct Driver {
    pub(super) connection: Box<dyn Connection>,
    pub(super) framing: Arc<dyn Framing>,
    /// A frame that the handshake has read.
    first: Option<Vec<u8>>,
    pub(super) receive: Receive,
    /// The batch that the connection writes from.
    pub(super) writing: Batch,
    pub(super) write: Write,
    /// How fast is written, where that is limited.
    pub(super) pace: Option<Pace>,
    /// Since when so much has waited to be written that nothing may be started, if it does.
    full: Option<Instant>,
    pub(super) meter: Meter,
    /// Whether the task has gone to the back of the run queue to let the next batch grow.
    pub(super) yielded: bool,
    /// Whether nothing is read because too much waits to be written.
    pub(super) held: bool,
    pub(super) timer: Pin<Box<Sleep>>,
    /// Whether the timer wakes the task.
    pub(super) armed: bool,
    /// Who is woken for this task.
    waker: Option<Waker>,
    pub(super) last_read: Instant,
    pub(super) pinged: bool,
    pub(super) end: Option<End>,
}

/// Where a write stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Idle,
    /// The connection has taken a batch, of which it had passed on `accepted` bytes at `since`.
    Pending {
        accepted: u64,
        since: Instant,
    },
}

impl Driver {
    pub(super) fn new(
        connection: Box<dyn Connection>,
        shared: Arc<Shared>,
        first: Option<Vec<u8>>,
    ) -> Self {
        let now = Instant::now();
        let limits = &shared.config.limits;
        Self {
            connection,
            framing: shared.framing.clone(),
            first,
            timer: Box::pin(sleep_until(later(now, limits.ping))),
            pace: limits.bandwidth.map(|rate| Pace::new(rate, now)),
            receive: Receive::new(shared),
            writing: Batch::new(),
            write: Write::Idle,
            full: None,
            meter: Meter::new(),
            yielded: false,
            held: false,
            armed: false,
            waker: None,
            last_read: now,
            pinged: false,
            end: None,
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.receive.shared
    }

    /// Ready when the connection has ended, with the reason.
    pub(super) fn poll(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<Status> {
        if self.end.is_none() {
            let Poll::Ready(end) = self.poll_open(peer, cx) else {
                return Poll::Pending;
            };
            if let Some(limit) = end.limit {
                reached(limit, &self.shared().remote);
            }
            self.begin_end(&end, cx);
            self.shared().close(&end.why);
            self.receive.clear();
            self.timer.as_mut().reset(Instant::now() + GOODBYE);
            self.end = Some(end);
        }
        self.poll_end(cx)
    }

    fn poll_open(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<End> {
        for _ in 0..ROUNDS {
            self.register(cx.waker());
            let now = Instant::now();
            if let Err(end) = self.turn(peer, now, cx) {
                return Poll::Ready(end);
            }
            if self.yielded {
                // Woken already; whoever adds to the batch meanwhile need not wake the task again.
                return Poll::Pending;
            }
            self.shared().signal.lower();
            if !self.has_work(now) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Sees to it that this task is the one that is woken.
    fn register(&mut self, waker: &Waker) {
        let known = self.waker.as_ref();
        if !known.is_some_and(|known| known.will_wake(waker)) {
            self.waker = Some(waker.clone());
            self.armed = false;
            self.shared().signal.register(waker);
        }
        self.shared().signal.awake();
    }

    /// Reads, runs handlers, looks at the clock, wakes callers, writes.
    fn turn(&mut self, peer: &Peer, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        self.read(peer, now, cx)?;
        self.receive.poll_runs();
        let open = self.tick(now, cx)?;
        self.receive.note_handlers();
        self.receive.wake();
        self.write(now, cx)?;
        match open {
            true => Ok(()),
            false => self.leave(now),
        }
    }

    /// Whether there is something to do that nobody will wake the task for: what others did while it
    /// was awake.
    fn has_work(&self, now: Instant) -> bool {
        let shared = self.shared();
        let may_read = self.held && !shared.is_crowded();
        if !shared.is_full() && (may_read || self.receive.runs.has_woken()) {
            return true;
        }
        let state = shared.state();
        if state.handing.has_resumed() && !shared.is_full() {
            return true;
        }
        self.may_write(&state, now)
            || self.next(&state, now) < self.timer.deadline()
            || !state.is_open() && self.may_leave(&state, now)
    }

    fn read(&mut self, peer: &Peer, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        self.full = self.shared().is_full().then(|| self.full.unwrap_or(now));
        self.receive.busy = self.is_deadlocked(now);
        self.receive.pool.note_clock(now);
        for read in 0..READS {
            self.held = !self.frames(peer, now)?;
            if self.held {
                // Who is not listened to is not silent.
                self.last_read = now;
                return Ok(());
            }
            match self.connection.poll_fill(cx) {
                Poll::Pending => {
                    if read > 0 && !self.receive.is_used() {
                        // It was a ping: an idle connection stays as small as it is.
                        self.connection.shrink();
                    }
                    return Ok(());
                }
                Poll::Ready(Ok(true)) => {
                    self.last_read = now;
                    self.pinged = false;
                }
                Poll::Ready(Ok(false)) => return Err(self.ended()),
                Poll::Ready(Err(error)) => return Err(broken(&error)),
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// Whether this end reads nothing because the other one reads nothing, for long enough that the
    /// same may hold there. Then it reads on, and refuses requests. The same where it is this end
    /// that takes its time to write: the other one must not take it for one that does not read.
    fn is_deadlocked(&self, now: Instant) -> bool {
        let Some(since) = self.stuck_since() else {
            return false;
        };
        let shared = self.shared();
        shared.is_full()
            && now.saturating_duration_since(since) >= DEADLOCK
            && shared.state().out.len() < 2 * shared.outbound
    }

    pub(super) fn stuck_since(&self) -> Option<Instant> {
        match (self.write, &self.pace) {
            (_, Some(_)) => self.full,
            (Write::Pending { since, .. }, None) => Some(since),
            (Write::Idle, None) => None,
        }
    }

    /// Works off the frames that have been read. Says whether it was all of them: who does not read its
    /// answers gets no further ones made.
    fn frames(&mut self, peer: &Peer, now: Instant) -> Result<bool, End> {
        let Self {
            connection,
            framing,
            receive,
            meter,
            first,
            ..
        } = self;
        if let Some(first) = first.take() {
            work_off(&first, &**framing, receive, peer, now)?;
        }
        loop {
            let shared = &receive.shared;
            if shared.is_crowded() || shared.is_full() && !receive.may_refuse() {
                return Ok(false);
            }
            let frame = match connection.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(true),
                Err(error) => return Err(broken(&error)),
            };
            meter.received(frame.bytes.len());
            if frame.text != receive.shared.text {
                return Err(End::wrong_kind(frame.text));
            }
            receive.read += frame.bytes.len();
            work_off(frame.bytes, &**framing, receive, peer, now)?;
        }
    }
}

/// Works off one frame.
#[inline(always)]
fn work_off(
    frame: &[u8],
    framing: &dyn Framing,
    receive: &mut Receive,
    peer: &Peer,
    now: Instant,
) -> Result<(), End> {
    let mut end = None;
    let parsed = framing.parse(frame, &mut |envelope| {
        if end.is_none()
            && let Err(why) = receive.envelope(&envelope, peer, now)
        {
            end = Some(why);
        }
    });
    if let Some(end) = end {
        return Err(end);
    }
    if framing.has_reply() {
        receive.shared.replies();
    }
    match parsed {
        Ok(()) => Ok(()),
        Err(error) => receive.fault(&error),
    }
}

impl Drop for Driver {
    /// A session that is dropped is lost to everyone who waits for it.
    fn drop(&mut self) {
        self.shared().close(&lost("the session was dropped"));
        self.receive.clear();
    }
}
