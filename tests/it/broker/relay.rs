//! A TCP relay in front of a server, which cuts its connections on demand.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Ends, with its connections, when it is dropped.
pub(super) struct Relay {
    at: SocketAddr,
    /// Counts the cuts.
    cut: watch::Sender<u32>,
    refuses: Arc<AtomicBool>,
    /// Whether nothing of what the server says is handed on.
    muted: watch::Sender<bool>,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("it is bound");
        let (cut, cuts) = watch::channel(0);
        let (muted, mutes) = watch::channel(false);
        let (refuses, taken) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let task = tokio::spawn(accept(
            listener,
            server,
            cuts,
            mutes,
            refuses.clone(),
            Arc::clone(&taken),
        ));
        Self {
            at,
            cut,
            refuses,
            muted,
            taken,
            task,
        }
    }

    /// Where clients connect to.
    pub(super) fn at(&self) -> SocketAddr {
        self.at
    }

    /// Cuts all connections of now.
    pub(super) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Cuts all connections of now, and those that come, until [`mend`](Self::mend).
    pub(super) fn sever(&self) {
        self.refuses.store(true, SeqCst);
        self.cut();
    }

    pub(super) fn mend(&self) {
        self.refuses.store(false, SeqCst);
    }

    /// Whether what the server says is held back from now on. What is held when its connection is cut is lost.
    pub(super) fn mute(&self, muted: bool) {
        self.muted.send_replace(muted);
    }

    /// How many connections there were.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    cuts: watch::Receiver<u32>,
    mutes: watch::Receiver<bool>,
    refuses: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        taken.fetch_add(1, SeqCst);
        let (mut cuts, mutes) = (cuts.clone(), mutes.clone());
        cuts.mark_unchanged();
        if refuses.load(SeqCst) {
            continue;
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = carry(client, server, mutes) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn carry(
    client: TcpStream,
    server: SocketAddr,
    mutes: watch::Receiver<bool>,
) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut asks, to_client) = client.into_split();
    let (says, mut to_server) = server.into_split();
    tokio::try_join!(
        async {
            copy(&mut asks, &mut to_server).await?;
            to_server.shutdown().await
        },
        hand_on(says, to_client, mutes),
    )?;
    Ok(())
}

/// What the server says, while it is not muted.
async fn hand_on(
    mut says: OwnedReadHalf,
    mut to_client: OwnedWriteHalf,
    mut mutes: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let bytes = says.read(&mut buffer).await?;
        if bytes == 0 {
            return to_client.shutdown().await;
        }
        let _ = mutes.wait_for(|muted| !muted).await;
        to_client.write_all(&buffer[..bytes]).await?;
    }
}
