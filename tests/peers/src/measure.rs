//! What the process has used, and what a request has cost.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::Failure;

/// How many allocations there were, in a build that counts them.
pub(crate) static COUNTER: OnceLock<Option<fn() -> usize>> = OnceLock::new();

/// The whole process at one moment: clients and server.
pub(crate) struct Snapshot {
    time: Instant,
    usage: Usage,
    allocations: Option<usize>,
}

/// What one request has cost. What was not measured is NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) per_second: f64,
    pub(crate) cpu_us: f64,
    pub(crate) allocations: f64,
    pub(crate) switches: f64,
    /// Microseconds until the answer, of half of the requests at most.
    pub(crate) p50_us: f64,
    /// Microseconds until the answer, of 99 in 100 at most.
    pub(crate) p99_us: f64,
}

impl Snapshot {
    pub(crate) fn take() -> Result<Self, Failure> {
        Ok(Self {
            usage: getrusage(UsageWho::RUSAGE_SELF)?,
            allocations: COUNTER.get().copied().flatten().map(|count| count()),
            time: Instant::now(),
        })
    }

    /// What each of `requests` has cost from then until `now`.
    pub(crate) fn cost(&self, now: &Self, requests: u64) -> Cost {
        let each = 1.0 / requests as f64;
        let since = self.allocations.zip(now.allocations);
        Cost {
            per_second: requests as f64 / now.time.duration_since(self.time).as_secs_f64(),
            cpu_us: (cpu(&now.usage) - cpu(&self.usage)).as_secs_f64() * 1e6 * each,
            allocations: since.map_or(f64::NAN, |(before, after)| (after - before) as f64 * each),
            switches: (switches(&now.usage) - switches(&self.usage)) as f64 * each,
            p50_us: f64::NAN,
            p99_us: f64::NAN,
        }
    }
}

impl Cost {
    /// Each figure's median.
    pub(crate) fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure));
        Self {
            per_second: of(|cost| cost.per_second),
            cpu_us: of(|cost| cost.cpu_us),
            allocations: of(|cost| cost.allocations),
            switches: of(|cost| cost.switches),
            p50_us: of(|cost| cost.p50_us),
            p99_us: of(|cost| cost.p99_us),
        }
    }

    /// With the percentiles of these, in nanoseconds.
    pub(crate) fn with_latencies(self, nanoseconds: &mut [u32]) -> Self {
        nanoseconds.sort_unstable();
        let at = |percent: usize| {
            let index = nanoseconds.len() * percent / 100;
            nanoseconds
                .get(index)
                .map_or(f64::NAN, |time| f64::from(*time) / 1e3)
        };
        Self {
            p50_us: at(50),
            p99_us: at(99),
            ..self
        }
    }

    /// For another process to read.
    pub(crate) fn line(&self) -> String {
        format!(
            "{} {} {} {} {} {}",
            self.per_second, self.cpu_us, self.allocations, self.switches, self.p50_us, self.p99_us
        )
    }

    /// What [`line`](Self::line) has written.
    #[cfg(any(feature = "peers", feature = "brokers"))]
    pub(crate) fn read(line: &str) -> Option<Self> {
        let mut figures = line.split_whitespace().map(str::parse);
        let mut next = || figures.next()?.ok();
        Some(Self {
            per_second: next()?,
            cpu_us: next()?,
            allocations: next()?,
            switches: next()?,
            p50_us: next()?,
            p99_us: next()?,
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            per_second, cpu_us, ..
        } = self;
        write!(f, "{per_second:.0} | {cpu_us:.2} | ")?;
        match self.allocations.is_nan() {
            true => write!(f, "-")?,
            false => write!(f, "{:.2}", self.allocations)?,
        }
        write!(f, " | {:.4}", self.switches)?;
        for latency in [self.p50_us, self.p99_us] {
            match latency.is_nan() {
                true => write!(f, " | -")?,
                false => write!(f, " | {latency:.1}")?,
            }
        }
        Ok(())
    }
}

/// The middle of them, without those that were not measured.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<_> = figures.filter(|figure| !figure.is_nan()).collect();
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
