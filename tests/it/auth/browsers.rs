//! Requests of web pages.

use mitto::Server;
use mitto::client::ConnectError;
use mitto::server::{Handle, ListenError};
use mitto::transport::websocket::WebSocket;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::desk::*;
use crate::transport::authority::Authority;

/// What the server answers to an upgrade with these headers.
async fn answer(server: &Handle, host: &str, origin: Option<&str>) -> String {
    let address = server.url().trim_start_matches("ws://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let port = address.rsplit_once(':').unwrap().1;
    let host = host.replace("PORT", port);
    let origin = origin.map_or_else(String::new, |origin| {
        format!("Origin: {}\r\n", origin.replace("PORT", port))
    });
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{origin}\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn listen(server: Server) -> Handle {
    server.listen("ws://127.0.0.1:0").await.unwrap().spawn()
}

#[tokio::test]
async fn pages_of_others_are_refused() {
    let server = listen(Server::new(TheDesk::default())).await;
    for (host, origin, expected) in [
        ("127.0.0.1:PORT", None, "101"),
        ("localhost:PORT", Some("http://localhost:PORT"), "101"),
        ("127.0.0.1:PORT", Some("http://127.0.0.1:PORT"), "101"),
        ("127.0.0.1:PORT", Some("http://localhost:PORT"), "403"),
        ("127.0.0.1:PORT", Some("https://evil.example"), "403"),
        ("127.0.0.1:PORT", Some("null"), "403"),
        ("127.0.0.1:PORT", Some(""), "403"),
        ("evil.example:PORT", None, "403"),
        ("evil.example:PORT", Some("http://evil.example:PORT"), "403"),
    ] {
        let answer = answer(&server, host, origin).await;
        let status = answer.strip_prefix("HTTP/1.1 ").unwrap();
        assert!(status.starts_with(expected), "{host} {origin:?}: {answer}");
        if expected == "403" {
            let setting = match host.starts_with("evil") {
                true => "`Server::allow_host`",
                false => "`Server::allow_origin`",
            };
            assert!(answer.contains(setting), "{answer}");
            assert!(!answer.contains("evil"), "{answer}");
        }
    }
    server.shutdown().await;
}

#[tokio::test]
async fn two_origins_are_none_that_is_known() {
    let server = listen(Server::new(TheDesk::default())).await;
    let two = "http://127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT";
    let answer = answer(&server, "127.0.0.1:PORT", Some(two)).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn what_the_server_allows_is_taken() {
    let server = Server::new(TheDesk::default())
        .allow_origin("https://good.example")
        .allow_host("chat.example");
    let server = listen(server).await;
    for (host, origin, expected) in [
        ("127.0.0.1:PORT", Some("https://good.example"), "101"),
        ("127.0.0.1:PORT", Some("https://good.example:444"), "403"),
        (
            "127.0.0.1:PORT",
            Some("https://good.example.evil.example"),
            "403",
        ),
        ("chat.example", Some("https://chat.example"), "101"),
        ("evil.example", Some("https://good.example"), "403"),
    ] {
        let answer = answer(&server, host, origin).await;
        assert!(
            answer[9..].starts_with(expected),
            "{host} {origin:?}: {answer}"
        );
    }
    server.shutdown().await;
    let server = Server::new(TheDesk::default())
        .allow_any_origin()
        .allow_any_host();
    let server = listen(server).await;
    let answer = answer(&server, "evil.example", Some("null")).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn tls_changes_nothing() {
    let authority = Authority::new();
    let server =
        Server::new(TheDesk::default()).transport(WebSocket::new().tls(authority.server()));
    let server = server.listen("wss://127.0.0.1:0").await.unwrap().spawn();
    let own = server.url().replace("wss://", "https://");
    let plain = server.url().replace("wss://", "http://");
    for (origin, taken) in [
        (own.as_str(), true),
        (&plain, false),
        ("https://evil.example", false),
    ] {
        let client = DeskClient::builder()
            .transport(WebSocket::new().tls(authority.client()))
            .header("Origin", origin);
        match client.connect(server.url()).await {
            Ok(_) => assert!(taken, "{origin}"),
            Err(ConnectError::Transport(error)) => {
                assert!(
                    !taken && error.to_string().contains("403 Forbidden"),
                    "{error}"
                );
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    server.shutdown().await;
}

#[tokio::test]
async fn origin_that_can_never_come_is_an_error() {
    for (server, shown) in [
        (
            Server::new(TheDesk::default()).allow_origin("example.com"),
            "https://example.com",
        ),
        (
            Server::new(TheDesk::default()).allow_host("http://example.com"),
            "without scheme",
        ),
    ] {
        let error = server.listen("ws://127.0.0.1:0").await.unwrap_err();
        assert!(matches!(error, ListenError::Transport(_)));
        assert!(error.to_string().contains(shown), "{error}");
    }
}
