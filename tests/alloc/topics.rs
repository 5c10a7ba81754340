//! What a publication allocates, however many hear it, and what a subscription holds.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mitto::codec::{Codecs, Encoder};
use mitto::envelope::CorrelationId;
use mitto::message::Outgoing;
use mitto::peer::{CallHead, Outbound, Reply, Started, Wait};
use mitto::{Notification, Peer, Status, Topics};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::count::{Counts, held};

const PEERS: usize = 1_000;

/// Bytes that a subscription may hold, with that its peer is watched.
const EACH: usize = 2 << 10;

#[derive(Serialize, Deserialize, Notification)]
struct Price {
    cents: u64,
}

/// A connection that takes everything, and allocates nothing.
struct Sink {
    id: u64,
    codecs: Codecs,
    out: Mutex<Vec<u8>>,
    taken: Arc<AtomicUsize>,
    closed: CancellationToken,
}

impl Outbound for Sink {
    fn start(
        &self,
        _: &CallHead<'_>,
        _: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        Poll::Ready(Err(Status::unavailable("it takes notifications only")))
    }

    fn notify(
        &self,
        _: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut out = self.out.lock().expect("no panic");
        out.clear();
        let format = self.codecs.default_format().expect("a format");
        let encoded = message.encode(&mut Encoder::new(&self.codecs, format, &mut out, 1_000));
        encoded.expect("it can be encoded");
        self.taken.fetch_add(1, Relaxed);
        Poll::Ready(Ok(()))
    }

    fn leave(&self, _: &mut Wait) {}

    fn poll_reply(&self, _: CorrelationId, _: &mut Context<'_>) -> Poll<Reply> {
        Poll::Pending
    }

    fn cancel(&self, _: CorrelationId) {}

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn remote(&self) -> &str {
        "a sink"
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn is_connected(&self) -> bool {
        true
    }

    fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    fn close(&self, _: bool) {
        self.closed.cancel();
    }
}

/// Publishes to nobody, to one and to many.
pub(crate) async fn topics(counts: &mut Counts) {
    let topics = Topics::new();
    let publish = async || {
        let published = topics.publish("prices", Price { cents: 420 });
        published.await.expect("it is published");
    };
    counts.check("topic, nobody hears", 1, publish).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let peers = (0..PEERS).map(|id| {
        Peer::new(Arc::new(Sink {
            id: id as u64,
            codecs: Codecs::default(),
            out: Mutex::new(Vec::with_capacity(64)),
            taken: taken.clone(),
            closed: CancellationToken::new(),
        }))
    });
    let peers: Vec<_> = peers.collect();
    let before = held();
    for (n, peer) in peers.iter().enumerate() {
        topics.subscribe(peer, "prices").await.expect("it may");
        if n == 0 {
            counts.check("topic, one hears", 4, publish).await;
        }
    }
    let each = held().saturating_sub(before) / PEERS;
    println!("a subscription holds {each} bytes");
    assert!(each < EACH, "a subscription holds {each} bytes");
    counts.check("topic, 1,000 hear", 4, publish).await;
    for peer in &peers {
        peer.close();
    }
    while topics.subscribers("prices") > 0 {
        tokio::task::yield_now().await;
    }
    drop(peers);
    let left = held().saturating_sub(before);
    assert!(left < PEERS * 100, "{left} bytes are held for nobody");
}
