//! Channels: whoever has entered one hears what the others say there, at whichever gateway they are.
//!
//! Two gateways hold the connections, two workers have the handlers, and a broker is between them: the one
//! of this process, or one that is named.
//!
//! - `cargo run --example channels`
//! - `cargo run --features brokers --example channels BROKER`: `amqp://127.0.0.1:5672`, `nats://127.0.0.1:4222`

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use mitto::queue::broker::memory::Memory;
use mitto::queue::broker::{self, Broker, Publisher};
use mitto::server::Handle;
use mitto::{
    Notification, Peer, Request, Server, State, Status, Topics, Worker, handler, provider,
};
use mitto_examples::terminal;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Hears a channel from now on.
#[derive(Debug, Serialize, Deserialize, Request)]
struct Enter {
    channel: String,
}

/// Hears it no more.
#[derive(Debug, Serialize, Deserialize, Request)]
struct Leave {
    channel: String,
}

/// Says something to everybody else in a channel.
#[derive(Debug, Serialize, Deserialize, Request)]
struct Say {
    channel: String,
    text: String,
}

/// Somebody has said something.
#[derive(Debug, Serialize, Deserialize, Notification)]
struct Said {
    channel: String,
    text: String,
}

mitto::schema! {
    /// What can be done with channels, and what is heard of it.
    Channels {
        client => server as ChannelsClient: [Enter, Leave, Say],
        server => client as ChannelsCaller: [Said],
    }
}

/// The workers' side.
#[provider(server of Channels: [enter, leave, say])]
struct ChannelsServer {
    topics: Topics,
}

#[handler]
async fn enter(State(topics): State<Topics>, peer: Peer, req: Enter) -> Result<(), Status> {
    // In the gateway that has the peer's connection, and for as long as it has it.
    topics.subscribe(&peer, topic(&req.channel)).await
}

#[handler]
async fn leave(State(topics): State<Topics>, peer: Peer, req: Leave) -> Result<(), Status> {
    topics.unsubscribe(&peer, topic(&req.channel)).await
}

#[handler]
async fn say(State(topics): State<Topics>, peer: Peer, req: Say) -> Result<(), Status> {
    let Say { channel, text } = req;
    let to = topic(&channel);
    topics
        .publish(to, Said { channel, text })
        .except(&peer)
        .await
}

fn topic(channel: &str) -> String {
    format!("channel/{channel}")
}

/// A client's side: what it hears is printed in the order in which it comes.
#[provider(client of Channels: [said])]
struct Ear {
    of: String,
    heard: UnboundedSender<String>,
}

#[handler]
fn said(State(of): State<String>, State(heard): State<UnboundedSender<String>>, req: Said) {
    let Said { channel, text } = req;
    let _ = heard.send(format!("{of} hears in {channel}: {text}"));
}

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().nth(1);
    terminal::exit(demo(url.as_deref()).await)
}

async fn demo(url: Option<&str>) -> Result<(), Box<dyn Error>> {
    let broker: Arc<dyn Broker> = match url {
        Some(url) => broker::by_url(url)?,
        None => Arc::new(Memory::new()),
    };
    let topics = Topics::over(&broker).await?;
    for _ in 0..2 {
        let server = ChannelsServer {
            topics: topics.clone(),
        };
        Worker::new(server).consume(&broker).await?.spawn();
    }
    let north = gateway(&broker).await?;
    let south = gateway(&broker).await?;
    println!(
        "gateways: north at {}, south at {}",
        north.url(),
        south.url()
    );

    let (heard, mut hears) = unbounded_channel();
    let connect = async |of: &str, gateway: &Handle| {
        let ear = Ear {
            of: of.to_owned(),
            heard: heard.clone(),
        };
        let builder = ChannelsClient::builder().provide(ear);
        builder.connect(gateway.url()).await
    };
    let ada = connect("Ada", &north).await?;
    let bob = connect("Bob", &north).await?;
    let eve = connect("Eve", &south).await?;

    println!("\nAda (north), Bob (north) and Eve (south) enter `rust`");
    for person in [&ada, &bob, &eve] {
        enters(person, "rust").await?;
    }
    println!("Ada speaks: the others hear her, through both gateways, and she does not");
    says(&ada, "rust", "is 1.88 out?").await?;
    print(&mut hears, 2).await;
    println!("Eve answers");
    says(&eve, "rust", "since June").await?;
    print(&mut hears, 2).await;

    println!("\nEve enters `cats` as well, and Bob leaves `rust`");
    enters(&eve, "cats").await?;
    let channel = "rust".to_owned();
    bob.leave(Leave { channel }).await?;
    println!("Bob tells both channels of his cat, from outside");
    says(&bob, "cats", "she sleeps").await?;
    print(&mut hears, 1).await;
    says(&bob, "rust", "she sleeps").await?;
    print(&mut hears, 2).await;

    println!("\nEve's connection ends, and with it her subscriptions");
    drop(eve);
    enters(&bob, "rust").await?;
    says(&ada, "rust", "who is left?").await?;
    print(&mut hears, 1).await;

    println!("\nAda tries a channel with a line break in its name");
    match enters(&ada, "rust\nand cats").await {
        Err(status) => println!("  refused: {status}"),
        Ok(()) => println!("  not what was expected"),
    }
    Ok(())
}

/// A server without handlers: it knows the schema, and nothing of channels.
async fn gateway(broker: &impl Broker) -> Result<Handle, Box<dyn Error>> {
    let gateway = Channels::gateway(Publisher::connect(broker).await?);
    let listening = Server::new(gateway).listen("ws://127.0.0.1:0").await?;
    Ok(listening.spawn())
}

async fn enters(person: &ChannelsClient, channel: &str) -> Result<(), Status> {
    let channel = channel.to_owned();
    person.enter(Enter { channel }).await
}

async fn says(person: &ChannelsClient, channel: &str, text: &str) -> Result<(), Status> {
    let (channel, text) = (channel.to_owned(), text.to_owned());
    person.say(Say { channel, text }).await
}

/// Prints what so many people hear, by their names.
async fn print(hears: &mut UnboundedReceiver<String>, count: usize) {
    let mut lines = Vec::new();
    while lines.len() < count {
        lines.extend(hears.recv().await);
    }
    lines.sort();
    for line in lines {
        println!("  {line}");
    }
}
