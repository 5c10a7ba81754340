//! What a hostile peer can reach, as functions that take any bytes.
//!
//! Each [`Target`] panics when a promise does not hold. `tests/fuzz` runs them under a fuzzer; the test
//! program `it` runs them over the committed corpus and over [mutations](mutate) of their seeds, and
//! `alloc` counts what they allocate.

pub mod addresses;
pub mod codecs;
mod corpus;
pub mod frames;
pub mod json_rpc;
pub mod mutate;
pub mod random;
mod seeds;
pub mod session;
mod stream;
pub mod transports;

pub use corpus::{corpus, seeds_of, write_corpus};

/// Something that takes bytes of a peer.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its fuzz target and of its folder in the corpus.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(&[u8]),
    /// Good input to begin with.
    seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const ALL: &[Target] = &[
    target("frame", frames::frame, seeds::frames),
    target("hello", frames::hello, seeds::hellos),
    target("websocket", transports::websocket, seeds::websocket),
    target("prefixed", transports::prefixed, seeds::prefixed),
    target("session", session::session, seeds::sessions),
    target("json_rpc", json_rpc::json_rpc, json_rpc::seeds),
    target("address", addresses::address, addresses::seeds),
    target("json", codecs::json, codecs::seeds::json),
    target(
        "message_pack",
        codecs::message_pack,
        codecs::seeds::message_pack,
    ),
    target("xml", codecs::xml, codecs::seeds::xml),
    target("bytes", codecs::bytes, codecs::seeds::bytes),
    target("compact", codecs::compact, codecs::seeds::compact),
];

const fn target(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, seeds }
}

/// The target of this name.
///
/// # Panics
///
/// There is none.
pub fn named(name: &str) -> Target {
    *ALL.iter()
        .find(|target| target.name == name)
        .expect("a target of this name")
}
