//! A JSON-RPC client by hand, text for text.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

pub(crate) struct Raw {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) subprotocol: Option<String>,
}

impl Raw {
    pub(crate) async fn connect(url: &str, subprotocol: Option<&str>) -> Self {
        let headers = subprotocol.map(|name| (SUBPROTOCOL, name));
        let raw = Self::upgrade(url, headers.as_slice()).await;
        raw.unwrap()
    }

    /// Connects with headers of its own.
    pub(crate) async fn upgrade(
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, answer) = connect_async(request).await?;
        let subprotocol = answer.headers().get(SUBPROTOCOL);
        let subprotocol = subprotocol.map(|name| name.to_str().unwrap().to_owned());
        Ok(Self {
            socket,
            subprotocol,
        })
    }

    pub(crate) async fn send(&mut self, text: impl AsRef<str>) {
        let text = Message::text(text.as_ref());
        self.socket.send(text).await.unwrap();
    }

    /// The next text; pings are passed over.
    pub(crate) async fn text(&mut self) -> String {
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

    pub(crate) async fn receive(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// What comes back for a text.
    pub(crate) async fn ask(&mut self, text: impl AsRef<str>) -> Value {
        self.send(text).await;
        self.receive().await
    }

    /// The same for a call.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.ask(call.to_string()).await
    }

    /// Nothing has come but what was read.
    pub(crate) async fn is_served_next(&mut self) {
        let back =
            self.ask(r#"{"jsonrpc":"2.0","id":"next","method":"Echo","params":{"text":"x"}}"#);
        assert_eq!(
            back.await,
            json!({"jsonrpc": "2.0", "id": "next", "result": "x"})
        );
    }

    /// Nothing has come by now, nor the end.
    pub(crate) fn is_open(&mut self) {
        let next = self.socket.next().now_or_never();
        assert!(next.is_none(), "{next:?}");
    }

    /// The code and the reason that the server closes with.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
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
pub(crate) fn code(answer: &Value) -> (i64, &str, &Value) {
    let error = &answer["error"];
    let status = error["data"]["status"].as_str().unwrap_or("");
    (error["code"].as_i64().unwrap_or(0), status, &answer["id"])
}
