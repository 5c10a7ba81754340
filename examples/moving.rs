//! A node that is moved from one host to another and back while it is asked.
//!
//! ```text
//! cargo run --example moving
//! ```

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mitto::host::Host;
use mitto::host::config::{ApplicationConfig, Configuration, HostConfig, NodeConfig};
use mitto::{Request, State, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
struct Where {}

mitto::schema! {
    Shop { client => server as ShopClient: [Where as place] }
}

#[provider(server of Shop: [place])]
struct Orders {
    host: String,
}

#[handler]
async fn place(State(host): State<String>, _: Where) -> String {
    tokio::time::sleep(Duration::from_millis(1)).await;
    host
}

const CALLERS: usize = 64;
const MOVES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let west = run("west", shop().with_host(here("west", &["shop"]))).await?;
    let there = HostConfig::new("west", &west.urls()[0]);
    let east = run("east", shop().with_host(here("east", &["shop", "spare"]))).await?;

    let over = Arc::new(AtomicBool::new(false));
    let counts: Arc<[AtomicU64; 2]> = Arc::default();
    let client = ShopClient::connect(&east.urls()[0]).await?;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(ask(client.clone(), counts.clone(), over.clone())))
        .collect();

    for n in 0..MOVES {
        let update = match n % 2 {
            0 => Configuration::new()
                .with_host(here("east", &["spare"]))
                .with_host(there.clone().with_nodes("shop")),
            _ => Configuration::new()
                .with_host(here("east", &["shop", "spare"]))
                .with_host(there.clone()),
        };
        let changes = east.apply(&update).await?;
        if n < 2 {
            println!("{changes}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    over.store(true, Relaxed);
    for caller in callers {
        caller.await??;
    }
    let [at_east, at_west] = [&counts[0], &counts[1]].map(|count| count.load(Relaxed));
    println!("{MOVES} moves: {at_east} answers from east, {at_west} from west, and no failure");
    east.shutdown().await;
    west.shutdown().await;
    Ok(())
}

async fn ask(
    client: ShopClient,
    counts: Arc<[AtomicU64; 2]>,
    over: Arc<AtomicBool>,
) -> Result<(), mitto::Status> {
    while !over.load(Relaxed) {
        let host = client.place(Where {}).await?;
        counts[usize::from(host == "west")].fetch_add(1, Relaxed);
    }
    Ok(())
}

async fn run(name: &str, configuration: Configuration) -> Result<Host, Box<dyn Error>> {
    let orders = Orders {
        host: name.to_owned(),
    };
    let host = Host::builder().provider("orders", orders);
    Ok(host.start(configuration).await?)
}

fn shop() -> Configuration {
    let orders = NodeConfig::new("orders").with_provider("orders");
    Configuration::new()
        .with_application(ApplicationConfig::new("shop").with_node(orders))
        .with_application(ApplicationConfig::new("spare").with_node(NodeConfig::new("nothing")))
}

fn here(name: &str, runs: &[&str]) -> HostConfig {
    let host = HostConfig::local(name, "tcp://127.0.0.1:0");
    runs.iter()
        .fold(host, mitto::host::config::HostConfig::with_nodes)
}
