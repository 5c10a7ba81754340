//! A NATS server of a test's own.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// `nats-server` on a port and a folder of its own, where its log stays when the test fails. Ends when it is dropped,
/// or its test ends.
pub struct Server {
    at: SocketAddr,
    folder: PathBuf,
    running: Option<Child>,
}

/// Ends the server when its standard input ends, as it does with this process.
const UNTIL_INPUT_ENDS: &str = r#"PATH=$PATH:/usr/sbin; nats-server -c "$1" >"$2" 2>&1 & read -r how; kill "${how:--9}" $!; wait $!"#;

const JETSTREAM: &str = "jetstream { store_dir: \"FOLDER\" }";

impl Server {
    /// With JetStream.
    pub async fn start() -> Self {
        Self::with(JETSTREAM).await
    }

    /// With these lines in its configuration.
    pub async fn with(configuration: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mitto-nats-{}-{next}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let at = free.local_addr().expect("it is bound");
        let path = folder.display().to_string();
        // A message of the largest size, with its headers.
        let configuration = format!(
            "listen: \"{at}\"\nmax_payload: 2MB\n{}\n",
            configuration.replace("FOLDER", &path)
        );
        fs::write(folder.join("nats.conf"), configuration).expect("it is written");
        drop(free);
        let mut server = Self {
            at,
            folder,
            running: None,
        };
        server.run().await;
        server
    }

    /// Where it listens.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("nats://{}", self.at)
    }

    /// Kills it as it is.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.stdin.take());
            let _ = running.wait();
        }
    }

    /// Stops it as an operator does, and waits until it has ended.
    pub fn stop(&mut self) {
        if let Some(stdin) = self.running.as_mut().and_then(|it| it.stdin.as_mut()) {
            let _ = stdin.write_all(b"-TERM\n");
        }
        self.kill();
    }

    /// Starts it again, with what it had on disk.
    pub async fn run(&mut self) {
        let started = Command::new("sh")
            .args(["-c", UNTIL_INPUT_ENDS, "sh"])
            .arg(self.folder.join("nats.conf"))
            .arg(self.folder.join("log"))
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        self.running = Some(started.expect("a shell"));
        let there = async {
            while TcpStream::connect(self.at).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(Duration::from_secs(20), there).await.is_err() {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            panic!("nats-server does not run, tests/run installs it: {log}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
