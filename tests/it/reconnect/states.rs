//! What is seen of a connection's life.

use std::time::Duration;

use mitto::Code;
use mitto::Peer;
use mitto::client::Reconnect;
use mitto::peer::ConnectionState;

use super::service::*;
use super::site::*;

#[tokio::test]
async fn states_tell_the_whole_story() {
    let mut site = Site::paused().await;
    let builder = site.builder().reconnect(Reconnect::default());
    let client = builder.connect(&site.url).await.unwrap();
    let mut states = client.peer().states();
    assert_eq!(states.current(), ConnectionState::Connected);
    site.crash().await;
    let mut attempts = 0;
    while attempts < 4 {
        let state = states.changed().await.unwrap();
        let ConnectionState::Connecting { attempt, why, .. } = &state else {
            panic!("{state}");
        };
        attempts += 1;
        assert_eq!(*attempt, attempts);
        let (code, text) = match attempt {
            1 => (
                Code::ConnectionLost,
                "the other end has ended the connection",
            ),
            _ => (Code::Unavailable, "nothing listens at net://desk"),
        };
        assert_eq!(why.code(), code);
        assert!(why.message().starts_with(text), "{why}");
        assert_eq!(client.peer().state(), state);
    }
    site.start().await;
    while states.changed().await != Some(ConnectionState::Connected) {}
    assert!(client.peer().is_connected());
    client.peer().close();
    let closed = states.changed().await.unwrap();
    assert_eq!(
        closed.to_string(),
        "closed: connection lost: the connection was closed"
    );
    assert_eq!(states.changed().await, None);
    assert_eq!(states.current(), closed);
    let late = client.peer().states().changed().await;
    assert_eq!(late, None, "the end was there before");
}

over_every_kind! {
    plain_clients_and_servers_see_the_end,
}

async fn plain_clients_and_servers_see_the_end(site: Site) {
    let client = site.builder().connect(&site.url).await.unwrap();
    client.get(Get { key: 1 }).await.unwrap();
    let peer = site.handle().peers().list().remove(0);
    for peer in [client.peer(), &peer] {
        assert_eq!(peer.state(), ConnectionState::Connected);
        assert_eq!(peer.states().current(), ConnectionState::Connected);
    }
    let [mut ours, mut theirs] = [client.peer().states(), peer.states()];
    client.peer().close();
    let closed = ours.changed().await.unwrap();
    assert_eq!(
        closed.to_string(),
        "closed: connection lost: the connection was closed"
    );
    assert!(theirs.changed().await.unwrap().is_closed());
    assert_eq!((ours.changed().await, theirs.changed().await), (None, None));
}

#[tokio::test]
async fn states_of_local_peers_and_of_nobody() {
    let client = DeskClient::local(TheDesk::default());
    let mut states = client.peer().states();
    assert_eq!(states.current(), ConnectionState::Connected);
    client.peer().close();
    assert!(states.changed().await.unwrap().is_closed());
    assert!(Peer::nobody().states().current().is_closed());
    assert_eq!(Peer::nobody().states().changed().await, None);
}

#[tokio::test]
async fn watching_keeps_nothing_open() {
    let site = Site::paused().await;
    for reconnect in [false, true] {
        let builder = match reconnect {
            true => site.builder().reconnect(Reconnect::default()),
            false => site.builder(),
        };
        let client = builder.connect(&site.url).await.unwrap();
        let mut states = client.peer().states();
        drop(client);
        let ended = tokio::time::timeout(Duration::from_secs(5), states.changed()).await;
        assert!(ended.unwrap().unwrap().is_closed());
    }
}
