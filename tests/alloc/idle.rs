//! What an idle connection holds.

use std::time::Duration;

use mitto::{Limits, Server};

use crate::count::held;
use crate::service::{CountedClient, CountedServer, Echo};

/// Bytes that one end of a connection may hold when nothing has come for a while.
const IDLE: usize = 7 << 10;
const CONNECTIONS: usize = 50;
const CALLERS: usize = 64;

/// Lets each of many WebSockets carry large messages, then waits until they are idle.
pub(crate) async fn idle() {
    let mut limits = Limits::default();
    limits.ping = Duration::from_millis(100);
    let server = Server::new(CountedServer::default()).limits(limits.clone());
    let server = server.listen("ws://127.0.0.1:0").await.expect("listens");
    let url = server.url().to_owned();
    let server = server.spawn();
    let mut clients = Vec::with_capacity(CONNECTIONS);
    let before = held();
    for _ in 0..CONNECTIONS {
        let builder = CountedClient::builder().limits(limits.clone());
        clients.push(builder.connect(&url).await.expect("connects"));
    }
    let each = |held: usize| held.saturating_sub(before) / CONNECTIONS / 2;
    let fresh = each(held());
    for client in &clients {
        burst(client).await;
    }
    let used = each(held());
    // When the connections notice that they are idle depends on how busy the machine is.
    let mut idle = each(held());
    for _ in 0..300 {
        if idle <= IDLE {
            break;
        }
        tokio::time::sleep(limits.ping).await;
        idle = each(held());
    }
    println!(
        "one end of a WebSocket holds {fresh} bytes at first, {used} in use, {idle} when idle"
    );
    assert!(
        idle <= IDLE,
        "an idle connection holds {idle} bytes at an end"
    );
    drop(clients);
    server.shutdown().await;
}

async fn burst(client: &CountedClient) {
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for id in 0..10 {
                    let name = String::new();
                    let payload = "p".repeat(8 << 10);
                    client
                        .echo(Echo { id, name, payload })
                        .await
                        .expect("echoed");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("called");
    }
}
