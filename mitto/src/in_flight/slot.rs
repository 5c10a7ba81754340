//! The place of one request.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use crate::runtime::{Instant, later};

use super::{Arrived, Patience, Reply, Stale};
use crate::codec::Format;
use crate::envelope::{List, item_cost};
use crate::message::Body;
use crate::status::{Code, Status};

#[derive(Debug, Default)]
pub(super) struct Slot {
    generation: u32,
    state: State,
    /// The reply that is next. A request that is no stream never needs more.
    next: Option<Reply>,
    /// The items behind it.
    later: VecDeque<Reply>,
    waker: Option<Waker>,
    deadline: Option<Instant>,
    timeout: Duration,
    /// When the request began, and how long it may take however much progress is reported.
    since: Option<Instant>,
    max: Duration,
    /// How long a stream may be idle.
    idle: Option<Duration>,
    /// Whether items have come, so that the deadline is the idle one.
    begun: bool,
    /// What a stream's sender may be ahead, in bytes.
    window: usize,
    /// What is waiting here of it.
    buffered: usize,
    /// What has been taken and is not yet allowed again.
    owed: usize,
}

/// What a request leaves behind that was given up. Values of this process are among it: it is not to be
/// dropped under a lock that their `Drop` may ask for.
#[derive(Debug)]
pub struct Left {
    /// Whether its last reply had not come, so that the other end must be told.
    pub unanswered: bool,
    _next: Option<Reply>,
    _later: VecDeque<Reply>,
    _waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Free,
    /// Waiting for replies.
    Open,
    /// The last reply has come and is not yet taken.
    Ended,
}

impl Slot {
    /// A free slot whose earlier requests had generations up to this one.
    pub(super) fn new(generation: u32) -> Self {
        Self {
            generation,
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    #[inline]
    pub(super) fn is(&self, generation: u32) -> bool {
        self.generation == generation && self.state != State::Free
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    #[inline]
    pub(super) fn is_stream(&self) -> bool {
        self.window > 0
    }

    #[inline]
    pub(super) fn has_credit(&self) -> bool {
        self.buffered < self.window
    }

    #[inline]
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Open => self.deadline,
            State::Free | State::Ended => None,
        }
    }

    /// When a stream that has begun counts as idle.
    #[inline]
    pub(super) fn idle_until(&self) -> Option<Instant> {
        self.deadline().filter(|_| self.begun)
    }

    #[inline]
    pub(super) fn reserve(
        &mut self,
        waker: &Waker,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Instant {
        // Zero is no generation: an id of zero belongs to no request.
        self.generation = self.generation.wrapping_add(1).max(1);
        self.state = State::Open;
        self.waker = Some(waker.clone());
        let deadline = later(now, patience.timeout);
        self.timeout = patience.timeout;
        self.deadline = Some(deadline);
        self.since = Some(now);
        self.max = patience.max;
        self.idle = patience.idle;
        self.begun = false;
        self.window = window;
        self.buffered = 0;
        self.owed = 0;
        deadline
    }

    #[inline(always)]
    pub(super) fn push(&mut self, reply: Reply, has_credit: bool) -> Result<Option<Waker>, Stale> {
        let cost = reply.cost();
        self.add(reply, cost, has_credit)
    }

    #[inline(always)]
    fn add(&mut self, reply: Reply, cost: usize, has_credit: bool) -> Result<Option<Waker>, Stale> {
        if self.state != State::Open {
            return Err(Stale);
        }
        if cost > 0 {
            if has_credit && self.buffered >= self.window {
                return Ok(self.put(Reply::Status(over())));
            }
            self.buffered += cost;
            self.begin();
        }
        Ok(self.put(reply))
    }

    #[inline(always)]
    fn put(&mut self, reply: Reply) -> Option<Waker> {
        if reply.is_last() {
            self.state = State::Ended;
        }
        match self.next {
            None => self.next = Some(reply),
            Some(_) => self.later.push_back(reply),
        }
        self.waker.take()
    }

    /// The same for an item, which goes into one buffer with those that wait.
    #[inline]
    pub(super) fn push_item(
        &mut self,
        format: Format,
        payload: &[u8],
        buffer: impl FnOnce() -> Vec<u8>,
        has_credit: bool,
    ) -> Result<Option<Waker>, Stale> {
        let is_allowed = !has_credit || self.buffered < self.window;
        let last = self.later.back_mut().or(self.next.as_mut());
        match last {
            Some(Reply::Arrived(arrived))
                if is_allowed && self.state == State::Open && arrived.format() == format =>
            {
                arrived.push(payload);
                self.buffered += item_cost(payload.len());
                Ok(self.waker.take())
            }
            _ => self.push_first(format, payload, buffer(), has_credit),
        }
    }

    /// The same for several.
    #[inline]
    pub(super) fn push_list(
        &mut self,
        format: Format,
        list: &List<'_>,
        buffer: impl FnMut() -> Vec<u8>,
        has_credit: bool,
    ) -> Result<Option<Waker>, Stale> {
        let is_allowed = !has_credit || self.buffered + list.cost_before_last() < self.window;
        if !is_allowed || self.idle.is_some() || self.state != State::Open {
            return self.push_each(format, list, buffer, has_credit);
        }
        let last = self.later.back_mut().or(self.next.as_mut());
        match last {
            Some(Reply::Arrived(arrived)) if arrived.format() == format => {
                arrived.push_all(list);
                self.buffered += list.cost();
                Ok(self.waker.take())
            }
            _ => {
                let mut buffer = buffer;
                let mut arrived = Arrived::new(format, buffer());
                arrived.push_all(list);
                self.add(Reply::Arrived(arrived), list.cost(), has_credit)
            }
        }
    }

    /// Takes a list apart: an item of it is not allowed, or each is to be told when it is taken.
    #[cold]
    fn push_each(
        &mut self,
        format: Format,
        list: &List<'_>,
        mut buffer: impl FnMut() -> Vec<u8>,
        has_credit: bool,
    ) -> Result<Option<Waker>, Stale> {
        let mut waker = None;
        for (n, item) in list.items().enumerate() {
            match self.push_item(format, item, &mut buffer, has_credit) {
                Ok(woken) => waker = waker.or(woken),
                Err(Stale) if n > 0 => break,
                Err(Stale) => return Err(Stale),
            }
        }
        Ok(waker)
    }

    fn push_first(
        &mut self,
        format: Format,
        payload: &[u8],
        mut bytes: Vec<u8>,
        has_credit: bool,
    ) -> Result<Option<Waker>, Stale> {
        let reply = match self.idle {
            // Each one that is taken counts as a sign of life, and so must be told.
            Some(_) => {
                bytes.extend_from_slice(payload);
                Reply::Item(Body::Encoded { format, bytes })
            }
            None => {
                let mut arrived = Arrived::new(format, bytes);
                arrived.push(payload);
                Reply::Arrived(arrived)
            }
        };
        self.add(reply, item_cost(payload.len()), has_credit)
    }

    pub(super) fn progress(&mut self, now: Instant) -> Result<Option<Waker>, Stale> {
        if self.state != State::Open {
            return Err(Stale);
        }
        if self.begun {
            self.begin();
        } else if let (Some(deadline), Some(since)) = (self.deadline, self.since) {
            let last = later(since, self.max);
            self.deadline = Some(later(now, self.timeout).min(last).max(deadline));
        }
        if self.window > 0 && self.next.is_none() {
            self.next = Some(Reply::Opened);
            return Ok(self.waker.take());
        }
        Ok(None)
    }

    /// Whether it is open and no reply is there.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_open() && self.next.is_none()
    }

    /// The next reply, if it is there, with the credit to return.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(Reply, Option<u32>)> {
        let mut reply = self.next.take()?;
        if reply.is_last() {
            // Nothing is behind it, and nothing goes on.
            return Some((reply, None));
        }
        if !self.later.is_empty() {
            self.next = self.later.pop_front();
        }
        if let Reply::Arrived(arrived) = &mut reply {
            arrived.set_due(self.due());
            return Some((reply, None));
        }
        let cost = reply.cost();
        if cost > 0 {
            self.begin();
        }
        let credit = self.taken(cost);
        Some((reply, credit))
    }

    /// So much of what waits here has been taken, in bytes; with the credit to return.
    pub(super) fn taken(&mut self, bytes: usize) -> Option<u32> {
        self.buffered = self.buffered.saturating_sub(bytes);
        self.owed += bytes;
        let due = self.owed > 0 && self.owed >= self.window / 2 && self.is_open();
        due.then(|| u32::try_from(std::mem::take(&mut self.owed)).unwrap_or(u32::MAX))
    }

    /// How much more is taken before there is credit to return.
    pub(super) fn due(&self) -> usize {
        (self.window / 2).saturating_sub(self.owed)
    }

    /// Whom the next reply is to wake.
    pub(super) fn wake_by(&mut self, waker: &Waker) {
        match &mut self.waker {
            Some(old) => old.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    #[inline]
    pub(super) fn take_waker(&mut self) -> Option<Waker> {
        self.waker.take()
    }

    /// A stream's deadline ends with its first item; from each one on it may be idle for a while.
    fn begin(&mut self) {
        self.begun = true;
        self.deadline = self.idle.map(|idle| later(Instant::now(), idle));
    }

    /// Frees the slot after its last reply, behind which nothing is left.
    #[inline]
    pub(super) fn free(&mut self) {
        self.state = State::Free;
        if self.later.capacity() > 0 {
            self.later = VecDeque::new();
        }
    }

    /// Frees the slot, in which no reply is.
    #[inline]
    pub(super) fn finish(&mut self) {
        self.waker = None;
        self.free();
    }

    /// Frees the slot whatever there is.
    pub(super) fn release(&mut self) -> Left {
        let left = Left {
            unanswered: self.is_open(),
            _next: self.next.take(),
            _later: std::mem::take(&mut self.later),
            _waker: self.waker.take(),
        };
        self.free();
        left
    }
}

#[cold]
fn over() -> Status {
    let over = "the other end sent more items than it was allowed to";
    Status::new(Code::BadRequest, over)
}
