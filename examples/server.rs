//! A server on its own; the example `client` talks to it.
//!
//! `cargo run --example server [URL]`, by default `ws://127.0.0.1:8080`. Ctrl-C or SIGTERM ends
//! it when what runs has finished, a second one at once.

use std::error::Error;
use std::process::ExitCode;

use mitto::{Peer, Server};
use mitto_examples::echo::EchoServer;
use mitto_examples::terminal;

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().nth(1);
    terminal::exit(serve(url.as_deref().unwrap_or("ws://127.0.0.1:8080")).await)
}

async fn serve(url: &str) -> Result<(), Box<dyn Error>> {
    let server = Server::new(EchoServer)
        .on_connect(greet)
        .listen(url)
        .await?;
    println!("listening at {}", server.url());
    server.run_until_signal().await?;
    println!("all have gone");
    Ok(())
}

/// One line when somebody comes, one when they go.
fn greet(peer: &Peer) {
    println!("{} connected", peer.remote());
    let peer = peer.clone();
    tokio::spawn(async move {
        peer.closed().await;
        println!("{} disconnected", peer.remote());
    });
}
