//! Limits, as JSON-RPC tells of them.

use mitto::Limits;
use serde_json::{Value, json};

use super::raw::{Raw, code};
use super::service::serve;

fn wait(id: u32) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "Wait"})
}

#[tokio::test]
async fn requests_of_an_array_beyond_the_limit_are_busy() {
    let mut limits = Limits::default();
    limits.in_flight = 2;
    let (server, gate) = serve(limits).await;
    let mut raw = Raw::connect(server.url(), None).await;
    raw.send(json!([wait(1), wait(2), wait(3), wait(4)]).to_string())
        .await;
    // Once this is answered the array has been read.
    let cancel = json!({"jsonrpc": "2.0", "id": 0, "method": "mitto.cancel", "params": [9]});
    assert_eq!(raw.ask(cancel.to_string()).await["result"], false);
    gate.add_permits(2);
    let answers = raw.receive().await;
    let mut answers = answers.as_array().expect("an array").clone();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    for answer in &answers[..2] {
        assert_eq!(answer["result"], 42, "{answer}");
    }
    for (answer, id) in answers[2..].iter().zip([3, 4]) {
        assert_eq!(code(answer), (-32004, "busy", &json!(id)));
    }
    // Those that were refused hold nothing.
    raw.is_served_next().await;
    raw.send(json!([wait(1), wait(2)]).to_string()).await;
    gate.add_permits(2);
    let answers = raw.receive().await;
    let answers = answers.as_array().expect("an array");
    assert!(answers.iter().all(|answer| answer["result"] == 42));
}

#[tokio::test]
async fn requests_beyond_the_limit_of_the_process_are_busy() {
    let mut limits = Limits::default();
    limits.in_flight_process = 1;
    let (server, gate) = serve(limits).await;
    let mut first = Raw::connect(server.url(), None).await;
    let mut second = Raw::connect(server.url(), None).await;
    first
        .send(r#"{"jsonrpc":"2.0","id":1,"method":"Wait","params":{"report":true}}"#)
        .await;
    assert_eq!(first.receive().await["method"], "mitto.progress");
    let refused = second.ask(wait(2).to_string()).await;
    assert_eq!(code(&refused), (-32004, "busy", &json!(2)));
    let refused = second.ask(json!([wait(3)]).to_string()).await;
    assert_eq!(code(&refused[0]), (-32004, "busy", &json!(3)));
    gate.add_permits(1);
    assert_eq!(first.receive().await["result"], 42);
    second.is_served_next().await;
}

#[tokio::test]
async fn large_message_of_an_array_closes_with_1009() {
    let mut limits = Limits::default();
    limits.message = 1_000;
    let (server, _) = serve(limits).await;
    let echo = |length: usize| {
        let text = "x".repeat(length);
        json!({"jsonrpc": "2.0", "id": 1, "method": "Echo", "params": [text]})
    };
    let mut raw = Raw::connect(server.url(), None).await;
    let answers = raw.ask(json!([echo(900), echo(900)]).to_string()).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    raw.send(json!([echo(10), echo(2_000)]).to_string()).await;
    assert_eq!(raw.closed().await.0, 1009);
    let mut raw = Raw::connect(server.url(), None).await;
    let text = "x".repeat(2_000);
    let note = json!({"jsonrpc": "2.0", "method": "Echo", "params": [text]});
    raw.send(note.to_string()).await;
    assert_eq!(raw.closed().await.0, 1009);
}

#[tokio::test]
async fn answer_over_the_limit_is_too_large() {
    let mut limits = Limits::default();
    limits.message = 1_000;
    let (server, _) = serve(limits).await;
    let mut raw = Raw::connect(server.url(), None).await;
    let mitto = json!({"metadata": {"k": "x".repeat(1_200)}});
    let look = json!({"jsonrpc": "2.0", "id": 7, "method": "Look", "mitto": mitto});
    let refused = raw.ask(look.to_string()).await;
    assert_eq!(code(&refused), (-32005, "too large", &json!(7)));
    let refused = raw.ask(json!([look]).to_string()).await;
    assert_eq!(code(&refused[0]), (-32005, "too large", &json!(7)));
    raw.is_served_next().await;
}
