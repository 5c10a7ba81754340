//! Our client as a JSON-RPC peer, and what its calls look like to a server of another library.

use futures_util::{SinkExt, StreamExt};
use mitto::client::ConnectError;
use mitto::{CallError, Code, Format, Items, Status, handler, provider};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::service::*;

#[provider(client of Desk: [name, letters, told])]
struct Visitor;

#[handler]
fn name(_: Name) -> String {
    "Ada".into()
}

#[handler]
async fn letters(items: Items<u32>, _: Letters) -> Result<(), Status> {
    for n in 1..=3 {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
fn told(_: Told) {}

#[tokio::test]
async fn both_ends_are_ours() {
    let (server, gate) = serve(mitto::Limits::default()).await;
    let builder = DeskClient::builder().provide(Visitor).json_rpc();
    let client = builder.connect(server.url()).await.unwrap();
    let (minuend, subtrahend) = (3, 5);
    assert_eq!(
        client
            .subtract(Subtract {
                minuend,
                subtrahend
            })
            .await,
        Ok(-2)
    );
    assert_eq!(client.length(Length("four".into())).await, Ok(4));
    assert_eq!(client.knock(Knock).await, Ok(true));
    for number in (1..=14).chain([100, 999]) {
        let code = Code::from(number);
        let status = Status::new(code, "as asked");
        assert_eq!(client.fail(Fail { code }).await, Err(status));
    }
    let missing = NoMoney::Missing { amount: 1 };
    let withdrawn = client.withdraw(Withdraw { amount: 101 }).await;
    assert_eq!(withdrawn, Err(CallError::Handler(missing)));
    let look = client.look(Look {}).at("desk/eu").metadata("k", "v");
    let metadata = vec![("k".to_owned(), "v".to_owned())];
    assert_eq!(look.await, Ok((Some("desk/eu".to_owned()), metadata)));
    assert_eq!(client.ask_back(AskBack {}).await, Ok("Ada".to_owned()));
    assert_eq!(client.read_back(ReadBack {}).await, Ok(vec![1, 2, 3]));
    let (to, hang) = (5, false);
    let mut stream = client.count(Count { to, hang }).await.unwrap();
    for n in 1..=5 {
        assert_eq!(stream.next().await, Some(Ok(n)));
    }
    assert_eq!(stream.next().await, None);
    let wait = client.wait(Wait { report: true });
    gate.add_permits(1);
    assert_eq!(wait.await, Ok(42));
    let binary = client.knock(Knock).format(Format::MESSAGE_PACK).await;
    assert_eq!(binary.unwrap_err().code(), Code::UnsupportedFormat);
    assert_eq!(client.peer().statistics().in_flight, 0);
}

#[tokio::test]
async fn reader_that_is_behind_holds_the_stream() {
    let (server, _) = serve(mitto::Limits::default()).await;
    let client = DeskClient::builder()
        .json_rpc()
        .connect(server.url())
        .await
        .unwrap();
    let mut stream = client.flood(Flood {}).await.unwrap();
    let peer = server.peers().list().remove(0);
    while peer.statistics().outbound < 1 << 20 {
        tokio::task::yield_now().await;
    }
    for _ in 0..300 {
        assert_eq!(stream.next().await.unwrap().unwrap().len(), 64 << 10);
    }
    drop(stream);
    assert_eq!(client.knock(Knock).await, Ok(true));
}

#[tokio::test]
async fn other_format_is_refused() {
    let builder = DeskClient::builder()
        .json_rpc()
        .format(Format::MESSAGE_PACK);
    let error = builder.connect("ws://127.0.0.1:9").await.unwrap_err();
    assert!(matches!(error, ConnectError::OtherFormat { .. }));
    let text = "this framing carries JSON only: leave `.format(..)` out, or the framing";
    assert_eq!(error.to_string(), text);
}

/// A server of another library that answers as it likes.
struct Foreign(WebSocketStream<TcpStream>);

impl Foreign {
    /// With our client.
    async fn open() -> (DeskClient, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let accepted = async {
            let (stream, _) = listener.accept().await.unwrap();
            #[expect(clippy::result_large_err, reason = "the library asks for it")]
            let confirm = |request: &Request, mut answer: Response| {
                let offered = request.headers()["Sec-WebSocket-Protocol"]
                    .to_str()
                    .unwrap();
                assert!(offered.starts_with("jsonrpc-2.0, "), "{offered}");
                let headers = answer.headers_mut();
                headers.insert("Sec-WebSocket-Protocol", "jsonrpc-2.0".parse().unwrap());
                Ok(answer)
            };
            Self(accept_hdr_async(stream, confirm).await.unwrap())
        };
        let builder = DeskClient::builder().json_rpc();
        let (client, foreign) = tokio::join!(builder.connect(&url), accepted);
        (client.unwrap(), foreign)
    }

    async fn text(&mut self) -> String {
        match self.0.next().await.unwrap().unwrap() {
            Message::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    async fn receive(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    async fn send(&mut self, value: &Value) {
        self.0.send(Message::text(value.to_string())).await.unwrap();
    }
}

#[tokio::test]
async fn calls_are_written_plainly() {
    let (client, mut server) = Foreign::open().await;
    let text = "x".to_owned();
    let echo = client.echo(Echo { text });
    let answer = async {
        let call = server.text().await;
        let expected = r#"{"jsonrpc":"2.0","id":65536,"method":"Echo","params":{"text":"x"}}"#;
        assert_eq!(call, expected);
        server
            .send(&json!({"jsonrpc": "2.0", "result": "y", "id": 65536}))
            .await;
    };
    let (answer, ()) = tokio::join!(echo, answer);
    assert_eq!(answer, Ok("y".to_owned()));

    client.let_go(LetGo {}).await.unwrap();
    let expected = r#"{"jsonrpc":"2.0","method":"LetGo","params":{}}"#;
    assert_eq!(server.text().await, expected);
}

#[tokio::test]
async fn params_are_structured() {
    let (client, mut server) = Foreign::open().await;
    let answer = async {
        for expected in [
            r#"{"jsonrpc":"2.0","id":65536,"method":"Length","params":["a]"]}"#,
            r#"{"jsonrpc":"2.0","id":131072,"method":"Knock"}"#,
            r#"{"jsonrpc":"2.0","id":196608,"method":"Look","mitto":{"timeout_ms":1500,"address":"a/b","metadata":{"k":"v"}},"params":{}}"#,
        ] {
            assert_eq!(server.text().await, expected);
            let id: Value = serde_json::from_str::<Value>(expected).unwrap()["id"].clone();
            let error = json!({"code": -32601, "message": "no"});
            server
                .send(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
                .await;
        }
    };
    let calls = async {
        assert!(client.length(Length("a]".into())).await.is_err());
        assert!(client.knock(Knock).await.is_err());
        let look = client.look(Look {}).at("a/b").metadata("k", "v");
        assert!(
            look.timeout(std::time::Duration::from_millis(1500))
                .await
                .is_err()
        );
    };
    tokio::join!(answer, calls);
}

#[tokio::test]
async fn answers_of_another_library_are_understood() {
    let (client, mut server) = Foreign::open().await;
    for (answer, expected) in [
        (json!({"result": 7}), Code::BadRequest),
        (
            json!({"error": {"code": -32602, "message": "no"}}),
            Code::BadRequest,
        ),
        (
            json!({"result": null, "error": {"code": -32601, "message": "no"}}),
            Code::NotFound,
        ),
        (
            json!({"error": {"code": 4711, "message": "no", "data": [1]}}),
            Code::Internal,
        ),
        (json!({"error": "no"}), Code::Internal),
    ] {
        let (outcome, ()) = tokio::join!(client.echo(Echo { text: "x".into() }), async {
            let mut whole = answer.clone();
            whole["jsonrpc"] = json!("2.0");
            whole["id"] = server.receive().await["id"].clone();
            server.send(&whole).await;
        });
        assert_eq!(outcome.unwrap_err().code(), expected, "{answer}");
    }
}

#[tokio::test]
async fn subscriptions_of_another_library_are_streams() {
    let (client, mut server) = Foreign::open().await;
    let count = client.count(Count { to: 1, hang: false });
    let (stream, ()) = tokio::join!(count, async {
        let id = server.receive().await["id"].clone();
        server
            .send(&json!({"jsonrpc": "2.0", "id": id, "result": "0xcd"}))
            .await;
    });
    let mut stream = stream.unwrap();
    let item = json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0xcd", "result": 9}});
    server.send(&item).await;
    assert_eq!(stream.next().await, Some(Ok(9)));
    drop(stream);
    let cancel = server.receive().await;
    assert_eq!(
        (&cancel["method"], &cancel["params"]),
        (&json!("mitto.cancel"), &json!({"id": 65536}))
    );
    // What was on its way means nothing any more.
    server.send(&item).await;

    let count = client.count(Count { to: 1, hang: false });
    let (refused, ()) = tokio::join!(count, async {
        let id = server.receive().await["id"].clone();
        server
            .send(&json!({"jsonrpc": "2.0", "id": id, "result": {"no": "id"}}))
            .await;
    });
    let Err(CallError::Status(status)) = refused else {
        panic!("no stream has begun");
    };
    assert_eq!(status.code(), Code::BadRequest);
}
