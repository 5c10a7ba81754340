//! Texts that are no JSON-RPC, or mean nothing: each is answered by the book, and the connection lives.

use mitto::Limits;
use serde_json::{Value, json};

use super::raw::{Raw, code};
use super::service::{open, serve};

#[tokio::test]
async fn what_is_no_json_is_a_parse_error() {
    let (_server, _, mut raw) = open().await;
    let deep = 100_000;
    for text in [
        String::new(),
        " ".into(),
        "garbage".into(),
        r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"Echo","params":{"text":tru}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"Echo","params":{"text":"x"}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"Echo","params":{"text":"x"}} {}"#.into(),
        "[".repeat(deep),
        r#"{"a":"#.repeat(deep),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"Echo","params":{}"#,
            "[".repeat(deep)
        ),
        format!(
            r#"[{{"jsonrpc":"2.0","id":1,"x":{}"#,
            r#"{"a":"#.repeat(deep)
        ),
    ] {
        let answer = raw.ask(&text).await;
        let start: String = text.chars().take(80).collect();
        assert_eq!(
            code(&answer),
            (-32700, "bad request", &Value::Null),
            "{start}"
        );
    }
    raw.is_served_next().await;
}

#[test]
fn no_depth_needs_stack() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let (_server, _, mut raw) = open().await;
            let params = |depth: usize| {
                let nested = "[".repeat(depth) + &"]".repeat(depth);
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"Echo","params":{{"text":"x","y":{nested}}}}}"#)
            };
            assert_eq!(raw.ask(params(127)).await["result"], "x");
            assert_eq!(code(&raw.ask(params(128)).await).0, -32700);
            assert_eq!(code(&raw.ask(params(100_000)).await).0, -32700);
            raw.is_served_next().await;
        });
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.unwrap().join().unwrap();
}

#[tokio::test]
async fn what_is_no_request_is_an_invalid_request() {
    let (_server, _, mut raw) = open().await;
    for (text, id) in [
        ("7", json!(null)),
        (r#""text""#, json!(null)),
        ("null", json!(null)),
        ("{}", json!(null)),
        (
            r#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#,
            json!(null),
        ),
        (r#"{"jsonrpc":"2.0","id":1}"#, json!(1)),
        (r#"{"jsonrpc":"2.0","id":1,"method":{}}"#, json!(1)),
        (r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, json!(1)),
        (
            r#"{"jsonrpc":"1.0","id":1,"method":"Echo","params":["x"]}"#,
            json!(1),
        ),
        (
            r#"{"jsonrpc":2.0,"id":1,"method":"Echo","params":["x"]}"#,
            json!(1),
        ),
        (r#"{"id":1,"method":"Echo","params":["x"]}"#, json!(1)),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"Echo","params":"x"}"#,
            json!("a"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":true,"method":"Echo","params":["x"]}"#,
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":[1],"method":"Echo","params":["x"]}"#,
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"Echo","params":["x"]}"#,
            json!(null),
        ),
        (r#"{"jsonrpc":"2.0","result":7}"#, json!(null)),
    ] {
        let answer = raw.ask(text).await;
        assert_eq!(code(&answer), (-32600, "bad request", &id), "{text}");
    }
    let long = json!({"jsonrpc": "2.0", "id": "x".repeat(200), "method": "Echo", "params": ["x"]});
    let answer = raw.ask(long.to_string()).await;
    assert_eq!(code(&answer), (-32600, "bad request", &Value::Null));
    raw.is_served_next().await;
}

#[tokio::test]
async fn wrong_methods_and_params_have_their_codes() {
    let (_server, _, mut raw) = open().await;
    for (method, params, expected) in [
        ("Nobody", json!({}), -32601),
        ("", json!({}), -32601),
        // The id of a message is not its name, and what a client handles is not handled here.
        ("Subtract", json!([1, 2]), -32601),
        ("Name", json!({}), -32601),
        ("mitto.item", json!({}), -32601),
        ("rpc.discover", json!({}), -32601),
        ("Echo", json!({}), -32602),
        ("Echo", json!({"text": 7}), -32602),
        ("Echo", json!([]), -32602),
        ("Echo", json!(["a", "b"]), -32602),
        ("Length", json!([1]), -32602),
        ("Count", json!({"to": "x"}), -32602),
    ] {
        let answer = raw.call(method, params.clone()).await;
        assert_eq!(code(&answer).0, expected, "{method} {params} {answer}");
    }
    raw.is_served_next().await;
}

#[tokio::test]
async fn responses_to_nothing_are_ignored() {
    let (server, _, mut raw) = open().await;
    raw.is_served_next().await;
    let texts = [
        r#"{"jsonrpc":"2.0","id":65536,"result":7}"#,
        r#"{"jsonrpc":"2.0","id":"x","result":7}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":65536,"error":7}"#,
    ];
    for text in texts {
        raw.send(text).await;
    }
    raw.is_served_next().await;
    let statistics = server.peers().list()[0].statistics();
    assert_eq!(statistics.ignored, texts.len() as u64);
    assert_eq!(statistics.running, 0);
}

#[tokio::test]
async fn too_many_requests_are_busy() {
    let mut limits = Limits::default();
    limits.in_flight = 4;
    let (server, gate) = serve(limits).await;
    let mut raw = Raw::connect(server.url(), None).await;
    for id in 0..5 {
        raw.send(json!({"jsonrpc": "2.0", "id": id, "method": "Wait"}).to_string())
            .await;
    }
    assert_eq!(code(&raw.receive().await), (-32004, "busy", &json!(4)));
    gate.add_permits(4);
    for _ in 0..4 {
        assert_eq!(raw.receive().await["result"], 42);
    }
    raw.is_served_next().await;
}

#[tokio::test]
async fn message_over_the_limit_closes_with_1009() {
    let mut limits = Limits::default();
    limits.message = 1_000;
    let (server, _) = serve(limits).await;
    for length in [2_000, 200_000] {
        let mut raw = Raw::connect(server.url(), None).await;
        let text = "x".repeat(length);
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "Echo", "params": [text]});
        raw.send(call.to_string()).await;
        assert_eq!(raw.closed().await.0, 1009, "{length}");
    }
}
