//! Calls that stay in the process.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use crate::Failure;
use crate::echo::{Add, AddLater, BenchClient, BenchServer};

const CALLS: u64 = 1_000_000;
const ROUNDS: usize = 7;

pub(crate) async fn run() -> Result<(), Failure> {
    let server = BenchServer;
    let client = BenchClient::local(BenchServer);
    println!("| call | handler | ns |\n| --- | --- | --: |");
    let ns = best(async |n| server.call(Add { n }).await).await?;
    println!("| provider.call | plain | {ns:.1} |");
    let ns = best(async |n| server.call(AddLater { n }).await).await?;
    println!("| provider.call | async | {ns:.1} |");
    let ns = best(async |n| client.add(Add { n }).await).await?;
    println!("| local client | plain | {ns:.1} |");
    let ns = best(async |n| client.add_later(AddLater { n }).await).await?;
    println!("| local client | async | {ns:.1} |");
    Ok(())
}

/// Nanoseconds a call, in the best of some rounds: whatever disturbs a round makes it longer.
async fn best<E: Error + Send + Sync + 'static>(
    call: impl AsyncFn(u64) -> Result<u64, E>,
) -> Result<f64, Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for n in 0..CALLS {
            assert_eq!(black_box(call(black_box(n)).await?), n + 1);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / CALLS as f64);
    }
    Ok(best)
}
