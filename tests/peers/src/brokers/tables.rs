//! The figures, as Markdown, and what must hold.

use crate::cell::{Broker, Cell, Ends, Peer, Threads};
use crate::results::Results;

/// The most times of a plain program's CPU, and the least times of its throughput.
const BOUNDS: [(Broker, f64, f64); 2] = [(Broker::Nats, 1.3, 0.0), (Broker::RabbitMq, 1.1, 0.95)];

pub(super) fn print(results: &Results) -> bool {
    println!(
        "| through | threads | requests/s | CPU us/request | allocations/request | \
         system calls/request | CPU, mitto / this | requests/s, mitto / this |\n\
         | --- | --- | --: | --: | --: | --: | --: | --: |"
    );
    for cell in results.cells() {
        let Peer::Through(broker, ends) = cell.peer else {
            continue;
        };
        let Some(cost) = results.cost(&cell) else {
            continue;
        };
        let ours = Cell {
            peer: Peer::Through(broker, Ends::Mitto),
            ..cell
        };
        let (times, least, most) = results.times(&ours, &cell);
        let compared = match ends {
            Ends::Mitto => "| |".to_owned(),
            _ => format!(
                "{times:.2} ({least:.2} to {most:.2}) | {:.2} |",
                faster(results, &ours, &cell)
            ),
        };
        println!(
            "| {} | {} | {:.0} | {:.1} | {} | {} | {compared}",
            name(broker, ends),
            cell.load.threads,
            cost.per_second,
            cost.cpu_us,
            counted(results.allocations(&cell)),
            counted(results.system_calls(&cell)),
        );
    }
    println!("\n| bound | measured | |\n| --- | --: | --- |");
    let bounds = BOUNDS.map(|(broker, most, least)| bound(results, broker, most, least));
    bounds.into_iter().all(|held| held)
}

fn bound(results: &Results, broker: Broker, most: f64, least: f64) -> bool {
    let cell = |ends| Cell {
        peer: Peer::Through(broker, ends),
        load: super::load(Threads::Workers(1)),
    };
    let (ours, plain) = (cell(Ends::Mitto), cell(Ends::Plain));
    let (times, ..) = results.times(&ours, &plain);
    let faster = faster(results, &ours, &plain);
    let name = name(broker, Ends::Plain);
    let cpu = held(
        &format!("CPU at most {most} times {name}"),
        times,
        times <= most,
    );
    let speed = least == 0.0
        || held(
            &format!("requests/s at least {least} times {name}"),
            faster,
            faster >= least,
        );
    cpu && speed
}

fn held(what: &str, measured: f64, held: bool) -> bool {
    let word = match held {
        true => "held",
        false => "missed",
    };
    println!("| {what} | {measured:.2} | {word} |");
    held
}

fn counted(figure: f64) -> String {
    match figure.is_nan() {
        true => "-".to_owned(),
        false => format!("{figure:.2}"),
    }
}

fn faster(results: &Results, ours: &Cell, other: &Cell) -> f64 {
    let speed = |cell| results.cost(cell).map_or(f64::NAN, |cost| cost.per_second);
    speed(ours) / speed(other)
}

fn name(broker: Broker, ends: Ends) -> &'static str {
    match (broker, ends) {
        (Broker::Nats, Ends::Mitto) => "NATS, mitto",
        (Broker::Nats, Ends::Bytes) => "NATS, async-nats, bytes",
        (Broker::Nats, _) => "NATS, async-nats",
        (Broker::RabbitMq, Ends::Mitto) => "RabbitMQ, mitto",
        (Broker::RabbitMq, Ends::Plain) => "RabbitMQ, lapin",
        (Broker::RabbitMq, Ends::Bytes) => "RabbitMQ, lapin, bytes",
        (Broker::RabbitMq, Ends::OneByOne) => "RabbitMQ, lapin, acks one by one",
    }
}
