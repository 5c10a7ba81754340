//! The server's process: it reads its settings from its input, prints its URLs, and ends with its input.

use std::io::{BufRead, Read, stdin};

use mitto::transport::tcp::Tcp;
use mitto::transport::tls::TlsServer;
use mitto::transport::websocket::WebSocket;
use mitto::{Limits, Server};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::service::OutsideServer;

/// What makes this program the server.
pub(crate) const ARGUMENT: &str = "server-process";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) urls: Vec<String>,
    /// File descriptors; as many as allowed, without it.
    pub(crate) files: Option<u64>,
    /// Certificate and key, in PEM.
    pub(crate) tls: Option<(String, String)>,
}

/// Serves until the input ends.
pub(crate) fn run() -> Result<(), Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let settings: Settings = serde_json::from_str(&line)?;
    match settings.files {
        Some(files) => setrlimit(Resource::RLIMIT_NOFILE, files, files)?,
        None => raise_files()?,
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let url = |url: &String| url.clone();
    let handle = runtime.block_on(async {
        let provider = OutsideServer::default();
        let known = provider.handle.clone();
        let mut limits = Limits::default();
        // The one that looks is a connection, too.
        limits.connections += 100;
        let mut server = Server::new(provider).limits(limits);
        if let Some((certificate, key)) = &settings.tls {
            let tls = TlsServer::from_pem(certificate, key)?;
            server = server
                .transport(Tcp::new().tls(tls.clone()))
                .transport(WebSocket::new().tls(tls));
        }
        let mut urls = settings.urls.iter().map(url);
        let mut listening = server.listen(&urls.next().ok_or("no url")?).await?;
        for url in urls {
            listening = listening.and_listen(&url).await?;
        }
        let handle = listening.spawn();
        known.get_or_init(|| handle.clone());
        Ok::<_, Failure>(handle)
    })?;
    let urls: Vec<&str> = handle.urls().collect();
    println!("{}", serde_json::to_string(&urls)?);
    stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Allows this process as many file descriptors as it may allow itself.
pub(crate) fn raise_files() -> Result<(), Failure> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(())
}
