//! All storms in small.

use std::process::Command;

/// Runs storms, and fails with what they have printed.
fn hold(arguments: &[&str]) {
    let storms = Command::new(env!("CARGO_BIN_EXE_mitto-storms"))
        .args(arguments)
        .output()
        .expect("it is built");
    let (table, wrong) = (storms.stdout, storms.stderr);
    assert!(
        storms.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&table),
        String::from_utf8_lossy(&wrong)
    );
}

#[test]
fn nothing_is_lost_when_workers_are_killed() {
    hold(&["killed", "--kills", "4"]);
    hold(&["killed", "--kills", "4", "--broker", "jetstream"]);
}

#[test]
fn all_works_again_behind_a_broker_that_is_stopped_and_killed() {
    hold(&["restarts", "--seconds", "1", "--callers", "50"]);
    let nats = ["restarts", "--seconds", "3", "--callers", "50", "--broker"];
    hold(&[&nats[..], &["jetstream"]].concat());
}

#[test]
fn many_requests_leave_nothing() {
    for broker in ["rabbitmq", "jetstream", "nats"] {
        hold(&["many", "--requests", "5000", "--broker", broker]);
    }
}

#[test]
fn work_goes_on_when_a_worker_or_a_gateway_stands_still() {
    for broker in ["rabbitmq", "jetstream"] {
        hold(&["stopped", "--stops", "8", "--broker", broker]);
    }
}
