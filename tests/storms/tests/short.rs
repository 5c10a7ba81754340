//! All storms in small, or in full with `MITTO_STORMS=full`.

use std::process::Command;

/// Runs a storm over each of these brokers, and fails with what it has printed. It is made smaller by `small`.
fn hold(storm: &str, brokers: &[&str], small: &[&str]) {
    let is_full = std::env::var("MITTO_STORMS").is_ok_and(|size| size == "full");
    for broker in brokers {
        let mut storms = Command::new(env!("CARGO_BIN_EXE_mitto-storms"));
        storms.args([storm, "--broker", broker]);
        if !is_full {
            storms.args(small);
        }
        let storms = storms.output().expect("it is built");
        let (table, wrong) = (storms.stdout, storms.stderr);
        let table = String::from_utf8_lossy(&table);
        assert!(
            storms.status.success(),
            "{table}\n{}",
            String::from_utf8_lossy(&wrong)
        );
        if is_full {
            println!("{table}");
        }
    }
}

#[test]
fn nothing_is_lost_when_workers_are_killed() {
    let brokers = ["rabbitmq", "jetstream", "mqtt-session"];
    hold("killed", &brokers, &["--kills", "4"]);
}

/// It takes a minute until MQTT has forgotten them.
#[test]
fn all_callers_are_told_when_workers_are_killed_that_nobody_stands_in_for() {
    hold("killed", &["nats", "mqtt"], &["--kills", "2"]);
}

#[test]
fn all_works_again_behind_a_broker_that_is_stopped_and_killed() {
    let small = ["--callers", "50", "--seconds"];
    hold("restarts", &["rabbitmq"], &[&small[..], &["1"]].concat());
    let brokers = ["jetstream", "mqtt-session", "mqtt"];
    hold("restarts", &brokers, &[&small[..], &["3"]].concat());
}

#[test]
fn many_requests_leave_nothing() {
    let brokers = ["rabbitmq", "jetstream", "nats", "mqtt"];
    hold("many", &brokers, &["--requests", "5000"]);
}

#[test]
fn work_goes_on_when_a_worker_or_a_gateway_stands_still() {
    let brokers = ["rabbitmq", "jetstream", "mqtt-session", "mqtt"];
    hold("stopped", &brokers, &["--stops", "8"]);
}
