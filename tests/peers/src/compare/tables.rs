//! All figures, as Markdown.

use super::plan::{self, Loads};
use crate::cell::{Cell, Format, Peer, Transport, Work, Workload};
use crate::results::Results;

/// Another library, and ours that is most like it.
const LIKE: [(Peer, Peer); 8] = [
    (Peer::Jsonrpsee, Peer::Mitto(Transport::Ws, Format::JsonRpc)),
    (Peer::Jsonrpsee, Peer::Mitto(Transport::Ws, Format::Json)),
    (
        Peer::TarpcBincode,
        Peer::Mitto(Transport::Tcp, Format::Compact),
    ),
    (
        Peer::TarpcBincode,
        Peer::Mitto(Transport::Tcp, Format::MessagePack),
    ),
    (Peer::TarpcJson, Peer::Mitto(Transport::Tcp, Format::Json)),
    (
        Peer::Tonic,
        Peer::Mitto(Transport::Tcp, Format::MessagePack),
    ),
    (
        Peer::Capnp,
        Peer::Mitto(Transport::Tcp, Format::MessagePack),
    ),
    (
        Peer::RawWebSocket,
        Peer::Mitto(Transport::Ws, Format::MessagePack),
    ),
];

/// A figure of a cell; `NaN` when it was not measured.
type Figure = fn(&Results, &Cell) -> f64;

const FIGURES: [(&str, Figure); 6] = [
    ("Microseconds of CPU per request", |results, cell| {
        results.cost(cell).map_or(f64::NAN, |cost| cost.cpu_us)
    }),
    ("Requests per second", |results, cell| {
        results.cost(cell).map_or(f64::NAN, |cost| cost.per_second)
    }),
    ("Latency, p50, microseconds", |results, cell| {
        results.cost(cell).map_or(f64::NAN, |cost| cost.p50_us)
    }),
    ("Latency, p99, microseconds", |results, cell| {
        results.cost(cell).map_or(f64::NAN, |cost| cost.p99_us)
    }),
    ("System calls per request", Results::system_calls),
    ("Allocations per request", Results::allocations),
];

pub(super) fn print(results: &Results, loads: &Loads) {
    let echo: Vec<Workload> = of(loads, Work::Echo);
    for (title, figure) in FIGURES {
        table(title, &echo, &plan::PEERS, |load, peer| {
            let value = figure(results, &Cell { peer, load });
            short(value)
        });
    }
    println!("\n**CPU of another library, in times of mitto's**\n");
    head("other / mitto", &echo);
    for (other, ours) in LIKE {
        row(&format!("{other} / {ours}"), &echo, |load| {
            let cell = |peer| Cell { peer, load };
            short(results.times(&cell(other), &cell(ours)).0)
        });
    }
    for (title, work) in [
        ("Streams: items per CPU second", Work::Stream),
        ("Server to client calls: calls per CPU second", Work::Back),
    ] {
        let loads_of = of(loads, work);
        let peers: Vec<Peer> = loads
            .iter()
            .find(|(load, _)| load.work == work)
            .map(|(_, peers)| peers.clone())
            .unwrap_or_default();
        table(title, &loads_of, &peers, |load, peer| {
            let cost = results.cost(&Cell { peer, load });
            short(cost.map_or(f64::NAN, |cost| 1e6 / cost.cpu_us))
        });
    }
}

/// Each cell in a row of its own.
pub(super) fn list(results: &Results) {
    println!("| peer | at | CPU us | per second | p50 us | p99 us | system calls | allocations |");
    println!("| --- | --- | --: | --: | --: | --: | --: | --: |");
    for cell in results.cells() {
        let figures = FIGURES.map(|(_, figure)| short(figure(results, &cell)));
        println!(
            "| {} | {} | {} |",
            cell.peer,
            cell.load,
            figures.join(" | ")
        );
    }
}

fn of(loads: &Loads, work: Work) -> Vec<Workload> {
    let loads = loads.iter().map(|(load, _)| *load);
    loads.filter(|load| load.work == work).collect()
}

fn table(
    title: &str,
    loads: &[Workload],
    peers: &[Peer],
    value: impl Fn(Workload, Peer) -> String,
) {
    println!("\n**{title}**\n");
    head("peer", loads);
    for peer in peers {
        row(&peer.to_string(), loads, |load| value(load, *peer));
    }
}

fn head(first: &str, loads: &[Workload]) {
    let columns: Vec<_> = loads.iter().map(ToString::to_string).collect();
    println!("| {first} | {} |", columns.join(" | "));
    println!("| --- |{}", " --: |".repeat(loads.len()));
}

fn row(first: &str, loads: &[Workload], value: impl Fn(Workload) -> String) {
    let values: Vec<_> = loads.iter().map(|load| value(*load)).collect();
    println!("| {first} | {} |", values.join(" | "));
}

/// Three digits are as many as hold.
fn short(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".into(),
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        100.0..10_000.0 => format!("{value:.0}"),
        10_000.0..1e6 => format!("{:.0}k", value / 1e3),
        _ => format!("{:.2}M", value / 1e6),
    }
}
