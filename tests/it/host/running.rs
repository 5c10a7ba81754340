//! Hosts that run: in this process, over links, moved while they work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mitto::host::config::{
    ApplicationConfig, Configuration, HandlerConfig, HostConfig, KeySource, NodeConfig,
};
use mitto::host::{ApplyError, CONFIGURE, Host, HostReport};
use mitto::transport::memory::Memory;
use mitto::{Code, Context, Items, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders", idempotent)]
struct Where {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, error = String, address = "shop/orders")]
struct Place {
    item: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32, address = "shop/orders")]
struct Count {
    to: u32,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Option<String>, address = "shop/orders")]
struct Who {}

mitto::schema! {
    Shop { client => server as ShopClient: [Where, Place, Count, Who] }
}

#[provider(server of Shop: [at, place, count, who])]
struct Orders {
    name: Name,
}

#[derive(Clone)]
struct Name(String);

#[handler]
fn at(State(Name(name)): State<Name>, _: Where) -> String {
    name
}

#[handler]
async fn place(req: Place) -> Result<String, mitto::CallError<String>> {
    match &*req.item {
        "nothing" => Err(mitto::CallError::Handler("there is nothing".to_owned())),
        "slow" => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok("slow".to_owned())
        }
        item => Ok(item.to_owned()),
    }
}

#[handler]
async fn count(items: Items<u32>, req: Count) -> Result<(), Status> {
    for n in 0..req.to {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
fn who(cx: Context, _: Who) -> Option<String> {
    cx.identity().map(|identity| identity.name().to_owned())
}

fn orders(name: &str) -> Orders {
    let name = Name(name.to_owned());
    Orders { name }
}

/// A server over memory, whose provider says its name.
async fn host(memory: &Memory, name: &str, configuration: Configuration) -> Host {
    try_host(memory, name, configuration)
        .await
        .expect("it runs")
}

async fn try_host(
    memory: &Memory,
    name: &str,
    configuration: Configuration,
) -> Result<Host, ApplyError> {
    let (server, link) = (memory.clone(), memory.clone());
    Host::builder()
        .provider("orders", orders(name))
        .server(move |_, builder| builder.transport(server.clone()))
        .link(move |_, builder| builder.transport(link.clone()))
        .start(configuration)
        .await
}

fn shop() -> ApplicationConfig {
    ApplicationConfig::new("shop").with_node(NodeConfig::new("orders").with_provider("orders"))
}

fn local(name: &str) -> HostConfig {
    HostConfig::local(name, format!("memory://{name}"))
}

fn remote(name: &str) -> HostConfig {
    HostConfig::new(name, format!("memory://{name}"))
}

async fn client(memory: &Memory, host: &str) -> ShopClient {
    let client = ShopClient::builder().transport(memory.clone());
    let url = format!("memory://{host}");
    client.connect(&url).await.expect("it listens")
}

#[tokio::test]
async fn node_that_is_here_answers() {
    let memory = Memory::new();
    let configuration = Configuration::new()
        .with_application(shop())
        .with_host(local("east").with_nodes("shop"));
    let east = host(&memory, "east", configuration).await;

    let client = client(&memory, "east").await;
    assert_eq!(client.r#where(Where {}).await.unwrap(), "east");
    let own = ShopClient::from(east.peer().clone());
    assert_eq!(own.r#where(Where {}).await.unwrap(), "east");
    let answer: String = east.call("shop/orders/Where", &Where {}).await.unwrap();
    assert_eq!(answer, "east");

    let status = client.r#where(Where {}).at("shop/attic").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains("no node `attic`"), "{status}");
    let status = client.r#where(Where {}).at("pub/orders").await.unwrap_err();
    assert!(
        status.message().contains("no application `pub`"),
        "{status}"
    );
    let status = east
        .call::<_, String, _>("shop/orders/Burn", &())
        .await
        .unwrap_err();
    assert!(status.message().contains("no action `Burn`"), "{status}");
}

#[tokio::test]
async fn node_that_is_elsewhere_answers_over_a_link() {
    let memory = Memory::new();
    let there = Configuration::new()
        .with_application(shop())
        .with_host(local("west").with_nodes("shop"));
    let _west = host(&memory, "west", there).await;
    let here = Configuration::new()
        .with_application(shop())
        .with_host(local("east").with_nodes("mail"))
        .with_application(ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox")))
        .with_host(remote("west").with_nodes("shop"));
    let _east = host(&memory, "east", here).await;

    let client = client(&memory, "east").await;
    assert_eq!(client.r#where(Where {}).await.unwrap(), "west");
    let item = "nothing".to_owned();
    let error = client.place(Place { item }).await.unwrap_err();
    assert_eq!(error.to_string(), "there is nothing");
    let mut items = client.count(Count { to: 1000 }).await.unwrap();
    let mut next = 0;
    while let Some(item) = items.next().await {
        assert_eq!(item.unwrap(), next);
        next += 1;
    }
    assert_eq!(next, 1000);
}

#[tokio::test]
async fn identity_travels_only_by_the_key_of_the_host() {
    let key = std::env::temp_dir().join(format!("mitto-key-{}", std::process::id()));
    std::fs::write(&key, "a key of both\n").unwrap();
    let memory = Memory::new();
    for (with_key, expected) in [(true, Some("this server")), (false, None)] {
        let keyed = |host: HostConfig| match with_key {
            true => host.with_key(KeySource::file(&key)),
            false => host,
        };
        let there = Configuration::new()
            .with_application(shop())
            .with_host(keyed(local("west").with_nodes("shop")));
        let west = host(&memory, "west", there).await;
        let here = Configuration::new()
            .with_application(shop())
            .with_host(keyed(remote("west").with_nodes("shop")));
        let east = host(&memory, "east", here).await;
        let own = ShopClient::from(east.peer().clone());
        let who = own.who(Who {}).await.unwrap();
        assert_eq!(who.as_deref(), expected);
        east.shutdown().await;
        west.shutdown().await;
    }
    std::fs::remove_file(key).unwrap();
}

#[tokio::test]
async fn node_moves_while_it_is_asked() {
    let memory = Memory::new();
    let there = Configuration::new()
        .with_application(shop())
        .with_host(local("west").with_nodes("shop"));
    let _west = host(&memory, "west", there).await;
    let events = Arc::new(Mutex::new(Vec::new()));
    let here = Configuration::new()
        .with_application(shop())
        .with_host(local("east").with_nodes("shop"));
    let (server, link) = (memory.clone(), memory.clone());
    let told = events.clone();
    let east = Host::builder()
        .provider("orders", orders("east"))
        .server(move |_, builder| builder.transport(server.clone()))
        .link(move |_, builder| builder.transport(link.clone()))
        .on_event(move |event| told.lock().unwrap().push(event.to_string()))
        .start(here)
        .await
        .unwrap();
    let client = client(&memory, "east").await;
    assert_eq!(client.r#where(Where {}).await.unwrap(), "east");

    let slow = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .place(Place {
                    item: "slow".to_owned(),
                })
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    // A host that runs nothing is forgotten, so `east` gets something else to run.
    let update = Configuration::new()
        .with_application(ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox")))
        .with_host(local("east").with_nodes("mail"))
        .with_host(remote("west").with_nodes("shop"));
    let planned = east.plan(&update).unwrap();
    assert_eq!(client.r#where(Where {}).await.unwrap(), "east");
    let changes = east.apply(&update).await.unwrap();
    assert_eq!(planned, changes);
    let shown = changes.to_string();
    assert!(shown.contains("> shop/orders: east -> west"), "{shown}");
    for _ in 0..10 {
        assert_eq!(client.r#where(Where {}).await.unwrap(), "west");
    }
    // What was begun here ends here.
    assert_eq!(slow.await.unwrap().unwrap(), "slow");
    let events = events.lock().unwrap();
    assert!(
        events.iter().any(|event| event == "host west is up"),
        "{events:?}"
    );
}

#[tokio::test]
async fn refused_configuration_changes_nothing() {
    let memory = Memory::new();
    let configuration = Configuration::new()
        .with_version(3)
        .with_application(shop())
        .with_host(local("east").with_nodes("shop"));
    let east = host(&memory, "east", configuration.clone()).await;
    let nobody = NodeConfig::new("orders").with_provider("nobody");
    let unknown_step = NodeConfig::new("orders")
        .with_handler(HandlerConfig::of_type("burn", "burn"))
        .with_action("Burn", HandlerConfig::named("burn"));
    let application = |node| ApplicationConfig::new("shop").with_node(node);
    let at_nowhere = HostConfig::local("east", "tcp://192.0.2.1:9000").with_nodes("shop");
    let elsewhere = HostConfig::new("west", "carrier-pigeon://west").with_nodes("shop");
    let without_key = local("east")
        .with_nodes("shop")
        .with_key(KeySource::env("MITTO_NO_SUCH_KEY"));
    for (update, expected) in [
        (
            Configuration::new().with_application(application(nobody)),
            "no provider is registered as `nobody`",
        ),
        (
            Configuration::new().with_application(application(unknown_step)),
            "burn",
        ),
        (Configuration::new().with_host(at_nowhere), "cannot listen"),
        (Configuration::new().with_host(elsewhere), "carrier-pigeon"),
        (
            Configuration::new().with_host(without_key),
            "MITTO_NO_SUCH_KEY",
        ),
        (configuration.clone().with_version(2), "older"),
    ] {
        let error = east.apply(&update).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(*east.configuration(), configuration);
        let client = client(&memory, "east").await;
        assert_eq!(client.r#where(Where {}).await.unwrap(), "east");
    }
}

#[tokio::test]
async fn configure_is_for_those_who_may() {
    let memory = Memory::new();
    let configuration = Configuration::new()
        .with_application(shop())
        .with_host(local("east").with_nodes("shop"));
    let east = host(&memory, "east", configuration).await;
    let update = Configuration::new()
        .with_application(ApplicationConfig::new("mail").with_node(NodeConfig::new("outbox")));
    for address in [
        "mitto/administration/Configure",
        "AjMessages/Administration/Configure",
    ] {
        let shown: String = east.call(address, &update.to_toml()).await.unwrap();
        let first = shown.contains("+ application mail: outbox");
        assert!(first || shown.starts_with("nothing changes\n"), "{shown}");
    }
    let report: HostReport = east.call("mitto/administration/Show", &()).await.unwrap();
    assert!(report.nodes.iter().any(|node| node.node == "shop/orders"));

    // A client from elsewhere is nobody.
    let link = mitto::host::Host::builder();
    let (here, there) = (memory.clone(), memory.clone());
    let outside = Configuration::new()
        .with_application(
            ApplicationConfig::new("mitto").with_node(NodeConfig::new("administration")),
        )
        .with_host(remote("east").with_nodes("mitto"));
    let outside = link
        .server(move |_, builder| builder.transport(here.clone()))
        .link(move |_, builder| builder.transport(there.clone()))
        .start(outside)
        .await
        .unwrap();
    let text = update.to_toml();
    let denied = outside.call::<_, String, _>("mitto/administration/Configure", &text);
    let status = denied.await.unwrap_err();
    assert_eq!(status.code(), Code::Denied);
    assert!(status.message().contains(CONFIGURE), "{status}");
}

#[tokio::test]
async fn host_that_comes_late_is_found() {
    let memory = Memory::new();
    let here = Configuration::new()
        .with_application(shop())
        .with_host(remote("west").with_nodes("shop"));
    let east = host(&memory, "east", here).await;
    let own = ShopClient::from(east.peer().clone());
    let early = own.r#where(Where {}).timeout(Duration::from_millis(200));
    let status = early.await.unwrap_err();
    assert!(
        matches!(status.code(), Code::Unavailable | Code::Timeout),
        "{status}"
    );
    let there = Configuration::new()
        .with_application(shop())
        .with_host(local("west").with_nodes("shop"));
    let _west = host(&memory, "west", there).await;
    while let Err(status) = own.r#where(Where {}).await {
        assert_eq!(status.code(), Code::Unavailable);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let report = east.report();
    assert!(report.hosts.iter().all(|host| host.up), "{report:?}");
}

#[tokio::test]
async fn host_ends_with_its_last_clone() {
    let memory = Memory::new();
    let configuration = || {
        Configuration::new()
            .with_application(shop())
            .with_host(local("east").with_nodes("shop"))
    };
    let east = host(&memory, "east", configuration()).await;
    let again = try_host(&memory, "east", configuration()).await;
    assert!(matches!(again, Err(ApplyError::Listen { .. })), "{again:?}");
    east.shutdown().await;
    let east = host(&memory, "east", configuration()).await;
    drop(east);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let _east = host(&memory, "east", configuration()).await;
}
