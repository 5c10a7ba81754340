//! Configurations: how they are read, checked, merged and compared.

mod ancestor;
mod bounds;
mod broken;
mod changes;
mod files;
mod merge;
mod mistakes;
mod round_trip;
mod schema;
mod size;

use mitto::host::config::{ConfigError, Configuration};

/// One that uses everything there is.
const WHOLE: &str = r#"
version = 7

[handlers]
log = { type = "Print", properties = { Text = "seen" } }

[nodes.worker]
policy = "least-in-flight"
handlers.work = "work"
actions.Work = ["log", "work"]
actions.Rest = "log"

[applications.shop.nodes.orders]
provider = "orders"
policy = { by-key = "user" }

[applications.shop.nodes.orders.handlers]
check = "check"
store = { type = "store", properties = { table = "orders \"new\"\n", retries = 3, factor = 1.5, eager = true } }
place = [
    "check",
    { handler = "store", properties = { table = "other", tags = ["a", ["b"], { c = 1 }], more = { deep = "<&>" } } },
    { type = "post", properties = { action = "mail/outbox/Send" } },
    { name = "last", type = "post" },
    ["check", { name = "inner", pipeline = ["log"] }],
]

[applications.shop.nodes.orders.actions]
Place = "place"
Check = ["check"]
Store = { handler = "store", properties = { retries = 0 } }
Inline = { type = "check" }

[applications.shop.nodes.stock]
like = "worker"
policy = "random"
actions.Rest = "work"

[applications.empty]
[applications.mail.nodes.outbox]

[hosts.here]
local = true
address = "wss://shop.example:8443/mitto?a=b"
runs = ["shop/orders", "mail", "shop/stock", "empty"]

[hosts.east]
address = "https://east.example/mitto"
runs = ["shop"]
key = { env = "EAST_KEY" }

[hosts.west]
address = "unix:///run/west.sock"
runs = ["mail/outbox"]
key = { file = "/etc/west.key" }

[hosts.gone]
address = "tcp://gone:1"
"#;

/// What an operator is told.
#[track_caller]
fn refusal(outcome: Result<Configuration, ConfigError>) -> String {
    match outcome {
        Ok(configuration) => panic!("taken: {configuration:?}"),
        Err(error) => error.to_string(),
    }
}
