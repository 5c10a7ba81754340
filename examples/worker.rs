//! A worker: takes the requests of the example `gateway` out of a broker, and runs them.
//!
//! `cargo run --features brokers --example worker [BROKER]`, by default `amqp://127.0.0.1:5672`, a RabbitMQ on this
//! machine. `nats://127.0.0.1:4222` and `mqtt://127.0.0.1:1883` do as well. Start as many as you like. Ctrl-C or
//! SIGTERM ends it when what runs has finished.

use std::error::Error;
use std::process::ExitCode;

use mitto::Worker;
use mitto::queue::broker;
use mitto_examples::echo::EchoServer;
use mitto_examples::terminal;

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().nth(1);
    terminal::exit(work(url.as_deref().unwrap_or("amqp://127.0.0.1:5672")).await)
}

async fn work(url: &str) -> Result<(), Box<dyn Error>> {
    // The provider of the example `server`, as it is.
    let worker = Worker::new(EchoServer)
        .consume(&broker::by_url(url)?)
        .await?;
    for node in worker.handle().nodes() {
        println!("takes the work of {node}");
    }
    worker.run_until_signal().await?;
    println!("all is done");
    Ok(())
}
