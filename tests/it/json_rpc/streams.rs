//! Streams as subscriptions, text for text.

use std::time::Duration;

use mitto::Limits;
use serde_json::{Value, json};

use super::raw::{Raw, code};
use super::service::{open, serve};

async fn subscribe(raw: &mut Raw, params: Value) -> Value {
    let answer = raw.call("Count", params).await;
    assert!(answer["result"].is_u64(), "{answer}");
    answer["result"].clone()
}

async fn items(raw: &mut Raw, of: &Value, to: u32) {
    for n in 1..=to {
        let params = json!({"subscription": of, "result": n});
        let item = json!({"jsonrpc": "2.0", "method": "mitto.item", "params": params});
        assert_eq!(raw.receive().await, item);
    }
}

#[tokio::test]
async fn answer_comes_first_then_items_then_the_end() {
    let (_server, _, mut raw) = open().await;
    for to in [3, 0, 50] {
        let stream = subscribe(&mut raw, json!({"to": to})).await;
        items(&mut raw, &stream, to).await;
        let params = json!({"subscription": stream, "error": null});
        let end = json!({"jsonrpc": "2.0", "method": "mitto.end", "params": params});
        assert_eq!(raw.receive().await, end);
    }
    raw.is_served_next().await;
}

#[tokio::test]
async fn own_error_ends_a_stream() {
    let (_server, _, mut raw) = open().await;
    let stream = subscribe(&mut raw, json!([100])).await;
    items(&mut raw, &stream, 99).await;
    let end = raw.receive().await;
    assert_eq!(
        (&end["method"], &end["params"]["subscription"]),
        (&json!("mitto.end"), &stream)
    );
    let error = &end["params"]["error"];
    assert_eq!(
        (&error["code"], &error["data"]),
        (&json!(1), &json!({"Missing": {"amount": 100}}))
    );
}

#[tokio::test]
async fn streams_at_once_are_told_apart() {
    let (_server, _, mut raw) = open().await;
    let one = subscribe(&mut raw, json!([1, true])).await;
    items(&mut raw, &one, 1).await;
    let two = subscribe(&mut raw, json!([2, true])).await;
    items(&mut raw, &two, 2).await;
    assert_ne!(one, two);
}

#[tokio::test]
async fn cancelled_stream_says_nothing_more() {
    let (server, _, mut raw) = open().await;
    for by in ["subscription", "position", "id"] {
        let stream = subscribe(&mut raw, json!([2, true])).await;
        items(&mut raw, &stream, 2).await;
        let params = match by {
            "subscription" => json!({"subscription": stream}),
            "position" => json!([stream]),
            _ => json!({"id": 1}),
        };
        let cancel =
            json!({"jsonrpc": "2.0", "id": "c", "method": "mitto.cancel", "params": params});
        assert_eq!(raw.ask(cancel.to_string()).await["result"], true, "{by}");
        assert_eq!(raw.ask(cancel.to_string()).await["result"], false, "{by}");
        raw.is_served_next().await;
        assert_eq!(server.peers().list()[0].statistics().running, 0);
    }
}

#[tokio::test]
async fn stream_without_a_subscription_yet_is_an_ordinary_request() {
    let (_server, _, mut raw) = open().await;
    let answer = raw.call("Count", json!({"to": -1})).await;
    assert_eq!(code(&answer), (-32602, "bad request", &json!(1)));
}

#[tokio::test]
async fn slow_reader_is_closed() {
    let mut limits = Limits::default();
    limits.write_stall = Duration::from_millis(300);
    let (server, _) = serve(limits.clone()).await;
    let mut raw = Raw::connect(server.url(), None).await;
    raw.is_served_next().await;
    let peer = server.peers().list().remove(0);
    raw.call("Flood", json!({})).await;
    // Nothing is read meanwhile.
    peer.closed().await;
    assert!(peer.statistics().outbound <= limits.outbound + (1 << 20));
}
