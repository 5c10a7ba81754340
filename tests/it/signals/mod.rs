//! A server that signals end. The server is a process of its own: this test binary again.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mitto::{Items, Request, Server, Status, handler, provider};
use serde::{Deserialize, Serialize};

use crate::port::Port;

/// A process that has not ended then never does.
const PATIENCE: Duration = Duration::from_secs(50);
/// Set for the process that is the server.
const SERVES: &str = "MITTO_TEST_SIGNALS";

#[derive(Serialize, Deserialize, Request)]
#[request(stream = u32)]
struct Work {
    ms: u64,
}

#[derive(Serialize, Deserialize, Request)]
struct Block {}

mitto::schema! {
    Jobs {
        client => server as JobsClient: [Work, Block],
    }
}

#[provider(server of Jobs: [work, block])]
struct JobsServer;

#[handler]
async fn work(items: Items<u32>, req: Work) -> Result<(), Status> {
    items.send(1).await?;
    tokio::time::sleep(Duration::from_millis(req.ms)).await;
    items.send(2).await
}

#[handler]
fn block(_: Block) {
    println!("blocked");
    std::thread::sleep(Duration::from_secs(60));
}

/// What the process runs; nothing in a run of the tests.
#[tokio::test]
async fn process() {
    if std::env::var_os(SERVES).is_none() {
        return;
    }
    let server = Server::new(JobsServer)
        .listen("ws://127.0.0.1:0")
        .await
        .unwrap();
    println!("listening at {}", server.url());
    server.run_until_signal().await.unwrap();
    println!("ended");
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    url: String,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals::process", "--nocapture"])
            .env(SERVES, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self {
            child,
            lines,
            url: String::new(),
        };
        process.url = process.says("listening at ");
        process
    }

    /// What stands behind `text` in the line that has it.
    fn says(&mut self, text: &str) -> String {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        let line = lines.find_map(|line| Some(line.split_once(text)?.1.to_owned()));
        line.expect("the process says so")
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        // Every shell has one, and not every system has it as a program.
        let kill = ["-c", r#"kill "$0" "$1""#, name, &pid];
        let sent = Command::new("sh").args(kill).status().unwrap();
        assert!(sent.success());
    }

    fn ends(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn first_signal_lets_finish_what_runs() {
    for signal in ["-TERM", "-INT"] {
        let mut process = Process::start();
        let jobs = mitto::blocking::connect::<JobsClient>(&process.url).unwrap();
        let mut items = jobs.work(Work { ms: 300 }).wait().unwrap();
        assert_eq!(items.next(), Some(Ok(1)));
        process.signal(signal);
        assert_eq!(items.next(), Some(Ok(2)));
        assert_eq!(items.next(), None);
        process.says("ended");
        assert!(process.ends().success());
    }
}

#[test]
fn second_signal_ends_the_process_at_once() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut process = Process::start();
        let jobs = mitto::blocking::connect::<JobsClient>(&process.url).unwrap();
        let mut items = jobs.work(Work { ms: 60_000 }).wait().unwrap();
        assert_eq!(items.next(), Some(Ok(1)));
        process.signal("-TERM");
        while jobs.peer().is_connected() {
            std::thread::sleep(Duration::from_millis(5));
        }
        process.signal(signal);
        assert_eq!(process.ends().code(), Some(code));
    }
}

#[test]
fn server_that_is_held_up_ends_at_the_second_signal() {
    let mut process = Process::start();
    let jobs = mitto::blocking::connect::<JobsClient>(&process.url).unwrap();
    let call = jobs.block(Block {}).then(drop);
    process.says("blocked");
    // Two that come together count as one.
    let begun = Instant::now();
    while process.child.try_wait().unwrap().is_none() {
        process.signal("-INT");
        std::thread::sleep(Duration::from_millis(50));
        assert!(begun.elapsed() < PATIENCE, "it does not end");
    }
    assert_eq!(process.ends().code(), Some(130));
    call.cancel();
}

#[tokio::test]
async fn server_runs_until_a_future_is_ready() {
    let (stop, stops) = tokio::sync::oneshot::channel::<()>();
    let port = Port::reserve();
    let server = Server::new(JobsServer)
        .listen(&port.url("ws"))
        .await
        .unwrap();
    let url = server.url().to_owned();
    let runs = tokio::spawn(server.run_until(stops));
    let jobs = JobsClient::connect(&url).await.unwrap();
    let mut items = jobs.work(Work { ms: 100 }).await.unwrap();
    assert_eq!(items.next().await, Some(Ok(1)));
    stop.send(()).unwrap();
    assert_eq!(items.next().await, Some(Ok(2)));
    assert_eq!(items.next().await, None);
    runs.await.unwrap();
    JobsClient::connect(&url).await.unwrap_err();
}

#[tokio::test]
async fn server_that_was_shut_down_waits_for_no_signal() {
    let server = Server::new(JobsServer)
        .listen("ws://127.0.0.1:0")
        .await
        .unwrap();
    let handle = server.handle();
    let runs = tokio::spawn(server.run_until(std::future::pending::<()>()));
    handle.shutdown().await;
    runs.await.unwrap();
}
