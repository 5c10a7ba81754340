//! Clients behind an HTTP proxy.

use mitto::transport::proxy::Proxy;
use mitto::transport::tcp::Tcp;
use mitto::transport::websocket::WebSocket;
use mitto::transport::{Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::authority::Authority;
use super::end::{End, Place, accept};
use crate::port::Port;

/// `me:se cret`
const AUTHORIZATION: &str = "Proxy-Authorization: Basic bWU6c2UgY3JldA==\r\n";

/// A proxy that knows one user, and answers what else it is told to.
async fn run(listener: TcpListener, answer: Option<&'static str>) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let place = head
            .strip_prefix("CONNECT ")
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert!(head.contains(&format!("\r\nHost: {place}\r\n")), "{head}");
        let denied = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        let answer = match head.contains(AUTHORIZATION) {
            true => answer,
            false => Some(denied),
        };
        if let Some(answer) = answer {
            client.write_all(answer.as_bytes()).await.unwrap();
            continue;
        }
        let mut server = TcpStream::connect(place).await.unwrap();
        let established = "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
        client.write_all(established.as_bytes()).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
    }
}

async fn proxy(user: &str, answer: Option<&'static str>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{user}@{}", listener.local_addr().unwrap());
    tokio::spawn(run(listener, answer));
    Proxy::new(&url).unwrap()
}

async fn through(place: &Place, client: impl Transport) -> Result<(), TransportError> {
    let mut listener = place.listen().await;
    let url = listener.url().to_owned();
    tokio::spawn(async move { accept(&mut *listener).await?.echo().await });
    let mut client = End(client.connect(&url, &place.settings).await?);
    client.send(&[(b"hi", false)]).await?;
    assert_eq!(client.receive().await?.unwrap().0, b"hi");
    Ok(())
}

#[tokio::test]
async fn every_tcp_transport_goes_through_a_proxy() {
    let proxy = proxy("me:se%20cret", None).await;
    let tcp = Tcp::new().proxy(proxy.clone());
    let websocket = WebSocket::new().proxy(proxy);
    through(&Place::tcp(), tcp.clone()).await.unwrap();
    through(&Place::websocket(), websocket.clone())
        .await
        .unwrap();
    let authority = Authority::new();
    let [tls, wss] = authority.places();
    through(&tls, tcp.tls(authority.client())).await.unwrap();
    through(&wss, websocket.tls(authority.client()))
        .await
        .unwrap();
}

#[tokio::test]
async fn wrong_password_is_told_and_not_shown() {
    let proxy = proxy("me:hunter2", None).await;
    let tcp = Tcp::new().proxy(proxy);
    assert!(!format!("{tcp:?}").contains("hunter2"));
    let error = through(&Place::tcp(), tcp).await.unwrap_err();
    assert!(matches!(error, TransportError::Proxy(_)), "{error:?}");
    assert!(error.to_string().contains("password"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn proxy_that_says_no_is_quoted() {
    let long: &str = Box::leak(format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(20_000)).into());
    for (answer, text) in [
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "answered 502 Bad Gateway",
        ),
        ("HTTP/1.1 403 \x1b[2J\r\n\r\n", "not valid HTTP"),
        ("SSH-2.0-OpenSSH\r\n", "does not speak HTTP"),
        ("HTTP/1.1 200 OK\r\n\r\nmore", "more than its answer"),
        ("HTTP/1.1 200", "closed the connection"),
        (long, "over 16384 bytes"),
    ] {
        let proxy = proxy("me:se%20cret", Some(answer)).await;
        let error = through(&Place::tcp(), Tcp::new().proxy(proxy)).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[tokio::test]
async fn missing_proxy_is_named() {
    let port = Port::reserve();
    let address = port.address();
    let proxy = Proxy::new(&port.url("http")).unwrap();
    let error = through(&Place::tcp(), Tcp::new().proxy(proxy)).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains(&format!("the proxy {address}")), "{error}");
}
