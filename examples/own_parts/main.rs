//! A format and a transport of your own, used by a server and a client like the built-in ones.
//!
//! `cargo run --example own_parts`

mod prefixed;
mod pretty;

use std::error::Error;

use mitto::Server;
use mitto_examples::echo::{Echo, EchoClient, EchoServer, Ping};

use prefixed::Prefixed;
use pretty::{PRETTY, Pretty};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::new(EchoServer)
        .codec(Pretty)
        .transport(Prefixed)
        .listen("prefixed://127.0.0.1:0")
        .await?;
    let server = server.spawn();
    println!("listening at {}", server.url());

    let client = EchoClient::builder()
        .codec(Pretty)
        .transport(Prefixed)
        .format(PRETTY)
        .connect(server.url())
        .await?;
    let pong = client.ping(Ping { n: 7 }).await?;
    println!("{pong:?}");
    let text = "over my own transport, in my own format".to_owned();
    println!("{}", client.echo(Echo { text }).await?);

    server.shutdown().await;
    Ok(())
}
