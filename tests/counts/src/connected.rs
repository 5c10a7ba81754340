//! Requests over connections, both ends together.

use mitto::client::Builder;
use mitto::transport::memory::Memory;
use mitto::{Format, Server};
use tokio::task::JoinSet;

use crate::case::Case;
use crate::service::{AddAtLast, CountedClient, CountedServer, Echo, Text};

const PAYLOAD: usize = 32;
const IN_FLIGHT: u64 = 64;
const LENGTH: u64 = 512;
/// Buffers are as large as they get only after some rounds of all.
const LENGTH_TOGETHER: u64 = 16 * IN_FLIGHT;

/// What is spoken on a connection.
#[derive(Clone, Copy)]
pub(crate) enum Speech {
    Native(Format),
    JsonRpc,
}

pub(crate) fn cases() -> Vec<Case> {
    let formats = [Format::JSON, Format::MESSAGE_PACK, Format::COMPACT];
    let mut cases: Vec<Case> = formats
        .into_iter()
        .chain([Format::XML])
        .map(Speech::Native)
        .chain([Speech::JsonRpc])
        .map(alone)
        .collect();
    cases.push(text());
    cases.push(at_last());
    for (name, url) in [
        ("TCP", "tcp://127.0.0.1:0"),
        ("WebSocket", "ws://127.0.0.1:0"),
    ] {
        cases.extend(formats.map(|format| together(name, url, Speech::Native(format))));
    }
    cases.push(together("WebSocket", "ws://127.0.0.1:0", Speech::JsonRpc));
    cases
}

/// One request after the other.
fn alone(speech: Speech) -> Case {
    let name = format!("memory/{}, echo", speech.name());
    Case::waiting(name, LENGTH, async move |length| {
        let client = connect(MEMORY, speech).await;
        echo(client, length).await;
    })
}

fn text() -> Case {
    let speech = Speech::Native(Format::BYTES);
    let name = format!("memory/{}, echo of a text", speech.name());
    Case::waiting(name, LENGTH, async move |length| {
        let client = connect(MEMORY, speech).await;
        let text = Text {
            payload: "p".repeat(PAYLOAD),
        };
        for _ in 0..length {
            let back = client.text(text.clone()).await.expect("answered");
            assert_eq!(back.len(), PAYLOAD);
        }
    })
}

/// A handler that is not ready at once moves to those that run.
fn at_last() -> Case {
    let speech = Speech::Native(Format::MESSAGE_PACK);
    let name = format!("memory/{}, handler that waits", speech.name());
    Case::waiting(name, LENGTH, async move |length| {
        let client = connect(MEMORY, speech).await;
        for n in 0..length {
            assert_eq!(client.add_at_last(AddAtLast { n }).await, Ok(n + 1));
        }
    })
}

/// Many requests at once, each of a task that waits for its own.
fn together(transport: &str, url: &'static str, speech: Speech) -> Case {
    let name = format!("{transport} 1x{IN_FLIGHT}/{}, echo", speech.name());
    Case::waiting(name, LENGTH_TOGETHER, async move |length| {
        let client = connect(url, speech).await;
        let mut callers = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            callers.spawn(echo(client.clone(), length / IN_FLIGHT));
        }
        callers.join_all().await;
    })
}

async fn echo(client: CountedClient, length: u64) {
    let message = Echo::of(PAYLOAD);
    for id in 0..length {
        let sent = Echo {
            id: message.id + id,
            ..message.clone()
        };
        let back = client.echo(sent).await.expect("answered");
        assert_eq!((back.id, back.payload.len()), (message.id + id, PAYLOAD));
    }
}

pub(crate) const MEMORY: &str = "memory://counts";

/// Both ends of a connection, in this thread.
pub(crate) async fn connect(url: &str, speech: Speech) -> CountedClient {
    let memory = Memory::new();
    let server = Server::new(CountedServer).transport(memory.clone());
    let server = server.listen(url).await.expect("listens");
    let url = server.url().to_owned();
    server.spawn();
    let builder: Builder<CountedClient> = CountedClient::builder().transport(memory);
    let builder = match speech {
        Speech::Native(format) => builder.format(format),
        Speech::JsonRpc => builder.json_rpc(),
    };
    builder.connect(&url).await.expect("connects")
}

impl Speech {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Native(format) => format.to_string(),
            Self::JsonRpc => "JSON-RPC".to_owned(),
        }
    }
}
