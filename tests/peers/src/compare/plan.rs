//! Which cells there are.

use super::bounds;
use crate::cell::{Cell, Format, Peer, Threads, Transport, Work, Workload};
use crate::options::Comparison;

/// Loads, each with who is measured at it.
pub(super) type Loads = Vec<(Workload, Vec<Peer>)>;

const SHAPES: [(usize, usize); 4] = [(1, 1), (1, 64), (1, 512), (32, 16)];
const PAYLOADS: [usize; 2] = [32, 8_192];
const THREADS: [Threads; 2] = [Threads::Workers(2), Threads::Current];

/// Everybody, in the order of the tables.
pub(super) const PEERS: [Peer; 18] = [
    Peer::Mitto(Transport::Ws, Format::JsonRpc),
    Peer::Mitto(Transport::Ws, Format::Json),
    Peer::Mitto(Transport::Ws, Format::MessagePack),
    Peer::Mitto(Transport::Ws, Format::Compact),
    Peer::Mitto(Transport::Tcp, Format::Json),
    Peer::Mitto(Transport::Tcp, Format::MessagePack),
    Peer::Mitto(Transport::Tcp, Format::Compact),
    Peer::Mitto(Transport::Unix, Format::MessagePack),
    Peer::Mitto(Transport::Memory, Format::MessagePack),
    Peer::Mitto(Transport::Tls, Format::MessagePack),
    Peer::Mitto(Transport::Wss, Format::MessagePack),
    Peer::TarpcBincode,
    Peer::TarpcJson,
    Peer::Jsonrpsee,
    Peer::Tonic,
    Peer::Capnp,
    Peer::RawTcp,
    Peer::RawWebSocket,
];

/// Who streams.
const STREAMING: [Peer; 4] = [
    Peer::Mitto(Transport::Ws, Format::MessagePack),
    Peer::Mitto(Transport::Tcp, Format::MessagePack),
    Peer::Tonic,
    Peer::Jsonrpsee,
];

/// Who calls its clients.
const CALLING_BACK: [Peer; 2] = [
    Peer::Mitto(Transport::Ws, Format::MessagePack),
    Peer::Mitto(Transport::Tcp, Format::MessagePack),
];

/// What is measured.
pub(super) fn loads(options: &Comparison) -> Loads {
    let mut loads = Loads::new();
    for threads in THREADS {
        for payload in PAYLOADS {
            for (connections, in_flight) in SHAPES {
                let load = Workload {
                    work: Work::Echo,
                    connections,
                    in_flight,
                    threads,
                    payload,
                };
                loads.push((load, PEERS.to_vec()));
            }
        }
        loads.push((stream(threads), STREAMING.to_vec()));
        for (connections, in_flight) in [(1, 1), (1, 64), (32, 16)] {
            let load = Workload {
                work: Work::Back,
                connections,
                in_flight,
                threads,
                payload: 32,
            };
            loads.push((load, CALLING_BACK.to_vec()));
        }
    }
    // The same as on one thread, but for the order in which tasks run: the one that was woken last is
    // the first, which takes from many what they could write at once.
    let load = bounds::ONE_WORKER;
    loads.push((load, PEERS.to_vec()));
    if options.binding {
        for (load, peers) in &mut loads {
            peers.retain(|peer| bounds::names(*load, *peer));
        }
        loads.retain(|(_, peers)| !peers.is_empty());
    }
    loads
}

/// Whether its system calls and allocations are counted.
pub(super) fn counted(cell: &Cell) -> bool {
    let Workload {
        connections,
        in_flight,
        payload,
        ..
    } = cell.load;
    let shape = (connections, in_flight);
    cell.load.work == Work::Echo && (payload == 32 && shape != (1, 512) || shape == (1, 64))
}

/// One reader of one stream.
pub(super) fn stream(threads: Threads) -> Workload {
    Workload {
        work: Work::Stream,
        connections: 1,
        in_flight: 1,
        threads,
        payload: 32,
    }
}
