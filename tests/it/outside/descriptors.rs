//! A server that has too few file descriptors for its clients, in a process of its own.
// Elsewhere there is no telling how many another process has.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use mitto::{Limits, Server};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::world::*;

const FILES: usize = 64;
const CLIENTS: usize = 100;
const URL: &str = "MITTO_TEST_SERVER_URL";

#[tokio::test]
async fn server_without_descriptors_serves_on_when_it_has_some_again() {
    if let Ok(url) = std::env::var(URL) {
        return serve(&url).await;
    }
    for listen in ["ws://127.0.0.1:0", "tcp://127.0.0.1:0"] {
        let (server, url) = start(listen).await;
        let room = FILES - descriptors(&server);
        assert!(room > FILES / 2, "{room}");
        let mut connecting = JoinSet::new();
        for _ in 0..CLIENTS {
            let mut limits = Limits::default();
            limits.handshake = Duration::from_secs(60);
            let (builder, url) = (ServiceClient::builder().limits(limits), url.clone());
            connecting.spawn(async move { builder.connect(&url).await.unwrap() });
        }
        let mut first = Vec::new();
        // As long as there are descriptors, clients come.
        while first.len() < room {
            first.push(connecting.join_next().await.unwrap().unwrap());
        }
        assert_eq!(descriptors(&server), FILES);
        for client in &first {
            assert_eq!(client.nothing(Nothing {}).await, Ok(()));
        }
        drop(first);
        while let Some(client) = connecting.join_next().await {
            assert_eq!(client.unwrap().nothing(Nothing {}).await, Ok(()));
        }
    }
}

/// How many of its descriptors a process has open; the limit does not count those that are inherited from
/// beyond it.
fn descriptors(process: &Child) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id().unwrap())).unwrap();
    let open = open.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    open.filter(|name| name.parse::<usize>().unwrap() < FILES)
        .count()
}

/// A server in another process, and its URL.
async fn start(url: &str) -> (Child, String) {
    // This test again, which serves there.
    let test = concat!(
        module_path!(),
        "::server_without_descriptors_serves_on_when_it_has_some_again"
    );
    let name = test.split_once("::").unwrap().1;
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!(r#"ulimit -n {FILES}; exec "$0" "$@""#))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(URL, url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(url) = line.strip_prefix("url=") {
            return (child, url.to_owned());
        }
    }
    panic!("no server");
}

/// The other process: serves until its input ends.
async fn serve(url: &str) {
    let (events, _heard) = Events::new();
    let word = String::new();
    let server = Server::new(TheService { events, word });
    let server = server.listen(url).await.unwrap().spawn();
    println!("\nurl={}", server.url());
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    input.await.unwrap().unwrap();
}
