//! A TCP relay in front of a server, which cuts its connections on demand.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Ends, with its connections, when it is dropped.
pub(super) struct Relay {
    at: SocketAddr,
    /// Counts the cuts.
    cut: watch::Sender<u32>,
    refuses: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("it is bound");
        let (cut, cuts) = watch::channel(0);
        let (refuses, taken) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let task = tokio::spawn(accept(
            listener,
            server,
            cuts,
            refuses.clone(),
            Arc::clone(&taken),
        ));
        Self {
            at,
            cut,
            refuses,
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
    refuses: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        taken.fetch_add(1, SeqCst);
        let mut cuts = cuts.clone();
        cuts.mark_unchanged();
        if refuses.load(SeqCst) {
            continue;
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = carry(client, server) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
