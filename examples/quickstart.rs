//! A server and a client in one process, over a real WebSocket: a request, a typed error, a stream,
//! and a call back from the server.
//!
//! `cargo run --example quickstart`

use std::error::Error;

use mitto::{CallError, Items, Request, Server, Status, handler, provider};
use serde::{Deserialize, Serialize};

// The messages: what both ends share.

/// Asks for a greeting.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, error = TooShy)]
struct Greet {
    name: String,
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{name} is too shy to be greeted")]
struct TooShy {
    name: String,
}

/// Asks for a countdown, as a stream of numbers.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
struct CountDown {
    from: u32,
}

/// The server asks its client for a favourite colour.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
struct Favourite {}

mitto::schema! {
    /// What the two say to each other.
    Hello {
        client => server as HelloClient: [Greet, CountDown],
        server => client as HelloCaller: [Favourite],
    }
}

// The server: a provider is a struct with its state, and a list of handlers.

#[provider(server of Hello: [greet, count_down])]
struct HelloServer;

#[handler]
async fn greet(caller: HelloCaller, req: Greet) -> Result<String, CallError<TooShy>> {
    if req.name == "Bob" {
        return Err(CallError::Handler(TooShy { name: req.name }));
    }
    let colour = caller.favourite(Favourite {}).await?;
    Ok(format!("Hello, {}! I like {colour}, too.", req.name))
}

#[handler]
async fn count_down(items: Items<u32>, req: CountDown) -> Result<(), Status> {
    for n in (0..=req.from).rev() {
        items.send(n).await?; // waits while the reader is behind
    }
    Ok(())
}

// The client may have handlers as well.

#[provider(client of Hello: [favourite])]
struct HelloApp;

#[handler]
fn favourite(_: Favourite) -> String {
    "green".into()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::new(HelloServer).listen("ws://127.0.0.1:0").await?;
    let server = server.spawn();
    println!("the server listens at {}", server.url());

    let client = HelloClient::builder()
        .provide(HelloApp)
        .connect(server.url())
        .await?;

    let name = "Ada".into();
    println!("a request:       {}", client.greet(Greet { name }).await?);

    let name = "Bob".into();
    match client.greet(Greet { name }).await {
        Err(CallError::Handler(error)) => println!("a typed error:   {error}"),
        other => println!("not what was expected: {other:?}"),
    }

    print!("a stream:       ");
    let mut numbers = client.count_down(CountDown { from: 5 }).await?;
    while let Some(n) = numbers.next().await {
        print!(" {}", n?);
    }
    println!();

    server.shutdown().await;
    println!("the server has shut down");
    Ok(())
}
