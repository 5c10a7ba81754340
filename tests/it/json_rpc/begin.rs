//! How a connection becomes one of JSON-RPC.

use futures_util::SinkExt;
use mitto::{Limits, Server};
use tokio_tungstenite::tungstenite::Message;

use super::raw::Raw;
use super::service::{Clerk, DeskClient, Echo, open, serve};
use crate::clock::Clock;

#[tokio::test]
async fn first_text_decides() {
    let (_server, _, mut raw) = open().await;
    assert_eq!(raw.subprotocol, None);
    raw.is_served_next().await;
}

#[tokio::test]
async fn subprotocol_decides_and_is_confirmed() {
    let (server, _) = serve(Limits::default()).await;
    for (offered, taken) in [
        ("jsonrpc-2.0", "jsonrpc-2.0"),
        ("jsonrpc2.0", "jsonrpc2.0"),
        ("jsonrpc", "jsonrpc"),
        ("json-rpc-2.0", "json-rpc-2.0"),
        ("other, json-rpc, mitto.1", "json-rpc"),
    ] {
        let mut raw = Raw::connect(server.url(), Some(offered)).await;
        assert_eq!(raw.subprotocol.as_deref(), Some(taken));
        raw.is_served_next().await;
    }
}

#[tokio::test]
async fn silent_client_is_kept_when_it_named_the_subprotocol() {
    let clock = Clock::stop();
    let limits = Limits::default();
    let limit = limits.handshake;
    let (server, _) = serve(limits).await;
    let mut named = Raw::connect(server.url(), Some("jsonrpc-2.0")).await;
    let mut unnamed = Raw::connect(server.url(), None).await;
    clock.advance(limit / 2).await;
    unnamed.is_open();
    clock.advance(limit).await;
    let (code, reason) = unnamed.closed().await;
    assert_eq!(code, 1002, "{reason}");
    assert!(reason.contains("jsonrpc-2.0"), "{reason}");
    named.is_served_next().await;
}

#[tokio::test]
async fn frame_of_the_other_kind_closes_with_1003() {
    let (server, _) = serve(Limits::default()).await;
    let mut raw = Raw::connect(server.url(), None).await;
    raw.is_served_next().await;
    raw.socket.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(raw.closed().await.0, 1003);

    let mut raw = Raw::connect(server.url(), Some("jsonrpc")).await;
    raw.socket.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(raw.closed().await.0, 1003);

    let mut raw = Raw::connect(server.url(), Some("mitto.1")).await;
    raw.send("{}").await;
    assert_eq!(raw.closed().await.0, 1003);
}

#[tokio::test]
async fn native_clients_are_served_beside() {
    let (server, _, mut raw) = open().await;
    let client = DeskClient::connect(server.url()).await.unwrap();
    let text = "native".to_owned();
    assert_eq!(client.echo(Echo { text }).await.unwrap(), "native");
    raw.is_served_next().await;
}

#[tokio::test]
async fn server_of_one_framing_refuses_json_rpc() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let server = Server::new(Clerk { gate }).framing(mitto::framing::Native);
    let server = server.listen("ws://127.0.0.1:0").await.unwrap().spawn();
    let mut raw = Raw::connect(server.url(), None).await;
    raw.send("{}").await;
    assert_eq!(raw.closed().await.0, 1003);
}
