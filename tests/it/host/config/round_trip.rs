//! One model behind the formats.

use mitto::host::config::{Configuration, HandlerConfig, HandlerKind, NodeConfig, PolicyConfig};
use mitto::pipeline::Property;

use super::WHOLE;

#[test]
fn every_format_gives_the_same_back() {
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    configuration.validate().unwrap();
    let texts = [
        configuration.to_toml(),
        configuration.to_json(),
        configuration.to_xml(),
    ];
    for text in texts {
        let again =
            Configuration::from_text(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again, configuration, "{text}");
        assert_eq!(again.to_toml(), configuration.to_toml());
    }
}

#[test]
fn what_is_shared_is_put_in() {
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    let shop = configuration.application("shop").unwrap();
    let steps = |node: &str, action: &str| -> Vec<String> {
        let node = shop.node(node).unwrap();
        let steps = node.steps(node.action(action).unwrap()).unwrap();
        steps.iter().map(|step| step.kind().to_owned()).collect()
    };
    assert_eq!(steps("stock", "Work"), ["Print", "work"]);
    assert_eq!(steps("stock", "Rest"), ["work"]);
    assert_eq!(
        steps("orders", "Place"),
        ["check", "store", "post", "post", "check", "Print"]
    );
    let stock = shop.node("stock").unwrap();
    assert_eq!(stock.policy(), &PolicyConfig::Random);
    let names: Vec<&str> = stock.handlers().map(HandlerConfig::name).collect();
    assert_eq!(names, ["log", "work"]);
    assert!(matches!(
        stock.action("Rest").unwrap().handler().kind(),
        HandlerKind::Named
    ));
}

#[test]
fn properties_of_a_use_replace_those_of_the_definition() {
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    let orders = configuration
        .application("shop")
        .and_then(|shop| shop.node("orders"));
    let retries = |action: &str, node: &NodeConfig, index: usize| {
        let steps = node.steps(node.action(action).unwrap()).unwrap();
        let properties = steps[index].properties();
        (
            properties.get("retries").cloned(),
            properties.get("table").cloned(),
        )
    };
    let orders = orders.unwrap();
    let table = "orders \"new\"\n";
    assert_eq!(
        retries("Store", orders, 0),
        (Some(Property::Integer(0)), Some(table.into()))
    );
    assert_eq!(
        retries("Place", orders, 1),
        (Some(Property::Integer(3)), Some("other".into()))
    );
}

#[test]
fn toml_is_written_as_an_operator_would() {
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    assert_eq!(
        configuration.to_toml(),
        r#"version = 7

[applications.empty.nodes]

[applications.mail.nodes.outbox]

[applications.shop.nodes.orders]
provider = "orders"
policy = { by-key = "user" }

[applications.shop.nodes.orders.handlers]
check = "check"
log = { type = "Print", properties = { Text = "seen" } }
place = [
    "check",
    { handler = "store", properties = { more = { deep = "<&>" }, table = "other", tags = ["a", ["b"], { c = 1 }] } },
    { type = "post", properties = { action = "mail/outbox/Send" } },
    { name = "last", type = "post" },
    ["check", { name = "inner", pipeline = ["log"] }],
]
store = { type = "store", properties = { eager = true, factor = 1.5, retries = 3, table = "orders \"new\"\n" } }

[applications.shop.nodes.orders.actions]
Check = ["check"]
Inline = { type = "check" }
Place = "place"
Store = { handler = "store", properties = { retries = 0 } }

[applications.shop.nodes.stock]
policy = "random"

[applications.shop.nodes.stock.handlers]
log = { type = "Print", properties = { Text = "seen" } }
work = "work"

[applications.shop.nodes.stock.actions]
Rest = "work"
Work = ["log", "work"]

[hosts.east]
address = "wss://east.example/mitto"
key = { env = "EAST_KEY" }
runs = ["shop"]

[hosts.gone]
address = "tcp://gone:1"

[hosts.here]
address = "wss://shop.example:8443/mitto?a=b"
local = true
runs = ["shop/orders", "mail", "shop/stock", "empty"]

[hosts.west]
address = "unix:///run/west.sock"
key = { file = "/etc/west.key" }
runs = ["mail/outbox"]
"#
    );
}

#[test]
fn keys_of_links_are_never_shown() {
    let text = WHOLE.replace("{ env = \"EAST_KEY\" }", "\"hunter2\"");
    let error = Configuration::from_toml(&text).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
