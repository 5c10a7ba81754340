//! Corrupted and hostile input: nothing panics, hangs, is taken for what it is not, or stays behind.
//!
//! The figures are scaled down in an ordinary run; `MITTO_FAULTS=full` takes them whole, as in
//! `MITTO_FAULTS=full cargo test --release -p mitto-tests --test it faults`, which takes an hour.

mod corpus;
mod damage;
mod fuse;
mod mutations;
mod panics;
mod place;
mod recorded;
mod service;
mod texts;

/// How often something is done: `usual` in an ordinary run, `full` when that is asked for.
fn times(usual: usize, full: usize) -> usize {
    match std::env::var("MITTO_FAULTS") {
        Ok(value) if value == "full" => full,
        Ok(value) => panic!("MITTO_FAULTS={value}: the only value is `full`"),
        Err(_) => usual,
    }
}
