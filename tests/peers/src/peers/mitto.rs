//! mitto, with its defaults.

use std::time::Duration;

use mitto::auth::{LINK, Tokens};
use mitto::client::Builder;
use mitto::queue::Forward;
use mitto::router::{Router, Routes};
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{Identity, ItemStream, MessageProvider, Server};
use tokio::task::JoinSet;

use crate::Failure;
use crate::cell::{Format, Transport, Work};
use crate::echo::{Bench, BenchApp, BenchCaller, BenchClient, BenchServer, Client, Echo, Pour};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;
use crate::stream::{ITEMS, Reader, Streams, readers};

pub(crate) async fn measure(
    run: &Run,
    transport: Transport,
    format: Format,
) -> Result<Cost, Failure> {
    let ends = Ends::new(transport)?;
    let far = match run.cell.load.work {
        Work::Forward => Some(Far::start().await?),
        _ => None,
    };
    let server = match &far {
        Some(far) => ends.serving(Bench::gateway(far.router()?)),
        None => ends.server(),
    };
    let server = server.listen(&url(transport)?).await?.spawn();
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let client = match format {
            Format::Json => ends.client().format(mitto::Format::JSON),
            Format::JsonRpc => ends.client().json_rpc(),
            Format::MessagePack => ends.client().format(mitto::Format::MESSAGE_PACK),
            Format::Compact => ends.client().format(mitto::Format::COMPACT),
        };
        let client = match run.cell.load.work {
            Work::Back => client.provide(BenchApp),
            Work::Echo | Work::Stream | Work::Forward => client,
        };
        let client = client.connect(server.url()).await?;
        clients.push(match &far {
            Some(_) => BenchClient::from(client.peer().at(NODE)?),
            None => client,
        });
    }

    let mut tasks = JoinSet::new();
    let callers = match run.cell.load.work {
        Work::Back => callers(&server, clients.len()).await?,
        _ => Vec::new(),
    };
    let load = Load::begin(run)?;
    match run.cell.load.work {
        Work::Echo | Work::Forward => spawn(&mut tasks, senders(&load, &clients)),
        Work::Stream => spawn(&mut tasks, readers(&load, &clients)),
        Work::Back => spawn(&mut tasks, senders(&load, &callers)),
    }
    load.measure(tasks).await
}

/// What a forwarding server routes.
const NODE: &str = "bench/echo";

/// The server that is forwarded to, and the link to it.
struct Far {
    _server: Handle,
    link: BenchClient,
}

impl Far {
    async fn start() -> Result<Self, Failure> {
        let tokens = Tokens::new().token("link", Identity::new("front").grant(LINK));
        let server = Server::new(BenchServer).authenticate(tokens);
        let server = server.listen("tcp://127.0.0.1:0").await?.spawn();
        let link = BenchClient::builder().token("link");
        let link = link.connect(server.url()).await?;
        Ok(Self {
            _server: server,
            link,
        })
    }

    fn router(&self) -> Result<Router, Failure> {
        let forward = Forward::to(self.link.peer().clone());
        Ok(Router::new(Routes::new().node(NODE, forward)?))
    }
}

/// Servers and clients that know each other.
struct Ends {
    memory: Memory,
    #[cfg(feature = "peers")]
    tls: Option<tls::Ends>,
}

impl Ends {
    #[cfg_attr(not(feature = "peers"), expect(unused_variables, reason = "no TLS"))]
    fn new(transport: Transport) -> Result<Self, Failure> {
        Ok(Self {
            memory: Memory::new(),
            #[cfg(feature = "peers")]
            tls: match transport {
                Transport::Wss | Transport::Tls => Some(tls::Ends::new()?),
                _ => None,
            },
        })
    }

    fn server(&self) -> Server {
        self.serving(BenchServer)
    }

    fn serving(&self, provider: impl MessageProvider) -> Server {
        let server = Server::new(provider).transport(self.memory.clone());
        #[cfg(feature = "peers")]
        if let Some(tls) = &self.tls {
            return tls.server(server);
        }
        server
    }

    fn client(&self) -> Builder<BenchClient> {
        let client = BenchClient::builder().transport(self.memory.clone());
        #[cfg(feature = "peers")]
        if let Some(tls) = &self.tls {
            return tls.client(client);
        }
        client
    }
}

fn spawn(
    tasks: &mut JoinSet<Result<(), Failure>>,
    all: Vec<impl Future<Output = Result<(), Failure>> + Send + 'static>,
) {
    for one in all {
        tasks.spawn(one);
    }
}

fn url(transport: Transport) -> Result<String, Failure> {
    Ok(match transport {
        Transport::Ws => "ws://127.0.0.1:0".into(),
        Transport::Tcp => "tcp://127.0.0.1:0".into(),
        Transport::Unix => {
            let name = format!("mitto-bench-{}", std::process::id());
            format!("unix://{}", std::env::temp_dir().join(name).display())
        }
        Transport::Memory => "memory://bench".into(),
        #[cfg(feature = "peers")]
        Transport::Wss => "wss://127.0.0.1:0".into(),
        #[cfg(feature = "peers")]
        Transport::Tls => "tls://127.0.0.1:0".into(),
        #[cfg(not(feature = "peers"))]
        Transport::Wss | Transport::Tls => return Err(super::WITHOUT.into()),
    })
}

/// Every client, as the server sees it.
async fn callers(server: &Handle, count: usize) -> Result<Vec<BenchCaller>, Failure> {
    for _ in 0..1_000 {
        let peers = server.peers().list();
        if peers.len() == count {
            return Ok(peers.into_iter().map(BenchCaller::from).collect());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the server does not see its clients".into())
}

impl Client for BenchClient {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        Ok(Self::echo(self, message).await?)
    }
}

impl Client for BenchCaller {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        Ok(Self::echo(self, message).await?)
    }
}

impl Streams for BenchClient {
    type Reader = ItemStream<Pour>;

    async fn open(&mut self, payload: usize) -> Result<Self::Reader, Failure> {
        let count = ITEMS;
        Ok(self.pour(Pour { count, payload }).await?)
    }
}

impl Reader for ItemStream<Pour> {
    async fn next(&mut self) -> Result<Option<(u64, usize)>, Failure> {
        let item = self.next().await.transpose()?;
        Ok(item.map(|item| (item.id, item.payload.len())))
    }
}

#[cfg(feature = "peers")]
mod tls {
    use mitto::Server;
    use mitto::client::Builder;
    use mitto::transport::tcp::Tcp;
    use mitto::transport::tls::{TlsClient, TlsServer};
    use mitto::transport::websocket::WebSocket;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use crate::Failure;
    use crate::echo::BenchClient;

    /// A certificate, and an authority of its own that clients trust.
    pub(super) struct Ends {
        here: TlsServer,
        there: TlsClient,
    }

    impl Ends {
        pub(super) fn new() -> Result<Self, Failure> {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
            let key = KeyPair::generate()?;
            let names = vec!["127.0.0.1".to_owned()];
            let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;
            Ok(Self {
                here: TlsServer::from_pem(certificate.pem(), key.serialize_pem())?,
                there: TlsClient::trusting(authority.pem())?,
            })
        }

        pub(super) fn server(&self, server: Server) -> Server {
            server
                .transport(Tcp::new().tls(self.here.clone()))
                .transport(WebSocket::new().tls(self.here.clone()))
        }

        pub(super) fn client(&self, client: Builder<BenchClient>) -> Builder<BenchClient> {
            client
                .transport(Tcp::new().tls(self.there.clone()))
                .transport(WebSocket::new().tls(self.there.clone()))
        }
    }
}
