//! Hosts over real sockets, and who may change them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use jsonrpsee::client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::{Client, ClientBuilder, ClientT};
use jsonrpsee::rpc_params;
use mitto::host::config::{
    ApplicationConfig, Configuration, HandlerConfig, HostConfig, KeySource, NodeConfig,
};
use mitto::host::{Host, HostReport};
use mitto::pipeline::{Flow, Steps};
use mitto::{Code, Context, Limits, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Seen, address = "shop/orders")]
struct Look {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    identity: Option<String>,
    address: Option<String>,
    key: Option<String>,
    in_time: bool,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders", authenticated)]
struct Guarded {}

mitto::schema! {
    Shop { client => server as ShopClient: [Look, Guarded] }
}

#[provider(server of Shop: [look, guarded])]
#[derive(Clone)]
struct Orders;

#[handler]
fn look(cx: Context, _: Look) -> Seen {
    Seen {
        identity: cx.identity().map(|identity| identity.name().to_owned()),
        address: cx.address().map(|address| address.to_string()),
        key: cx.metadata().get("key").map(str::to_owned),
        in_time: cx
            .deadline()
            .is_some_and(|at| at < tokio::time::Instant::now() + Duration::from_secs(3)),
    }
}

#[handler]
fn guarded(_: Guarded) -> String {
    "in".to_owned()
}

fn shop() -> Configuration {
    let node = NodeConfig::new("orders").with_provider("orders");
    Configuration::new().with_application(ApplicationConfig::new("shop").with_node(node))
}

async fn start(configuration: Configuration) -> Host {
    let host = Host::builder().provider("orders", Orders);
    host.start(configuration).await.expect("it runs")
}

fn url(host: &Host) -> String {
    host.urls().pop().expect("it listens")
}

/// A file with a key, of the test's own.
fn key_file() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (process, next) = (std::process::id(), NEXT.fetch_add(1, Relaxed));
    let key = std::env::temp_dir().join(format!("mitto-doors-{process}-{next}.key"));
    std::fs::write(&key, "c0Zk-a-key").expect("it is written");
    key
}

/// `east` passes on to `west`, with a key that both know; with the folder of the key.
async fn linked(scheme: &str) -> (Host, Host, PathBuf) {
    let key = key_file();
    let at = format!("{scheme}://127.0.0.1:0");
    let there = HostConfig::local("west", &at).with_nodes("shop");
    let west = start(shop().with_host(there.with_key(KeySource::file(&key)))).await;
    let there = HostConfig::new("west", url(&west)).with_nodes("shop");
    let here = Configuration::new()
        .with_application(ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox")))
        .with_host(HostConfig::local("east", &at).with_nodes("mail"));
    let east = start(shop().with_host(there.with_key(KeySource::file(&key)))).await;
    east.apply(&here).await.expect("it is merged");
    (east, west, key)
}

#[tokio::test]
async fn all_that_belongs_to_a_request_goes_along() {
    for scheme in ["ws", "tcp"] {
        let (east, west, key) = linked(scheme).await;
        let client = ShopClient::connect(&url(&east)).await.unwrap();
        let seen = client
            .look(Look {})
            .metadata("key", "value")
            .timeout(Duration::from_secs(2));
        let expected = Seen {
            identity: None,
            address: Some("shop/orders".to_owned()),
            key: Some("value".to_owned()),
            in_time: true,
        };
        assert_eq!(seen.await.unwrap(), expected);
        // What a message requires is asked again where it runs.
        let refused = client.guarded(Guarded {}).await.unwrap_err();
        assert_eq!(refused.code(), Code::Denied);
        let own = ShopClient::from(east.peer().clone());
        assert_eq!(own.guarded(Guarded {}).await.unwrap(), "in");
        // Who knows no key is nobody, and who shows a wrong one is not let in.
        let stranger = ShopClient::builder().token("another key");
        assert!(stranger.connect(&url(&west)).await.is_err());
        east.shutdown().await;
        west.shutdown().await;
        std::fs::remove_file(key).expect("it is there");
    }
}

/// Grants travel as well: whoever may change this host may change those behind it.
#[tokio::test]
async fn grant_to_configure_goes_along() {
    let (east, west, key) = linked("tcp").await;
    let there = HostConfig::new("west", url(&west))
        .with_nodes("shop")
        .with_nodes("mitto")
        .with_key(KeySource::file(&key));
    let administration =
        ApplicationConfig::new("mitto").with_node(NodeConfig::new("administration"));
    let update = Configuration::new()
        .with_application(administration)
        .with_host(there);
    east.apply(&update).await.expect("it is merged");
    let report: HostReport = east.call("mitto/administration/Show", &()).await.unwrap();
    let west_itself = report
        .hosts
        .iter()
        .find(|host| host.name == "west")
        .unwrap();
    assert!(west_itself.local, "{report:?}");
    std::fs::remove_file(key).expect("it is there");
}

#[mitto::step]
fn double(n: i64) -> Flow<i64> {
    Flow::Next(2 * n)
}

/// A client of another library names the address as its method.
#[tokio::test]
async fn json_rpc_clients_call_addresses() {
    let (east, west, key) = linked("ws").await;
    let numbers = NodeConfig::new("numbers")
        .with_handler(HandlerConfig::of_type("double", "double"))
        .with_action("Double", HandlerConfig::named("double"));
    let math = ApplicationConfig::new("math").with_node(numbers);
    let here = HostConfig::local("here", "ws://127.0.0.1:0").with_nodes("math");
    let host = Host::builder().steps(Steps::new().step::<double>());
    let host = host
        .start(Configuration::new().with_application(math).with_host(here))
        .await
        .expect("it runs");

    let client = json_rpc_client(&url(&host)).await;
    let doubled: i64 = client
        .request("math/numbers/Double", rpc_params![21])
        .await
        .unwrap();
    assert_eq!(doubled, 42);
    for (method, expected) in [
        ("math/numbers/Triple", -32601),
        ("math/nothing/Double", -32601),
        ("Double", -32602),
        ("math/numbers", -32602),
        ("math/numbers/Double*", -32602),
    ] {
        let error = client.request::<i64, _>(method, rpc_params![21]).await;
        match error.unwrap_err() {
            ClientError::Call(error) => assert_eq!(error.code(), expected, "{method}: {error}"),
            other => panic!("{method}: {other}"),
        }
    }

    // What its own provider does not run goes on, over the link.
    let client = json_rpc_client(&url(&east)).await;
    let seen: Seen = client
        .request("shop/orders/Look", rpc_params![])
        .await
        .unwrap();
    assert_eq!(seen.address.as_deref(), Some("shop/orders/Look"));
    for host in [host, east, west] {
        host.shutdown().await;
    }
    std::fs::remove_file(key).expect("it is there");
}

async fn json_rpc_client(url: &str) -> Client {
    let url = Url::parse(url).expect("a URL");
    let builder = WsTransportClientBuilder::default();
    let (sender, receiver) = builder.build(url).await.expect("it listens");
    ClientBuilder::default().build_with_tokio(sender, receiver)
}

#[cfg(unix)]
#[tokio::test]
async fn same_user_may_configure_over_a_unix_socket() {
    let socket = std::env::temp_dir().join(format!("mitto-host-{}.sock", std::process::id()));
    let at = format!("unix://{}", socket.display());
    let host = start(shop().with_host(HostConfig::local("here", &at).with_nodes("shop"))).await;
    let client = ShopClient::connect(&at).await.unwrap();
    let seen = client.look(Look {}).await.unwrap();
    assert_eq!(seen.identity.as_deref(), Some("the same user"));
    // Another host reaches its administration as the same user, by the address alone.
    let administration =
        ApplicationConfig::new("mitto").with_node(NodeConfig::new("administration"));
    let outside = Configuration::new()
        .with_application(administration)
        .with_host(HostConfig::new("here", &at).with_nodes("mitto"));
    let outside = start(outside).await;
    let update = Configuration::new()
        .with_application(ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox")));
    let text = update.to_json();
    let shown: String = outside
        .call("mitto/administration/Plan", &text)
        .await
        .unwrap();
    assert!(shown.starts_with("+ application mail: outbox"), "{shown}");
    assert!(host.configuration().application("mail").is_none());
    let _: String = outside
        .call("mitto/administration/Configure", &text)
        .await
        .unwrap();
    assert!(host.configuration().application("mail").is_some());
    let wrong: Result<String, Status> = outside
        .call("mitto/administration/Configure", &"[[".to_owned())
        .await;
    assert_eq!(wrong.unwrap_err().code(), Code::BadRequest);
    host.shutdown().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn loop_of_hosts_ends() {
    let key = key_file();
    let keyed = |host: HostConfig| host.with_key(KeySource::file(&key));
    let mail = || ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox"));
    let local = |name: &str| keyed(HostConfig::local(name, "tcp://127.0.0.1:0").with_nodes("mail"));
    let east = start(shop().with_application(mail()).with_host(local("east"))).await;
    let west = start(shop().with_application(mail()).with_host(local("west"))).await;
    for (host, other, at) in [(&east, "west", url(&west)), (&west, "east", url(&east))] {
        let update =
            Configuration::new().with_host(keyed(HostConfig::new(other, at).with_nodes("shop")));
        host.apply(&update).await.expect("it is merged");
    }
    let client = ShopClient::connect(&url(&east)).await.unwrap();
    let status = client.look(Look {}).await.unwrap_err();
    assert_eq!(status.code(), Code::LoopDetected);
    // Each passed it on once at a time.
    let asked: u64 = [east.report(), west.report()]
        .iter()
        .flat_map(|report| &report.nodes)
        .filter(|node| node.node == "shop/orders")
        .flat_map(|node| &node.places)
        .map(|place| place.requests)
        .sum();
    assert_eq!(asked, u64::from(Limits::default().hops) + 1);
    std::fs::remove_file(key).expect("it is there");
}

/// As the ancestor has it: a handler of the type in a node of the file.
#[tokio::test]
async fn configure_is_a_step_as_well() {
    let node = NodeConfig::new("Administration")
        .with_handler(HandlerConfig::of_type("Apply", "ConfigureHandler"))
        .with_action("Configure", HandlerConfig::named("Apply"));
    let here = HostConfig::local("here", "tcp://127.0.0.1:0").with_nodes("AjMessages");
    let configuration = Configuration::new()
        .with_application(ApplicationConfig::new("AjMessages").with_node(node))
        .with_host(here);
    let host = start(configuration).await;
    let address = "AjMessages/Administration/Configure";
    let shown: String = host.call(address, &shop().to_xml()).await.unwrap();
    assert!(shown.starts_with("+ application shop: orders"), "{shown}");
    assert!(host.configuration().application("shop").is_some());
}

#[tokio::test]
async fn key_is_one_line_of_at_most_4096_bytes() {
    let file = key_file();
    let here = || HostConfig::local("here", "tcp://127.0.0.1:0").with_nodes("shop");
    let with_key = shop().with_host(here().with_key(KeySource::file(&file)));
    let host = start(shop().with_host(here())).await;
    let long = |bytes: usize| "k".repeat(bytes);
    for (text, expected) in [
        (long(4095), None),
        (long(4096) + "\r\n", None),
        (long(4097), Some("longer than 4096 bytes")),
        (long(1 << 20), Some("longer than 4096 bytes")),
        (" \n".to_owned(), Some("empty")),
        ("one\ntwo".to_owned(), Some("more than one line")),
    ] {
        std::fs::write(&file, text).expect("it is written");
        let planned = host.plan(&with_key).map(drop);
        let error = planned.err().map(|error| error.to_string());
        match expected {
            None => assert_eq!(error, None),
            Some(expected) => {
                let error = error.expect("it is refused");
                assert!(error.contains(expected), "{error}");
                assert!(error.contains("host `here`"), "{error}");
            }
        }
    }
    std::fs::remove_file(&file).expect("it is there");
    let error = host.plan(&with_key).unwrap_err().to_string();
    assert!(error.contains(&*file.display().to_string()), "{error}");
}
