//! Whether a process is well.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Whether a server is well, as data: for probes, for `mitto-health`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// What the application says its version is; empty unless it says so.
    #[serde(default)]
    pub version: String,
    /// How long it has been up, in milliseconds.
    pub uptime_ms: u64,
    /// The connections that are open.
    pub connections: u64,
    /// The requests of other ends that run.
    pub running: u64,
    /// Whether new connections and requests are taken. A server that is shutting down is not ready.
    pub ready: bool,
    /// Whether it is shutting down and finishes what runs.
    pub draining: bool,
}

impl HealthReport {
    /// A process that is up and ready, and says no more.
    pub(crate) fn up(uptime: Duration) -> Self {
        Self {
            uptime_ms: uptime.as_millis().try_into().unwrap_or(u64::MAX),
            ready: true,
            ..Self::default()
        }
    }
}

/// Says how an end is, as soon as that is known. Clones are the same.
#[derive(Clone)]
pub(crate) struct Vitals {
    since: Instant,
    report: Arc<OnceLock<Report>>,
}

/// Adds what is known to a report.
type Report = Box<dyn Fn(&mut HealthReport) + Send + Sync>;

impl Vitals {
    /// Sets who says it; the first who is set stays.
    #[cfg(feature = "server")]
    pub(crate) fn set(&self, report: impl Fn(&mut HealthReport) + Send + Sync + 'static) {
        let _ = self.report.set(Box::new(report));
    }

    pub(crate) fn report(&self) -> HealthReport {
        let mut health = HealthReport::up(self.since.elapsed());
        if let Some(report) = self.report.get() {
            report(&mut health);
        }
        health
    }
}

impl Default for Vitals {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            report: Arc::default(),
        }
    }
}

impl fmt::Debug for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vitals")
    }
}
