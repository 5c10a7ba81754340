//! Updates, as the ancestor merges them.

use mitto::host::config::{ApplicationConfig, Configuration, HostConfig, NodeConfig};

use super::refusal;

const RUNNING: &str = r#"
    version = 3
    [applications.shop.nodes.orders]
    [applications.shop.nodes.stock]
    [applications.mail.nodes.outbox]
    [hosts.here]
    local = true
    address = "ws://here:1"
    runs = ["shop", "mail/outbox"]
    [hosts.east]
    address = "ws://east:1"
    runs = ["shop/orders"]
"#;

fn read(text: &str) -> Configuration {
    Configuration::from_toml(text).unwrap()
}

#[track_caller]
fn merged(update: &str) -> Configuration {
    read(RUNNING).merge(&read(update)).unwrap()
}

#[test]
fn applications_are_added_or_replaced_whole() {
    let merged = merged("[applications.shop.nodes.orders]\n[applications.new.nodes.one]");
    let nodes = |name: &str| -> Vec<String> {
        let application = merged.application(name).unwrap();
        application
            .nodes()
            .map(|node| node.name().to_owned())
            .collect()
    };
    assert_eq!(nodes("new"), ["one"]);
    assert_eq!(nodes("shop"), ["orders"]);
    assert_eq!(nodes("mail"), ["outbox"]);
    assert_eq!(merged.hosts().len(), 2);
}

#[test]
fn a_host_is_replaced_or_forgotten() {
    let after = merged("[hosts.east]\naddress = \"ws://other:2\"\nruns = [\"mail\"]");
    let east = after.host("east").unwrap();
    assert_eq!(east.address(), "ws://other:2");
    assert!(east.does_run("mail", "outbox") && !east.does_run("shop", "orders"));
    let after = merged("[hosts.east]\naddress = \"ws://other:2\"");
    assert!(after.host("east").is_none() && after.host("here").is_some());
    let after = merged("[hosts.unknown]\naddress = \"ws://other:2\"");
    assert_eq!(after, read(RUNNING));
}

#[test]
fn what_is_merged_into_nothing_is_itself_without_forgotten_hosts() {
    let first = Configuration::new().merge(&read(RUNNING)).unwrap();
    assert_eq!(first, read(RUNNING));
    let gone = Configuration::new()
        .merge(&read("[hosts.gone]\naddress = \"ws://x\""))
        .unwrap();
    assert!(gone.is_empty());
}

#[test]
fn an_update_may_name_what_runs_already_and_nothing_else() {
    merged("[hosts.west]\naddress = \"ws://west:1\"\nruns = [\"shop/stock\"]");
    for (update, told) in [
        (
            "[hosts.west]\naddress = \"ws://west:1\"\nruns = [\"shpo\", \"shop/stok\", \"mail/in\"]",
            "line 3, column 9: hosts.west.runs: there is no application `shpo`, did you mean `shop`?\n\
             line 3, column 17: hosts.west.runs: there is no node `stok`, did you mean `stock`?\n\
             line 3, column 30: hosts.west.runs: there is no node `in`, define it or take one of `outbox`",
        ),
        // A host that stays runs a node that goes.
        (
            "[applications.shop.nodes.stock]",
            "line 12, column 13: hosts.east.runs: there is no node `orders`, define it or take one of `stock`",
        ),
    ] {
        assert_eq!(refusal(read(RUNNING).merge(&read(update))), told);
    }
}

#[test]
fn a_version_that_is_not_newer_is_refused() {
    let running = read(RUNNING);
    assert_eq!(running.merge(&running).unwrap(), running);
    let again = read("version = 3\n[applications.mail.nodes.outbox]");
    assert_eq!(running.merge(&again).unwrap(), running);
    assert_eq!(merged("version = 4").version(), Some(4));
    assert_eq!(merged("[applications.new]").version(), Some(3));
    let unversioned = Configuration::new().merge(&read("version = 0")).unwrap();
    assert_eq!(unversioned.version(), Some(0));
    for (update, told) in [
        (
            "version = 3\n[applications.new]",
            "line 1, column 11: version: version 3 runs already and says something else: raise it above 3",
        ),
        (
            "version = 2",
            "line 1, column 11: version: version 2 is older than 3, which runs: raise it above 3",
        ),
    ] {
        assert_eq!(refusal(running.merge(&read(update))), told);
    }
}

#[test]
fn what_a_program_builds_is_checked_too() {
    let wrong = Configuration::new()
        .with_application(ApplicationConfig::new("a/b").with_node(NodeConfig::new("")))
        .with_host(HostConfig::local("x\u{202e}", "nowhere").with_nodes("a/b/c"));
    let told = refusal(Configuration::new().merge(&wrong));
    assert_eq!(
        told,
        "applications.\"a/b\": the name of the application holds '/', take only A-Z a-z 0-9 _ -\n\
         applications.\"a/b\".nodes.\"\": the node is empty, take 1 to 64 of A-Z a-z 0-9 _ -\n\
         hosts.\"x\\u{202e}\": the name of the host holds '\\u{202e}', take only A-Z a-z 0-9 _ -\n\
         hosts.\"x\\u{202e}\".address: the address has no scheme, write it as in `ws://localhost:8080/mitto`\n\
         hosts.\"x\\u{202e}\".runs: the name of the node holds '/', take only A-Z a-z 0-9 _ -\n\
         hosts.\"x\\u{202e}\".runs: there is no application `a`, define it or take one of `a/b`"
    );
}
