//! The handlers that wait for something.
//!
//! A set of futures that polls only those that were woken. A handler's place, and its waker, are used
//! again by later ones, so that a handler that waits costs no allocation of its own.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::lock;
use super::signal::Signal;
use crate::envelope::CorrelationId;
use crate::job::{Counted, Pool, Run};
use crate::panics::catch;
use crate::runtime::timeout;

/// The handlers that are running on a connection's task.
#[derive(Debug)]
pub(super) struct Runs {
    places: Vec<Place>,
    free: Vec<usize>,
    ready: Arc<Ready>,
    /// The indices being worked off, kept for its memory.
    woken: Vec<usize>,
}

#[derive(Debug)]
struct Place {
    run: Option<Run>,
    /// Counts the handler of a notification.
    running: Option<Counted>,
    id: CorrelationId,
    waker: Waker,
    token: Arc<Token>,
}

/// What a waker needs to say who was woken.
#[derive(Debug)]
struct Token {
    index: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

#[derive(Debug)]
struct Ready {
    queue: Mutex<Vec<usize>>,
    signal: Arc<Signal>,
}

impl Runs {
    pub(super) fn new(signal: Arc<Signal>) -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            ready: Arc::new(Ready {
                queue: Mutex::default(),
                signal,
            }),
            woken: Vec::new(),
        }
    }

    /// How many run.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Polls a new handler in its place. If that does not finish it, it stays.
    #[inline]
    pub(super) fn start(
        &mut self,
        id: CorrelationId,
        run: Run,
        running: Option<Counted>,
        pool: &mut Pool,
    ) {
        let index = self.free.pop().unwrap_or_else(|| {
            let index = self.places.len();
            let token = Arc::new(Token {
                index,
                queued: AtomicBool::new(false),
                ready: self.ready.clone(),
            });
            self.places.push(Place {
                run: None,
                running: None,
                id,
                waker: Waker::from(token.clone()),
                token,
            });
            index
        });
        self.places[index].id = id;
        self.places[index].run = Some(run);
        self.places[index].running = running;
        self.poll(index, pool);
    }

    /// Polls those that were woken, as long as `has_room` says so; the others stay woken.
    pub(super) fn poll_woken(&mut self, pool: &mut Pool, has_room: impl Fn() -> bool) {
        if self.len() == 0 {
            return;
        }
        std::mem::swap(&mut self.woken, &mut lock(&self.ready.queue));
        let mut woken = std::mem::take(&mut self.woken);
        let mut done = 0;
        while done < woken.len() && has_room() {
            let index = woken[done];
            done += 1;
            self.places[index].token.queued.store(false, SeqCst);
            self.poll(index, pool);
        }
        if done < woken.len() {
            lock(&self.ready.queue).splice(..0, woken.drain(done..));
        }
        woken.clear();
        self.woken = woken;
    }

    pub(super) fn has_woken(&self) -> bool {
        self.len() > 0 && !lock(&self.ready.queue).is_empty()
    }

    /// Drops the handler of a request. One that has answered may still run when another has the same
    /// id; those of notifications have none and go on.
    pub(super) fn cancel(&mut self, id: CorrelationId) {
        if id.is_none() || self.len() == 0 {
            return;
        }
        for index in 0..self.places.len() {
            let place = &self.places[index];
            if place.run.is_some() && place.id == id {
                self.end(index);
            }
        }
    }

    /// Takes out the handlers of notifications, which go on elsewhere.
    pub(super) fn take_notifications(&mut self) -> Vec<(Run, Counted)> {
        let mut taken = Vec::new();
        for (index, place) in self.places.iter_mut().enumerate() {
            if let Some(counted) = place.running.take()
                && let Some(run) = place.run.take()
            {
                taken.push((run, counted));
                self.free.push(index);
            }
        }
        taken
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        for index in 0..self.places.len() {
            if self.places[index].run.is_some() {
                self.end(index);
            }
        }
    }

    fn poll(&mut self, index: usize, pool: &mut Pool) {
        let Place { run, waker, .. } = &mut self.places[index];
        let Some(run) = run else {
            return;
        };
        let mut cx = Context::from_waker(waker);
        // Handlers catch their own panics; this is for queues that others write.
        let polled = catch(|| run.poll_in(pool, &mut cx));
        if polled.is_err() || polled.is_ok_and(|poll| poll.is_ready()) {
            self.end(index);
        }
    }

    fn end(&mut self, index: usize) {
        let run = self.places[index].run.take();
        self.places[index].running = None;
        self.free.push(index);
        if catch(|| drop(run)).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
    }
}

/// Lets the handler of a notification finish.
pub(super) async fn finish(mut run: Run, _counted: Counted, drain: Duration) {
    let finished = poll_fn(|cx| match catch(|| Pin::new(&mut run).poll(cx)) {
        Ok(polled) => polled,
        Err(_) => Poll::Ready(()),
    });
    if timeout(drain, finished).await.is_err() {
        tracing::warn!("a notification's handler has not ended before the drain limit");
    }
    if catch(|| drop(run)).is_err() {
        tracing::error!("a handler panicked while it was dropped");
    }
}

impl Wake for Token {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, SeqCst) {
            lock(&self.ready.queue).push(self.index);
            self.ready.signal.raise();
        }
    }
}
