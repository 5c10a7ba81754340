//! A console for hosts: configurations are loaded, merged and tried by hand, or from a pipe.
//!
//! ```text
//! cargo run --example console
//! > load examples/decrement/servers.xml
//! > send App1/Node1/Process 5
//! > unload
//! > load examples/decrement/first.xml
//! > fork load examples/decrement/second.xml
//! > send App1/Node1/Process 5
//! > exit
//! ```

#[path = "shared/steps.rs"]
mod steps;

use mitto::host::{Console, Host};

#[tokio::main]
async fn main() {
    let console = Console::new(|| Host::builder().steps(steps::all()));
    console.run().await;
}
