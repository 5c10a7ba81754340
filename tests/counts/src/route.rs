//! Finding a node among few and among many.

use std::hint::black_box;

use mitto::codec::Codecs;
use mitto::envelope::MessageId;
use mitto::job::{Answer, Job, Run};
use mitto::message::Payload;
use mitto::queue::Queue;
use mitto::router::{Router, Routes};
use mitto::{Address, Format, Peer};

use crate::case::Case;

const LENGTH: u64 = 20_000;

/// Has nothing to do.
struct Nothing;

impl Queue for Nothing {
    fn submit(&self, _: Job<'_>, answer: Answer) -> Run {
        answer.end();
        Run::done()
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let sizes = [1, 100, 10_000];
    let cases = sizes.map(|size| {
        let name = format!("route/one of {size} nodes");
        Case::new(name, LENGTH, move |length| route(size, length))
    });
    cases.into()
}

/// Requests to one node after another.
fn route(size: usize, length: u64) {
    // As long as each other, so that only their number differs.
    let addresses: Vec<_> = (0..size)
        .map(|n| format!("shop{:02}/node{n:05}", n % 50))
        .collect();
    let mut routes = Routes::new();
    for address in &addresses {
        routes = routes.node(address, Nothing).expect("a node");
    }
    let router = Router::new(routes);
    let addresses: Vec<_> = addresses
        .iter()
        .map(|address| Address::parse(address).expect("an address"))
        .collect();
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    for n in 0..length as usize {
        let payload = Payload::Encoded {
            format: Format::JSON,
            bytes: &[1],
        };
        let mut job = Job::new(MessageId::NONE, payload, &caller, &codecs);
        job.address = Some(addresses[n % addresses.len()]);
        assert!(black_box(&router).submit(job, Answer::nobody()).is_done());
    }
}
