//! Many tasks, both directions, everything at once.

use std::sync::Arc;

use mitto::limits::Limits;
use mitto::peer::Peer;
use mitto::session::Session;
use mitto::status::{CallError, Code};
use mitto::transport::{Connection, Settings, Transport, memory, websocket::WebSocket};

use super::ends::{End, config, echo, limits, poll_once};
use super::handlers::World;
use super::messages::{Fail, How, Note, Oops, Wait, Watch};

/// What each of the tasks of a run does.
const OPERATIONS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_over_memory() {
    let (here, there) = memory::pair(64 << 10);
    stress(Box::new(here), Box::new(there), limits(|_| {})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_with_little_room() {
    let (here, there) = memory::pair(4 << 10);
    let little = limits(|limits| {
        limits.in_flight = 5;
        limits.stream_window = 3_000;
        limits.outbound = 400_000;
    });
    stress(Box::new(here), Box::new(there), little).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_over_websocket() {
    let settings = Settings::default();
    let transport = WebSocket::new();
    let mut listener = transport
        .listen("ws://127.0.0.1:0", &settings)
        .await
        .unwrap();
    let url = listener.url().to_owned();
    let accept = async {
        let incoming = std::future::poll_fn(|cx| listener.poll_accept(cx)).await;
        incoming.unwrap().accept().await.unwrap()
    };
    let (here, there) = tokio::join!(transport.connect(&url, &settings), accept);
    stress(here.unwrap(), there, limits(|_| {})).await;
}

async fn stress(here: Box<dyn Connection>, there: Box<dyn Connection>, limits: Limits) {
    let worlds = [World::new(), World::new()];
    for world in &worlds {
        world.gate.add_permits(1_000_000);
    }
    let configs = [0, 1].map(|n| config(&worlds[n], limits.clone()));
    let (client, server) = tokio::join!(
        Session::connect(here, configs[0].clone()),
        Session::accept(there, configs[1].clone())
    );
    let [client_config, server_config] = configs;
    let [client_world, server_world] = worlds;
    let client = End::of(client.unwrap(), client_world, client_config);
    let server = End::of(server.unwrap(), server_world, server_config);
    let tasks: Vec<_> = (0..8_u64)
        .map(|n| {
            let peer = [&client.peer, &server.peer][n as usize % 2].clone();
            tokio::spawn(operations(peer, n))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for end in [&client, &server] {
        let pong = end.peer.call(echo("last")).await;
        assert_eq!(pong.unwrap(), echo("last"));
    }
    client.empty().await;
    server.empty().await;
    client.peer.drain();
    assert_eq!(client.ended().await.code(), Code::ConnectionLost);
    assert_eq!(server.ended().await.code(), Code::ConnectionLost);
}

async fn operations(peer: Peer, seed: u64) {
    let mut seed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..OPERATIONS {
        operation(&peer, &mut random).await;
    }
}

async fn operation(peer: &Peer, random: &mut impl FnMut(u64) -> u64) {
    let size = match random(20) {
        0 => random(400_000) as usize,
        _ => random(500) as usize,
    };
    match random(10) {
        0..4 => {
            let message = echo(format!("{}{}", random(u64::MAX), "e".repeat(size)));
            assert_eq!(peer.call(message.clone()).await.unwrap(), message);
        }
        4 => assert_eq!(peer.call(Wait { bytes: size }).await.unwrap().len(), size),
        5 => {
            let mut call = Box::pin(peer.call(Wait { bytes: size }));
            for _ in 0..random(3) {
                if poll_once(&mut call).await.is_some() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
        6 => peer.call(Note { wait: false }).await.unwrap(),
        7 => {
            let failed = peer.call(Fail { how: How::Error }).await;
            assert_eq!(failed, Err(CallError::Handler(Oops(7))));
        }
        _ => {
            let items = random(30) as u32;
            let bytes = size / 10;
            let mut stream = peer.call(Watch { items, bytes }).await.unwrap();
            let read = if random(3) == 0 {
                random(30) as u32
            } else {
                items
            };
            for n in 0..items.min(read) {
                let item = stream.next().await.unwrap().unwrap();
                assert_eq!((item.n, item.text.len()), (n, bytes));
            }
            if read >= items && random(2) == 0 {
                assert!(stream.next().await.is_none());
            }
        }
    }
}

/// Sessions are moved between threads.
#[test]
fn session_and_peer_are_send() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    is_send::<Arc<Peer>>();
}
