//! The texts on the wire never change: conversations, word for word.

use std::fs;
use std::path::Path;

use super::service::open;

#[tokio::test]
async fn conversation_is_its_golden_file() {
    speak(&file("golden/json_rpc.txt")).await;
}

#[tokio::test]
async fn examples_of_the_protocol_are_what_is_sent() {
    let text = file("../mitto/src/docs/protocol.md");
    let (_, chapter) = text
        .split_once("## JSON-RPC 2.0")
        .expect("the chapter is there");
    let (chapter, _) = chapter.split_once("\n## ").expect("it is not the last one");
    let examples = chapter.split("```").skip(1).step_by(2);
    let mut count = 0;
    for example in examples {
        speak(example.strip_prefix("text\n").expect("an example is text")).await;
        count += 1;
    }
    assert_eq!(count, 6);
}

/// Says the lines that begin with `C > `, and hears those that begin with `S > `.
async fn speak(conversation: &str) {
    let (_server, _, mut raw) = open().await;
    for line in conversation.lines() {
        if let Some(text) = line.strip_prefix("C > ") {
            raw.send(text).await;
        } else if let Some(text) = line.strip_prefix("S > ") {
            assert_eq!(raw.text().await, text);
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
        }
    }
    raw.is_served_next().await;
}

/// Reads a file beside this crate's manifest.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
