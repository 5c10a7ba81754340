//! Counts the allocations of the whole process, and compares.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// `stats_alloc`, since the workspace forbids `unsafe` and an allocator cannot be written without it:
/// small, without dependencies, and it counts all threads.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Calls before the counting starts, and again while it lasts; stream items come 256 at once.
const CALLS: usize = 8 * 256;

/// The bytes that the process holds now.
pub(crate) fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}

/// The bytes that something allocates, whether it gives them back or not.
pub(crate) fn allocated(run: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    run();
    region.change().bytes_allocated
}

/// All figures, and how many of them are too high.
#[derive(Default)]
pub(crate) struct Counts {
    too_high: usize,
}

impl Counts {
    /// Makes the same call again and again; each may allocate `allowed` times once it is warm.
    pub(crate) async fn check(&mut self, name: &str, allowed: usize, mut call: impl AsyncFnMut()) {
        for _ in 0..CALLS {
            call().await;
        }
        let region = Region::new(ALLOCATOR);
        for _ in 0..CALLS {
            call().await;
        }
        let stats = region.change();
        let counted = stats.allocations + stats.reallocations;
        let each = counted as f64 / CALLS as f64;
        // Printing allocates, which no longer counts.
        if counted > allowed * CALLS {
            println!("{name:40} {each:6.3}  TOO MANY: at most {allowed}");
            self.too_high += 1;
        } else {
            println!("{name:40} {each:6.3}  of {allowed}");
        }
    }

    /// Fails if a figure was too high.
    pub(crate) fn finish(self) {
        assert_eq!(self.too_high, 0, "figures are too high");
    }
}
