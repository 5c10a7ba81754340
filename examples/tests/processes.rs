//! The examples that are several processes, with a broker between them.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use mitto_test_servers::mosquitto::Mosquitto;
use mitto_test_servers::rabbitmq::{shared, url};

/// Longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// An example that runs; it is killed with this.
struct Example {
    name: &'static str,
    process: Child,
    lines: Receiver<String>,
}

impl Example {
    fn start(name: &'static str, arguments: &[&str], input: &str) -> Self {
        let mut process = Command::new(path(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name}: {error}: `cargo test -p mitto-examples --all-features` builds it")
            });
        let mut stdin = process.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("it reads");
        let stdout = process.stdout.take().expect("it is piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            name,
            process,
            lines,
        }
    }

    /// What is behind `begin` in the first line that begins so.
    fn says(&self, begin: &str) -> String {
        let until = Instant::now() + LONG;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("{} does not say `{begin}`", self.name));
            if let Some(rest) = line.strip_prefix(begin) {
                return rest.to_owned();
            }
        }
    }

    /// All that it still says until it ends, which is to be well.
    fn ends(mut self) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("{} does not end: {said:?}", self.name),
            }
        }
        let status = self.process.wait().expect("it has ended");
        assert!(status.success(), "{}: {status}: {said:?}", self.name);
        said
    }

    /// The same behind a SIGTERM.
    fn terminated(self) -> Vec<String> {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("`kill` runs").success());
        self.ends()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where cargo puts examples, beside the tests.
fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let deps = test.parent().and_then(|deps| deps.parent());
    deps.expect("a target").join("examples").join(name)
}

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
