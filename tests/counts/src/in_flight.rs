//! The table of the requests that wait.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mitto::Format;
use mitto::in_flight::{InFlight, Patience, Reply};
use mitto::message::Body;
use tokio::time::Instant;

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![Case::new("in flight/reserve, complete, poll", 2_000, wait)]
}

/// A reply without bytes, so that nothing of it is counted.
fn wait(length: u64) {
    let patience = Patience {
        timeout: Duration::from_secs(30),
        max: Duration::from_secs(600),
        idle: None,
    };
    let (now, waker) = (Instant::now(), Waker::noop());
    let mut table = InFlight::new(1_024, true);
    for _ in 0..length {
        let id = black_box(&mut table).reserve(waker, now, patience, 0);
        let id = id.expect("there is room");
        let reply = Reply::Response(Body::Encoded {
            format: Format::COMPACT,
            bytes: Vec::new(),
        });
        assert!(matches!(table.complete(id, reply), Ok(Some(_))));
        let polled = table.poll(id, &mut Context::from_waker(waker));
        assert!(matches!(polled, Poll::Ready((Reply::Response(_), _))));
    }
}
