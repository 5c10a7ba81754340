//! mitto through brokers, beside programs on the brokers' own clients: cells in processes of their own, in turns.

mod tables;

use std::time::Instant;

use crate::Failure;
use crate::cell::{Broker, Cell, Ends, Peer, Threads, Work, Workload};
use crate::child::Children;
use crate::options::Comparison;
use crate::peers::Started;
use crate::results::Results;

/// All that are measured at a broker; what has a bound comes first.
const NATS: [Ends; 3] = [Ends::Mitto, Ends::Plain, Ends::Bytes];
const RABBITMQ: [Ends; 4] = [Ends::Mitto, Ends::Plain, Ends::Bytes, Ends::OneByOne];

const THREADS: [Threads; 2] = [Threads::Workers(1), Threads::Workers(2)];

/// Measures, prints, and tells whether every bound holds.
pub(crate) fn run(options: &Comparison) -> Result<bool, Failure> {
    let begun = Instant::now();
    let runtime = crate::runtime(Threads::Workers(1))?;
    let brokers = [(Broker::Nats, &NATS[..]), (Broker::RabbitMq, &RABBITMQ[..])];
    let mut results = Results::default();
    for (broker, ends) in brokers {
        let started = runtime.block_on(Started::start(broker));
        let children = Children::new(options.quick)?.with(["--url".to_owned(), started.url()]);
        let cells = cells(broker, ends, options);
        for round in 0..options.rounds {
            // Whoever comes first finds another machine than who comes last.
            for turn in 0..cells.len() {
                let cell = cells[(turn + round) % cells.len()];
                results.add(cell, children.measure(&cell));
            }
        }
        for cell in cells {
            let (calls, allocations) = (children.system_calls(&cell), children.allocations(&cell));
            results.count(cell, calls, allocations);
        }
    }
    let held = tables::print(&results);
    for failure in results.failures() {
        println!("\n{failure}");
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let rounds = options.rounds;
    println!("\n{cores} cores, {minutes:.1} minutes, medians of {rounds} rounds");
    Ok(held && results.failures().is_empty())
}

fn cells(broker: Broker, ends: &[Ends], options: &Comparison) -> Vec<Cell> {
    let threads = match options.binding {
        true => &THREADS[..1],
        false => &THREADS,
    };
    let each = |threads: &Threads| {
        let load = load(*threads);
        ends.iter().map(move |ends| Cell {
            peer: Peer::Through(broker, *ends),
            load,
        })
    };
    threads.iter().flat_map(each).collect()
}

/// 64 requests in flight.
fn load(threads: Threads) -> Workload {
    Workload {
        work: Work::Echo,
        connections: 1,
        in_flight: 64,
        threads,
        payload: 32,
    }
}
