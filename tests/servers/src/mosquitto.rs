//! A mosquitto of a test's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::process::{Process, folder, free_ports};

/// Where Debian keeps it.
const SERVER: &str = "/usr/sbin/mosquitto";

/// What is on disk as soon as it has changed.
const KEEPS: &str = "persistence true\nautosave_on_changes true\nautosave_interval 1\n";

/// `mosquitto` on a port and a folder of its own. Ends when it is dropped, or its test ends.
pub struct Mosquitto {
    folder: PathBuf,
    port: u16,
    process: Process,
}

impl Mosquitto {
    /// That takes everybody.
    pub fn start() -> Self {
        Self::with("allow_anonymous true\n", &[])
    }

    /// The same, with its sessions on disk.
    pub fn keeping() -> Self {
        Self::with(&format!("allow_anonymous true\n{KEEPS}"), &[])
    }

    /// With these lines in its configuration, `FOLDER` for its folder, and these files there.
    pub fn with(configuration: &str, files: &[(&str, &str)]) -> Self {
        assert!(
            Path::new(SERVER).exists(),
            "there is no mosquitto: run the tests with `tests/run`, which installs it"
        );
        // A port that was free may be somebody's by then.
        let mut tries = (0..3).map(|_| Self::try_with(configuration, files));
        let started = tries.find(Result::is_ok);
        let server = started.unwrap_or_else(|| Self::try_with(configuration, files));
        server.unwrap_or_else(|output| panic!("mosquitto does not start:\n{output}"))
    }

    fn try_with(configuration: &str, files: &[(&str, &str)]) -> Result<Self, String> {
        let folder = folder("mosquitto");
        let [port] = free_ports();
        let path = folder.display().to_string();
        // It gives up the rights of root otherwise, and could not write there.
        let own = format!(
            "user root\nlistener {port} 127.0.0.1\npersistence_location {path}/\n\
             pid_file {path}/pid\nmax_queued_messages 0\n"
        );
        let configuration = configuration.replace("FOLDER", &path);
        for (name, text) in [("mosquitto.conf", &*format!("{own}{configuration}"))]
            .iter()
            .chain(files)
        {
            std::fs::write(folder.join(name), text).expect("it is written");
        }
        let process = start(&folder);
        let mut server = Self {
            folder,
            port,
            process,
        };
        server.process.listens(server.at(), &server.folder)?;
        Ok(server)
    }

    /// Where it listens.
    pub fn at(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.at())
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.process.kill(self.at());
    }

    /// Stops it as an operator does, and waits until it has ended.
    pub fn stop(&mut self) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        self.process.terminate(pid.trim(), self.at());
    }

    /// Starts it again, with what it had on disk.
    pub fn again(&mut self) {
        self.process = start(&self.folder);
        let listens = self.process.listens(self.at(), &self.folder);
        listens.expect("mosquitto starts again");
    }
}

fn start(folder: &Path) -> Process {
    Process::start(folder, &format!("exec {SERVER} -c mosquitto.conf"), &[])
}
