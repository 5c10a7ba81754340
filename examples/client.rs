//! A client with a menu, for the example `server`.
//!
//! `cargo run --example client [URL]`, by default `ws://127.0.0.1:8080`. It reads commands from standard
//! input, so it can be scripted: `printf 'ping\nspam\n' | cargo run --example client`.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::{StreamExt, TryStreamExt, stream};
use mitto_examples::echo::{Echo, EchoClient, Ping};
use mitto_examples::terminal;

const MENU: &str = "commands:
  ping           ask whether the server answers
  echo TEXT      have a text repeated
  big [KIB]      have a large text repeated, 500 KiB unless told otherwise
  spam [COUNT]   many calls at once, 10000 unless told otherwise
  help           this list
  quit           end, as does the end of the input";

/// How many calls of `spam` are under way at a time.
const AT_ONCE: usize = 256;

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().nth(1);
    terminal::exit(talk(url.as_deref().unwrap_or("ws://127.0.0.1:8080")).await)
}

async fn talk(url: &str) -> Result<(), Box<dyn Error>> {
    let client = EchoClient::connect(url).await?;
    println!("connected to {url}\n{MENU}");
    let mut lines = terminal::lines();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = client.peer().closed() => return Err("the server has closed the connection".into()),
        };
        let Some(line) = line else { return Ok(()) };
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let done = match command {
            "ping" => ping(&client).await,
            "echo" => echo(&client, rest).await,
            "big" => big(&client, rest).await,
            "spam" => spam(&client, rest).await,
            "quit" => return Ok(()),
            "" => continue,
            _ => {
                println!("{MENU}");
                continue;
            }
        };
        if let Err(error) = done {
            println!("{command} failed: {error}");
        }
    }
}

async fn ping(client: &EchoClient) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let pong = client.ping(Ping { n: 1 }).await?;
    println!("pong {} after {:?}", pong.n, start.elapsed());
    Ok(())
}

async fn echo(client: &EchoClient, text: &str) -> Result<(), Box<dyn Error>> {
    let text = text.to_owned();
    println!("{}", client.echo(Echo { text }).await?);
    Ok(())
}

async fn big(client: &EchoClient, kib: &str) -> Result<(), Box<dyn Error>> {
    let kib = number(kib, 500)?;
    let text = "mitto, I send. ".repeat((kib << 10).div_ceil(15));
    let (sent, start) = (text.clone(), Instant::now());
    let back = client.echo(Echo { text }).await?;
    let same = if back == sent { "the same" } else { "CHANGED" };
    let took = start.elapsed();
    println!("{} bytes there and back in {took:?}, {same}", back.len());
    Ok(())
}

async fn spam(client: &EchoClient, count: &str) -> Result<(), Box<dyn Error>> {
    let count = number(count, 10_000)?;
    let start = Instant::now();
    let answered = stream::iter(0..count)
        .map(|n| async move {
            let text = format!("number {n}");
            client.echo(Echo { text }).await
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(0, |answered, _| async move { Ok(answered + 1) })
        .await?;
    let took = start.elapsed();
    let rate = f64::from(answered) / took.as_secs_f64();
    println!("{answered} calls, {AT_ONCE} at a time, in {took:.1?}: {rate:.0} per second");
    Ok(())
}

/// The number that was typed, or the usual one.
fn number(typed: &str, usual: usize) -> Result<usize, String> {
    match typed.trim() {
        "" => Ok(usual),
        typed => (typed.parse()).map_err(|_| format!("`{typed}` is not a number")),
    }
}
