//! Examples that run as processes.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// An example that runs; it is killed with this.
pub(crate) struct Example {
    name: &'static str,
    process: Child,
    /// It ends with this, if it reads.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Example {
    /// Starts one, which is given all its input.
    pub(crate) fn start(name: &'static str, arguments: &[&str], input: &str) -> Self {
        let mut example = Self::open(name, arguments);
        example.say(input);
        example.input = None;
        example
    }

    /// Starts one that is spoken to.
    pub(crate) fn open(name: &'static str, arguments: &[&str]) -> Self {
        let mut process = Command::new(path(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name}: {error}: `cargo test -p mitto-examples --all-features` builds it")
            });
        let input = process.stdin.take();
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
            input,
            lines,
        }
    }

    pub(crate) fn say(&mut self, text: &str) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(text.as_bytes()).expect("it reads");
    }

    /// What is behind `begin` in the first line that begins so.
    pub(crate) fn says(&self, begin: &str) -> String {
        let until = Instant::now() + LONG;
        loop {
            let line = self.line(until, begin);
            if let Some(rest) = line.strip_prefix(begin) {
                return rest.to_owned();
            }
        }
    }

    /// Waits until it has said all these lines, in any order.
    pub(crate) fn says_all(&self, lines: &[&str]) {
        let until = Instant::now() + LONG;
        let mut missing = lines.to_vec();
        while let Some(next) = missing.first() {
            let said = self.line(until, next);
            missing.retain(|line| *line != said);
        }
    }

    fn line(&self, until: Instant, wanted: &str) -> String {
        let left = until.saturating_duration_since(Instant::now());
        let line = self.lines.recv_timeout(left);
        line.unwrap_or_else(|_| panic!("{} does not say `{wanted}`", self.name))
    }

    /// All that it still says until it ends, which is to be well.
    pub(crate) fn ends(mut self) -> Vec<String> {
        drop(self.input.take());
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
    pub(crate) fn terminated(self) -> Vec<String> {
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
