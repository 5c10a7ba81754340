//! mitto beside the others: many cells, each in a process of its own, in turns.

mod bounds;
mod plan;
mod tables;

use std::time::Instant;

use crate::Failure;
use crate::cell::Cell;
use crate::child::Children;
use crate::options::Comparison;
use crate::results::Results;

/// Measures, prints, and tells whether every bound holds.
pub(crate) fn run(options: &Comparison) -> Result<bool, Failure> {
    let begun = Instant::now();
    let children = Children::new(options.quick)?;
    let loads = plan::loads(options);
    println!("{}\n", machine());
    let mut results = Results::default();
    for round in 0..options.rounds {
        for (load, peers) in &loads {
            // Whoever comes first finds another machine than who comes last.
            for turn in 0..peers.len() {
                let peer = peers[(turn + round) % peers.len()];
                let cell = Cell { peer, load: *load };
                results.add(cell, children.measure(&cell));
            }
        }
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        eprintln!(
            "round {} of {}: {minutes:.1} min",
            round + 1,
            options.rounds
        );
    }
    for cell in results.cells() {
        if plan::counted(&cell) && (!options.binding || bounds::counts(&cell)) {
            results.count(
                cell,
                children.system_calls(&cell),
                children.allocations(&cell),
            );
        }
    }
    match options.binding {
        true => tables::list(&results),
        false => tables::print(&results, &loads),
    }
    let held = bounds::print(&results);
    for failure in results.failures() {
        println!("\n{failure}");
    }
    println!(
        "\n{}, {:.1} minutes, medians of {} rounds",
        machine(),
        begun.elapsed().as_secs_f64() / 60.0,
        options.rounds
    );
    Ok(held)
}

fn machine() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, load {load}")
}
