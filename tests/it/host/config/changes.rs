//! What a plan shows.

use mitto::host::config::{Change, Configuration};

const BEFORE: &str = r#"
    version = 1
    [applications.shop.nodes.orders]
    [applications.shop.nodes.stock]
    [applications.mail.nodes.outbox]
    [applications.old.nodes.a]
    [hosts.east]
    address = "ws://east:1"
    runs = ["shop", "old"]
    [hosts.west]
    address = "ws://west:1"
    runs = ["mail"]
"#;

const AFTER: &str = r#"
    version = 2
    [applications.shop.nodes.orders]
    policy = "first"
    [applications.shop.nodes.stock]
    [applications.shop.nodes.search]
    [applications.mail.nodes.outbox]
    [applications.new.nodes.a]
    [applications.new.nodes.b]
    [hosts.east]
    address = "ws://east:1"
    runs = ["shop/orders", "new/a"]
    [hosts.south]
    address = "ws://south:1"
    runs = ["shop/orders", "mail"]
"#;

fn read(text: &str) -> Configuration {
    Configuration::from_toml(text).unwrap()
}

#[test]
fn every_change_has_a_line() {
    let changes = read(BEFORE).changes(&read(AFTER));
    assert_eq!(
        changes.to_string(),
        "~ version: 1 -> 2\n\
         + application new: a, b\n\
         - application old: a\n\
         ~ application shop: orders replaced, search added\n\
         ~ host east: ws://east:1\n\
         + host south: ws://south:1\n\
         - host west: ws://west:1\n\
         > mail/outbox: west -> south\n\
         > shop/orders: east -> east, south\n\
         ! new/b: no host runs it\n\
         ! shop/search: no host runs it\n\
         ! shop/stock: no host runs it any more, east did"
    );
    assert_eq!(changes.nodes["shop/orders"], Change::Replaced);
    assert_eq!(changes.nodes["old/a"], Change::Removed);
    assert!(!changes.nodes.contains_key("shop/stock"));
    assert_eq!(changes.moved["shop/stock"].to, [""; 0]);
    assert!(!changes.is_empty());
}

#[test]
fn nothing_changes_where_both_say_the_same() {
    let changes = read(BEFORE).changes(&read(BEFORE));
    assert!(changes.is_empty());
    assert_eq!(changes.to_string(), "nothing changes");
    let same = Configuration::from_json(&read(BEFORE).to_json()).unwrap();
    assert!(read(BEFORE).changes(&same).is_empty());
}

#[test]
fn many_nodes_are_not_all_shown() {
    let many: String = (0..100)
        .map(|n| format!("[applications.a.nodes.n{n:02}]\n"))
        .collect();
    let shown = Configuration::new().changes(&read(&many)).to_string();
    let first = shown.lines().next();
    assert_eq!(
        first,
        Some("+ application a: n00, n01, n02, n03, n04, n05, n06, n07, and 92 more")
    );
}
