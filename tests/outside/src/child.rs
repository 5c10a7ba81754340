//! The server's process, as seen from here.

use std::process::Stdio;
use std::time::{Duration, Instant};

use mitto::client::Builder;
use mitto::transport::tcp::Tcp;
use mitto::transport::tls::TlsClient;
use mitto::transport::websocket::WebSocket;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::Failure;
use crate::memory::Memory;
use crate::server::{ARGUMENT, Settings};
use crate::service::{Holds, Look, OutsideClient};

/// The addresses that clients take turns with, so that ports do not run out: between two addresses there
/// are 28,000, and those of closed connections rest for a minute.
const ADDRESSES: usize = 16;

/// A server in a process of its own; it ends with this.
pub(crate) struct ServerProcess {
    _child: Child,
    urls: Vec<String>,
    authority: Option<String>,
    pub(crate) memory: Memory,
    /// A connection to look at what it holds.
    looker: OutsideClient,
}

impl ServerProcess {
    /// Starts one that listens with these schemes, and waits until it is there.
    pub(crate) async fn start(schemes: &[&str], files: Option<u64>) -> Result<Self, Failure> {
        let (authority, tls) = match schemes.iter().any(|scheme| ["wss", "tls"].contains(scheme)) {
            true => {
                let (authority, tls) = certificate()?;
                (Some(authority), Some(tls))
            }
            false => (None, None),
        };
        let settings = Settings {
            urls: schemes
                .iter()
                .map(|scheme| format!("{scheme}://0.0.0.0:0"))
                .collect(),
            files,
            tls,
        };
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.as_mut().ok_or("no input")?;
        let line = serde_json::to_string(&settings)? + "\n";
        input.write_all(line.as_bytes()).await?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line).await?;
        let urls: Vec<String> = serde_json::from_str(&line)?;
        let memory = Memory(child.id().ok_or("the server has ended")?);
        let builder = builder(authority.as_deref())?;
        let looker = builder.connect(&at(&urls[0], 0)).await?;
        Ok(Self {
            _child: child,
            urls,
            authority,
            memory,
            looker,
        })
    }

    /// A URL of the scheme; `turn` picks one of its addresses.
    pub(crate) fn url(&self, scheme: &str, turn: usize) -> String {
        let begin = format!("{scheme}://");
        let url = self.urls.iter().find(|url| url.starts_with(&begin));
        at(url.map_or("", String::as_str), turn)
    }

    /// The same as an address of a socket.
    pub(crate) fn address(&self, scheme: &str, turn: usize) -> String {
        let url = self.url(scheme, turn);
        let address = url.split_once("://").map_or("", |(_, address)| address);
        address.trim_end_matches('/').to_owned()
    }

    /// A builder of clients that know the server's certificate.
    pub(crate) fn builder(&self) -> Result<Builder<OutsideClient>, Failure> {
        builder(self.authority.as_deref())
    }

    /// The authority that has signed its certificate, in PEM.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// So many connected clients.
    pub(crate) async fn clients(
        &self,
        scheme: &str,
        count: usize,
    ) -> Result<Vec<OutsideClient>, Failure> {
        let mut clients = Vec::with_capacity(count);
        let mut connecting = JoinSet::new();
        for turn in 0..count {
            if connecting.len() >= 64 {
                clients.push(connecting.join_next().await.ok_or("none")???);
            }
            let (builder, url) = (self.builder()?, self.url(scheme, turn));
            connecting.spawn(async move { builder.connect(&url).await.map_err(Failure::from) });
        }
        while let Some(client) = connecting.join_next().await {
            clients.push(client??);
        }
        Ok(clients)
    }

    /// What the server holds.
    pub(crate) async fn look(&self) -> Result<Holds, Failure> {
        Ok(self.looker.look(Look {}).await?)
    }

    /// Waits until the server has so many peers, that which looks included. How long that took.
    pub(crate) async fn until_peers(
        &self,
        count: usize,
        patience: Duration,
    ) -> Result<Duration, Failure> {
        let begun = Instant::now();
        loop {
            let peers = self.look().await?.peers;
            if peers == count {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > patience {
                return Err(format!("the server has {peers} peers, not {count}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A builder of clients that know this authority, if there is one.
pub(crate) fn builder(authority: Option<&str>) -> Result<Builder<OutsideClient>, Failure> {
    let builder = OutsideClient::builder();
    let Some(authority) = authority else {
        return Ok(builder);
    };
    let tls = TlsClient::trusting(authority)?;
    Ok(builder
        .transport(Tcp::new().tls(tls.clone()))
        .transport(WebSocket::new().tls(tls)))
}

fn at(url: &str, turn: usize) -> String {
    let address = format!("127.0.0.{}", 1 + turn % ADDRESSES);
    url.replacen("0.0.0.0", &address, 1)
}

/// An authority, and a certificate of it for all addresses with its key; in PEM.
fn certificate() -> Result<(String, (String, String)), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let names: Vec<String> = (0..ADDRESSES).map(|turn| at("0.0.0.0", turn)).collect();
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    Ok((authority.pem(), (certificate.pem(), key.serialize_pem())))
}
