//! What a session's task shares with callers and handlers, wherever they run.

use std::fmt;
#[cfg(feature = "host")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use tokio_util::sync::CancellationToken;

use crate::runtime::{Instant, RuntimeHandle};

use super::Config;
#[cfg(feature = "host")]
use super::callers::Callers;
use super::closing::{Closing, Leaving};
use super::handing::Handing;
use super::handshake::Agreed;
use super::lock;
use super::out::Out;
use super::pace;
use super::requests::Requests;
use super::shapes::Differences;
use super::signal::Signal;
use super::spare::Spare;
use super::traffic::Meter;
use super::waiting::Waiting;
use crate::auth::{Identity, LINK};
use crate::codec::Format;
use crate::framing::{Framing, Hello};
use crate::in_flight::InFlight;
use crate::status::{Code, Status};

/// The state of one connection that callers, handlers and the session's task work on.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) signal: Arc<Signal>,
    /// Cancelled when the connection has ended.
    pub(super) closed: CancellationToken,
    /// A copy of what the state says, to be looked at for each frame.
    full: AtomicBool,
    /// Frames that came and meant nothing here.
    pub(super) ignored: AtomicU64,
    /// The handlers that run in the session's task, for statistics.
    pub(super) handlers: AtomicUsize,
    /// The large requests that are being decoded in tasks of their own.
    pub(super) apart: AtomicUsize,
    /// Whether the reader of a stream is so far behind that nothing more is read.
    crowded: AtomicBool,
    /// Whether requests were resumed.
    pub(super) resumed: AtomicBool,
    pub(super) config: Arc<Config>,
    /// How envelopes are laid out on this connection.
    pub(super) framing: Arc<dyn Framing>,
    /// The format of what names none.
    pub(super) format: Format,
    /// The only one that the framing carries, if it is one.
    pub(super) only_format: Option<Format>,
    pub(super) remote: String,
    /// Who the other end is, as the authenticator found.
    pub(super) identity: Option<Identity>,
    /// Whether what the other end says of other callers is believed.
    pub(super) link: bool,
    /// Who asks through this end, and may be called back through the other.
    #[cfg(feature = "host")]
    pub(super) callers: OnceLock<Box<Callers>>,
    /// The messages that the other end knows in another version.
    pub(super) differences: Differences,
    /// The requests that the other end may have in flight.
    pub(super) in_flight: usize,
    pub(super) id: u64,
    /// Where its task runs.
    pub(super) runtime: Option<RuntimeHandle>,
    /// The largest payload that the other end takes, in bytes.
    pub(super) message_limit: usize,
    /// The bytes that a stream towards the other end may be ahead.
    pub(super) window: usize,
    /// The bytes that may wait to be written.
    pub(super) outbound: usize,
    /// The largest payload that goes in one frame, in bytes.
    pub(super) piece: usize,
    /// Whether items go to the other end in lists.
    pub(super) lists: bool,
    /// Whether frames are text, as the framing says.
    pub(super) text: bool,
}

pub(super) struct State {
    pub(super) out: Out,
    pub(super) in_flight: InFlight,
    pub(super) requests: Requests,
    pub(super) waiting: Waiting,
    /// What is handed on between this session and others.
    pub(super) handing: Handing,
    /// Why nothing more can be sent.
    pub(super) closed: Option<Status>,
    /// Why this end wants to close.
    pub(super) closing: Option<Closing>,
    /// What the other end said when it took its leave.
    pub(super) leaving: Option<Leaving>,
    /// Buffers of replies, to be used again.
    pub(super) spare: Spare,
    /// The frames that were read and written.
    pub(super) read: Meter,
    pub(super) written: Meter,
}

impl State {
    /// Whether neither end has begun to close.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none() && self.closing.is_none() && self.leaving.is_none()
    }
}

impl Shared {
    pub(super) fn new(config: Arc<Config>, agreed: Agreed, remote: &str) -> Self {
        let Agreed {
            framing,
            hello,
            identity,
            differences,
            ..
        } = agreed;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let limits = &config.limits;
        let theirs = usize::try_from(hello.in_flight).unwrap_or(usize::MAX);
        let link = identity.as_ref().is_some_and(|other| other.has(LINK));
        let in_flight = config.in_flight(identity.as_ref());
        let message_limit = usize::try_from(hello.message)
            .unwrap_or(usize::MAX)
            .min(limits.message);
        let piece = pace::piece(limits.bandwidth);
        let meter = Meter::new(Self::now());
        Self {
            state: Mutex::new(State {
                out: Out::new(usize::try_from(hello.pieces).unwrap_or(1), piece),
                in_flight: InFlight::new(theirs.min(in_flight), framing.credit()),
                requests: Requests::new(in_flight, limits.stream_idle),
                waiting: Waiting::default(),
                handing: Handing::default(),
                closed: None,
                closing: None,
                leaving: None,
                spare: Spare::default(),
                read: meter,
                written: meter,
            }),
            signal: Arc::default(),
            closed: CancellationToken::new(),
            full: AtomicBool::new(false),
            crowded: AtomicBool::new(false),
            resumed: AtomicBool::new(false),
            ignored: AtomicU64::new(0),
            handlers: AtomicUsize::new(0),
            apart: AtomicUsize::new(0),
            remote: remote.to_owned(),
            identity,
            link,
            #[cfg(feature = "host")]
            callers: OnceLock::new(),
            differences,
            in_flight,
            id: NEXT.fetch_add(1, Relaxed),
            runtime: RuntimeHandle::try_current().ok(),
            message_limit,
            outbound: limits.outbound.max(message_limit.saturating_mul(3)),
            piece,
            // Without credit only the room to write in bounds a stream.
            window: match framing.credit() {
                true => usize::try_from(hello.stream_window).unwrap_or(usize::MAX),
                false => usize::MAX,
            },
            format: framing.format().unwrap_or(config.format),
            only_format: framing.format(),
            lists: framing.lists() && hello.features & Hello::LISTS != 0,
            text: framing.text(),
            framing,
            config,
        }
    }

    #[inline]
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether the reader of a stream is so far behind that nothing more is read.
    #[inline]
    pub(super) fn is_crowded(&self) -> bool {
        self.crowded.load(Relaxed)
    }

    /// Looks whether a reader is behind, or has caught up; whoever adds an item or takes one does, while
    /// the state is locked.
    #[inline]
    pub(super) fn note_crowded(&self, crowded: bool) {
        if crowded != self.crowded.load(Relaxed) && !self.framing.credit() {
            self.crowded.store(crowded, Relaxed);
        }
    }

    /// Whether so much waits to be written that nothing may be started that adds to it.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    /// Looks whether the out buffer is full; whoever adds to it or takes from it does.
    #[inline]
    pub(super) fn note_full(&self, state: &State) {
        let full = !self.has_room_for_answers(state);
        if full != self.full.load(Relaxed) {
            self.full.store(full, Relaxed);
        }
    }

    /// Why nothing can be sent, if so.
    pub(super) fn refusal(state: &State) -> Option<Status> {
        if let Some(closed) = &state.closed {
            return Some(closed.clone());
        }
        if state.closing.is_some() {
            return Some(Status::new(
                Code::ConnectionLost,
                "the connection is closing",
            ));
        }
        let leaving = state.leaving.as_ref()?;
        Some(Status::unavailable(format!(
            "the other end is leaving: {}",
            leaving.why.message()
        )))
    }

    /// Something has left the out buffer: whoever waits for room may go on.
    pub(super) fn made_room(&self, state: &mut State, into: &mut Vec<Waker>) {
        self.note_full(state);
        self.wake_waiting(state, into);
        if !self.is_full() {
            state.requests.wakers_of_room(into);
        }
    }

    /// Wakes callers for whom there is room again.
    pub(super) fn wake_waiting(&self, state: &State, into: &mut Vec<Waker>) {
        if !state.waiting.is_empty() && self.has_room(state) {
            state.waiting.wake(state.in_flight.room().max(1), into);
        }
    }

    /// Whether answers may be added, and so requests begun. The quarter above is for what comes all the
    /// same: one more answer however large, refusals, and the memory of the buffers themselves.
    #[inline]
    pub(super) fn has_room_for_answers(&self, state: &State) -> bool {
        state.out.len() < self.outbound - self.outbound / 4
    }

    /// Whether our own messages may be added. They leave half of the buffer to answers, which end
    /// what the other end waits for.
    #[inline]
    pub(super) fn has_room(&self, state: &State) -> bool {
        state.out.len() < self.outbound / 2
    }

    /// Ends everything: nothing more comes, nothing more goes.
    pub(super) fn close(&self, why: &Status) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(why.clone());
        state.in_flight.fail_all(why, |waker| wakers.push(waker));
        state.requests.wakers(&mut wakers);
        state.waiting.wake(usize::MAX, &mut wakers);
        let running = state.requests.live();
        self.config.running.fetch_sub(running, Relaxed);
        let tokens = state.requests.cancel_all();
        let handing = std::mem::take(&mut state.handing);
        let out = std::mem::replace(&mut state.out, Out::new(1, self.piece));
        self.note_full(&state);
        drop(state);
        drop(out);
        handing.end();
        wakers.into_iter().for_each(Waker::wake);
        for token in tokens {
            token.cancel();
        }
        self.closed.cancel();
    }

    /// Counts a frame that means nothing here.
    pub(super) fn note_ignored(&self) {
        self.ignored.fetch_add(1, Relaxed);
    }

    pub(super) fn now() -> Instant {
        Instant::now()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {})", self.id, self.remote)
    }
}
