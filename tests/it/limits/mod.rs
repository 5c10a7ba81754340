//! Every limit, just below it, at it, and just above it: what happens, the log line, and the metric.

mod apart;
mod bandwidth;
mod counts;
mod docs;
mod impossible;
mod seen;
mod sizes;
mod times;
mod waits;
mod world;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use mitto::limits::Limit;
use seen::Seen;

use crate::alone::alone;

/// Where a row stands to its limit.
#[derive(Clone, Copy, Debug)]
enum At {
    Below,
    Limit,
    Above,
}

impl At {
    /// The limit, one less, or one more.
    fn of(self, limit: usize) -> usize {
        match self {
            Self::Below => limit - 1,
            Self::Limit => limit,
            Self::Above => limit + 1,
        }
    }

    /// The limit, a millisecond less, or one more.
    fn time(self, limit: Duration) -> Duration {
        let millis = usize::try_from(limit.as_millis()).unwrap();
        Duration::from_millis(self.of(millis) as u64)
    }
}

/// One way to reach a limit.
struct Row {
    limit: Limit,
    /// What is done.
    what: &'static str,
    /// What comes of it below, at, and above the limit. Nothing is logged or counted where that is
    /// [`FINE`].
    outcomes: [&'static str; 3],
    drive: fn(At) -> Pin<Box<dyn Future<Output = String>>>,
}

const FINE: &str = "fine";

/// A row, whose name says what is done.
macro_rules! row {
    ($limit:ident, $drive:ident, $outcomes:expr) => {
        $crate::limits::Row {
            limit: mitto::limits::Limit::$limit,
            what: stringify!($drive),
            outcomes: $outcomes,
            drive: |at| Box::pin($drive(at)),
        }
    };
}
use row;

fn rows() -> impl Iterator<Item = Row> {
    [sizes::rows(), counts::rows(), times::rows(), waits::rows()]
        .into_iter()
        .flatten()
}

#[test]
fn every_limit_holds_and_is_told_of() {
    alone(
        "limits::every_limit_holds_and_is_told_of",
        reach_every_limit,
    );
}

fn reach_every_limit() {
    let mut faults = Vec::new();
    for row in rows() {
        for (at, expected) in [At::Below, At::Limit, At::Above]
            .into_iter()
            .zip(row.outcomes)
        {
            let place = format!("{}, {}, {at:?}", row.limit, row.what);
            let (seen, outcome) = Seen::during(|| run(&row, at));
            if outcome != expected {
                faults.push(format!("{place}: {outcome}, expected {expected}"));
            } else if (seen.count(row.limit) > 0) != (expected != FINE) {
                faults.push(format!("{place}: counted {}", seen.count(row.limit)));
            } else if expected != FINE && !seen.line(row.limit) && !is_logged(&row, at) {
                faults.push(format!("{place}: no log line"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_limit_is_left_out() {
    let tested: BTreeSet<_> = rows().map(|row| row.limit.name()).collect();
    let all: BTreeSet<_> = Limit::ALL.iter().map(|limit| limit.name()).collect();
    assert_eq!(tested, all);
}

/// Whether it is in the next second: there is one line a second, and the last one may have been that of
/// another row.
fn is_logged(row: &Row, at: At) -> bool {
    std::thread::sleep(Duration::from_millis(1_050));
    Seen::during(|| run(row, at)).0.line(row.limit)
}

fn run(row: &Row, at: At) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on((row.drive)(at))
}
