//! A client without async: no runtime, no `await`.
//!
//! `cargo run --example blocking [URL]`, by default `ws://127.0.0.1:8080`, where the example `server` listens.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use mitto_examples::echo::{Echo, EchoClient, Ping};
use mitto_examples::terminal;

fn main() -> ExitCode {
    let url = std::env::args().nth(1);
    terminal::exit(talk(url.as_deref().unwrap_or("ws://127.0.0.1:8080")))
}

fn talk(url: &str) -> Result<(), Box<dyn Error>> {
    let client = mitto::blocking::connect::<EchoClient>(url)?;
    let pong = client.ping(Ping { n: 1 }).wait()?;
    println!("pong {}", pong.n);

    let text = "hello".to_owned();
    let echo = client.echo(Echo { text }).timeout(Duration::from_secs(2));
    println!("{}", echo.wait()?);

    // Not waited for: the outcome comes by itself.
    let call = client
        .ping(Ping { n: 2 })
        .then(|outcome| println!("in the background: {outcome:?}"));
    mitto::blocking::wait(call.finished());
    Ok(())
}
