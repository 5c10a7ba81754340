//! A server over each transport, and clients that send it any bytes.

use std::future::poll_fn;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mitto::peer::Peer;
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::transport::tcp::Tcp;
use mitto::transport::tls::{TlsClient, TlsServer};
use mitto::transport::{Batch, Settings, Transport};
use mitto::{Limits, Server};
use mitto_test_targets::transports::UPGRADE;
use rcgen::CertifiedKey;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::service::{Check, FaultsClient, FaultsServer, checked};

/// Patience with a server that must do something soon.
const SOON: Duration = Duration::from_secs(30);

/// The transports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Memory,
    WebSocket,
    Tcp,
    Unix,
    Tls,
}

/// What a client does when it has sent its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Says that nothing more will come.
    Finish,
    /// Is gone, without a goodbye of the system where there is one.
    Reset,
    /// Reads, and never says anything again.
    Silence,
}

/// A server, and how to reach it.
pub(super) struct Place {
    pub(super) over: Over,
    handle: Handle,
    url: String,
    memory: Memory,
    tls: Option<(TlsClient, TlsConnector)>,
    seen: Arc<Mutex<Vec<Peer>>>,
    _folder: Folder,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Place {
    pub(super) async fn open(over: Over, limits: Limits) -> Self {
        let folder = Folder::new();
        let memory = Memory::new();
        let mut server = Server::new(FaultsServer)
            .limits(limits)
            .transport(memory.clone());
        let mut tls = None;
        if over == Over::Tls {
            let (theirs, ours, connector) = certified();
            server = server.transport(Tcp::new().tls(theirs));
            tls = Some((ours, connector));
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = seen.clone();
        let server = server.on_connect(move |peer| lock(&all).push(peer.clone()));
        let url = match over {
            Over::Memory => "memory://faults".to_owned(),
            Over::WebSocket => "ws://127.0.0.1:0".to_owned(),
            Over::Tcp => "tcp://127.0.0.1:0".to_owned(),
            Over::Unix => format!("unix://{}/faults.sock", folder.0.display()),
            Over::Tls => "tls://127.0.0.1:0".to_owned(),
        };
        let listening = server.listen(&url).await;
        let handle = listening.expect("a free place").spawn();
        Self {
            over,
            url: handle.url().to_owned(),
            handle,
            memory,
            tls,
            seen,
            _folder: folder,
        }
    }

    /// The frames as they are on the wire, and where each one is.
    pub(super) fn wire(&self, frames: &[Vec<u8>]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut bytes = Vec::new();
        if self.over == Over::WebSocket {
            bytes.extend_from_slice(UPGRADE);
        }
        let mut places = Vec::new();
        for frame in frames {
            let start = bytes.len();
            match (self.over, frame.len()) {
                (Over::Memory, _) => {}
                (Over::WebSocket, length @ ..126) => {
                    bytes.extend([0x82, 0x80 | length as u8, 1, 2, 3, 4]);
                }
                (Over::WebSocket, length @ ..0x1_0000) => {
                    bytes.extend([0x82, 0xFE]);
                    bytes.extend((length as u16).to_be_bytes());
                    bytes.extend([1, 2, 3, 4]);
                }
                (Over::WebSocket, length) => {
                    bytes.extend([0x82, 0xFF]);
                    bytes.extend((length as u64).to_be_bytes());
                    bytes.extend([1, 2, 3, 4]);
                }
                (_, length) => bytes.extend((length as u32).to_be_bytes()),
            }
            match self.over {
                Over::WebSocket => {
                    let mask = [1, 2, 3, 4].iter().cycle();
                    bytes.extend(frame.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
                }
                _ => bytes.extend(frame),
            }
            places.push(start..bytes.len());
        }
        (bytes, places)
    }

    /// Sends bytes, in memory as frames, and gives back the frames that were answered.
    pub(super) async fn play(
        &self,
        bytes: &[u8],
        frames: &[Range<usize>],
        then: Then,
    ) -> Vec<Vec<u8>> {
        let played = async {
            match self.over {
                Over::Memory => self.play_frames(bytes, frames, then).await,
                _ => self.play_bytes(bytes, then).await,
            }
        };
        let played = tokio::time::timeout(SOON, played).await;
        played.unwrap_or_else(|_| panic!("{:?}: the connection does not end", self.over))
    }

    async fn play_frames(&self, bytes: &[u8], frames: &[Range<usize>], then: Then) -> Vec<Vec<u8>> {
        let settings = Settings::default();
        let end = self.memory.connect(&self.url, &settings).await;
        let mut end = end.expect("the server accepts");
        let mut answers = Vec::new();
        for frame in frames.iter().filter(|frame| frame.start < bytes.len()) {
            let mut batch = Batch::new();
            let frame = &bytes[frame.start..frame.end.min(bytes.len())];
            batch.bytes_mut().extend_from_slice(frame);
            batch.end_frame(false);
            // A server that has closed takes nothing more.
            let _ = poll_fn(|cx| end.poll_write(cx, &mut batch)).await;
            tokio::task::yield_now().await;
        }
        if then != Then::Silence {
            return answers;
        }
        while let Ok(true) = poll_fn(|cx| end.poll_fill(cx)).await {
            while let Ok(Some(frame)) = end.next_frame() {
                answers.push(frame.bytes.to_vec());
            }
        }
        answers
    }

    async fn play_bytes(&self, bytes: &[u8], then: Then) -> Vec<Vec<u8>> {
        let stream = self.connect(then == Then::Reset).await;
        let (mut read, mut write) = tokio::io::split(stream);
        let send = async {
            // A server that has closed takes nothing more.
            let _ = write.write_all(bytes).await;
            let _ = write.flush().await;
            if then == Then::Finish {
                let _ = write.shutdown().await;
            }
        };
        if then == Then::Reset {
            send.await;
            return Vec::new();
        }
        let mut answer = Vec::new();
        let receive = async {
            // A connection that is reset has ended as well.
            let _ = read.read_to_end(&mut answer).await;
        };
        tokio::join!(send, receive);
        self.frames(&answer)
    }

    async fn connect(&self, reset: bool) -> Box<dyn Stream> {
        let address = self.url.split_once("://").expect("a URL").1;
        if self.over == Over::Unix {
            let stream = UnixStream::connect(address).await;
            return Box::new(stream.expect("the server accepts"));
        }
        let stream = TcpStream::connect(address.trim_end_matches('/')).await;
        let stream = stream.expect("the server accepts");
        if reset {
            stream.set_zero_linger().expect("the system can");
        }
        match &self.tls {
            None => Box::new(stream),
            Some((_, connector)) => {
                let name = "127.0.0.1".try_into().expect("an address");
                let stream = connector.connect(name, stream).await;
                Box::new(stream.expect("the server has a certificate"))
            }
        }
    }

    /// The frames in what a server sent; what is cut off at the end is left out.
    fn frames(&self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        if self.over == Over::WebSocket {
            let head = bytes.windows(4).position(|end| end == b"\r\n\r\n");
            bytes = head.map_or(&[], |head| &bytes[head + 4..]);
        }
        loop {
            let (size, is_frame, rest) = match (self.over, bytes) {
                (Over::WebSocket, [first, 126, high, low, rest @ ..]) => {
                    let size = u16::from_be_bytes([*high, *low]);
                    (usize::from(size), *first == 0x82, rest)
                }
                (Over::WebSocket, [first, size, rest @ ..]) => {
                    assert!(*size < 126, "no answer is this long");
                    (usize::from(*size), *first == 0x82, rest)
                }
                // A goodbye, or nothing whole.
                (Over::WebSocket, _) | (_, [0xFF, 0xFF, ..]) => return frames,
                (_, [a, b, c, d, rest @ ..]) => {
                    (u32::from_be_bytes([*a, *b, *c, *d]) as usize, true, rest)
                }
                _ => return frames,
            };
            let Some((frame, rest)) = rest.split_at_checked(size) else {
                return frames;
            };
            if is_frame {
                frames.push(frame.to_vec());
            }
            bytes = rest;
        }
    }

    /// Everybody is gone, and nothing of them is left; a good client is served as ever.
    pub(super) async fn is_whole(&self) {
        let begun = Instant::now();
        // In paused time this is the only way to let others run without letting it pass.
        while !self.handle.peers().is_empty() || self.handle.running() > 0 {
            assert!(begun.elapsed() < SOON, "{:?}: somebody stays", self.over);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for peer in lock(&self.seen).drain(..) {
            let now = peer.statistics();
            let held = [
                now.in_flight,
                now.waiting,
                now.running,
                now.handlers,
                now.outbound,
            ];
            assert_eq!(held, [0; 5], "{:?}", self.over);
        }
        let mut client = FaultsClient::builder().transport(self.memory.clone());
        if let Some((tls, _)) = &self.tls {
            client = client.transport(Tcp::new().tls(tls.clone()));
        }
        let client = client.connect(&self.url).await.expect("the server lives");
        let good = Check::new(7, "good");
        assert_eq!(client.check(good.clone()).await, Ok(checked(&good)));
    }
}

/// A certificate that the client trusts.
fn certified() -> (TlsServer, TlsClient, TlsConnector) {
    let names = ["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let server = TlsServer::from_pem(cert.pem(), signing_key.serialize_pem()).expect("they fit");
    let client = TlsClient::trusting(cert.pem()).expect("an authority");
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("an authority");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client, TlsConnector::from(Arc::new(config)))
}

/// Where a socket's file is; removed with all that is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let (process, next) = (std::process::id(), NEXT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(format!("mitto-faults-{process}-{next}"));
        std::fs::create_dir(&folder).expect("a new folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
