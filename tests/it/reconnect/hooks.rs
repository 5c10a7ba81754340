//! Who is told of connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mitto::client::Reconnect;
use mitto::{Peer, Status};

use super::service::*;
use super::site::*;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn connected(&self) -> impl Fn(&Peer) + Send + Sync + 'static {
        let heard = self.clone();
        move |peer| heard.note(format!("connected {}", peer.id()))
    }

    fn closed(&self) -> impl Fn(&Peer, &Status) + Send + Sync + 'static {
        let heard = self.clone();
        move |peer, why| heard.note(format!("closed {}: {why}", peer.id()))
    }

    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<String> {
        while self.all().len() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.all()
    }
}

over_every_kind! {
    hooks_are_told_of_each_connection_in_order,
    hooks_of_a_plain_client_are_told_once,
}

async fn hooks_are_told_of_each_connection_in_order(mut site: Site) {
    let heard = Heard::default();
    let builder = site.builder().reconnect(Reconnect::default());
    let builder = builder
        .on_connected(heard.connected())
        .on_closed(heard.closed());
    let client = builder.connect(&site.url).await.unwrap();
    let id = client.peer().id();
    // Told before the client is given back.
    assert_eq!(heard.all().len(), 1);
    site.crash().await;
    site.start().await;
    heard.until(3).await;
    assert_eq!(client.peer().id(), id);
    client.peer().close();
    client.peer().closed().await;
    let heard = heard.all();
    assert_eq!(heard.len(), 4, "{heard:#?}");
    assert_eq!(heard[0], format!("connected {id}"));
    assert!(
        heard[1].starts_with(&format!("closed {id}: connection lost: ")),
        "{heard:#?}"
    );
    assert_eq!(heard[2], format!("connected {id}"));
    let closed = format!("closed {id}: connection lost: the connection was closed");
    assert_eq!(heard[3], closed);
}

async fn hooks_of_a_plain_client_are_told_once(mut site: Site) {
    let heard = Heard::default();
    let builder = site.builder();
    let builder = builder
        .on_connected(heard.connected())
        .on_closed(heard.closed());
    let client = builder.connect(&site.url).await.unwrap();
    assert_eq!(heard.all(), [format!("connected {}", client.peer().id())]);
    site.crash().await;
    client.peer().closed().await;
    heard.until(2).await;
    site.start().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(heard.all().len(), 2);
    assert!(client.get(Get { key: 1 }).await.is_err());
}

#[tokio::test]
async fn peer_of_a_hook_keeps_nothing_open() {
    let site = Site::paused().await;
    let kept: Arc<Mutex<Vec<Peer>>> = Arc::default();
    let keep = kept.clone();
    let builder = site.builder().reconnect(Reconnect::default());
    let builder = builder.on_connected(move |peer| keep.lock().unwrap().push(peer.clone()));
    let client = builder.connect(&site.url).await.unwrap();
    let peer = kept.lock().unwrap()[0].clone();
    assert_eq!(&peer, client.peer());
    assert_eq!(peer.call(Get { key: 1 }).await, Ok(1));
    drop(client);
    peer.closed().await;
}

#[tokio::test]
async fn panicking_hooks_harm_nobody() {
    let mut site = Site::paused().await;
    site.crash().await;
    let server = site
        .server()
        .on_connect(|_| panic!("a hook"))
        .on_disconnect(|_, _| panic!("a hook"));
    site.run(server).await;
    let builder = site.builder().reconnect(Reconnect::default());
    let builder = builder
        .on_connected(|_| panic!("a hook"))
        .on_closed(|_, _| panic!("a hook"));
    let client = builder.connect(&site.url).await.unwrap();
    assert_eq!(client.get(Get { key: 1 }).await, Ok(1));
    site.crash().await;
    site.start().await;
    assert_eq!(client.get(Get { key: 2 }).await, Ok(2));
}

#[tokio::test]
async fn server_is_told_once_of_each_end() {
    let mut site = Site::paused().await;
    site.crash().await;
    let heard = Heard::default();
    let listed: Arc<Mutex<Vec<usize>>> = Arc::default();
    let server = site.server().on_connect(heard.connected());
    let on_closed = heard.closed();
    let peers: Arc<Mutex<Option<mitto::server::Peers>>> = Arc::default();
    let (count, list) = (listed.clone(), peers.clone());
    let server = server.on_disconnect(move |peer, why| {
        on_closed(peer, why);
        let peers = list.lock().unwrap().clone().unwrap();
        assert!(peers.get(peer.id()).is_none());
        count.lock().unwrap().push(peers.len());
    });
    site.run(server).await;
    *peers.lock().unwrap() = Some(site.handle().peers());

    // The client goes, the server closes, the handler outlasts the shutdown, the server is dropped.
    let leaves = site.builder().connect(&site.url).await.unwrap();
    leaves.get(Get { key: 1 }).await.unwrap();
    drop(leaves);
    assert!(heard.until(2).await[1].contains("connection lost"));
    let closed = site.builder().connect(&site.url).await.unwrap();
    closed.get(Get { key: 1 }).await.unwrap();
    site.handle().peers().list()[0].close();
    assert!(heard.until(4).await[3].ends_with("connection lost: the connection was closed"));
    let hangs = site.builder().connect(&site.url).await.unwrap();
    let call = tokio::spawn(async move { hangs.slow_put(SlowPut { key: 2 }).await });
    site.desk.book.until_run(2, 1).await;
    site.handle().shutdown().await;
    assert!(call.await.unwrap().is_err());
    let heard = heard.all();
    assert_eq!(heard.len(), 6, "{heard:#?}");
    assert_eq!(*listed.lock().unwrap(), [0, 0, 0]);
}

#[tokio::test]
async fn server_that_is_dropped_tells_of_each_end() {
    let mut site = Site::paused().await;
    site.crash().await;
    let heard = Heard::default();
    let server = site.server();
    let server = server
        .on_connect(heard.connected())
        .on_disconnect(heard.closed());
    site.run(server).await;
    let mut clients = Vec::new();
    for key in 0..5 {
        let client = site.builder().connect(&site.url).await.unwrap();
        client.get(Get { key }).await.unwrap();
        clients.push(client);
    }
    site.crash().await;
    let heard = heard.all();
    let ended = heard.iter().filter(|heard| heard.starts_with("closed"));
    assert_eq!((heard.len(), ended.count()), (10, 5), "{heard:#?}");
}
