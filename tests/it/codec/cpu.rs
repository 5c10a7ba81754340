use std::time::{Duration, Instant};

/// The time that this thread has worked, which is not longer on a machine that is busy with other things.
pub(super) struct Work(Duration);

impl Work {
    pub(super) fn begin() -> Self {
        Self(worked())
    }

    pub(super) fn done(&self) -> Duration {
        worked() - self.0
    }
}

/// Where the system does not tell, time is all there is.
fn worked() -> Duration {
    static BEGUN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = told
        .ok()
        .and_then(|told| told.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}
