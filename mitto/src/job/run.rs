//! A handler that runs, or has finished.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

#[cfg(feature = "host")]
use super::Counted;
use super::gathering::Gathering;
use super::place::Place;
use super::{Answer, Pool, Relay, Watched};
use crate::runtime::Instant;

/// What [`Queue::submit`](crate::queue::Queue::submit) gives back: nothing left to do, or a future
/// that its holder polls. Dropping it cancels the handler.
#[must_use = "dropping a run cancels its handler"]
#[derive(Default)]
pub struct Run {
    running: Option<Running>,
    /// Counts it where it was handed on.
    #[cfg(feature = "host")]
    counted: Option<Counted>,
}

enum Running {
    Future(Pin<Box<dyn Future<Output = ()> + Send>>),
    Handler(Handling),
    Driven(Driven),
    Relay(Relay),
}

/// A request that is driven by whoever holds its run, and known to others meanwhile.
pub(crate) trait Drive: Send + Sync + 'static {
    /// Goes on as far as it can.
    fn poll(self: Arc<Self>, pool: Option<&mut Pool>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops what has not finished.
    fn cancel(&self);
}

struct Driven(Arc<dyn Drive>);

/// An async handler on its way to its answer.
pub(crate) struct Handling {
    /// `None` once it has finished or panicked.
    place: Option<Pin<Box<dyn Place>>>,
    answer: Option<Answer>,
    /// Of a stream, until its first poll: set as soon as an item is sent.
    opened: Option<Arc<AtomicBool>>,
    is_stream: bool,
    watched: &'static Watched,
    /// When its first poll begins, if that is known.
    since: Option<Instant>,
}

impl Run {
    /// Nothing left to do.
    pub fn done() -> Self {
        Self::default()
    }

    /// A future that answers as it goes.
    pub fn new(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::of(Running::Future(Box::pin(future)))
    }

    /// A handler that its holder polls.
    pub(crate) fn handler(handling: Handling) -> Self {
        Self::of(Running::Handler(handling))
    }

    /// A request that its holder drives.
    pub(crate) fn driven(request: Arc<dyn Drive>) -> Self {
        Self::of(Running::Driven(Driven(request)))
    }

    /// A request that was handed on.
    pub(crate) fn relay(relay: Relay) -> Self {
        Self::of(Running::Relay(relay))
    }

    /// The request that was handed on, if that is all there is to it.
    #[inline]
    pub(crate) fn into_relay(mut self) -> Result<Relay, Self> {
        #[cfg(feature = "host")]
        if self.counted.is_some() {
            return Err(self);
        }
        let is_relay = |running: &mut Running| matches!(running, Running::Relay(_));
        match self.running.take_if(is_relay) {
            Some(Running::Relay(relay)) => Ok(relay),
            _ => Err(self),
        }
    }

    fn of(running: Running) -> Self {
        Self {
            running: Some(running),
            #[cfg(feature = "host")]
            counted: None,
        }
    }

    /// The same, counted until it is dropped.
    #[cfg(feature = "host")]
    pub(crate) fn counted(mut self, counted: Counted) -> Self {
        match self.counted {
            None => {
                self.counted = Some(counted);
                self
            }
            // Of a router behind a router.
            Some(_) => Self::new(self).counted(counted),
        }
    }

    /// Tells that its first poll follows at once, so that the clock is not looked at again.
    pub(super) fn polled_from(&mut self, now: Instant) {
        if let Some(Running::Handler(handling)) = &mut self.running {
            handling.since = Some(now);
        }
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.running.is_none()
    }

    /// Polls it; when that finishes it, its box goes back to `pool`.
    pub fn poll_in(&mut self, pool: &mut Pool, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_with(Some(pool), cx)
    }

    /// Polls it, with a pool where there is one.
    pub(crate) fn poll_with(&mut self, pool: Option<&mut Pool>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.running {
            None => {}
            Some(Running::Future(future)) => ready!(future.as_mut().poll(cx)),
            Some(Running::Handler(handling)) => ready!(handling.poll_with(pool, cx)),
            Some(Running::Relay(relay)) => ready!(Pin::new(relay).poll(cx)),
            Some(Running::Driven(Driven(request))) => ready!(request.clone().poll(pool, cx)),
        }
        self.running = None;
        #[cfg(feature = "host")]
        drop(self.counted.take());
        Poll::Ready(())
    }
}

impl Handling {
    pub(crate) fn new(
        place: Pin<Box<dyn Place>>,
        answer: Answer,
        opened: Option<Arc<AtomicBool>>,
        watched: &'static Watched,
    ) -> Self {
        Self {
            place: Some(place),
            answer: Some(answer),
            is_stream: opened.is_some(),
            opened,
            watched,
            since: None,
        }
    }

    /// The box that an earlier run of the handler left in `pool`, with the future that is in `future`,
    /// an `Option` of it.
    pub(crate) fn reuse(
        pool: Option<&mut Pool>,
        watched: &'static Watched,
        future: &mut dyn Any,
    ) -> Option<Pin<Box<dyn Place>>> {
        pool?.fill(watched.key(), future)
    }

    fn poll_with(&mut self, pool: Option<&mut Pool>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(place) = &mut self.place else {
            return Poll::Ready(());
        };
        // Whoever has a pool polls in the task that writes.
        let gathering = match &self.answer {
            Some(answer) if self.is_stream && pool.is_some() => {
                answer.gathers().map(Gathering::begin)
            }
            _ => None,
        };
        let mut polled = Poll::Pending;
        let answer = &mut self.answer;
        let mut clock = self.since.take().unwrap_or_else(Instant::now);
        let watched = self
            .watched
            .watch(&mut clock, &mut || polled = place.as_mut().poll(answer, cx));
        if let Some(gathering) = gathering {
            gathering.end();
        }
        match (watched, polled) {
            (Ok(()), Poll::Pending) => {
                if let (Some(opened), Some(answer)) = (self.opened.take(), &self.answer)
                    && !opened.load(Ordering::Relaxed)
                {
                    answer.progress();
                }
                return Poll::Pending;
            }
            (Ok(()), Poll::Ready(())) => {
                if let (Some(place), Some(pool)) = (self.place.take(), pool) {
                    pool.keep(self.watched.key(), place);
                }
            }
            (Err(panicked), _) => {
                self.clear();
                if let Some(answer) = self.answer.take() {
                    answer.fail(panicked);
                }
            }
        }
        Poll::Ready(())
    }

    /// Drops the handler's future: what it owns may panic when dropped, which is its own affair.
    fn clear(&mut self) {
        if let Some(mut place) = self.place.take() {
            let _ = self.watched.guard(&mut || place.as_mut().clear());
        }
    }
}

impl Future for Run {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_with(None, cx)
    }
}

impl Future for Handling {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_with(None, cx)
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_done() {
            "Run(done)"
        } else {
            "Run(pending)"
        })
    }
}
