//! The examples that are several processes, with a broker between them.

#[allow(dead_code, reason = "another test uses the rest")]
mod example;

use example::Example;
use mitto_test_servers::mosquitto::Mosquitto;
use mitto_test_servers::rabbitmq::{shared, url};

#[test]
fn client_gateway_and_workers_are_processes() {
    through(&url("guest", shared().at()));
}

#[test]
fn the_same_through_mqtt() {
    let server = Mosquitto::start();
    through(&server.url());
}

fn through(broker: &str) {
    let start_worker = || {
        let worker = Example::start("worker", &[broker], "");
        assert_eq!(worker.says("takes the work of "), "mitto/Echoing");
        worker
    };
    let workers = [start_worker(), start_worker()];
    let gateway = Example::start("gateway", &["ws://127.0.0.1:0", broker], "");
    let at = gateway.says("listening at ");

    let commands = "ping\necho hello there\nbig 700\nspam 2000\nquit\n";
    let said = Example::start("client", &[&at], commands).ends();
    let heard = |text: &str| said.iter().filter(|line| line.contains(text)).count();
    assert_eq!(heard("pong 1 after "), 1, "{said:#?}");
    assert_eq!(heard("hello there"), 1, "{said:#?}");
    assert_eq!(heard("716805 bytes there and back in "), 1, "{said:#?}");
    assert_eq!(heard(", the same"), 1, "{said:#?}");
    assert_eq!(heard("2000 calls, 256 at a time"), 1, "{said:#?}");
    assert_eq!(heard("failed"), 0, "{said:#?}");

    // One worker is enough for those that come now.
    let [first, second] = workers;
    assert_eq!(first.terminated(), ["all is done"]);
    let said = Example::start("client", &[&at], "echo once more\n").ends();
    assert_eq!(said.last().map(String::as_str), Some("once more"));
    assert_eq!(second.terminated(), ["all is done"]);
    assert_eq!(gateway.terminated(), ["all have gone"]);
}

/// Whatever broker is between them.
#[test]
fn channels_reach_over_gateways() {
    let broker = url("guest", shared().at());
    let said = |arguments: &[&str]| {
        let channels = Example::start("channels", arguments, "");
        channels.says("gateways: north at ");
        channels.ends()
    };
    let in_process = said(&[]);
    assert_eq!(said(&[&broker]), in_process);
    let heard = |text: &str| in_process.iter().any(|line| line.trim() == text);
    assert!(heard("Eve hears in rust: is 1.88 out?"), "{in_process:#?}");
    assert!(heard("Ada hears in rust: since June"), "{in_process:#?}");
    assert!(heard("Bob hears in rust: who is left?"), "{in_process:#?}");
}
