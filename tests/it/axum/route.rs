//! A server as a route of an axum app, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use mitto::auth::{self, Claim};
use mitto::server::Handle;
use mitto::{Context, Identity, Items, Limits, Request, Server, Status, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Who {}

#[derive(Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(super) struct Work {
    pub(super) ms: u64,
}

mitto::schema! {
    pub(super) Desks {
        client => server as DeskClient: [Who, Work],
    }
}

#[provider(server of Desks: [who, work])]
pub(super) struct Desk;

#[handler]
fn who(context: Context, _: Who) -> String {
    context
        .identity()
        .map_or("nobody".to_owned(), |who| who.name().to_owned())
}

#[handler]
async fn work(items: Items<u32>, req: Work) -> Result<(), Status> {
    items.send(1).await?;
    tokio::time::sleep(Duration::from_millis(req.ms)).await;
    items.send(2).await
}

/// An app with the server beside a page; its address.
async fn app(server: &Handle) -> SocketAddr {
    let rpc = || mitto::server::axum::route(server);
    let app: Router = Router::new()
        .route("/", get(|| async { "a page" }))
        .route("/rpc", rpc())
        .nest("/deep", Router::new().route("/rpc", rpc()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// What is answered to a request with these lines.
async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{head}\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }
    String::from_utf8(answer).unwrap()
}

const UPGRADE: &str = "GET /rpc HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";

#[tokio::test]
async fn route_serves_beside_others() {
    let server = Server::new(Desk).embed().unwrap();
    let address = app(&server).await;
    let desk = DeskClient::connect(&format!("ws://{address}/rpc"))
        .await
        .unwrap();
    assert_eq!(desk.who(Who {}).await.unwrap(), "nobody");
    let remote = server.peers().list()[0].remote().to_owned();
    assert!(remote.starts_with("127.0.0.1:"), "{remote}");
    let page = ask(address, "GET / HTTP/1.1\r\nConnection: close").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    let mut many = desk.work(Work { ms: 0 }).await.unwrap();
    assert_eq!(many.next().await, Some(Ok(1)));
    server.shutdown().await;
}

#[tokio::test]
async fn authenticator_sees_the_request() {
    let authenticator = auth::from_fn(async |claim: Claim| {
        let request = claim.peer().request.as_ref().unwrap();
        let name = request
            .header("x-user")
            .ok_or_else(|| Status::denied("who?"))?;
        Ok(Identity::new(format!("{name} at {}", request.target())))
    });
    let server = Server::new(Desk)
        .authenticate(authenticator)
        .embed()
        .unwrap();
    let address = app(&server).await;
    let url = format!("ws://{address}/deep/rpc?room=4");
    let desk = DeskClient::builder()
        .header("X-User", "ada")
        .connect(&url)
        .await
        .unwrap();
    assert_eq!(desk.who(Who {}).await.unwrap(), "ada at /deep/rpc?room=4");
    let error = DeskClient::connect(&url).await.unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("who?"), "{why}");
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_no_welcome_upgrade_is_turned_away() {
    let server = Server::new(Desk)
        .allow_host("localhost")
        .allow_host("127.0.0.1");
    let server = server.embed().unwrap();
    let address = app(&server).await;
    let plain = ask(address, "GET /rpc HTTP/1.1").await;
    assert!(plain.starts_with("HTTP/1.1 426 "), "{plain}");
    assert!(
        plain
            .to_lowercase()
            .contains("\r\nsec-websocket-version: 13\r\n"),
        "{plain}"
    );
    let foreign = ask(
        address,
        &format!("{UPGRADE}\r\nOrigin: https://evil.example"),
    )
    .await;
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");
    let own = ask(address, &format!("{UPGRADE}\r\nOrigin: http://{address}")).await;
    assert!(own.starts_with("HTTP/1.1 101 "), "{own}");
    assert!(own.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{own}");
    let two = ask(
        address,
        &format!("{UPGRADE}\r\nSec-WebSocket-Protocol: x, mitto.1"),
    )
    .await;
    let named = two
        .to_lowercase()
        .contains("\r\nsec-websocket-protocol: mitto.1\r\n");
    assert!(two.starts_with("HTTP/1.1 101 ") && named, "{two}");
    let posted = UPGRADE.replace("GET ", "POST ");
    let posted = ask(address, &posted).await;
    assert!(posted.starts_with("HTTP/1.1 400 "), "{posted}");
    server.shutdown().await;
}

#[tokio::test]
async fn json_rpc_is_spoken_where_it_is_asked_for() {
    let server = Server::new(Desk).embed().unwrap();
    let address = app(&server).await;
    let url = format!("ws://{address}/rpc");
    let desk = DeskClient::builder()
        .json_rpc()
        .connect(&url)
        .await
        .unwrap();
    assert_eq!(desk.who(Who {}).await.unwrap(), "nobody");
    server.shutdown().await;
}

#[tokio::test]
async fn foreign_host_names_are_refused() {
    let server = Server::new(Desk)
        .allow_host("desk.example")
        .embed()
        .unwrap();
    let address = app(&server).await;
    let foreign = ask(address, UPGRADE).await;
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");
}

#[tokio::test]
async fn full_server_answers_so() {
    let limits = Limits::default().connections(1);
    let server = Server::new(Desk).limits(limits).embed().unwrap();
    let address = app(&server).await;
    let url = format!("ws://{address}/rpc");
    let desk = DeskClient::connect(&url).await.unwrap();
    let full = ask(address, UPGRADE).await;
    assert!(full.starts_with("HTTP/1.1 503 "), "{full}");
    let peer = desk.peer().clone();
    drop(desk);
    peer.drain();
    peer.closed().await;
    // The place is free when the server, too, has seen the end.
    while !server.peers().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut tries = 0;
    while DeskClient::connect(&url).await.is_err() {
        tries += 1;
        assert!(tries < 100, "the place is never free again");
    }
}

#[tokio::test]
async fn shutdown_lets_what_runs_finish() {
    let server = Server::new(Desk).embed().unwrap();
    let address = app(&server).await;
    let desk = DeskClient::connect(&format!("ws://{address}/rpc"))
        .await
        .unwrap();
    let mut work = desk.work(Work { ms: 100 }).await.unwrap();
    assert_eq!(work.next().await, Some(Ok(1)));
    let shutdown = tokio::spawn({
        let server = server.clone();
        async move { server.shutdown().await }
    });
    assert_eq!(work.next().await, Some(Ok(2)));
    assert_eq!(work.next().await, None);
    shutdown.await.unwrap();
    let late = ask(address, UPGRADE).await;
    assert!(late.starts_with("HTTP/1.1 503 "), "{late}");
    let page = ask(address, "GET / HTTP/1.1").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
}
