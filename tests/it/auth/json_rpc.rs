//! Who may do what over JSON-RPC, which has no hello: header and subprotocol show who is there.

use futures_util::{SinkExt, StreamExt};
use mitto::auth::Tokens;
use mitto::server::Handle;
use mitto::transport::CloseReason;
use mitto::{Identity, Server};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::desk::*;
use crate::json_rpc::raw::{Raw, SUBPROTOCOL, code};

const HEADER: &str = "Authorization";

fn server(desk: &TheDesk) -> Server {
    Server::new(desk.clone()).authenticate(
        Tokens::new()
            .token("s3cret", Identity::new("ann").grant("read"))
            .token("0ther", Identity::new("bob").grant("read").grant("write")),
    )
}

async fn listen(server: Server) -> Handle {
    server.listen("ws://127.0.0.1:0").await.unwrap().spawn()
}

async fn connect(server: &Handle, headers: &[(&'static str, &str)]) -> Raw {
    Raw::upgrade(server.url(), headers).await.unwrap()
}

fn call(id: u32, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method})
}

fn note(text: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": "Note", "params": {"text": text}})
}

fn denied(answer: &Value, id: u32, text: &str) {
    assert_eq!(code(answer), (-32009, "denied", &json!(id)));
    assert_eq!(answer["error"]["message"], text);
}

#[tokio::test]
async fn header_and_subprotocol_show_the_token() {
    let server = listen(server(&TheDesk::default())).await;
    for (headers, subprotocol) in [
        (&[(HEADER, "Bearer s3cret")][..], None),
        (
            &[(HEADER, "Bearer s3cret"), (SUBPROTOCOL, "jsonrpc-2.0")],
            Some("jsonrpc-2.0"),
        ),
        (&[(SUBPROTOCOL, "bearer.s3cret, jsonrpc")], Some("jsonrpc")),
        (
            &[(SUBPROTOCOL, "json-rpc, bearer.s3cret")],
            Some("json-rpc"),
        ),
    ] {
        let mut raw = connect(&server, headers).await;
        assert_eq!(raw.subprotocol.as_deref(), subprotocol);
        let who = raw.ask(call(1, "Who").to_string()).await;
        assert_eq!(who["result"], "ann", "{headers:?}");
        let look = raw.ask(json!([call(2, "Look")]).to_string()).await;
        assert_eq!(look[0]["result"], json!(["ann", "ann", "ann"]));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn refused_one_reaches_no_handler() {
    let desk = TheDesk::default();
    let server = listen(server(&desk)).await;
    for (headers, why) in [
        (&[][..], "needs an identity"),
        (&[(SUBPROTOCOL, "jsonrpc")], "needs an identity"),
        (&[(HEADER, "Bearer s3cre")], "the token is not known here"),
        (
            &[(HEADER, "Bearer s3cre"), (SUBPROTOCOL, "jsonrpc")],
            "the token is not known here",
        ),
        (
            &[(SUBPROTOCOL, "bearer.S3cret, jsonrpc")],
            "the token is not known here",
        ),
    ] {
        let mut raw = connect(&server, headers).await;
        for text in [
            note("alone"),
            json!([note("in an array"), call(1, "Look")]),
            call(2, "Look"),
        ] {
            // It may be refused before it has said all that.
            let _ = raw.socket.send(Message::text(text.to_string())).await;
        }
        let close = loop {
            match raw.socket.next().await.expect("a close").unwrap() {
                Message::Close(frame) => break frame.expect("a reason"),
                Message::Text(text) => panic!("{headers:?} are answered: {text}"),
                _ => {}
            }
        };
        assert_eq!(u16::from(close.code), CloseReason::POLICY, "{headers:?}");
        assert!(close.reason.contains(why), "{headers:?} {close}");
    }
    server.shutdown().await;
    assert_eq!(*desk.notes.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_messages_require_holds_in_arrays_too() {
    let desk = TheDesk::default();
    let server = listen(server(&desk)).await;
    let all = json!([
        call(1, "Read"),
        note("for ann"),
        call(2, "Write"),
        call(3, "Enter"),
        call(4, "Who"),
    ]);
    let lacks = "`Write` needs the grant `write`, which ann does not have";

    let mut ann = connect(&server, &[(HEADER, "Bearer s3cret")]).await;
    assert_eq!(ann.ask(call(1, "Read").to_string()).await["result"], 7);
    let refused = ann.ask(call(2, "Write").to_string()).await;
    denied(&refused, 2, lacks);
    ann.send(note("alone").to_string()).await;
    let mut answers = ann.ask(all.to_string()).await;
    let answers = answers.as_array_mut().unwrap();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["result"], 7);
    denied(&answers[1], 2, lacks);
    assert_eq!(answers[2]["result"], Value::Null);
    assert_eq!(answers[3]["result"], "ann");
    let watch = ann.ask(call(5, "Watch").to_string()).await;
    assert!(watch["result"].is_u64(), "{watch}");
    assert_eq!(*desk.notes.lock().unwrap(), [""; 0]);

    let mut bob = connect(&server, &[(SUBPROTOCOL, "jsonrpc, bearer.0ther")]).await;
    let text = all.to_string().replace("ann", "bob");
    let answers = bob.ask(text).await;
    let answers = answers.as_array().unwrap();
    assert!(answers.iter().all(|answer| answer["error"].is_null()));
    bob.send(note("alone").to_string()).await;
    bob.ask(call(6, "Who").to_string()).await;
    assert_eq!(*desk.notes.lock().unwrap(), ["for bob", "alone"]);
    server.shutdown().await;
}

#[tokio::test]
async fn anonymous_callers_are_let_in_when_that_is_allowed() {
    let desk = TheDesk::default();
    let server = listen(server(&desk).allow_anonymous()).await;
    let mut raw = connect(&server, &[]).await;
    let look = raw.ask(call(1, "Look").to_string()).await;
    assert_eq!(look["result"], json!([null, null, null]));
    let read = raw.ask(call(2, "Read").to_string()).await;
    denied(&read, 2, "`Read` needs an identity: show credentials");
    let answers = raw.ask(json!([call(3, "Enter"), note("x")]).to_string());
    let enter = &answers.await[0];
    denied(enter, 3, "`Enter` needs an identity: show credentials");
    let watch = raw.ask(call(4, "Watch").to_string()).await;
    denied(&watch, 4, "`Watch` needs an identity: show credentials");
    assert_eq!(*desk.notes.lock().unwrap(), [""; 0]);

    // What is shown must be right all the same.
    let mut raw = connect(&server, &[(HEADER, "Bearer wrong")]).await;
    let _ = raw.socket.send(Message::text(note("x").to_string())).await;
    assert_eq!(raw.closed().await.0, CloseReason::POLICY);
    let mut raw = connect(&server, &[(HEADER, "Bearer s3cret")]).await;
    assert_eq!(raw.ask(call(1, "Who").to_string()).await["result"], "ann");
    server.shutdown().await;
}

#[tokio::test]
async fn pages_of_others_are_refused_whatever_they_show() {
    let server = server(&TheDesk::default()).allow_origin("https://good.example");
    let server = listen(server).await;
    let token = (SUBPROTOCOL, "jsonrpc, bearer.s3cret");
    for origin in ["https://evil.example", "null", "https://good.example:444"] {
        let refused = Raw::upgrade(server.url(), &[token, ("Origin", origin)]).await;
        match refused.map(drop) {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
    let mut raw = connect(&server, &[token, ("Origin", "https://good.example")]).await;
    assert_eq!(raw.ask(call(1, "Who").to_string()).await["result"], "ann");
    server.shutdown().await;
}
