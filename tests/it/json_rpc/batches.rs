//! Arrays of messages.

use mitto::Limits;
use serde_json::{Value, json};

use super::raw::{Raw, code};
use super::service::{open, serve};

fn echo(id: impl Into<Value>) -> Value {
    let id = id.into();
    json!({"jsonrpc": "2.0", "id": id, "method": "Echo", "params": {"text": "x"}})
}

#[tokio::test]
async fn answers_come_in_one_array_when_all_are_there() {
    let (_server, gate, mut raw) = open().await;
    let batch = json!([
        echo(1),
        {"jsonrpc": "2.0", "id": "w", "method": "Wait"},
        {"jsonrpc": "2.0", "method": "Echo", "params": {"text": "nobody hears"}},
        {"jsonrpc": "2.0", "id": 2, "method": "Nobody"},
        {"foo": "boo"},
        7,
        {"jsonrpc": "2.0", "id": 3, "method": "Withdraw", "params": [101]},
        {"jsonrpc": "2.0", "id": 4, "method": "mitto.cancel", "params": {"id": 99}},
        {"jsonrpc": "2.0", "id": 5, "method": "Echo", "params": [7]},
        {"jsonrpc": "2.0", "id": 6, "method": "Count", "params": [1]},
        {"jsonrpc": "2.0", "id": 65536, "result": "to nothing"},
    ]);
    raw.send(batch.to_string()).await;
    // The array waits for its last answer, other calls do not.
    raw.is_served_next().await;
    gate.add_permits(1);
    let answers = raw.receive().await;
    let mut answers = answers.as_array().expect("an array").clone();
    assert_eq!(answers.len(), 9, "{answers:?}");
    let mut take = |id: Value| {
        let at = answers.iter().position(|answer| answer["id"] == id);
        answers.remove(at.unwrap_or_else(|| panic!("{id} is not in {answers:?}")))
    };
    assert_eq!(take(json!(1))["result"], "x");
    assert_eq!(take(json!("w"))["result"], 42);
    assert_eq!(code(&take(json!(2))).0, -32601);
    assert_eq!(code(&take(json!(null))).0, -32600);
    assert_eq!(code(&take(json!(null))).0, -32600);
    assert_eq!(
        take(json!(3))["error"]["data"],
        json!({"Missing": {"amount": 1}})
    );
    assert_eq!(take(json!(4))["result"], false);
    assert_eq!(code(&take(json!(5))).0, -32602);
    assert_eq!(code(&take(json!(6))).0, -32602);
    raw.is_served_next().await;
}

#[tokio::test]
async fn arrays_are_answered_by_the_book() {
    let (_server, _, mut raw) = open().await;
    let invalid = |answer: &Value| code(answer) == (-32600, "bad request", &Value::Null);
    assert!(invalid(&raw.ask("[]").await));
    assert!(invalid(&raw.ask(" [ ] ").await));
    let one = raw.ask("[1]").await;
    assert!(
        one.as_array()
            .is_some_and(|all| all.len() == 1 && invalid(&all[0])),
        "{one}"
    );
    let three = raw.ask("[1,2,3]").await;
    assert!(
        three
            .as_array()
            .is_some_and(|all| all.len() == 3 && all.iter().all(invalid))
    );
    let nested = raw.ask(json!([[echo(1)]]).to_string()).await;
    assert!(
        nested
            .as_array()
            .is_some_and(|all| all.len() == 1 && invalid(&all[0]))
    );
    // Half of an array is not run.
    let half = r#"[{"jsonrpc":"2.0","method":"LetGo"},{"jsonrpc":"2.0","method"]"#;
    assert_eq!(code(&raw.ask(half).await).0, -32700);
    // Nothing is due for notifications alone.
    raw.send(r#"[{"jsonrpc":"2.0","method":"LetGo"},{"jsonrpc":"2.0","method":"LetGo"}]"#)
        .await;
    raw.is_served_next().await;
    for _ in 0..2 {
        let answer = raw.ask(r#"{"jsonrpc":"2.0","id":1,"method":"Wait"}"#).await;
        assert_eq!(answer["result"], 42);
    }
}

#[tokio::test]
async fn arrays_have_at_most_128_messages() {
    let (_server, _, mut raw) = open().await;
    let batch = |n: usize| Value::from((0..n).map(echo).collect::<Vec<_>>());
    let answers = raw.ask(batch(128).to_string()).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(128));
    let refused = raw.ask(batch(129).to_string()).await;
    assert_eq!(code(&refused), (-32600, "bad request", &Value::Null));
    raw.is_served_next().await;
}

#[tokio::test]
async fn answers_of_arrays_do_not_pile_up() {
    let mut limits = Limits::default();
    limits.outbound = 100_000;
    let (server, _) = serve(limits).await;
    let mut raw = Raw::connect(server.url(), None).await;
    let text = "x".repeat(40_000);
    let call = |id| json!({"jsonrpc": "2.0", "id": id, "method": "Echo", "params": [text]});
    let answers = raw
        .ask(json!([call(1), call(2), call(3)]).to_string())
        .await;
    let answers = answers.as_array().unwrap();
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer["result"] == *text)
            .count(),
        2
    );
    assert_eq!(code(&answers[2]), (-32005, "too large", &json!(3)));
    let answers = raw.ask(json!([call(1), call(2)]).to_string()).await;
    assert!(
        answers
            .as_array()
            .unwrap()
            .iter()
            .all(|answer| answer["result"] == *text)
    );
}

#[tokio::test]
async fn cancelled_request_of_an_array_is_answered_in_it() {
    let (_server, _, mut raw) = open().await;
    let hang = json!({"jsonrpc": "2.0", "id": "h", "method": "Hang"});
    raw.send(json!([hang, echo(1)]).to_string()).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "mitto.cancel", "params": {"id": "h"}});
    let answers = raw.ask(cancel.to_string()).await;
    assert_eq!(answers[0]["result"], "x");
    assert_eq!(code(&answers[1]), (-32003, "cancelled", &json!("h")));
}
