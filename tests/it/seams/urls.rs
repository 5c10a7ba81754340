//! What is said when a URL does not work.

use std::error::Error;

use mitto::Server;
use mitto::transport::memory::Memory;

use crate::world::*;

fn server() -> Server {
    let (events, _) = Events::new();
    Server::new(TheService {
        events,
        word: String::new(),
    })
}

/// The texts of an error and its causes.
fn texts(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", texts(source)),
        None => error.to_string(),
    }
}

async fn connect(url: &str) -> String {
    texts(&ServiceClient::connect(url).await.unwrap_err())
}

#[tokio::test]
async fn unknown_scheme_names_the_known_ones() {
    let expected = "no transport for `gopher://`; known are ws, wss, tcp, tls, unix";
    assert_eq!(connect("gopher://here").await, expected);
    let error = server().listen("gopher://here").await.unwrap_err();
    assert_eq!(texts(&error), expected);
    let missing = connect("127.0.0.1:80").await;
    assert!(missing.contains("it has no scheme"), "{missing}");
}

#[tokio::test]
async fn place_that_is_taken_cannot_be_listened_at() {
    let first = server().listen("ws://127.0.0.1:0").await.unwrap();
    let error = server().listen(first.url()).await.unwrap_err();
    let expected = format!("cannot listen at {}: ", first.url());
    let text = texts(&error);
    assert!(text.starts_with(&expected), "{text}");

    let memory = Memory::new();
    let listen = || server().transport(memory.clone()).listen("memory://here");
    let first = listen().await.unwrap();
    let text = texts(&listen().await.unwrap_err());
    assert!(text.starts_with("cannot listen at memory://here"), "{text}");
    drop(first);
    assert!(listen().await.is_ok());
}

#[tokio::test]
async fn place_where_nobody_listens_is_named() {
    let listening = server().listen("ws://127.0.0.1:0").await.unwrap();
    let url = listening.url().to_owned();
    drop(listening);
    let place = url.trim_start_matches("ws://").trim_end_matches('/');
    let text = connect(&url).await;
    let expected = format!("nothing listens at {place}");
    assert!(text.starts_with(&expected), "{text}");
}

#[tokio::test]
async fn wrong_path_is_said() {
    let listening = server().listen("ws://127.0.0.1:0/chat").await.unwrap();
    let url = listening.url().to_owned();
    let server = listening.spawn();
    assert!(url.ends_with("/chat"), "{url}");
    assert!(ServiceClient::connect(&url).await.is_ok());
    let text = connect(&url.replace("/chat", "/chess")).await;
    assert!(text.contains("/chess") || text.contains("404"), "{text}");
    server.shutdown().await;
}

#[tokio::test]
async fn several_places_lead_to_one_server() {
    let memory = Memory::new();
    let listening = server()
        .transport(memory.clone())
        .listen("ws://127.0.0.1:0")
        .await
        .unwrap()
        .and_listen("memory://too")
        .await
        .unwrap();
    let urls: Vec<String> = listening.urls().map(str::to_owned).collect();
    let server = listening.spawn();
    assert_eq!(urls[1], "memory://too");
    for url in urls {
        let builder = ServiceClient::builder().transport(memory.clone());
        let client = builder.connect(&url).await.unwrap();
        assert_eq!(client.nothing(Nothing {}).await, Ok(()));
    }
    server.shutdown().await;
}
