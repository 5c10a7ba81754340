//! What forwarding adds: requests through one more server beside those that go straight to it.

use std::time::Duration;

use crate::Failure;
use crate::cell::{Cell, Format, Peer, Threads, Transport, Work, Workload};
use crate::measure::{Cost, median};
use crate::options::Run;

/// How many times the CPU of a direct request a forwarded one may take.
const BOUNDS: [(Transport, Format, f64); 2] = [
    (Transport::Ws, Format::Json, 1.6),
    (Transport::Tcp, Format::MessagePack, 2.0),
];

/// Measures the two in turn, so that what disturbs one disturbs the other, and prints the ratios. Says whether
/// they hold.
pub(crate) fn run(rounds: usize) -> Result<bool, Failure> {
    println!(
        "| mitto | direct, CPU us/request | forwarded | ratio | at most |\n| --- | --: | --: | --: | --: |"
    );
    let mut good = true;
    for (transport, format, bound) in BOUNDS {
        let peer = Peer::Mitto(transport, format);
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let direct = one(peer, Work::Echo)?.cpu_us;
            costs.push((direct, one(peer, Work::Forward)?.cpu_us));
        }
        let ratio = median(costs.iter().map(|(direct, forwarded)| forwarded / direct));
        let direct = median(costs.iter().map(|(direct, _)| *direct));
        let forwarded = median(costs.iter().map(|(_, forwarded)| *forwarded));
        println!("| {peer} | {direct:.2} | {forwarded:.2} | {ratio:.2} | {bound:.1} |");
        good &= ratio <= bound;
    }
    Ok(good)
}

fn one(peer: Peer, work: Work) -> Result<Cost, Failure> {
    let load = Workload {
        work,
        connections: 1,
        in_flight: 64,
        threads: Threads::Workers(2),
        payload: 32,
    };
    let run = Run {
        cell: Cell { peer, load },
        warm_up: Duration::from_millis(150),
        round: Duration::from_millis(500),
        rounds: 1,
        count: None,
        broker: None,
    };
    crate::runtime(load.threads)?.block_on(crate::peers::measure(&run))
}
