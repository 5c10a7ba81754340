//! A message of 40 MB over a WebSocket, with and without a limit on the bandwidth, and pings on the same
//! connection meanwhile.
//!
//! `cargo run --release --example bandwidth`, or with a limit in MB a second: `.. bandwidth 20`

use std::error::Error;
use std::time::{Duration, Instant};

use mitto::built_in::Ping;
use mitto::{Limits, Peer, Request, Server, handler, provider};
use serde::{Deserialize, Serialize};

const SIZE: usize = 40_000_000;

/// A film, or whatever is large.
#[derive(Serialize, Deserialize, Request)]
#[request(response = usize, timeout = "10m")]
struct Upload {
    content: String, // one piece of memory; a `Vec<u8>` would travel as a list of numbers
}

mitto::schema! {
    Cinema {
        client => server as CinemaClient: [Upload],
    }
}

#[provider(server of Cinema: [upload])]
struct CinemaServer;

#[handler]
fn upload(req: Upload) -> usize {
    req.content.len()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let megabytes = match std::env::args().nth(1) {
        Some(argument) => argument.parse()?,
        None => 20,
    };
    let large = Limits::default().message(SIZE + 100); // at both ends: what goes around it counts, too
    let server = Server::new(CinemaServer).limits(large.clone());
    let server = server.listen("ws://127.0.0.1:0").await?.spawn();

    for bandwidth in [Some(megabytes * 1_000_000), None] {
        match bandwidth {
            Some(rate) => println!("40 MB at {} MB a second:", rate / 1_000_000),
            None => println!("40 MB without a limit:"),
        }
        let client = CinemaClient::builder().limits(large.clone().bandwidth(bandwidth));
        let client = client.connect(server.url()).await?;
        report("nothing else", &pings(client.peer(), || false, 200).await?);

        let sender = client.clone();
        let content = "x".repeat(SIZE);
        let start = Instant::now();
        let upload = tokio::spawn(async move { sender.upload(Upload { content }).await });
        let meanwhile = pings(client.peer(), || upload.is_finished(), usize::MAX).await?;
        let arrived = upload.await??;
        let rate = arrived as f64 / 1e6 / start.elapsed().as_secs_f64();
        report("meanwhile", &meanwhile);
        println!("  it took {:.2?}: {rate:.0} MB a second", start.elapsed());
    }
    server.shutdown().await;
    Ok(())
}

/// Pings until `done`, or as many times, and prints the rate now and then.
async fn pings(
    peer: &Peer,
    done: impl Fn() -> bool,
    most: usize,
) -> Result<Vec<Duration>, mitto::Status> {
    let mut times = Vec::new();
    let mut printed = Instant::now();
    while !done() && times.len() < most {
        let start = Instant::now();
        peer.call(Ping {}).await?;
        times.push(start.elapsed());
        if printed.elapsed() > Duration::from_millis(500) {
            printed = Instant::now();
            let rate = peer.statistics().written_rate as f64 / 1e6;
            println!("  written in the last second: {rate:.1} MB");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_unstable();
    Ok(times)
}

fn report(when: &str, times: &[Duration]) {
    let (Some(middle), Some(slowest)) = (times.get(times.len() / 2), times.last()) else {
        return println!("  pings, {when}: none");
    };
    let count = times.len();
    println!("  {count} pings, {when}: {middle:.2?} in the middle, {slowest:.2?} at most");
}
