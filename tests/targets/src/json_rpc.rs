//! A whole session of JSON-RPC, with a peer that means no good.
//!
//! The first byte says how: bit 0, whether the peer is the server (then this end has calls under way);
//! bit 2, whether it stays silent for ten minutes in the end instead of closing at once. Then come texts, one in each line.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mitto::session::Config;
use mitto::transport::memory::{self, MemoryConnection};
use mitto::transport::{Batch, Connection};
use serde::de::IgnoredAny;
use tokio::time::timeout;

use crate::seeds::conversation;
use crate::session::{ProbeServer, config, hold, in_no_time};

/// Texts into a session.
pub fn json_rpc(bytes: &[u8]) {
    let Some((&how, texts)) = bytes.split_first() else {
        return;
    };
    in_no_time(async {
        let (here, there) = memory::pair(64 << 10);
        let texts: Vec<Vec<u8>> = texts.split(|byte| *byte == b'\n').map(Vec::from).collect();
        let peer = tokio::spawn(speak(there, texts, how & 4 != 0));
        let mut config = config();
        config.framing = Arc::new(Config::json_rpc(&ProbeServer, &config.limits));
        hold(here, config, how & 1 != 0).await;
        let (asked, answers) = peer.await.expect("the peer does not panic");
        assert!(answers <= asked, "{answers} answers to {asked} messages");
    });
}

/// Sends the texts, and reads what comes. Counts the messages sent and the answers that came.
async fn speak(mut end: MemoryConnection, texts: Vec<Vec<u8>>, stays: bool) -> (usize, usize) {
    let (mut asked, mut answers) = (0, 0);
    for text in texts {
        asked += messages(&text);
        let mut batch = Batch::new();
        batch.bytes_mut().extend_from_slice(&text);
        batch.end_frame(true);
        // A reader that has closed takes nothing more.
        poll_fn(|cx| Poll::Ready(end.poll_write(cx, &mut batch).is_ready())).await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        answers += take(&mut end);
    }
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    if stays {
        // In memory nobody can be asked for a sign of life, so that a silent end is kept for good.
        let _ = timeout(Duration::from_secs(600), async {
            while let Ok(true) = poll_fn(|cx| end.poll_fill(cx)).await {
                answers += take(&mut end);
            }
        })
        .await;
    }
    (asked, answers + take(&mut end))
}

/// How many answers a text can get: one, or as many as there are in an array.
fn messages(text: &[u8]) -> usize {
    let array = serde_json::from_slice::<Vec<IgnoredAny>>(text);
    array.map_or(1, |messages| messages.len().max(1))
}

/// Reads what is there, which is JSON-RPC by the book; counts the answers in it.
fn take(end: &mut MemoryConnection) -> usize {
    let mut answers = 0;
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        while let Ok(Some(frame)) = end.next_frame() {
            let text = std::str::from_utf8(frame.bytes).expect("a session sends texts");
            answers += match text.starts_with('[') {
                true => {
                    let all = serde_json::from_str::<Vec<Said>>(text);
                    let all = all.unwrap_or_else(|error| panic!("{error}: {text}"));
                    assert!(!all.is_empty(), "an empty array");
                    assert!(all.iter().all(is_answer), "{text}");
                    all.len()
                }
                false => {
                    let one = serde_json::from_str::<Said>(text);
                    let one = one.unwrap_or_else(|error| panic!("{error}: {text}"));
                    assert!(is_answer(&one) || one.contains_key("method"), "{text}");
                    usize::from(is_answer(&one))
                }
            };
        }
        match end.poll_fill(&mut cx) {
            Poll::Ready(Ok(true)) => {}
            _ => return answers,
        }
    }
}

/// A message that a session says: ids come back as they were, so that nothing is looked into.
type Said = BTreeMap<String, IgnoredAny>;

fn is_answer(said: &Said) -> bool {
    assert!(said.contains_key("jsonrpc"));
    let outcomes = ["result", "error"].map(|key| usize::from(said.contains_key(key)));
    let is_call = said.contains_key("method");
    assert_eq!(outcomes.iter().sum::<usize>(), usize::from(!is_call));
    assert!(is_call || said.contains_key("id"));
    !is_call
}

/// The golden conversation, from both ends; and what it does not have.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let client = [
        r#"{"jsonrpc":"2.0","id":1,"method":"Echo","params":{"text":"a"},"mitto":{"timeout_ms":900,"address":"a/b","metadata":{"k":["v","w"]}}}"#,
        r#"{"jsonrpc":"2.0","id":"c","method":"Count","params":{"to":3}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"Hang"}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.cancel","params":{"id":2}}"#,
        r#"{"jsonrpc":"2.0","method":"Note","params":["x"],"mitto":{"address":"a/*"}}"#,
        r#"[{"jsonrpc":"2.0","id":null,"method":"Echo","params":["b"]},{"jsonrpc":"2.0","id":-1.5e1,"method":"Nobody"},7,{"jsonrpc":"2.0","method":"Note","params":["x"]}]"#,
    ];
    let server = [
        r#"{"jsonrpc":"2.0","id":65536,"result":"x"}"#,
        r#"{"jsonrpc":"2.0","id":65537,"result":"s"}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.progress","params":{"id":65538}}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.item","params":{"subscription":"s","result":1}}"#,
        r#"{"jsonrpc":"2.0","method":"mitto.end","params":{"subscription":"s","error":null}}"#,
        r#"{"jsonrpc":"2.0","id":65538,"error":{"code":-32009,"message":"no","data":{"status":"denied"}}}"#,
        r#"{"jsonrpc":"2.0","id":65539,"result":7}"#,
        r#"{"jsonrpc":"2.0","method":"any","params":{"subscription":7,"error":{"code":1,"message":"own","data":{}}}}"#,
    ];
    vec![
        lines('0', client),
        lines('4', client),
        lines('1', server),
        lines('5', server),
        lines('0', conversation('C')),
        lines('5', conversation('S')),
    ]
}

fn lines<T: AsRef<str>>(how: char, texts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let texts: Vec<String> = texts
        .into_iter()
        .map(|text| text.as_ref().to_owned())
        .collect();
    format!("{how}{}", texts.join("\n")).into_bytes()
}
