//! Somebody who does not read.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use mitto::{Limits, State, Topics, handler, provider};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::place::{Join, LONG, Meeting, MeetingClient, Place, Said};

/// Holds its whole connection up until it is let go.
#[provider(client of Meeting: [said])]
struct Sleeper {
    gate: Arc<Mutex<Receiver<()>>>,
    heard: UnboundedSender<String>,
}

#[handler]
fn said(
    State(gate): State<Arc<Mutex<Receiver<()>>>>,
    State(heard): State<UnboundedSender<String>>,
    req: Said,
) {
    let _ = gate.lock().expect("no panic").recv();
    let _ = heard.send(req.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_subscriber_holds_nobody_up_and_takes_no_memory() {
    const OUTBOUND: usize = 256 << 10;
    const SIZE: usize = 10_000;
    const COUNT: usize = 300;
    let limits = Limits::default().outbound(OUTBOUND).message(2 * SIZE);
    let place = Place::with("memory://topics", Topics::new(), limits.clone()).await;
    let [mut fast] = place.people("all").await;

    let (let_go, gate): (SyncSender<()>, _) = sync_channel(0);
    let (heard, mut hears) = unbounded_channel();
    let gate = Arc::new(Mutex::new(gate));
    let sleeper = Sleeper { gate, heard };
    let slow = place
        .connect(MeetingClient::builder().provide(sleeper))
        .await;
    let topic = "all".to_owned();
    slow.join(Join { topic }).await.expect("it may");

    for n in 0..COUNT {
        let text = format!("{n:0SIZE$}");
        timeout(LONG, place.announce("all", &text))
            .await
            .expect("nobody is waited for");
        fast.hears(&text).await;
    }
    let dropped = place.topics.dropped();
    assert!(
        dropped > 0 && dropped < COUNT as u64,
        "{dropped} were dropped"
    );
    let outbound: usize = place
        .peers()
        .iter()
        .map(|peer| peer.statistics().outbound)
        .sum();
    assert!(outbound <= OUTBOUND, "{outbound} bytes wait");

    // It is still subscribed, and hears what there was room for.
    drop(let_go);
    for _ in 0..COUNT - usize::try_from(dropped).expect("few") {
        timeout(LONG, hears.recv()).await.expect("it is heard");
    }
    place.announce("all", "end").await;
    let end = timeout(LONG, hears.recv()).await.expect("it is heard");
    assert_eq!(end.as_deref(), Some("end"));
}
