//! The set of metrics, held by a recorder.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use mitto::built_in::BuiltIns;
use mitto::codec::Codecs;
use mitto::envelope::MessageId;
use mitto::host::Host;
use mitto::host::config::{ApplicationConfig, Configuration, HostConfig, NodeConfig};
use mitto::job::{Answer, AnswerPart, Job};
use mitto::message::Payload;
use mitto::middleware::{Incoming, Known, Metrics, Stack};
use mitto::queue::PassThrough;
use mitto::schema::{Schema, Side};
use mitto::transport::memory::Memory;
use mitto::{Format, Limits, Peer, Server};

use crate::middleware::service::{Add, Count, Desk, DeskClient, DeskServer, Note, Refuse, settle};

/// All series, by name and labels.
fn series(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let snapshot = snapshotter.snapshot().into_vec();
    let series = snapshot.into_iter().map(|(key, _, _, value)| {
        let (name, labels) = key.key().clone().into_parts();
        let labels: BTreeSet<_> = labels
            .iter()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let labels: Vec<_> = labels.into_iter().collect();
        let value = match value {
            DebugValue::Counter(value) => value as f64,
            DebugValue::Gauge(value) => value.0,
            DebugValue::Histogram(values) => values.len() as f64,
        };
        (
            format!("{} {}", name.as_str(), labels.join(" "))
                .trim_end()
                .to_owned(),
            value,
        )
    });
    series.collect()
}

/// The recorder is the thread's own, so that other tests do not count.
#[test]
fn the_set_is_what_is_documented_and_bounded() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    metrics::with_local_recorder(&recorder, || runtime.block_on(use_all(&snapshotter)));
}

async fn use_all(snapshotter: &Snapshotter) {
    let memory = Memory::new();
    let server = Server::new(DeskServer)
        .middleware(Metrics::new())
        .transport(memory.clone());
    let _server = server
        .listen("memory://metrics")
        .await
        .expect("listens")
        .spawn();
    let client = DeskClient::builder()
        .middleware(Metrics::new())
        .transport(memory);
    let client = client.connect("memory://metrics").await.expect("connects");
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
    client
        .refuse(Refuse { with_status: true })
        .await
        .expect_err("refused");
    client
        .refuse(Refuse { with_status: false })
        .await
        .expect_err("refused");
    let items: Vec<_> = client
        .count(Count { to: 3 })
        .await
        .expect("begins")
        .collect()
        .await;
    assert_eq!(items.len(), 3);
    client.note(Note {}).await.expect("sent");
    settle().await;
    let mut all = series(snapshotter);
    for bytes in ["mitto_received_bytes_total", "mitto_sent_bytes_total"] {
        assert!(all.remove(bytes).is_some_and(|bytes| bytes > 100.0));
    }
    let mut expected = BTreeMap::from([("mitto_connections".to_owned(), 2.0)]);
    for direction in ["in", "out"] {
        expected.insert(
            format!("mitto_requests_in_flight direction={direction}"),
            0.0,
        );
        for (message, outcomes) in [
            ("Add", &["ok"] as &[&str]),
            ("Refuse", &["not_found", "error"]),
            ("Count", &["ok"]),
            ("Note", &["ok"]),
        ] {
            let labels = format!("direction={direction} message={message}");
            let times = outcomes.len() as f64;
            expected.insert(format!("mitto_requests_started_total {labels}"), times);
            expected.insert(format!("mitto_request_duration_seconds {labels}"), times);
            for outcome in outcomes {
                let name = format!("mitto_requests_finished_total {labels} outcome={outcome}");
                expected.insert(name, 1.0);
            }
        }
    }
    assert_eq!(all, expected);

    // What callers invent makes one series, not thousands.
    let names = |snapshotter| series(snapshotter).into_keys().collect::<BTreeSet<_>>();
    let before = names(snapshotter);
    let mut stack = Stack::new();
    stack.push(Metrics::new());
    let queue = Arc::new(PassThrough::new(Arc::new(DeskServer), BuiltIns::default()));
    let known = Known::new(Desk::DESCRIPTOR, Side::Server);
    let queue = Incoming::around(stack, known, 1 << 20, queue);
    let (nobody, codecs) = (Peer::nobody(), Codecs::default());
    for n in 0..10_000 {
        let id = MessageId::of_name(&format!("Invented{n}"));
        let payload = Payload::Encoded {
            format: Format::JSON,
            bytes: b"{}",
        };
        let (answer, mut parts) = Answer::in_parts(Format::JSON, &codecs, &Limits::default());
        assert!(
            queue
                .submit(Job::new(id, payload, &nobody, &codecs), answer)
                .is_done()
        );
        assert!(matches!(parts.next().await, Some(AnswerPart::Status(_))));
    }
    let more: Vec<_> = names(snapshotter).difference(&before).cloned().collect();
    let expected = [
        "mitto_request_duration_seconds direction=in message=unknown",
        "mitto_requests_finished_total direction=in message=unknown outcome=not_found",
        "mitto_requests_started_total direction=in message=unknown",
    ];
    assert_eq!(more, expected);
}

/// What hosts add to it.
#[test]
fn nodes_and_hosts_are_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    metrics::with_local_recorder(&recorder, || runtime.block_on(use_hosts()));
    let all = series(&snapshotter);
    let of = |name: &str| all.get(name).copied();
    let measured = of("mitto_node_request_duration_seconds node=desk/front");
    assert_eq!(measured, Some(2.0), "{all:?}");
    assert_eq!(of("mitto_host_up host=there"), Some(1.0), "{all:?}");
}

async fn use_hosts() {
    let memory = Memory::new();
    let node = NodeConfig::new("front").with_provider("desk");
    let known =
        Configuration::new().with_application(ApplicationConfig::new("desk").with_node(node));
    let there = HostConfig::local("there", "memory://there").with_nodes("desk");
    let transport = memory.clone();
    let _there = Host::builder()
        .provider("desk", DeskServer)
        .server(move |_, server| server.transport(transport.clone()))
        .start(known.clone().with_host(there))
        .await
        .expect("runs");
    let link = HostConfig::new("there", "memory://there").with_nodes("desk");
    let here = Host::builder()
        .link(move |_, link| link.transport(memory.clone()))
        .start(known.with_host(link))
        .await
        .expect("runs");
    let client = DeskClient::from(here.peer().clone());
    for _ in 0..2 {
        let sum = client.add(Add { a: 1, b: 2 }).at("desk/front").await;
        assert_eq!(sum, Ok(3));
    }
}
