//! Topics: one message to many peers, in every place that they may be in.

mod facts;
mod gateways;
mod once;
mod place;
mod slow;
mod trouble;

use std::sync::Arc;

use facts::tests;
use mitto::queue::broker::Broker;
use mitto::queue::broker::memory::Memory;
use place::Place;

// A file for another broker can run them as these do.
tests!(local Place::local());
tests!(memory Place::server("memory://topics"));
tests!(ws Place::server("ws://127.0.0.1:0"));
tests!(tcp Place::server("tcp://127.0.0.1:0"));
tests!(json_rpc Place::json_rpc());
tests!(two_servers Place::two_servers(memory()));
tests!(two_gateways Place::two_gateways(memory()));
tests!(two_gateways_json_rpc async {
    Place::two_gateways_of_json(memory()).await.speaking_json_rpc()
});

/// The broker of this process.
fn memory() -> Arc<dyn Broker> {
    Arc::new(Memory::new())
}
