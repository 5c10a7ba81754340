//! What is noticed of a handler while it runs: panics, and polls that take too long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::panics::{Panicked, catch};
use crate::runtime::Instant;
use crate::status::{Code, Status};

/// A poll that takes longer keeps every other request of the connection waiting.
const SLOW: Duration = Duration::from_millis(10);

/// One handler's name and what was noticed of it; a static beside each handler.
#[derive(Debug)]
pub struct Watched {
    name: &'static str,
    told_slow: AtomicBool,
}

impl Watched {
    /// Begins with nothing noticed.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            told_slow: AtomicBool::new(false),
        }
    }

    /// A number that tells handlers apart.
    pub(super) fn key(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Runs one poll of the handler, which begins at `clock`: now, or a moment ago. Sets that to when it
    /// has ended.
    pub(crate) fn watch(&self, clock: &mut Instant, poll: &mut dyn FnMut()) -> Result<(), Status> {
        let begun = *clock;
        let result = self.guard(poll);
        *clock = Instant::now();
        // Compared as moments: to subtract them takes longer.
        if *clock > begun + SLOW {
            self.slow(*clock - begun);
        }
        result
    }

    /// Runs a part of the handler that may take its time.
    pub(crate) fn guard(&self, part: &mut dyn FnMut()) -> Result<(), Status> {
        catch(part).map_err(|panicked| self.panicked(&panicked))
    }

    #[cold]
    fn panicked(&self, panicked: &Panicked) -> Status {
        tracing::error!(handler = self.name, panic = %panicked.text(), "a handler panicked");
        Status::new(Code::Internal, format!("handler `{}` panicked", self.name))
    }

    #[cold]
    fn slow(&self, taken: Duration) {
        if !self.told_slow.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                handler = self.name,
                ?taken,
                "a handler blocks its connection: await instead, or use `#[handler(spawn)]` or \
                 `#[handler(blocking)]`; told once"
            );
        }
    }
}
