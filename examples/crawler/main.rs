//! A web crawler over two servers, on a site that it serves itself.
//!
//! ```text
//! controller ── dispatcher ── downloader ──▶ the site
//!  (here)         (there)       (there)
//!      ▲                          │
//!      └────── harvester ◀────────┘
//!                (here)
//! ```
//!
//! The controller takes each address once, of the same site, at most five links away from the start; the harvester
//! gives it the links of a page. Which node runs on which server stands in `crawler.toml`.
//!
//! ```text
//! cargo run --example crawler
//! ```

mod crawl;
mod site;
mod steps;

use std::error::Error;
use std::sync::Arc;

use mitto::host::Host;
use mitto::host::config::{Configuration, HostConfig};

use crawl::{Crawl, Link};

const NODES: &str = include_str!("crawler.toml");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let start = site::serve().await?;
    let crawl = Arc::new(Crawl::of(&start));
    let nodes = Configuration::from_toml(NODES)?;

    let there = HostConfig::local("there", "tcp://127.0.0.1:0");
    let there = there
        .with_nodes("crawler/dispatcher")
        .with_nodes("crawler/downloader");
    let there = Host::builder()
        .steps(steps::all(&crawl))
        .start(nodes.clone().with_host(there))
        .await?;

    let here = HostConfig::local("here", "tcp://127.0.0.1:0");
    let here = here
        .with_nodes("crawler/controller")
        .with_nodes("crawler/harvester");
    let link = HostConfig::new("there", &there.urls()[0]);
    let link = link
        .with_nodes("crawler/dispatcher")
        .with_nodes("crawler/downloader");
    let here = Host::builder()
        .steps(steps::all(&crawl))
        .start(nodes.with_host(here).with_host(link))
        .await?;

    // What downloads there is harvested here.
    let back = HostConfig::new("here", &here.urls()[0]);
    let back = back
        .with_nodes("crawler/controller")
        .with_nodes("crawler/harvester");
    there.apply(&Configuration::new().with_host(back)).await?;

    let first = Link {
        url: start,
        depth: 0,
    };
    let _: bool = here.call("crawler/controller/Resolve", &first).await?;
    crawl.over().await;

    println!("\n{}", crawl.summary());
    here.shutdown().await;
    there.shutdown().await;
    Ok(())
}
