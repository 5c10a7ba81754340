//! Authenticators that take their time, fail, or panic.

use std::future::pending;
use std::time::Duration;

use mitto::auth::{self, Claim, MAX_GRANTS, Tokens};
use mitto::transport::CloseReason;
use mitto::{Code, Identity, Limits, Server, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::desk::*;
use crate::clock::Clock;
use crate::session::raw::Raw;

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn slow_authenticator_holds_nobody_else_up() {
    let server = Server::new(TheDesk::default()).authenticate(auth::from_fn(
        async |claim: Claim| match claim.token() {
            Some(token) if token.is("slow") => pending().await,
            _ => Ok(Identity::new("quick")),
        },
    ));
    let opened = open(server).await;
    let begun = tokio::time::Instant::now();
    let slow = async {
        let error = opened.connect("slow").await.unwrap_err();
        let taken = begun.elapsed();
        assert_eq!(taken.as_secs(), 10, "{error}");
    };
    let quick = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let client = opened.connect("quick").await.unwrap();
        assert_eq!(client.who(Who {}).await.unwrap(), "quick");
        assert_eq!(begun.elapsed().as_secs(), 1);
    };
    tokio::join!(slow, quick);
}

#[tokio::test]
async fn panicking_authenticator_lets_nobody_in() {
    for late in [false, true] {
        let server = Server::new(TheDesk::default());
        let server = server.authenticate(auth::from_fn(move |claim: Claim| {
            let bad = claim.token().unwrap().is("bad");
            assert!(late || !bad, "at once");
            async move {
                tokio::task::yield_now().await;
                assert!(!bad, "later");
                Ok(Identity::new("ann"))
            }
        }));
        let opened = open(server.allow_anonymous()).await;
        let status = refusal(opened.connect("bad").await.unwrap_err());
        assert_eq!(status.code(), Code::Internal, "{status}");
        assert!(!status.message().contains("at once"));
        let client = opened.connect("good").await.unwrap();
        assert_eq!(client.who(Who {}).await.unwrap(), "ann");
    }
}

#[tokio::test]
async fn failing_authenticator_says_why() {
    let down = auth::from_fn(async |_: Claim| {
        Err::<Identity, _>(Status::unavailable("the directory is down"))
    });
    let opened = open(Server::new(TheDesk::default()).authenticate(down)).await;
    let status = refusal(opened.connect("t").await.unwrap_err());
    assert_eq!(status, Status::unavailable("the directory is down"));
}

#[tokio::test]
async fn identity_that_cannot_travel_is_refused() {
    let large = auth::from_fn(async |_: Claim| {
        let grants = 0..=MAX_GRANTS;
        let grants = grants.map(|n| n.to_string());
        Ok(grants.fold(Identity::new("ann"), Identity::grant))
    });
    let opened = open(Server::new(TheDesk::default()).authenticate(large)).await;
    let status = refusal(opened.connect("t").await.unwrap_err());
    assert_eq!(status.code(), Code::Internal);
}

#[tokio::test]
async fn refused_one_hears_a_goodbye_and_no_hello() {
    use mitto::transport::{Settings, Transport};

    let tokens = Tokens::new().token("t", Identity::new("ann"));
    let opened = open(Server::new(TheDesk::default()).authenticate(tokens)).await;
    let settings = Settings::default();
    let connection = opened.memory.connect(PLACE, &settings).await.unwrap();
    let mut raw = Raw { connection };
    raw.send_bytes(&[&[1, 1][..], &[0; 18]].concat()).await;
    let (status, code) = raw.goodbye().await;
    assert_eq!(status.code(), Code::Denied);
    assert_eq!(code, CloseReason::POLICY);
}

#[tokio::test]
async fn limit_counts_everything_together() {
    let clock = Clock::stop();
    let limits = Limits::default().handshake(300 * MILLISECOND);
    let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let slow = auth::from_fn(move |_: Claim| {
        let asks = asks.clone();
        async move {
            asks.send(()).unwrap();
            tokio::time::sleep(200 * MILLISECOND).await;
            Ok(Identity::new("ann"))
        }
    });
    let server = Server::new(TheDesk::default()).authenticate(slow);
    let server = server
        .limits(limits)
        .listen("ws://127.0.0.1:0")
        .await
        .unwrap();
    let server = server.spawn();
    let url = server.url().to_owned();
    let client = tokio::spawn(async move { DeskClient::connect(&url).await });
    asked.recv().await.unwrap();
    clock.advance(202 * MILLISECOND).await;
    let client = client.await.unwrap().unwrap();
    assert_eq!(client.who(Who {}).await.unwrap(), "ann");
    // The hello takes 200 ms of the limit, so that the rest is not enough.
    let address = server.url().trim_start_matches("ws://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    clock.advance(200 * MILLISECOND).await;
    let hello = [&[0x82, 0x80 | 20, 0, 0, 0, 0, 1, 1][..], &[0; 18]].concat();
    stream.write_all(&hello).await.unwrap();
    asked.recv().await.unwrap();
    clock.advance(102 * MILLISECOND).await;
    assert_eq!(
        stream.read_u8().await.unwrap(),
        0x88,
        "closed without a hello"
    );
    // The server waits for the other end's close, for a while.
    drop((stream, clock));
    server.shutdown().await;
}
