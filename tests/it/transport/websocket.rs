//! WebSocket, with another implementation at the other end.

use futures_util::{SinkExt, StreamExt};
use mitto::transport::CloseReason;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{accept_async, connect_async};

use super::end::{End, Place, accept};

const SIZES: [usize; 8] = [0, 1, 125, 126, 65_535, 65_536, 100_000, 1 << 20];

#[tokio::test]
async fn foreign_client_is_answered() {
    let mut listener = Place::websocket().listen().await;
    let url = listener.url().to_owned();
    let server = async { accept(&mut *listener).await?.echo().await };
    let client = async {
        let (mut client, _) = connect_async(url).await.unwrap();
        for size in SIZES {
            let text = Message::text("ä".repeat(size / 2));
            let bytes = Message::binary(vec![7; size]);
            client.feed(text.clone()).await.unwrap();
            client.send(bytes.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), text);
            assert_eq!(client.next().await.unwrap().unwrap(), bytes);
        }
        client.send(Message::Ping("x".into())).await.unwrap();
        let pong = client.next().await.unwrap().unwrap();
        assert_eq!(pong, Message::Pong("x".into()));
        client.close(None).await.unwrap();
        assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
        assert!(client.next().await.is_none());
    };
    let (result, ()) = tokio::join!(server, client);
    result.unwrap();
}

/// Our client, and what `server` makes of its other end.
async fn with_foreign_server<T>(server: impl AsyncFnOnce(Foreign) -> T) -> (End, T) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/some/path", listener.local_addr().unwrap());
    let accepted = async {
        let (stream, _) = listener.accept().await.unwrap();
        accept_async(stream).await.unwrap()
    };
    let place = Place::websocket();
    let (client, foreign) = tokio::join!(place.connect(&url), accepted);
    (client.unwrap(), server(foreign).await)
}

type Foreign = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

#[tokio::test]
async fn foreign_server_is_understood() {
    let (mut client, mut server) = with_foreign_server(async |server| server).await;
    let server = tokio::spawn(async move {
        while let Some(Ok(message)) = server.next().await {
            if !message.is_close() {
                server.send(message).await.unwrap();
            }
        }
    });
    for size in SIZES {
        let text = "ä".repeat(size / 2);
        let bytes = vec![7; size];
        let frames = [(text.as_bytes(), true), (bytes.as_slice(), false)];
        client.send(&frames).await.unwrap();
        for (bytes, text) in frames {
            let frame = client.receive().await.unwrap().unwrap();
            assert!(frame == (bytes.to_vec(), text), "{size}");
        }
    }
    client.close(&CloseReason::done()).await.unwrap();
    assert!(client.receive().await.unwrap().is_none());
    assert_eq!(client.0.close_reason().unwrap().code, CloseReason::DONE);
    server.await.unwrap();
}

#[tokio::test]
async fn pings_are_answered_both_ways() {
    let (mut client, mut server) = with_foreign_server(async |mut server| {
        server
            .send(Message::Ping("are you there".into()))
            .await
            .unwrap();
        server.send(Message::text("go on")).await.unwrap();
        server
    })
    .await;
    assert_eq!(client.receive().await.unwrap().unwrap().0, b"go on");
    assert!(client.0.ping());
    client.send(&[]).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(server.next().await.unwrap().unwrap());
    }
    seen.sort_by_key(Message::is_ping);
    assert_eq!(seen[0], Message::Pong("are you there".into()));
    assert!(seen[1].is_ping());
}

#[tokio::test]
async fn reason_of_a_foreign_server_is_read() {
    let (mut client, mut server) = with_foreign_server(async |mut server| {
        let reason = CloseFrame {
            code: 1001.into(),
            reason: "bye".into(),
        };
        server.close(Some(reason)).await.unwrap();
        server
    })
    .await;
    assert!(client.receive().await.unwrap().is_none());
    let reason = CloseReason::new(CloseReason::GOING_AWAY, "bye");
    assert_eq!(client.0.close_reason(), Some(&reason));
    client.close(&CloseReason::done()).await.unwrap();
    assert!(matches!(server.next().await, Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn path_of_the_listener_is_the_only_one() {
    let mut place = Place::websocket();
    place.url = "ws://127.0.0.1:0/chat".to_owned();
    let mut listener = place.listen().await;
    let url = listener.url().to_owned();
    assert!(url.ends_with("/chat"));
    for (path, found) in [("?user=1", true), ("s", false)] {
        let there = format!("{url}{path}");
        let (client, server) = tokio::join!(place.connect(&there), accept(&mut *listener));
        assert_eq!(client.is_ok(), found);
        assert_eq!(server.is_ok(), found);
    }
}

#[tokio::test]
async fn names_and_ipv6_addresses_can_be_listened_at() {
    for url in ["ws://localhost:0", "ws://[::1]:0"] {
        let mut place = Place::websocket();
        place.url = url.to_owned();
        if url.contains("::1") && TcpListener::bind("[::1]:0").await.is_err() {
            continue;
        }
        let (mut client, mut server) = place.connected().await;
        client.send(&[(b"hi", true)]).await.unwrap();
        assert_eq!(server.receive().await.unwrap().unwrap().0, b"hi");
    }
}
