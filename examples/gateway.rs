//! A gateway: owns the connections of clients, and hands what they ask to workers, through a broker.
//!
//! `cargo run --features brokers --example gateway [URL] [BROKER]`, by default `ws://127.0.0.1:8080` and
//! `amqp://127.0.0.1:5672`, a RabbitMQ on this machine; `nats://127.0.0.1:4222` and `mqtt://127.0.0.1:1883` do as
//! well. The example `worker` runs the requests, the example `client` sends them.

use std::error::Error;
use std::process::ExitCode;

use mitto::Server;
use mitto::queue::broker::{self, Publisher};
use mitto_examples::echo::Echoing;
use mitto_examples::terminal;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next();
    let broker = arguments.next();
    let url = url.as_deref().unwrap_or("ws://127.0.0.1:8080");
    terminal::exit(serve(url, broker.as_deref().unwrap_or("amqp://127.0.0.1:5672")).await)
}

async fn serve(url: &str, broker: &str) -> Result<(), Box<dyn Error>> {
    let publisher = Publisher::connect(&broker::by_url(broker)?).await?;
    let server = Server::new(Echoing::gateway(publisher)).listen(url).await?;
    println!("listening at {}", server.url());
    server.run_until_signal().await?;
    println!("all have gone");
    Ok(())
}
