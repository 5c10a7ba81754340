//! Two servers that post a number to each other, minus one each time, until it is 0.
//!
//! What runs where stands in `servers.xml`, as AjMessages had it; `first.xml` and `second.xml` are the same for two
//! processes. The example `console` plays those.
//!
//! ```text
//! cargo run --example decrement
//! ```

#[path = "../shared/steps.rs"]
mod steps;

use std::error::Error;
use std::sync::Arc;

use mitto::host::Host;
use mitto::host::config::Configuration;
use tokio::sync::Notify;

const SERVERS: &str = include_str!("servers.xml");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let done = Arc::new(Notify::new());
    let host = Host::builder().steps(steps::all().state(done.clone()));
    let host = host.start(Configuration::from_xml(SERVERS)?).await?;
    println!("{}", host.report());

    host.post("App1/Node1/Process", &9)?;
    done.notified().await;

    println!("{}", host.report());
    host.shutdown().await;
    Ok(())
}
