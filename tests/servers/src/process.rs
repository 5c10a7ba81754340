//! A server's processes, which end with this one, however that ends.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to start on a busy machine.
const STARTING: Duration = Duration::from_secs(60);

/// Starts the server in a session of its own, and ends all of that when its input ends, which is when the
/// tests end. A line in between ends it as well, and leaves the folder.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
setsid sh -c "$SERVER" </dev/null >>"$FOLDER/output" 2>&1 &
group=$!
read -r keep
kill -KILL "-$group" 2>/dev/null
wait
[ -n "$keep" ] || rm -rf "$FOLDER"
"#;

/// A server and what it has started.
pub(crate) struct Process {
    guard: Child,
}

impl Process {
    /// Runs `server`, a line for the shell, in `folder`.
    pub(crate) fn start(folder: &Path, server: &str, environment: &[(&str, String)]) -> Self {
        let guard = Command::new("sh")
            .args(["-c", SCRIPT])
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8")
            .env("HOME", folder)
            .env("FOLDER", folder)
            .env("SERVER", server)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        Self { guard }
    }

    /// Waits until something listens, and says what it has said where nothing does.
    pub(crate) fn listens(&mut self, at: SocketAddr, folder: &Path) -> Result<(), String> {
        let until = Instant::now() + STARTING;
        while TcpStream::connect_timeout(&at, Duration::from_secs(1)).is_err() {
            let output = std::fs::read_to_string(folder.join("output")).unwrap_or_default();
            if Instant::now() > until || output.contains("BOOT FAILED") {
                return Err(output);
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Tells one of its processes to end, waits for that, and ends what is left.
    pub(crate) fn terminate(&mut self, pid: &str, at: SocketAddr) {
        let _ = Command::new("kill").args(["-TERM", pid]).status();
        let until = Instant::now() + STARTING;
        while is_alive(pid) && Instant::now() < until {
            sleep(Duration::from_millis(20));
        }
        self.kill(at);
    }

    /// Ends it without a word, as a crash does, and waits until nothing listens any more.
    pub(crate) fn kill(&mut self, at: SocketAddr) {
        if let Some(mut stdin) = self.guard.stdin.take() {
            let _ = stdin.write_all(b"keep\n");
        }
        let _ = self.guard.wait();
        // Its shell has ended by now, what that has started may still be ending.
        while TcpStream::connect(at).is_ok() {
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// One that has ended may be there until somebody has asked how.
fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    status.is_ok_and(|status| !status.contains("\nState:\tZ"))
}

/// A new folder for a server.
pub(crate) fn folder(name: &str) -> PathBuf {
    let random: u64 = rand::random();
    let folder = std::env::temp_dir().join(format!("mitto-{name}-{random:016x}"));
    std::fs::create_dir(&folder).expect("a new folder");
    folder
}

/// Ports that nobody has now.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}
