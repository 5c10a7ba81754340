//! What single steps cost: the cases whose instructions and allocations `run` counts.
//!
//! Each case makes the same step as often as it is told. What one step costs is the difference of two runs
//! of different lengths, so that neither needs to be told when to begin counting.

mod case;
mod codecs;
mod connected;
mod dispatch;
mod frames;
mod in_flight;
mod local;
mod route;
mod service;
mod streams;

use case::Case;

/// Prints the cases and their shorter lengths; or, with the name of a case and a length, runs it.
fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(name), Some(length)) => {
            let case = cases().find(|case| case.name == name);
            let length = length.parse().expect("a number of steps");
            case.expect("the name of a case").run(length);
        }
        _ => cases().for_each(|case| println!("{} {}", case.length, case.name)),
    }
}

fn cases() -> impl Iterator<Item = Case> {
    [
        frames::cases(),
        codecs::cases(),
        in_flight::cases(),
        dispatch::cases(),
        route::cases(),
        local::cases(),
        connected::cases(),
        streams::cases(),
    ]
    .into_iter()
    .flatten()
}
