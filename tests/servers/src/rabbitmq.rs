//! A RabbitMQ server, with the virtual host `mitto` and the users `guest`, `gateway` and `other`, whose
//! passwords are their names.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::process::{Process, folder, free_ports};

/// Where Debian keeps the scripts that may be run by anybody.
const SCRIPTS: &str = "/usr/lib/rabbitmq/bin";

const DEFINITIONS: &str = r#"{
    "users": [
        {"name": "guest", "password": "guest", "tags": "administrator"},
        {"name": "gateway", "password": "gateway", "tags": ""},
        {"name": "other", "password": "other", "tags": ""}
    ],
    "vhosts": [{"name": "/"}, {"name": "mitto"}],
    "permissions": [
        {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "guest", "vhost": "mitto", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "gateway", "vhost": "mitto", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "other", "vhost": "mitto", "configure": "^mitto\\.inbox\\.", "write": ".*", "read": ".*"}
    ]
}"#;

/// A server of its own.
pub struct RabbitMqServer {
    folder: PathBuf,
    ports: [u16; 3],
    process: Process,
}

/// The one that all tests share that do it no harm.
pub fn shared() -> &'static RabbitMqServer {
    static SHARED: OnceLock<RabbitMqServer> = OnceLock::new();
    SHARED.get_or_init(RabbitMqServer::start)
}

impl RabbitMqServer {
    /// Starts one, and waits until it listens.
    ///
    /// # Panics
    ///
    /// When there is none, or it does not start.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// One that speaks TLS alone, with this certificate and its key, as PEM.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn with_tls(certificate: &str, key: &str) -> Self {
        Self::start_with(Some([certificate, key]))
    }

    fn start_with(tls: Option<[&str; 2]>) -> Self {
        assert!(
            Path::new(SCRIPTS).join("rabbitmq-server").exists(),
            "there is no RabbitMQ: run the tests with `tests/run`, which installs it"
        );
        // A port that was free may be somebody's by then.
        let mut tries = (0..3).map(|_| Self::try_start(tls));
        let started = tries.find(Result::is_ok);
        let server = started.unwrap_or_else(|| Self::try_start(tls));
        server.unwrap_or_else(|output| panic!("RabbitMQ does not start:\n{output}"))
    }

    fn try_start(tls: Option<[&str; 2]>) -> Result<Self, String> {
        let folder = folder("rabbitmq");
        let ports = free_ports();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
        let listener = match tls {
            None => format!("listeners.tcp.default = 127.0.0.1:{}", ports[0]),
            Some([certificate, key]) => {
                write("certificate.pem", certificate).expect("a certificate");
                write("key.pem", key).expect("a key");
                format!(
                    "listeners.tcp = none\n\
                     listeners.ssl.default = 127.0.0.1:{}\n\
                     ssl_options.certfile = {}\n\
                     ssl_options.keyfile = {}",
                    ports[0],
                    folder.join("certificate.pem").display(),
                    folder.join("key.pem").display(),
                )
            }
        };
        let settings = format!(
            "{listener}\n\
             load_definitions = {}\n\
             vm_memory_high_watermark.absolute = 1GiB\n\
             disk_free_limit.absolute = 1MB\n\
             log.console = false\n",
            folder.join("definitions.json").display(),
        );
        write("rabbitmq.conf", &settings).expect("settings");
        write("definitions.json", DEFINITIONS).expect("definitions");
        write("plugins", "[].").expect("plugins");
        let process = start(&folder, &ports);
        let mut server = Self {
            folder,
            ports,
            process,
        };
        server.process.listens(server.at(), &server.folder)?;
        Ok(server)
    }

    /// Where it listens.
    pub fn at(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
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
        self.process = start(&self.folder, &self.ports);
        let listens = self.process.listens(self.at(), &self.folder);
        listens.expect("RabbitMQ starts again");
    }

    /// Runs `rabbitmqctl`, and gives what it says.
    pub fn control(&self, arguments: &[&str]) -> String {
        let output = Command::new(format!("{SCRIPTS}/rabbitmqctl"))
            .args(["--quiet"])
            .args(arguments)
            .env("HOME", &self.folder)
            .envs(environment(&self.folder, &self.ports))
            .output()
            .expect("rabbitmqctl runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told
    }
}

/// The URL of `mitto` for a user, at a server or before it.
pub fn url(user: &str, at: SocketAddr) -> String {
    format!("amqp://{user}:{user}@{at}/mitto")
}

fn start(folder: &Path, ports: &[u16; 3]) -> Process {
    let server = format!("epmd -port {} & exec {SCRIPTS}/rabbitmq-server", ports[1]);
    Process::start(folder, &server, &environment(folder, ports))
}

fn environment(folder: &Path, ports: &[u16; 3]) -> Vec<(&'static str, String)> {
    let [port, epmd, distribution] = ports;
    let path = |name: &str| folder.join(name).display().to_string();
    vec![
        ("ERL_EPMD_PORT", epmd.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("RABBITMQ_NODENAME", format!("mitto-{port}@localhost")),
        ("RABBITMQ_NODE_PORT", port.to_string()),
        ("RABBITMQ_DIST_PORT", distribution.to_string()),
        ("RABBITMQ_MNESIA_BASE", path("data")),
        ("RABBITMQ_LOG_BASE", path("log")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins")),
        ("RABBITMQ_CONFIG_FILE", path("rabbitmq")),
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
        ("RABBITMQ_PID_FILE", path("pid")),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2".to_owned()),
    ]
}
