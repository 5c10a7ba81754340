//! The user's own names stand in nobody's way.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unreachable_pub, missing_debug_implementations)]
#![allow(dead_code)]

extern crate serde;

/// Not the real one.
pub mod core {}
/// Not the real one.
pub mod std {}
/// Not the real one.
pub mod alloc {}
/// Not the real one.
pub mod mitto {}
/// Not the real one.
pub mod private {}

mod shadows {
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Ok;
    pub(crate) struct Some;
    pub(crate) struct String;
    pub(crate) struct Send;
    pub(crate) struct Box;
    pub(crate) struct Clone;
    pub(crate) struct Message;
    pub(crate) struct Handler;
    pub(crate) struct Err;
    pub(crate) struct None;
    pub(crate) struct Vec;
    pub(crate) struct Sync;
    pub(crate) struct Future;
    pub(crate) struct Schema;
    pub(crate) struct Provides;
    pub(crate) struct Serialize;
}

#[allow(unused_imports)]
use shadows::{
    Box, Clone, Err, Future, Handler, Message, None, Ok, Option, Provides, Result, Schema, Send,
    Serialize, Some, String, Sync, Vec,
};

/// Asks.
#[derive(::serde::Serialize, ::serde::Deserialize, ::std::fmt::Debug, ::mitto::Request)]
#[request(response = u64, timeout = "5s", was = "Question")]
pub struct Ask {
    /// How many.
    pub n: u64,
}

/// Counts.
#[derive(::serde::Serialize, ::serde::Deserialize, ::std::fmt::Debug, ::mitto::Request)]
#[request(stream = u64)]
pub struct Count;

/// Tells.
#[derive(::serde::Serialize, ::serde::Deserialize, ::std::fmt::Debug, ::mitto::Notification)]
pub struct Tell;

::mitto::schema! {
    /// Talks.
    pub Talk {
        client => server as TalkClient: [Ask, Count, Tell as r#type],
        server => client as TalkCaller: [Tell],
    }
}

/// Answers.
#[::mitto::handler]
pub fn ask(::mitto::handler::State(n): ::mitto::handler::State<u64>, req: Ask) -> u64 {
    n + req.n
}

#[::mitto::handler]
async fn count(_items: ::mitto::handler::Items<u64>, _: Count) {}

#[::mitto::handler(spawn)]
async fn tell(_caller: TalkCaller, _: Tell) {}

/// Serves.
#[::mitto::provider(server of Talk: [ask, count, tell])]
#[derive(::std::fmt::Debug)]
pub struct Server {
    n: u64,
}

/// Serde's own derives would mind these.
#[allow(non_camel_case_types)]
mod primitives {
    use super::{Ask, Tell};

    struct u32;
    struct u64;
    struct usize;
    struct bool;
    struct str;

    #[::mitto::handler]
    fn ask(_: Ask) -> ::std::primitive::u64 {
        1
    }

    ::mitto::schema! {
        /// Talks.
        pub(crate) More {
            client => server as MoreClient: [Ask],
            server => client as MoreCaller: [Tell],
        }
    }

    #[::mitto::provider(server of More: [ask])]
    struct Server;
}

fn main() {}
