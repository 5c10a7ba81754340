//! The same program with an allocator that counts. Counting takes time: read no times from it.

use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    mitto_bench::run(Some(|| {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    }))
}
