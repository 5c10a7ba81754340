//! What the process has used, and what a request has cost.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// The whole process at one moment: clients and server.
pub(crate) struct Snapshot {
    time: Instant,
    usage: Usage,
    allocations: Option<usize>,
}

/// What one request has cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) per_second: f64,
    pub(crate) cpu_us: f64,
    pub(crate) allocations: Option<f64>,
    pub(crate) switches: f64,
}

impl Snapshot {
    pub(crate) fn take() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            usage: getrusage(UsageWho::RUSAGE_SELF)?,
            allocations: allocations(),
            time: Instant::now(),
        })
    }

    /// What each of `requests` has cost from then until `now`.
    pub(crate) fn cost(&self, now: &Self, requests: u64) -> Cost {
        let each = 1.0 / requests.max(1) as f64;
        let since = self.allocations.zip(now.allocations);
        Cost {
            per_second: requests as f64 / now.time.duration_since(self.time).as_secs_f64(),
            cpu_us: (cpu(&now.usage) - cpu(&self.usage)).as_secs_f64() * 1e6 * each,
            allocations: since.map(|(before, after)| (after - before) as f64 * each),
            switches: (switches(&now.usage) - switches(&self.usage)) as f64 * each,
        }
    }
}

impl Cost {
    /// Each figure's median.
    pub(crate) fn median(rounds: &[Self]) -> Self {
        Self {
            per_second: median(rounds.iter().map(|cost| cost.per_second)),
            cpu_us: median(rounds.iter().map(|cost| cost.cpu_us)),
            allocations: rounds
                .iter()
                .map(|cost| cost.allocations)
                .collect::<Option<Vec<_>>>()
                .map(|all| median(all.into_iter())),
            switches: median(rounds.iter().map(|cost| cost.switches)),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} | {:.2} | ", self.per_second, self.cpu_us)?;
        match self.allocations {
            Some(allocations) => write!(f, "{allocations:.2}")?,
            None => write!(f, "-")?,
        }
        write!(f, " | {:.4}", self.switches)
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<_> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn cpu(usage: &Usage) -> Duration {
    let time = |time: TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    time(usage.user_time()) + time(usage.system_time())
}

fn switches(usage: &Usage) -> i64 {
    usage.voluntary_context_switches() + usage.involuntary_context_switches()
}

#[cfg(feature = "allocations")]
fn allocations() -> Option<usize> {
    let stats = crate::ALLOCATOR.stats();
    Some(stats.allocations + stats.reallocations)
}

#[cfg(not(feature = "allocations"))]
fn allocations() -> Option<usize> {
    None
}
