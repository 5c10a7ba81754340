//! A large configuration is nothing special.

use std::fmt::Write;
use std::time::Instant;

use mitto::host::config::{ApplicationConfig, Configuration};

/// 50 hosts, 20 nodes each, two actions and a pipeline in each.
fn large(version: u64) -> String {
    let mut text = format!("version = {version}\n");
    for application in 0..50 {
        for node in 0..20 {
            write!(
                text,
                "[applications.a{application}.nodes.n{node}]\n\
                 policy = \"least-in-flight\"\n\
                 handlers.check = \"check\"\n\
                 handlers.place = [\"check\", {{ type = \"post\", properties = {{ action = \"a0/n0/Place\" }} }}]\n\
                 actions.Place = \"place\"\n\
                 actions.Check = \"check\"\n"
            )
            .unwrap();
        }
        write!(
            text,
            "[hosts.h{application}]\n\
             address = \"wss://h{application}.example:8443/mitto\"\n\
             runs = [\"a{application}\", \"a0/n1\"]\n\
             key = {{ env = \"KEY\" }}\n"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_thousand_nodes_over_fifty_hosts_are_read_checked_and_merged() {
    let running = Configuration::from_toml(&large(1)).unwrap();
    let text = large(2);
    let began = Instant::now();
    let update = Configuration::from_toml(&text).unwrap();
    let read = began.elapsed();
    update.validate().unwrap();
    let merged = running.merge(&update).unwrap();
    let merging = began.elapsed();
    let changes = running.changes(&merged);
    let all = began.elapsed();
    assert_eq!(changes.to_string(), "~ version: 1 -> 2");
    assert_eq!(
        merged
            .applications()
            .flat_map(ApplicationConfig::nodes)
            .count(),
        1_000
    );
    println!("read {read:?}, checked and merged {merging:?}, compared {all:?}");
    // 50 ms in release; a debug build on a busy machine gets forty times that.
    assert!(all.as_millis() < 2_000, "{all:?}");
}
