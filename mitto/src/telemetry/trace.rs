//! Which trace the work of this moment belongs to: W3C trace context, as data.
//!
//! The ids travel as the metadata [`TRACEPARENT`] and [`TRACESTATE`]. While a handler is polled its trace
//! is the [current](Trace::current) one, so that what it calls joins it. The format is that of
//! <https://www.w3.org/TR/trace-context/>.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::Arc;

/// The metadata key of a [`TraceContext`].
pub const TRACEPARENT: &str = "traceparent";

/// The metadata key of what others say of the trace; it is passed on as it came.
pub const TRACESTATE: &str = "tracestate";

thread_local! {
    static CURRENT: RefCell<Option<Trace>> = const { RefCell::new(None) };
    static RANDOM: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8));
}

/// The ids of one span: W3C `traceparent`.
///
/// ```
/// use mitto::telemetry::TraceContext;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent: TraceContext = text.parse()?;
/// assert!(parent.is_sampled());
/// let child = parent.child();
/// assert_eq!(child.trace_id(), parent.trace_id());
/// assert_ne!(child.span_id(), parent.span_id());
/// assert_eq!(parent.to_string(), text);
/// # Ok::<(), mitto::telemetry::BadTraceparent>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
}

/// What is wrong with a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a traceparent: write 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case"
)]
#[non_exhaustive]
pub struct BadTraceparent;

impl TraceContext {
    /// The ids that another tracing system gave; `None` where one of them is 0, which means none.
    pub fn new(trace_id: u128, span_id: u64, sampled: bool) -> Option<Self> {
        (trace_id != 0 && span_id != 0).then_some(Self {
            trace: trace_id,
            span: span_id,
            flags: u8::from(sampled),
        })
    }

    /// The first span of a new trace, with random ids; it is sampled.
    pub fn random() -> Self {
        Self {
            trace: u128::from(random()) << 64 | u128::from(random()),
            span: random(),
            flags: 1,
        }
    }

    /// A new span of the same trace.
    pub fn child(&self) -> Self {
        Self {
            span: random(),
            ..*self
        }
    }

    /// Which trace.
    pub fn trace_id(&self) -> u128 {
        self.trace
    }

    /// Which span of it.
    pub fn span_id(&self) -> u64 {
        self.span
    }

    /// Whether somebody upstream records the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

/// As `traceparent` says it.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, flags } = self;
        write!(f, "00-{trace:032x}-{span:016x}-{flags:02x}")
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceContext({self})")
    }
}

impl FromStr for TraceContext {
    type Err = BadTraceparent;

    /// Reads version 00, and of later versions what version 00 has.
    fn from_str(text: &str) -> Result<Self, BadTraceparent> {
        let mut parts = text.splitn(5, '-');
        let mut part = |length| hex(parts.next()?, length);
        let read = (|| Some((part(2)?, part(32)?, part(16)?, part(2)?)))();
        let (version, trace, span, flags) = read.ok_or(BadTraceparent)?;
        let more = parts.next().is_some();
        if version == 0xff || (version == 0 && more) || trace == 0 || span == 0 {
            return Err(BadTraceparent);
        }
        Ok(Self {
            trace,
            span: span as u64,
            // The other flags have no meaning in the version that is written.
            flags: flags as u8 & 1,
        })
    }
}

/// A trace that work belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// The span that the work is part of.
    pub context: TraceContext,
    /// What others say of the trace: W3C `tracestate`.
    pub state: Option<Arc<str>>,
}

impl Trace {
    /// The trace of a span.
    pub fn new(context: TraceContext) -> Self {
        Self {
            context,
            state: None,
        }
    }

    /// The trace of the handler that is being polled on this thread, or of whatever else runs in
    /// [`enter`](Self::enter).
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).ok()?
    }

    /// Makes it the current one while `work` runs.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _left = Left(swap(Some(self.clone())));
        work()
    }
}

/// The span and the trace of this moment, for work that goes on in another task or thread.
#[derive(Debug)]
pub(crate) struct Here {
    span: tracing::Span,
    trace: Option<Trace>,
}

impl Here {
    pub(crate) fn now() -> Self {
        Self {
            span: tracing::Span::current(),
            trace: Trace::current(),
        }
    }

    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.trace {
            Some(trace) => self.span.in_scope(|| trace.enter(work)),
            None => self.span.in_scope(work),
        }
    }
}

/// Puts the trace back that was current before.
struct Left(Option<Trace>);

impl Drop for Left {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

fn swap(trace: Option<Trace>) -> Option<Trace> {
    CURRENT
        .try_with(|current| current.replace(trace))
        .ok()
        .flatten()
}

/// A number of exactly `length` hex digits in lower case.
fn hex(text: &str, length: usize) -> Option<u128> {
    let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == length && text.bytes().all(digits))
        .then(|| u128::from_str_radix(text, 16).ok())?
}

/// Not 0. Ids must be unlikely to meet, not hard to guess: SplitMix64 with a seed of the system's.
fn random() -> u64 {
    RANDOM.with(|state| {
        loop {
            let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            state.set(next);
            let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let mixed = mixed ^ (mixed >> 31);
            if mixed != 0 {
                return mixed;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn good_ones_are_read() {
        assert_eq!(
            GOOD.parse::<TraceContext>().map(|c| c.to_string()),
            Ok(GOOD.into())
        );
        let later = GOOD.replacen("00", "01", 1) + "-more";
        assert_eq!(
            later.parse::<TraceContext>().map(|c| c.to_string()),
            Ok(GOOD.into())
        );
    }

    #[test]
    fn bad_ones_are_refused() {
        let upper = GOOD.to_uppercase();
        let more = format!("{GOOD}-more");
        let version = GOOD.replacen("00", "ff", 1);
        for bad in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            &upper,
            &more,
            &version,
        ] {
            assert_eq!(bad.parse::<TraceContext>(), Err(BadTraceparent), "{bad}");
        }
    }

    #[test]
    fn the_current_one_is_put_back() {
        let outer = Trace::new(TraceContext::random());
        let inner = Trace::new(outer.context.child());
        outer.enter(|| {
            inner.enter(|| assert_eq!(Trace::current(), Some(inner.clone())));
            assert_eq!(Trace::current(), Some(outer.clone()));
        });
        assert_eq!(Trace::current(), None);
    }
}
