//! A JSON-RPC client by hand, text for text.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(super) struct Raw {
    pub(super) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) subprotocol: Option<String>,
}

impl Raw {
    pub(super) async fn connect(url: &str, subprotocol: Option<&str>) -> Self {
        let mut request = url.into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            let name = "Sec-WebSocket-Protocol";
            request
                .headers_mut()
                .insert(name, subprotocol.parse().unwrap());
        }
        let (socket, answer) = connect_async(request).await.unwrap();
        let subprotocol = answer.headers().get("Sec-WebSocket-Protocol");
        let subprotocol = subprotocol.map(|name| name.to_str().unwrap().to_owned());
        Self {
            socket,
            subprotocol,
        }
    }

    pub(super) async fn send(&mut self, text: impl AsRef<str>) {
        let text = Message::text(text.as_ref());
        self.socket.send(text).await.unwrap();
    }

    /// The next text; pings are passed over.
    pub(super) async fn text(&mut self) -> String {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.socket.next()).await;
            match next
                .expect("an answer")
                .expect("an open connection")
                .unwrap()
            {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn receive(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// What comes back for a text.
    pub(super) async fn ask(&mut self, text: impl AsRef<str>) -> Value {
        self.send(text).await;
        self.receive().await
    }

    /// The same for a call.
    pub(super) async fn call(&mut self, method: &str, params: Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.ask(call.to_string()).await
    }

    /// Nothing has come but what was read.
    pub(super) async fn is_served_next(&mut self) {
        let back =
            self.ask(r#"{"jsonrpc":"2.0","id":"next","method":"Echo","params":{"text":"x"}}"#);
        assert_eq!(
            back.await,
            json!({"jsonrpc": "2.0", "id": "next", "result": "x"})
        );
    }

    /// The code and the reason that the server closes with.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.socket.next()).await;
            match next.expect("a close") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// An error without its text for people.
pub(super) fn code(answer: &Value) -> (i64, &str, &Value) {
    let error = &answer["error"];
    let status = error["data"]["status"].as_str().unwrap_or("");
    (error["code"].as_i64().unwrap_or(0), status, &answer["id"])
}
