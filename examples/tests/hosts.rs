//! Hosts in several processes: the story of AjMessages, and one that is killed.

#[allow(dead_code, reason = "another test uses the rest")]
mod example;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use example::Example;
use mitto::host::Host;
use mitto::host::config::Configuration;
use mitto::{Code, Request, Status};
use serde::{Deserialize, Serialize};

const SERVERS: &str = include_str!("../decrement/servers.xml");

/// A folder that ends with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("mitto-hosts-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: &Path = &self.0.join(name);
        fs::write(path, text).expect("it is written");
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// The file of the ancestor, with ports that are free; the hosts named do not run in the process that loads it.
fn servers(ports: [u16; 2], elsewhere: &[&str]) -> String {
    let mut text = SERVERS
        .replace("50000", &ports[0].to_string())
        .replace("50001", &ports[1].to_string());
    for host in elsewhere {
        let at = text
            .find(&format!("<Host Name=\"{host}\""))
            .expect("it is there");
        let rest = text.split_off(at);
        text += &rest.replacen("Activate=\"true\"", "Activate=\"false\"", 1);
    }
    text
}

#[test]
fn number_goes_down_in_one_process_and_then_in_two() {
    let folder = Folder::new("story");
    let ports = [free_port(), free_port()];
    let both = folder.file("servers.xml", &format!("\u{feff}{}", servers(ports, &[])));
    let first = folder.file("first.xml", &servers(ports, &["Host2"]));
    let second = folder.file("second.xml", &servers(ports, &["Host1"]));

    let mut console = Example::open("console", &[]);
    console.say(&format!("load {both}\nsend App1/Node1/Process 4\n"));
    console.says("App1/Node1/Process: 4");
    console.says("App2/Node1/Process: 3");
    console.says("App2/Node1/Process: 1");
    console.says("App1/Node1/Process: 0");

    console.say(&format!("unload\nload {first}\nfork load {second}\n"));
    console.says("unloaded");
    console.says("2: + host Host2");
    // It is found within two seconds.
    loop {
        console.say("show\n");
        if console.says("host Host2: ").starts_with("up") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    console.say("send App1/Node1/Process 4\n");
    console.says_all(&[
        "App1/Node1/Process: 4",
        "2: App2/Node1/Process: 3",
        "App1/Node1/Process: 2",
        "2: App2/Node1/Process: 1",
        "App1/Node1/Process: 0",
    ]);
    console.say("exit\n");
    console.ends();
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = (), address = "App1/Node1", name = "Process", idempotent)]
struct Again(i64);

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = (), address = "App1/Node1", name = "Process")]
struct Once(i64);

mitto::schema! {
    Repeated { client => server as RepeatedClient: [Again] }
}

mitto::schema! {
    Single { client => server as SingleClient: [Once] }
}

const CALLERS: u64 = 16;

/// What is idempotent does not notice; all else ends with one clear error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn host_is_killed_under_load() {
    let folder = Folder::new("killed");
    let ports = [free_port(), free_port()];
    // What runs at `here` of three servers that know the same.
    let text = |here: &str| {
        let host = |name: &str, port: u16| {
            let local = name == here;
            format!(
                "[hosts.{name}]\naddress = \"ws://127.0.0.1:{port}\"\nlocal = {local}\nruns = [\"App1\"]\n"
            )
        };
        let node =
            "[applications.App1.nodes.Node1.actions]\nProcess = [{ type = \"decrement\" }]\n";
        format!("{node}{}{}", host("one", ports[0]), host("two", ports[1]))
    };
    let start = |here: &str| {
        let file = folder.file(&format!("{here}.toml"), &text(here));
        let mut console = Example::open("console", &[]);
        console.say(&format!("load {file}\n"));
        console.says("+ host two");
        console
    };
    let (one, _two) = (start("one"), start("two"));
    let builder = Host::builder();
    let configuration = Configuration::from_toml(&text("nobody")).expect("it is read");
    let host = builder.start(configuration).await.expect("it runs");

    let over = Arc::new(AtomicBool::new(false));
    let answered: Arc<[AtomicU64; 2]> = Arc::default();
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let peer = host.peer().clone();
        let (over, answered) = (over.clone(), answered.clone());
        callers.push(tokio::spawn(async move {
            let repeated = RepeatedClient::from(peer.clone());
            let single = SingleClient::from(peer);
            let mut failures: Vec<Status> = Vec::new();
            while !over.load(Relaxed) {
                repeated
                    .again(Again(0))
                    .await
                    .expect("the other host has it");
                answered[0].fetch_add(1, Relaxed);
                match single.once(Once(0)).await {
                    Ok(()) => drop(answered[1].fetch_add(1, Relaxed)),
                    Err(status) => failures.push(status),
                }
            }
            failures
        }));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(one);
    let before = answered[1].load(Relaxed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    over.store(true, Relaxed);
    let mut failures = Vec::new();
    for caller in callers {
        failures.extend(caller.await.expect("it does not panic"));
    }
    for status in &failures {
        let is_clear = matches!(status.code(), Code::ConnectionLost | Code::Unavailable);
        assert!(is_clear, "{status}");
    }
    // Those that were under way at that moment, and no more.
    assert!(failures.len() as u64 <= CALLERS, "{failures:?}");
    assert!(answered[1].load(Relaxed) > before);
    let report = host.report();
    let down: Vec<_> = report.hosts.iter().filter(|host| !host.up).collect();
    assert_eq!(down.len(), 1, "{report}");
    assert_eq!(down[0].name, "one");
}
