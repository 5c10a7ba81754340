//! The session's task: reads, lets handlers run, writes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::runtime::{Instant, Sleep, sleep_until};

use super::receive::{End, Receive};
use super::shared::Shared;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::framing::Framing;
use crate::peer::Peer;
use crate::status::{Code, Status};
use crate::transport::{Batch, CloseReason, Connection, TransportError};

/// Reads in a row before handlers and callers get their turn.
const READS: usize = 16;
/// Rounds of handlers in a row before other tasks get their turn.
const ROUNDS: usize = 16;
/// Time for the transport's goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Drives one connection.
pub(super) struct Driver {
    connection: Box<dyn Connection>,
    framing: Arc<dyn Framing>,
    receive: Receive,
    /// The batch that the connection writes from.
    writing: Batch,
    write: Write,
    /// Whether the task has gone to the back of the run queue to let the next batch grow.
    yielded: bool,
    /// Whether nothing is read because too much waits to be written.
    held: bool,
    timer: Pin<Box<Sleep>>,
    last_read: Instant,
    pinged: bool,
    end: Option<End>,
}

/// Where a write stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Idle,
    /// The connection has taken a batch, of which it had passed on `accepted` bytes at `since`.
    Pending {
        accepted: u64,
        since: Instant,
    },
}

impl Driver {
    pub(super) fn new(connection: Box<dyn Connection>, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            connection,
            framing: shared.config.framing.clone(),
            timer: Box::pin(sleep_until(now + shared.config.limits.ping)),
            receive: Receive::new(shared),
            writing: Batch::new(),
            write: Write::Idle,
            yielded: false,
            held: false,
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
            self.shared().close(&end.why);
            self.receive.clear();
            self.timer.as_mut().reset(Instant::now() + GOODBYE);
            self.end = Some(end);
        }
        self.poll_end(cx)
    }

    fn poll_open(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<End> {
        for _ in 0..ROUNDS {
            self.shared().signal.awake(cx.waker());
            let now = Instant::now();
            if let Err(end) = self.turn(peer, now, cx) {
                return Poll::Ready(end);
            }
            if self.yielded {
                // Woken already; whoever adds to the batch meanwhile need not wake the task again.
                return Poll::Pending;
            }
            self.shared().signal.lower();
            if !self.has_work() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads, runs handlers, looks at the clock, wakes callers, writes.
    fn turn(&mut self, peer: &Peer, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        self.read(peer, now, cx)?;
        self.receive.poll_runs();
        self.tick(now, cx)?;
        self.receive.wake();
        self.write(now, cx)?;
        self.leave()
    }

    fn has_work(&self) -> bool {
        if self.receive.runs.has_woken() {
            return true;
        }
        let state = self.shared().state();
        let limits = &self.shared().config.limits;
        if self.held && state.out.len() < limits.outbound {
            return true;
        }
        let idle = self.write == Write::Idle;
        idle && (state.out.is_ready() || state.closing.as_ref().is_some_and(|c| !c.told))
    }

    fn read(&mut self, peer: &Peer, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        let outbound = self.shared().config.limits.outbound;
        for _ in 0..READS {
            self.frames(peer, now)?;
            // Who does not read its answers gets no further ones made.
            let waiting = self.shared().state().out.len();
            self.held = waiting >= outbound;
            if self.held {
                return Ok(());
            }
            match self.connection.poll_fill(cx) {
                Poll::Pending => return Ok(()),
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

    /// Works off the frames that have been read.
    fn frames(&mut self, peer: &Peer, now: Instant) -> Result<(), End> {
        let Self {
            connection,
            framing,
            receive,
            ..
        } = self;
        loop {
            let frame = match connection.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(()),
                Err(error) => return Err(broken(&error)),
            };
            if frame.text != framing.text() {
                return Err(End::protocol("a frame of another framing"));
            }
            let mut outcome = Ok(());
            let parsed = framing.parse(frame.bytes, &mut |envelope| {
                if outcome.is_ok() {
                    outcome = receive.envelope(&envelope, peer, now);
                }
            });
            outcome?;
            if let Err(error) = parsed {
                receive.fault(&error)?;
            }
        }
    }

    /// Looks at the clock: deadlines, silence, a peer that does not read.
    fn tick(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        let limits = &self.shared().config.limits;
        let (ping, silence, stall) = (limits.ping, limits.silence, limits.write_stall);
        let earliest = self.receive.earliest(&self.shared().state());
        if earliest.is_some_and(|earliest| earliest <= now) {
            self.receive.expire(now);
        }
        let silent = now.saturating_duration_since(self.last_read);
        if silent >= silence {
            return Err(End {
                why: lost("the other end has been silent for too long"),
                reason: CloseReason::new(CloseReason::GOING_AWAY, "silent for too long"),
            });
        }
        if silent >= ping && !self.pinged {
            self.pinged = true;
            self.ping();
        }
        // The other end's pings count as well: an end that is always pinged first is idle, too.
        if self.receive.is_idle(now, ping) {
            self.receive.shrink();
            self.writing.shrink();
            self.connection.shrink();
        }
        let mut next = self.last_read + if self.pinged { silence } else { ping };
        if let Write::Pending { since, .. } = self.write {
            next = next.min(since + stall);
        }
        if let Some(earliest) = self.receive.earliest(&self.shared().state()) {
            next = next.min(earliest);
        }
        if self.timer.is_elapsed() || next < self.timer.deadline() {
            self.timer.as_mut().reset(next);
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Ok(())
    }

    fn ping(&mut self) {
        if !self.connection.ping() && self.framing.hello() {
            let shared = self.receive.shared.clone();
            let head = Head::new(Kind::Ping, CorrelationId::NONE);
            shared.control(&mut shared.state(), &head, |_| {});
        }
    }

    fn write(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        let shared = self.receive.shared.clone();
        loop {
            if self.write == Write::Idle {
                let mut state = shared.state();
                // A batch must be allowed to grow: with several calls outstanding the task goes once
                // to the back of the run queue, and the callers it has woken come first.
                let several = state.in_flight.len() + state.requests.live() > 1;
                if state.out.is_ready() && several && !self.yielded {
                    self.yielded = true;
                    cx.waker().wake_by_ref();
                    return Ok(());
                }
                state.out.take(&*self.framing, &mut self.writing);
            }
            self.yielded = false;
            let wrote = !self.writing.is_empty() || self.write != Write::Idle;
            match self.connection.poll_write(cx, &mut self.writing) {
                Poll::Ready(Ok(())) => {
                    self.write = Write::Idle;
                    if !wrote {
                        return Ok(());
                    }
                    self.written();
                }
                Poll::Ready(Err(error)) => return Err(broken(&error)),
                Poll::Pending => return self.stalled(now),
            }
        }
    }

    /// A batch is out: there is room again.
    fn written(&mut self) {
        let shared = self.receive.shared.clone();
        let mut state = shared.state();
        state.out.written();
        let wakers = self.receive.wakers();
        shared.wake_waiting(&state, wakers);
        if state.out.len() < shared.config.limits.outbound {
            state.requests.wakers_of_room(wakers);
        }
        drop(state);
        self.receive.wake();
    }

    /// A peer that accepts no byte for too long does not read.
    fn stalled(&mut self, now: Instant) -> Result<(), End> {
        let accepted = self.connection.accepted();
        match self.write {
            Write::Pending {
                accepted: before,
                since,
            } if before == accepted => {
                if now.saturating_duration_since(since) < self.shared().config.limits.write_stall {
                    return Ok(());
                }
                tracing::warn!(peer = %self.shared().remote, "closed: a slow consumer");
                Err(End {
                    why: lost("the other end does not read"),
                    reason: CloseReason::new(CloseReason::POLICY, "slow consumer"),
                })
            }
            _ => {
                self.write = Write::Pending {
                    accepted,
                    since: now,
                };
                Ok(())
            }
        }
    }

    /// Takes the next step of closing, if one of the ends wants to.
    fn leave(&mut self) -> Result<(), End> {
        let shared = self.receive.shared.clone();
        let mut state = shared.state();
        if let Some(closing) = state.closing.clone().filter(|closing| !closing.told) {
            let head = Head::new(Kind::Goodbye, CorrelationId::NONE);
            if self.framing.hello() {
                shared.control(&mut state, &head, |out| {
                    self.framing.write_status(&closing.why, out);
                });
            }
            state.closing = Some(super::shared::Closing {
                told: true,
                ..closing
            });
            return Ok(());
        }
        let idle = state.requests.live() == 0 && state.in_flight.is_empty();
        let written = self.write == Write::Idle && !state.out.is_ready();
        let why = match (&state.closing, &state.leaving) {
            (Some(closing), _) if !closing.drain || idle => &closing.why,
            (None, Some(leaving)) if idle => leaving,
            _ => return Ok(()),
        };
        if !written {
            return Ok(());
        }
        Err(End {
            why: Status::new(Code::ConnectionLost, why.message().to_owned()),
            reason: CloseReason::new(CloseReason::GOING_AWAY, why.message()),
        })
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(End { why, reason }) = &self.end else {
            return Poll::Pending;
        };
        let closed = self.connection.poll_close(cx, reason);
        // What still comes must be read: else the kernel resets the connection, and the other end may
        // never see the reason.
        let ended = loop {
            match self.connection.poll_fill(cx) {
                Poll::Ready(Ok(true)) => while let Ok(Some(_)) = self.connection.next_frame() {},
                Poll::Ready(_) => break closed.is_ready(),
                Poll::Pending => break false,
            }
        };
        if ended || self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(why.clone());
        }
        Poll::Pending
    }

    fn ended(&self) -> End {
        let why = match self.connection.close_reason() {
            Some(reason) => format!("the other end has ended the connection: {reason}"),
            None => "the other end has ended the connection".to_owned(),
        };
        End {
            why: lost(why),
            reason: CloseReason::done(),
        }
    }
}

impl Drop for Driver {
    /// A session that is dropped is lost to everyone who waits for it.
    fn drop(&mut self) {
        self.shared().close(&lost("the session was dropped"));
        self.receive.clear();
    }
}

fn broken(error: &TransportError) -> End {
    End {
        why: lost(format!("the connection broke: {error}")),
        reason: error.close_reason(),
    }
}

fn lost(text: impl Into<std::borrow::Cow<'static, str>>) -> Status {
    Status::new(Code::ConnectionLost, text)
}
