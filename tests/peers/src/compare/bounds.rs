//! What must hold.

use super::plan;
use crate::cell::{Cell, Format, Peer, Threads, Transport, Work, Workload};
use crate::results::Results;

const JSON_RPC: Peer = Peer::Mitto(Transport::Ws, Format::JsonRpc);
const JSON: Peer = Peer::Mitto(Transport::Ws, Format::Json);
const COMPACT: Peer = Peer::Mitto(Transport::Tcp, Format::Compact);
const MESSAGE_PACK: Peer = Peer::Mitto(Transport::Tcp, Format::MessagePack);
const WS_MESSAGE_PACK: Peer = Peer::Mitto(Transport::Ws, Format::MessagePack);

/// Those of ours that have bounds.
const OURS: [Peer; 5] = [JSON_RPC, JSON, COMPACT, MESSAGE_PACK, WS_MESSAGE_PACK];
/// The other RPC libraries.
const LIBRARIES: [Peer; 5] = [
    Peer::TarpcBincode,
    Peer::TarpcJson,
    Peer::Jsonrpsee,
    Peer::Tonic,
    Peer::Capnp,
];

const TWO: Threads = Threads::Workers(2);
const ALONE: Workload = load(1, 1, TWO, 32);
const MANY: Workload = load(32, 16, TWO, 32);
const ONE_THREAD: Workload = load(1, 64, Threads::Current, 32);
pub(super) const ONE_WORKER: Workload = load(1, 64, Threads::Workers(1), 32);
const TWO_THREADS: Workload = load(1, 64, TWO, 32);
const LARGE: Workload = load(1, 64, Threads::Current, 8_192);

/// CPU that another takes at least, in times of ours: at `ALONE`, at `MANY`, at `ONE_WORKER`.
const SMALL: [(Peer, Peer, [f64; 3]); 5] = [
    (JSON_RPC, Peer::Jsonrpsee, [1.8, 9.0, 15.0]),
    (JSON, Peer::Jsonrpsee, [1.8, 10.0, 16.0]),
    (COMPACT, Peer::TarpcBincode, [2.8, 6.0, 15.0]),
    (MESSAGE_PACK, Peer::TarpcBincode, [2.6, 5.0, 12.0]),
    (MESSAGE_PACK, Peer::Tonic, [5.5, 18.0, 20.0]),
];
/// The same at `LARGE`.
const LARGER: [(Peer, Peer, f64); 6] = [
    (JSON_RPC, Peer::Jsonrpsee, 3.5),
    (JSON, Peer::Jsonrpsee, 3.5),
    (COMPACT, Peer::TarpcBincode, 2.5),
    (MESSAGE_PACK, Peer::TarpcBincode, 2.5),
    (COMPACT, Peer::Tonic, 5.0),
    (MESSAGE_PACK, Peer::Tonic, 5.0),
];
/// The same of an item of a stream.
const STREAMED: [(Peer, Peer, f64); 2] = [
    (WS_MESSAGE_PACK, Peer::Tonic, 3.0),
    (MESSAGE_PACK, Peer::Tonic, 3.0),
];
/// CPU of a WebSocket request with MessagePack at `MANY`, in times of the raw one.
const ABOVE_RAW: f64 = 1.6;
const SYSTEM_CALLS: f64 = 0.5;

struct Row {
    what: String,
    load: Workload,
    bound: String,
    measured: String,
    held: bool,
}

/// Whether a bound needs this peer at this load.
pub(super) fn names(load: Workload, peer: Peer) -> bool {
    let cell = Cell { peer, load };
    let pair = |(ours, other, _): &(Cell, Cell, f64)| *ours == cell || *other == cell;
    ratios().iter().any(pair)
        || [ALONE, MANY].contains(&load) && (OURS.contains(&peer) || LIBRARIES.contains(&peer))
        || load == MANY && peer == Peer::RawWebSocket
        || counts(&cell)
}

/// Whether a bound needs its system calls.
pub(super) fn counts(cell: &Cell) -> bool {
    [ONE_THREAD, TWO_THREADS].contains(&cell.load) && OURS.contains(&cell.peer)
}

/// Prints every bound and whether it holds; whether all do.
pub(super) fn print(results: &Results) -> bool {
    let mut rows = Vec::new();
    rows.extend(ratios().iter().map(|(ours, other, least)| {
        let (times, low, high) = results.times(other, ours);
        Row {
            what: format!("CPU of {} / {}", other.peer, ours.peer),
            load: ours.load,
            bound: format!("at least {least}"),
            measured: format!("{times:.2} ({low:.2} to {high:.2})"),
            held: times >= *least,
        }
    }));
    rows.push(above_raw(results));
    for load in [ALONE, MANY] {
        rows.extend(OURS.map(|peer| latency(results, Cell { peer, load })));
    }
    for load in [ONE_THREAD, TWO_THREADS] {
        rows.extend(OURS.map(|peer| system_calls(results, Cell { peer, load })));
    }

    println!("\n**Bounds** (in brackets: of single rounds)\n");
    println!("| what | at | bound | measured | |\n| --- | --- | --- | --- | --- |");
    for row in &rows {
        let Row {
            what,
            bound,
            measured,
            ..
        } = row;
        let held = if row.held { "held" } else { "**missed**" };
        let at = row.load;
        println!("| {what} | {at} | {bound} | {measured} | {held} |");
    }
    let missed = rows.iter().filter(|row| !row.held).count();
    println!("\n{missed} of {} missed.", rows.len());
    missed == 0
}

/// Ours, the other, and how many times ours the other takes at least.
fn ratios() -> Vec<(Cell, Cell, f64)> {
    let mut all = Vec::new();
    let mut add = |ours, other, load, least| {
        all.push((Cell { peer: ours, load }, Cell { peer: other, load }, least));
    };
    for (ours, other, least) in SMALL {
        for (load, least) in [ALONE, MANY, ONE_WORKER].into_iter().zip(least) {
            add(ours, other, load, least);
        }
    }
    for (ours, other, least) in LARGER {
        add(ours, other, LARGE, least);
    }
    for threads in [TWO, Threads::Current] {
        for (ours, other, least) in STREAMED {
            add(ours, other, plan::stream(threads), least);
        }
    }
    all
}

fn above_raw(results: &Results) -> Row {
    let ours = Cell {
        peer: WS_MESSAGE_PACK,
        load: MANY,
    };
    let raw = Cell {
        peer: Peer::RawWebSocket,
        load: MANY,
    };
    let (times, low, high) = results.times(&ours, &raw);
    Row {
        what: format!("CPU of {} / {}", ours.peer, raw.peer),
        load: MANY,
        bound: format!("at most {ABOVE_RAW}"),
        measured: format!("{times:.2} ({low:.2} to {high:.2})"),
        held: times <= ABOVE_RAW,
    }
}

/// No library is faster.
fn latency(results: &Results, ours: Cell) -> Row {
    let p99 = |cell: &Cell| results.cost(cell).map_or(f64::NAN, |cost| cost.p99_us);
    let (best, best_us) = LIBRARIES
        .map(|peer| Cell { peer, ..ours })
        .map(|cell| (cell.peer, p99(&cell)))
        .into_iter()
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .unwrap_or((Peer::Tonic, f64::NAN));
    let measured = p99(&ours);
    Row {
        what: format!("p99 of {}", ours.peer),
        load: ours.load,
        bound: format!("at most {best_us:.1} us ({best})"),
        measured: format!("{measured:.1} us"),
        held: measured <= best_us,
    }
}

fn system_calls(results: &Results, ours: Cell) -> Row {
    let measured = results.system_calls(&ours);
    Row {
        what: format!("system calls of {}", ours.peer),
        load: ours.load,
        bound: format!("at most {SYSTEM_CALLS}"),
        measured: match measured.is_nan() {
            true => "-".into(),
            false => format!("{measured:.3}"),
        },
        // Nothing can be said without a tool that counts them.
        held: measured.is_nan() || measured <= SYSTEM_CALLS,
    }
}

const fn load(connections: usize, in_flight: usize, threads: Threads, payload: usize) -> Workload {
    Workload {
        work: Work::Echo,
        connections,
        in_flight,
        threads,
        payload,
    }
}
