//! The spans of the two ends join.

use std::time::Duration;

use mitto::middleware::Tracing;
use mitto::queue::broker::Publisher;
use mitto::queue::broker::memory::Memory as Broker;
use mitto::telemetry::{TRACEPARENT, TRACESTATE, Trace, TraceContext};
use mitto::transport::memory::Memory;
use mitto::{Context, Notification, Request, Server, Worker, handler, provider};
use serde::{Deserialize, Serialize};

use super::captured::{Captured, Fields};
use crate::alone::alone_async;

/// Says the `traceparent` and `tracestate` that came.
#[derive(Serialize, Deserialize, Request)]
#[request(response = (String, String))]
struct Seen {}

/// Asks the caller the same.
#[derive(Serialize, Deserialize, Request)]
#[request(response = (String, String))]
struct AskBack {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = (String, String))]
struct SeenBack {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = bool)]
struct Spawned {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = bool)]
struct Blocking {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = ())]
struct Forever {}

#[derive(Serialize, Deserialize, Notification)]
struct Told {}

mitto::schema! {
    Traced {
        client => server as TracedClient: [Seen, AskBack, Spawned, Blocking, Forever, Told],
        server => client as TracedCaller: [SeenBack],
    }
}

#[provider(server of Traced: [seen, ask_back, spawned, blocking, forever, told])]
struct TracedServer;

#[provider(client of Traced: [seen_back])]
struct TracedApp;

fn said(context: &Context) -> (String, String) {
    tracing::info!(target: "test", "handled");
    let get = |key| context.metadata().get(key).unwrap_or_default().to_owned();
    (get(TRACEPARENT), get(TRACESTATE))
}

#[handler]
fn seen(context: Context, _: Seen) -> (String, String) {
    said(&context)
}

#[handler]
async fn ask_back(caller: TracedCaller, _: AskBack) -> Result<(String, String), mitto::Status> {
    tokio::task::yield_now().await;
    caller.seen_back(SeenBack {}).await
}

#[handler]
fn seen_back(context: Context, _: SeenBack) -> (String, String) {
    said(&context)
}

#[handler(spawn)]
async fn spawned(_: Spawned) -> bool {
    tokio::task::yield_now().await;
    Trace::current().is_some()
}

#[handler(blocking)]
fn blocking(_: Blocking) -> bool {
    Trace::current().is_some()
}

#[handler]
async fn forever(_: Forever) {
    std::future::pending::<()>().await;
}

#[handler]
fn told(context: Context, _: Told) {
    said(&context);
}

async fn connected(tracing: Tracing) -> (mitto::server::Handle, TracedClient) {
    let memory = Memory::new();
    let server = Server::new(TracedServer)
        .middleware(tracing.clone())
        .outgoing(tracing.clone())
        .transport(memory.clone());
    let server = server
        .listen("memory://traced")
        .await
        .expect("listens")
        .spawn();
    let client = TracedClient::builder().provide(TracedApp).transport(memory);
    let client = client.middleware(tracing.clone()).incoming(tracing);
    (
        server,
        client.connect("memory://traced").await.expect("connects"),
    )
}

/// A client of a gateway, whose worker runs the handlers.
async fn behind_a_broker(tracing: Tracing) -> (mitto::worker::Handle, TracedClient) {
    let broker = Broker::new();
    let worker = Worker::new(TracedServer)
        .middleware(tracing.clone())
        .outgoing(tracing.clone());
    let worker = worker.consume(&broker).await.expect("a broker").spawn();
    worker.resume().await.expect("work");
    let memory = Memory::new();
    let publisher = Publisher::connect(&broker).await.expect("a broker");
    let server = Server::new(Traced::gateway(publisher)).transport(memory.clone());
    drop(
        server
            .listen("memory://traced")
            .await
            .expect("listens")
            .spawn(),
    );
    let client = TracedClient::builder().provide(TracedApp).transport(memory);
    let client = client.middleware(tracing.clone()).incoming(tracing);
    let client = client.connect("memory://traced").await;
    (worker, client.expect("connects"))
}

fn parent(text: &str) -> TraceContext {
    text.parse().expect("a traceparent")
}

fn assert_joined(parent: &Fields, child: &Fields) {
    assert_eq!(parent["trace_id"], child["trace_id"]);
    assert_eq!(parent["span_id"], child["parent_id"]);
    assert_ne!(parent["span_id"], child["span_id"]);
}

#[test]
fn the_spans_of_both_ends_join() {
    alone_async("telemetry::spans::the_spans_of_both_ends_join", async {
        let (captured, _guard) = Captured::begin();
        let (_server, client) = connected(Tracing::new()).await;
        let (came, state) = client.seen(Seen {}).await.expect("answered");
        settle().await;
        let (caller, handler) = captured.pair("Seen");
        assert_joined(&caller, &handler);
        assert!(!caller.contains_key("parent_id"));
        assert_eq!(
            format!("{:016x}", parent(&came).span_id()),
            handler["span_id"]
        );
        assert_eq!(state, "");
        assert_eq!(
            (caller["kind"].as_str(), caller["outcome"].as_str()),
            ("request", "ok")
        );
        assert!(handler["duration_us"].parse::<u64>().is_ok());
        // The handler runs inside its span.
        assert_eq!(captured.events()[0]["span_id"], handler["span_id"]);
        client.told(Told {}).await.expect("sent");
        settle().await;
        let (sender, receiver) = captured.pair("Told");
        assert_joined(&sender, &receiver);
        assert_eq!(receiver["otel.kind"], "consumer");
    });
}

#[test]
fn a_handler_that_calls_on_stays_in_the_trace() {
    alone_async(
        "telemetry::spans::a_handler_that_calls_on_stays_in_the_trace",
        async {
            let (captured, _guard) = Captured::begin();
            let (_server, client) = connected(Tracing::new()).await;
            client
                .ask_back(AskBack {})
                .metadata(TRACEPARENT, SAMPLE)
                .metadata(TRACESTATE, "a=1")
                .await
                .expect("answered");
            settle().await;
            let (caller, handler) = captured.pair("AskBack");
            let (back, end) = captured.pair("SeenBack");
            assert_joined(&caller, &handler);
            assert_joined(&handler, &back);
            assert_joined(&back, &end);
        },
    );
}

#[test]
fn the_spans_join_behind_a_broker() {
    alone_async("telemetry::spans::the_spans_join_behind_a_broker", async {
        let (captured, _guard) = Captured::begin();
        let (worker, client) = behind_a_broker(Tracing::new()).await;
        let call = client.ask_back(AskBack {}).metadata(TRACEPARENT, SAMPLE);
        let (_, state) = call.metadata(TRACESTATE, "a=1").await.expect("answered");
        assert_eq!(state, "a=1");
        settle().await;
        let (caller, handler) = captured.pair("AskBack");
        let (back, end) = captured.pair("SeenBack");
        assert_joined(&caller, &handler);
        assert_joined(&handler, &back);
        assert_joined(&back, &end);
        worker.shutdown().await;
    });
}

const SAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn what_the_caller_names_is_the_parent() {
    alone_async(
        "telemetry::spans::what_the_caller_names_is_the_parent",
        async {
            let (captured, _guard) = Captured::begin();
            let (_server, client) = connected(Tracing::new()).await;
            let call = client
                .seen(Seen {})
                .metadata(TRACEPARENT, SAMPLE)
                .metadata(TRACESTATE, "a=1,b=2");
            let (came, state) = call.await.expect("answered");
            assert_eq!(parent(&came).trace_id(), parent(SAMPLE).trace_id());
            assert_eq!(state, "a=1,b=2");
            settle().await;
            assert_eq!(captured.pair("Seen").0["parent_id"], "00f067aa0ba902b7");
            let back = client
                .ask_back(AskBack {})
                .metadata(TRACEPARENT, SAMPLE)
                .metadata(TRACESTATE, "a=1");
            assert_eq!(back.await.expect("answered").1, "a=1");
        },
    );
}

#[tokio::test]
async fn what_is_malformed_begins_a_new_trace() {
    let (_captured, _guard) = Captured::begin();
    let (_server, client) = connected(Tracing::new()).await;
    for bad in ["", "00-1-2-3", "no", &SAMPLE.to_uppercase()] {
        let call = client
            .seen(Seen {})
            .metadata(TRACEPARENT, bad)
            .metadata(TRACESTATE, "a=1");
        let (came, state) = call.await.expect("answered");
        assert_ne!(parent(&came).trace_id(), parent(SAMPLE).trace_id());
        assert_eq!(state, "");
    }
}

#[tokio::test]
async fn ids_may_come_from_elsewhere() {
    let given = TraceContext::new(7, 8, false).expect("not 0");
    let (_server, client) = connected(Tracing::new().ids(move |_, _| Some(given))).await;
    let (came, _) = client.seen(Seen {}).await.expect("answered");
    assert_eq!(parent(&came), given);
}

#[tokio::test]
async fn the_trace_goes_into_tasks_and_threads() {
    let (_server, client) = connected(Tracing::new()).await;
    assert_eq!(client.spawned(Spawned {}).await, Ok(true));
    assert_eq!(client.blocking(Blocking {}).await, Ok(true));
    assert_eq!(Trace::current(), None);
}

#[test]
fn a_request_that_is_given_up_says_so() {
    alone_async(
        "telemetry::spans::a_request_that_is_given_up_says_so",
        async {
            tokio::time::pause();
            let (captured, _guard) = Captured::begin();
            let (_server, client) = connected(Tracing::new()).await;
            let forever = tokio::time::timeout(Duration::from_secs(1), client.forever(Forever {}));
            assert!(forever.await.is_err());
            settle().await;
            let (caller, handler) = captured.pair("Forever");
            assert_eq!(caller["outcome"], "cancelled");
            assert_eq!(handler["outcome"], "cancelled");
        },
    );
}

async fn settle() {
    crate::middleware::service::settle().await;
}
