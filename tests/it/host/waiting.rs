//! What can be done with a host while it waits for the first connection of a new link.

use std::time::Duration;

use mitto::host::config::{ApplicationConfig, Configuration, HostConfig, NodeConfig};
use mitto::host::{ApplyError, Host};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A host that runs, an update that brings a link, and one who takes connections and never says a word.
struct Waiting {
    host: Host,
    applying: JoinHandle<Result<(), ApplyError>>,
    _mute: TcpStream,
}

fn with_link(host: &str, url: &str) -> Configuration {
    let shop = ApplicationConfig::new("shop").with_node(NodeConfig::new("orders"));
    let host = HostConfig::new(host, url).with_nodes("shop");
    Configuration::new().with_application(shop).with_host(host)
}

async fn waiting() -> Waiting {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", mute.local_addr().unwrap());
    let host = Host::builder().start(Configuration::new()).await.unwrap();
    let update = with_link("mute", &address);
    let mut applying = tokio::spawn({
        let host = host.clone();
        async move { host.apply(&update).await.map(drop) }
    });
    let (_mute, _) = tokio::select! {
        connected = mute.accept() => connected.unwrap(),
        applied = &mut applying => panic!("it does not connect: {applied:?}"),
    };
    Waiting {
        host,
        applying,
        _mute,
    }
}

#[tokio::test]
async fn host_shows_and_plans_while_it_waits_for_a_link() {
    let waiting = waiting().await;
    let next = with_link("next", "tcp://127.0.0.1:1");
    assert!(waiting.host.report().hosts.is_empty());
    waiting.host.plan(&next).unwrap();
    assert!(!waiting.applying.is_finished());
    waiting.applying.await.unwrap().unwrap();
    let hosts = waiting.host.report().hosts;
    assert_eq!(hosts.len(), 1);
    assert!(!hosts[0].up, "{hosts:?}");
}

#[tokio::test]
async fn host_that_ends_while_it_waits_for_a_link_changes_nothing() {
    let waiting = waiting().await;
    let ended = tokio::time::timeout(Duration::from_secs(1), waiting.host.shutdown());
    ended.await.expect("nothing is waited for");
    let applied = waiting.applying.await.unwrap();
    assert!(matches!(applied, Err(ApplyError::Closed)), "{applied:?}");
    assert!(waiting.host.report().hosts.is_empty());
}
