//! What runs here for others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The requests that run here for others and can be cancelled by them.
#[derive(Default)]
pub(super) struct Runs {
    by_asker: Mutex<ByAsker>,
    tracker: TaskTracker,
}

/// What becomes of one that is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody waits for it any more: it is settled.
    #[default]
    GivenUp,
    /// It is answered `Cancelled`.
    Aborted,
    /// It is left to the broker, which gives it to another worker.
    Left,
}

/// By inbox, and by correlation there.
type ByAsker = HashMap<Arc<str>, HashMap<Arc<str>, Arc<Running>>>;

/// One of them.
pub(super) struct Running {
    pub(super) cancelled: CancellationToken,
    end: Mutex<End>,
    credit: AtomicI64,
    sender: Mutex<Option<Waker>>,
}

impl Runs {
    pub(super) fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Counts one more, until it is dropped.
    pub(super) fn counted(&self) -> TaskTrackerToken {
        self.tracker.token()
    }

    /// Waits until nothing runs.
    pub(super) async fn idle(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Lets others know of a request that does not end at once.
    pub(super) fn note(
        &self,
        asker: &Option<Arc<str>>,
        correlation: &Arc<str>,
        running: &Arc<Running>,
    ) {
        let mut runs = self.runs();
        let of = runs.entry(asker.clone().unwrap_or_default()).or_default();
        of.insert(correlation.clone(), running.clone());
    }

    pub(super) fn forget(&self, asker: &str, correlation: &str) {
        let mut runs = self.runs();
        if let Some(of) = runs.get_mut(asker) {
            of.remove(correlation);
            if of.is_empty() {
                runs.remove(asker);
            }
        }
    }

    /// Nobody waits for it any more. False when it does not run here.
    pub(super) fn cancel(&self, asker: &str, correlation: &str) -> bool {
        let running = self.find(asker, correlation);
        if let Some(running) = &running {
            running.cancelled.cancel();
        }
        running.is_some()
    }

    pub(super) fn cancel_all(&self, end: End) {
        let all = std::mem::take(&mut *self.runs());
        for running in all.into_values().flat_map(HashMap::into_values) {
            *running.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
            running.cancelled.cancel();
        }
    }

    /// The reader of a stream allows more.
    pub(super) fn credit(&self, asker: &str, correlation: &str, bytes: u32) {
        if let Some(running) = self.find(asker, correlation) {
            running.credit.fetch_add(i64::from(bytes), Relaxed);
            let sender = running.sender.lock();
            if let Some(sender) = sender.unwrap_or_else(PoisonError::into_inner).take() {
                sender.wake();
            }
        }
    }

    fn find(&self, asker: &str, correlation: &str) -> Option<Arc<Running>> {
        self.runs().get(asker)?.get(correlation).cloned()
    }

    fn runs(&self) -> MutexGuard<'_, ByAsker> {
        self.by_asker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// One that may send so many bytes of items.
    pub(super) fn new(window: u32) -> Self {
        Self {
            cancelled: CancellationToken::new(),
            end: Mutex::default(),
            credit: AtomicI64::new(i64::from(window)),
            sender: Mutex::default(),
        }
    }

    /// What becomes of it now that it is cancelled.
    pub(super) fn end(&self) -> End {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until an item may be sent.
    pub(super) fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.credit.load(Relaxed) > 0 {
            return Poll::Ready(());
        }
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        *sender = Some(cx.waker().clone());
        drop(sender);
        // Credit may have come in between.
        match self.credit.load(Relaxed) > 0 {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// An item was sent.
    pub(super) fn spend(&self, cost: usize) {
        let cost = i64::try_from(cost).unwrap_or(i64::MAX);
        self.credit.fetch_sub(cost, Relaxed);
    }
}
