//! Calls and notifications, text for text.

use serde_json::{Value, json};

use super::raw::code;
use super::service::open;

#[tokio::test]
async fn calls_are_answered_as_the_standard_says() {
    let (_server, _, mut raw) = open().await;
    for (call, answer) in [
        (
            r#"{"jsonrpc":"2.0","method":"sub-tract","params":[42,23],"id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":19}"#,
        ),
        (
            r#" { "id" : "a b" , "params" : {"subtrahend":23,"minuend":42} , "method" : "sub-tract", "jsonrpc" : "2.0" } "#,
            r#"{"jsonrpc":"2.0","id":"a b","result":19}"#,
        ),
        // An earlier name.
        (
            r#"{"jsonrpc":"2.0","method":"Minus","params":[1,2],"id":null}"#,
            r#"{"jsonrpc":"2.0","id":null,"result":-1}"#,
        ),
        // Ids come back as they were written; escapes count nowhere; what is not known is ignored.
        (
            r#"{"jsonrpc":"2.0","m\u0065thod":"\u0045cho","params":{"text":"\u00fc","more":[{}]},"id":1.50e1,"x":{"y":[]}}"#,
            r#"{"jsonrpc":"2.0","id":1.50e1,"result":"ü"}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":-7,"method":"Withdraw","params":{"amount":130}}"#,
            r#"{"jsonrpc":"2.0","id":-7,"error":{"code":1,"message":"the handler's own error","data":{"Missing":{"amount":30}}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"Withdraw","params":{"amount":0}}"#,
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32009,"message":"take at least 1","data":{"status":"denied"}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"mitto-ping"}"#,
            r#"{"jsonrpc":"2.0","id":3,"result":{}}"#,
        ),
    ] {
        raw.send(call).await;
        assert_eq!(raw.text().await, answer, "{call}");
    }
}

#[tokio::test]
async fn params_may_be_left_out_or_stand_alone() {
    let (_server, _, mut raw) = open().await;
    for (method, params, result) in [
        ("Look", None, json!([null, []])),
        ("Look", Some(json!(null)), json!([null, []])),
        ("Look", Some(json!({})), json!([null, []])),
        ("Knock", None, json!(true)),
        ("Knock", Some(json!({})), json!(true)),
        ("Knock", Some(json!([])), json!(true)),
        ("Length", Some(json!(["four"])), json!(4)),
        ("Echo", Some(json!(["by position"])), json!("by position")),
    ] {
        let mut call = json!({"jsonrpc": "2.0", "id": 1, "method": method});
        if let Some(params) = &params {
            call["params"] = params.clone();
        }
        let answer = raw.ask(call.to_string()).await;
        assert_eq!(answer["result"], result, "{method} {params:?} {answer}");
    }
}

#[tokio::test]
async fn every_status_has_its_code() {
    let (_server, _, mut raw) = open().await;
    for (number, expected, name) in [
        (1, -32601, "not found"),
        (2, -32002, "timeout"),
        (3, -32003, "cancelled"),
        (4, -32004, "busy"),
        (5, -32005, "too large"),
        (6, -32602, "bad request"),
        (7, -32007, "unsupported format"),
        (8, -32008, "schema mismatch"),
        (9, -32009, "denied"),
        (10, -32603, "internal"),
        (11, -32011, "unavailable"),
        (12, -32012, "loop detected"),
        (13, -32013, "connection lost"),
        (999, -32000, "code 999"),
    ] {
        let answer = raw.call("Fail", json!({"code": number})).await;
        assert_eq!(code(&answer), (expected, name, &json!(1)));
        assert_eq!(answer["error"]["message"], "as asked");
    }
}

#[tokio::test]
async fn metadata_address_and_timeout_travel_in_the_member_mitto() {
    let (_server, _, mut raw) = open().await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "Look", "mitto": {
        "address": "desk/eu",
        "metadata": {"Traceparent": "00-1", "k": ["a", "b\n"]},
        "later": true,
    }});
    let answer = raw.ask(call.to_string()).await;
    let metadata = json!([["traceparent", "00-1"], ["k", "a"], ["k", "b\n"]]);
    assert_eq!(answer["result"], json!(["desk/eu", metadata]));

    let call = r#"{"jsonrpc":"2.0","id":1,"method":"Hang","mitto":{"timeout_ms":40}}"#;
    assert_eq!(code(&raw.ask(call).await), (-32002, "timeout", &json!(1)));

    for wrong in [
        json!(7),
        json!({"timeout_ms": "1"}),
        json!({"timeout_ms": -1}),
        json!({"timeout_ms": 1.5}),
        json!({"address": 7}),
        json!({"metadata": ["a"]}),
        json!({"metadata": {"a": 1}}),
        json!({"metadata": {"a": ["b", 1]}}),
    ] {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "Look", "mitto": wrong});
        let answer = raw.ask(call.to_string()).await;
        assert_eq!(code(&answer), (-32600, "bad request", &json!(1)), "{call}");
    }
    for wrong in [
        json!({"metadata": {"a b": "c"}}),
        json!({"metadata": {"a": "x".repeat(9000)}}),
        json!({"address": ""}),
        json!({"address": "desk"}),
        json!({"address": "desk/eu\u{202e}"}),
        json!({"address": "desk/eu/".to_owned() + &"x".repeat(10_000)}),
    ] {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "Look", "mitto": wrong});
        let answer = raw.ask(call.to_string()).await;
        assert_eq!(code(&answer), (-32602, "bad request", &json!(1)), "{call}");
    }
}

#[tokio::test]
async fn wrong_address_refuses_its_own_request() {
    let (_server, _, mut raw) = open().await;
    let call = |id: u32, address: &str| {
        let mitto = json!({"address": address});
        json!({"jsonrpc": "2.0", "id": id, "method": "Look", "mitto": mitto})
    };
    let batch = json!([call(1, "desk/eu"), call(2, "desk/*"), call(3, "desk/eu/*")]);
    let mut answers = raw.ask(batch.to_string()).await;
    let answers = answers.as_array_mut().unwrap();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    assert_eq!(answers[0]["result"], json!(["desk/eu", []]));
    for (answer, part) in answers[1..].iter().zip(["node", "action"]) {
        assert_eq!(code(answer).1, "bad request");
        let text = format!("the {part} of the address holds '*', take only A-Z a-z 0-9 _ -");
        assert_eq!(answer["error"]["message"], text);
    }
}

#[tokio::test]
async fn notification_with_a_wrong_address_is_ignored() {
    let (_server, gate, mut raw) = open().await;
    for mitto in [
        json!({"address": "desk"}),
        json!({"address": 7}),
        json!({"metadata": {"a b": "c"}}),
        json!(7),
    ] {
        let note = json!({"jsonrpc": "2.0", "method": "LetGo", "mitto": mitto});
        raw.send(note.to_string()).await;
    }
    raw.is_served_next().await;
    assert_eq!(gate.available_permits(), 0);
    raw.send(r#"{"jsonrpc":"2.0","method":"LetGo","mitto":{"address":"desk/eu"}}"#)
        .await;
    raw.is_served_next().await;
    assert_eq!(gate.available_permits(), 1);
}

#[tokio::test]
async fn notifications_are_never_answered() {
    let (_server, _, mut raw) = open().await;
    for text in [
        r#"{"jsonrpc":"2.0","method":"Echo","params":{"text":"x"}}"#,
        r#"{"jsonrpc":"2.0","method":"Echo","params":{"text":7}}"#,
        r#"{"jsonrpc":"2.0","method":"Nobody"}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.unknown"}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.item","params":{"subscription":1,"result":2}}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.progress","params":{"id":65536}}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.cancel"}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.cancel","params":{"id":4711}}"#,
    ] {
        raw.send(text).await;
    }
    raw.is_served_next().await;
    raw.send(r#"{"jsonrpc":"2.0","id":1,"method":"Wait"}"#)
        .await;
    raw.send(r#"{"jsonrpc":"2.0","method":"LetGo"}"#).await;
    assert_eq!(raw.receive().await["result"], 42);
}

#[tokio::test]
async fn calls_run_at_once_under_any_ids() {
    let (_server, gate, mut raw) = open().await;
    let ids = [
        json!(1),
        json!("1"),
        json!(1),
        json!(null),
        json!("é"),
        json!("x".repeat(120)),
    ];
    for id in &ids {
        raw.send(json!({"jsonrpc": "2.0", "id": id, "method": "Wait"}).to_string())
            .await;
    }
    raw.is_served_next().await;
    gate.add_permits(ids.len());
    let mut left = ids.to_vec();
    for _ in &ids {
        let answer = raw.receive().await;
        assert_eq!(answer["result"], 42);
        let at = left
            .iter()
            .position(|id| *id == answer["id"])
            .expect("an id that was sent");
        left.remove(at);
    }
}

#[tokio::test]
async fn cancelled_request_is_answered_as_such() {
    let (_server, _, mut raw) = open().await;
    for params in [json!({"id": "h"}), json!({"id": "h", "subscription": 9})] {
        raw.send(r#"{"jsonrpc":"2.0","id":"h","method":"Hang"}"#)
            .await;
        let cancel = json!({"jsonrpc": "2.0", "method": "mitto.cancel", "params": params});
        let answer = raw.ask(cancel.to_string()).await;
        assert_eq!(code(&answer), (-32003, "cancelled", &json!("h")));
    }
    raw.send(r#"{"jsonrpc":"2.0","id":"h","method":"Hang"}"#)
        .await;
    let cancel = r#"{"jsonrpc":"2.0","id":8,"method":"mitto.cancel","params":{"id":"h"}}"#;
    raw.send(cancel).await;
    let mut both = [raw.receive().await, raw.receive().await];
    both.sort_by_key(|answer| answer["id"] == 8);
    assert_eq!(code(&both[0]), (-32003, "cancelled", &json!("h")));
    assert_eq!(both[1]["result"], true);
    assert_eq!(raw.ask(cancel).await["result"], false);
    let wrong = raw
        .ask(r#"{"jsonrpc":"2.0","id":8,"method":"mitto.cancel","params":{}}"#)
        .await;
    assert_eq!(code(&wrong), (-32602, "bad request", &json!(8)));
}

#[tokio::test]
async fn progress_is_a_notification() {
    let (_server, gate, mut raw) = open().await;
    raw.send(r#"{"jsonrpc":"2.0","id":"w","method":"Wait","params":{"report":true}}"#)
        .await;
    let progress = raw.receive().await;
    assert_eq!(
        progress,
        json!({"jsonrpc": "2.0", "method": "mitto.progress", "params": {"id": "w"}})
    );
    gate.add_permits(1);
    assert_eq!(raw.receive().await["result"], 42);
}

#[tokio::test]
async fn the_server_calls_its_client() {
    let (_server, _, mut raw) = open().await;
    let call = raw
        .ask(r#"{"jsonrpc":"2.0","id":"me","method":"AskBack"}"#)
        .await;
    assert_eq!(
        (&call["method"], &call["params"]),
        (&json!("Name"), &json!({}))
    );
    let id: Value = call["id"].clone();
    assert!(id.is_u64());
    let told = raw
        .ask(json!({"jsonrpc": "2.0", "id": id, "result": "Ada"}).to_string())
        .await;
    assert_eq!(
        told,
        json!({"jsonrpc": "2.0", "method": "Told", "params": {"text": "Ada"}})
    );
    assert_eq!(
        raw.receive().await,
        json!({"jsonrpc": "2.0", "id": "me", "result": "Ada"})
    );

    let call = raw
        .ask(r#"{"jsonrpc":"2.0","id":"me","method":"AskBack"}"#)
        .await;
    let error = json!({"code": -32601, "message": "no method Name"});
    let answer = json!({"jsonrpc": "2.0", "id": call["id"], "error": error});
    let answer = raw.ask(answer.to_string()).await;
    assert_eq!(code(&answer), (-32601, "not found", &json!("me")));
    assert_eq!(answer["error"]["message"], "no method Name");
}

#[tokio::test]
async fn the_server_reads_a_stream_of_its_client() {
    for (method, end) in [
        (
            "mitto.item",
            json!({"jsonrpc": "2.0", "method": "mitto.end", "params": {"subscription": "s", "error": null}}),
        ),
        (
            "any_name",
            json!({"jsonrpc": "2.0", "method": "x", "params": {"error": null, "subscription": "s"}}),
        ),
    ] {
        let (_server, _, mut raw) = open().await;
        let call = raw
            .ask(r#"{"jsonrpc":"2.0","id":1,"method":"ReadBack"}"#)
            .await;
        assert_eq!(call["method"], "Letters");
        raw.send(json!({"jsonrpc": "2.0", "id": call["id"], "result": "s"}).to_string())
            .await;
        for n in 1..=3 {
            let params = json!({"subscription": "s", "result": n});
            raw.send(json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string())
                .await;
        }
        raw.send(end.to_string()).await;
        assert_eq!(raw.receive().await["result"], json!([1, 2, 3]));
    }
}

#[tokio::test]
async fn who_asks_is_told_when_the_handler_ran() {
    let (_server, _, mut raw) = open().await;
    let asked = r#""mitto":{"metadata":{"mitto-timing":"1"}}"#;
    for (call, member) in [
        (r#""method":"Echo","params":["a"]"#, "result"),
        (r#""method":"Withdraw","params":[101]"#, "error"),
        (r#""method":"Fail","params":{"code":4}"#, "error"),
    ] {
        raw.send(format!(r#"{{"jsonrpc":"2.0","id":1,{call},{asked}}}"#))
            .await;
        let text = raw.text().await;
        let begin = r#"{"jsonrpc":"2.0","id":1,"mitto":{"metadata":{"mitto-started":""#;
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains(&format!(r#""}}}},"{member}":"#)), "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let said = &answer["mitto"]["metadata"];
        let time = |key: &str| said[key].as_str().unwrap().parse::<u64>().unwrap();
        assert!(time("mitto-started") <= time("mitto-ended"), "{text}");
    }
}
