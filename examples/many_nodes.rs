//! A configuration of 1,000 nodes over 50 hosts: how long it takes to read, to apply, and to move an application.
//!
//! ```text
//! cargo run --release --example many_nodes
//! ```

use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use mitto::host::config::{ApplicationConfig, Configuration, HostConfig, NodeConfig};
use mitto::host::{ApplyError, Host};
use mitto::pipeline::{Flow, Steps};
use mitto::transport::memory::Memory;

const HOSTS: usize = 50;
const NODES: usize = 20;
const ROUNDS: usize = 5;

#[mitto::step]
fn decrement(n: i64) -> Flow<i64> {
    Flow::Next(n - 1)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let text = configuration()?;
    for _ in 0..ROUNDS {
        let memory = Memory::new();
        let mut others = Vec::new();
        for number in 1..HOSTS {
            others.push(other(&memory, number).await?);
        }
        let (server, link) = (memory.clone(), memory);
        let host = Host::builder()
            .steps(Steps::new().step::<decrement>())
            .server(move |_, builder| builder.transport(server.clone()))
            .link(move |_, builder| builder.transport(link.clone()))
            .start(Configuration::new())
            .await?;

        let begun = Instant::now();
        let configuration = Configuration::from_toml(&text)?;
        let read = begun.elapsed();
        host.apply(&configuration).await?;
        let applied = begun.elapsed() - read;

        let taker = HostConfig::new("host1", "memory://host1");
        let taker = taker.with_nodes("app1").with_nodes("app2");
        let begun = Instant::now();
        host.apply(&Configuration::new().with_host(taker)).await?;
        let moved = begun.elapsed();
        println!(
            "read in {read:.1?}, applied in {applied:.1?}; one host more for an application in {moved:.1?}"
        );
        host.shutdown().await;
    }
    Ok(())
}

/// An application for each host; the first one runs here.
fn configuration() -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for host in 0..HOSTS {
        for node in 0..NODES {
            writeln!(text, "[applications.app{host}.nodes.node{node}.actions]")?;
            writeln!(text, "Process = [{{ type = \"decrement\" }}]")?;
        }
        writeln!(text, "[hosts.host{host}]")?;
        writeln!(text, "local = {}", host == 0)?;
        writeln!(text, "address = \"memory://host{host}\"")?;
        writeln!(text, "runs = [\"app{host}\"]")?;
    }
    Ok(text)
}

/// A host to be linked to.
async fn other(memory: &Memory, number: usize) -> Result<Host, ApplyError> {
    let nothing = ApplicationConfig::new("nothing").with_node(NodeConfig::new("here"));
    let address = format!("memory://host{number}");
    let host = HostConfig::local("other", address).with_nodes("nothing");
    let memory = memory.clone();
    Host::builder()
        .server(move |_, builder| builder.transport(memory.clone()))
        .start(
            Configuration::new()
                .with_application(nothing)
                .with_host(host),
        )
        .await
}
