//! What becomes of the messages on a connection between two versions.

use std::sync::atomic::Ordering::SeqCst;

use mitto::server::Handle;
use mitto::status::Code;
use mitto::transport::memory::Memory;
use mitto::{CallError, Format, Peer, Server, Status};

use super::versions::{new, old};
use crate::alone::alone_async;

/// Each message of a client of the first version, and what a server of the second makes it say.
const DIFFERENCES: &[(&str, &str)] = &[
    ("Added", "field `b` is missing here"),
    ("Removed", "field `b` is missing there"),
    ("Renamed", "field `a` here is field `z` there"),
    ("Retyped", "field `n` is u64 here and u32 there"),
    ("Reordered", "field `a` stands at another place there"),
    ("Nested", "field `at[].x` is f32 here and f64 there"),
    ("Varied", "variant `kind::Three` is missing here"),
    ("Answered", "field `more` of the response is missing here"),
    (
        "Refused",
        "variant `Late` of the error is u8 here and u16 there",
    ),
    ("Streamed", "field `id` of the item is missing here"),
    ("Noted", "field `urgent` is missing here"),
    ("Asked", "field `n` is u64 here and i64 there"),
];

struct Opened {
    memory: Memory,
    url: String,
    server: Handle,
}

async fn open(server: Server, url: &str) -> Opened {
    let memory = Memory::new();
    let server = server.transport(memory.clone()).listen(url).await.unwrap();
    let url = server.url().to_owned();
    Opened {
        memory,
        url,
        server: server.spawn(),
    }
}

const PLACES: [&str; 2] = ["memory://shop", "ws://127.0.0.1:0"];

impl Opened {
    async fn older(&self, format: Format) -> old::ShopClient {
        let builder = old::ShopClient::builder().transport(self.memory.clone());
        builder.format(format).connect(&self.url).await.unwrap()
    }

    async fn newer(&self, format: Format) -> new::ShopClient {
        let builder = new::ShopClient::builder().transport(self.memory.clone());
        builder.format(format).connect(&self.url).await.unwrap()
    }
}

#[track_caller]
fn mismatch(message: &str, status: &Status) {
    let (_, what) = DIFFERENCES
        .iter()
        .find(|(name, _)| *name == message)
        .unwrap();
    assert_eq!(status.code(), Code::SchemaMismatch, "{message}: {status}");
    let text =
        format!("`{message}`: {what}; update the older end, or use a format other than compact");
    assert_eq!(status.message(), text);
}

/// The status of a call that failed with one.
fn status<T: std::fmt::Debug, E: std::fmt::Debug>(outcome: Result<T, CallError<E>>) -> Status {
    match outcome {
        Err(CallError::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn compact_request_of_a_changed_message_names_the_field() {
    for place in PLACES {
        let noted = new::ShopServer::default();
        let opened = open(Server::new(noted.clone()), place).await;
        let client = opened.older(Format::COMPACT).await;
        let peer = client.peer();
        mismatch(
            "Added",
            &peer.call(old::Added::default()).await.unwrap_err(),
        );
        mismatch(
            "Removed",
            &peer.call(old::Removed::default()).await.unwrap_err(),
        );
        mismatch(
            "Renamed",
            &peer.call(old::Renamed::default()).await.unwrap_err(),
        );
        mismatch(
            "Retyped",
            &peer.call(old::Retyped::default()).await.unwrap_err(),
        );
        mismatch(
            "Reordered",
            &peer.call(old::Reordered::default()).await.unwrap_err(),
        );
        mismatch(
            "Nested",
            &peer.call(old::Nested::default()).await.unwrap_err(),
        );
        mismatch(
            "Varied",
            &peer.call(old::Varied::default()).await.unwrap_err(),
        );
        mismatch(
            "Answered",
            &peer.call(old::Answered::default()).await.unwrap_err(),
        );
        mismatch("Refused", &status(peer.call(old::Refused::default()).await));
        let mut items = peer.call(old::Streamed::default()).await;
        let failed = match &mut items {
            Ok(items) => items.next().await.unwrap().unwrap_err(),
            Err(status) => status.clone(),
        };
        mismatch("Streamed", &failed);
        mismatch(
            "Noted",
            &peer.call(old::Noted::default()).await.unwrap_err(),
        );
        assert_eq!(noted.noted.0.load(SeqCst), 0);

        // The rest of the connection goes on.
        assert_eq!(client.same(old::Same { n: 7 }).await, Ok(7));
        let aliased = peer.call(old::Aliased { old: 8 });
        assert_eq!(
            aliased.await,
            Ok(8),
            "a field with its old name as an alias is the same"
        );
        peer.call(mitto::built_in::Ping {}).await.unwrap();
    }
}

#[tokio::test]
async fn formats_with_names_go_on() {
    for place in PLACES {
        for format in [Format::MESSAGE_PACK, Format::JSON] {
            let noted = new::ShopServer::default();
            let opened = open(Server::new(noted.clone()), place).await;
            let client = opened.older(format).await;
            let peer = client.peer();
            assert_eq!(peer.call(old::Added::default()).await, Ok(1));
            assert_eq!(peer.call(old::Removed::default()).await, Ok(1));
            assert_eq!(peer.call(old::Retyped::default()).await, Ok(1));
            let reordered = old::Reordered { a: 3, b: 4 };
            assert_eq!(peer.call(reordered).await, Ok(3));
            assert!(peer.call(old::Nested::default()).await.is_ok());
            assert_eq!(peer.call(old::Varied::default()).await, Ok(1));
            assert!(peer.call(old::Answered::default()).await.is_ok());
            let refused = peer.call(old::Refused::default()).await;
            assert_eq!(refused, Err(CallError::Handler(old::Refusal::Full)));
            let mut items = peer.call(old::Streamed::default()).await.unwrap();
            assert_eq!(items.next().await.unwrap().unwrap().n, 0);
            peer.call(old::Noted::default()).await.unwrap();
            // A name that is not known is serde's matter, as ever.
            let renamed = peer.call(old::Renamed::default()).await.unwrap_err();
            assert_eq!(renamed.code(), Code::BadRequest);
            assert_eq!(client.same(old::Same { n: 7 }).await, Ok(7));
            assert_eq!(noted.noted.0.load(SeqCst), 1);
        }
    }
}

#[tokio::test]
async fn one_call_may_go_round_in_another_format() {
    let opened = open(Server::new(new::ShopServer::default()), PLACES[0]).await;
    let client = opened.older(Format::COMPACT).await;
    let call = client.peer().call(old::Retyped { n: 5 });
    assert_eq!(call.format(Format::MESSAGE_PACK).await, Ok(1));
    // And the other way round.
    let client = opened.older(Format::MESSAGE_PACK).await;
    let call = client.peer().call(old::Retyped { n: 5 });
    mismatch("Retyped", &call.format(Format::COMPACT).await.unwrap_err());
}

#[tokio::test]
async fn differences_can_be_asked_for_at_both_ends() {
    for place in PLACES {
        let opened = open(Server::new(new::ShopServer::default()), place).await;
        let client = opened.older(Format::MESSAGE_PACK).await;
        let found = texts(client.peer());
        let expected: Vec<String> = DIFFERENCES
            .iter()
            .map(|(message, what)| format!("`{message}`: {what}"))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(client.same(old::Same { n: 7 }).await, Ok(7));
        let there: Vec<String> = opened
            .server
            .peers()
            .list()
            .iter()
            .flat_map(texts)
            .collect();
        assert_eq!(there.len(), expected.len());
        assert_eq!(there[0], "`Added`: field `b` is missing there");
        assert_eq!(there[3], "`Retyped`: field `n` is u32 here and u64 there");
    }
}

#[tokio::test]
async fn equal_ends_find_no_difference() {
    let opened = open(Server::new(new::ShopServer::default()), PLACES[0]).await;
    let client = opened.newer(Format::COMPACT).await;
    assert!(client.peer().schema_differences().is_empty());
    assert_eq!(client.added(new::Added::default()).await, Ok(1));
    let refused = client.refused(new::Refused {}).await;
    assert_eq!(refused, Err(CallError::Handler(new::Refusal::Full)));
    let local = new::ShopClient::local(new::ShopServer::default());
    assert!(local.peer().schema_differences().is_empty());
}

#[tokio::test]
async fn server_that_calls_back_is_told_too() {
    let opened = open(Server::new(new::ShopServer::default()), PLACES[0]).await;
    let builder = old::ShopClient::builder().transport(opened.memory.clone());
    let client = builder
        .provide(old::ShopUser)
        .connect(&opened.url)
        .await
        .unwrap();
    client.same(old::Same { n: 1 }).await.unwrap();
    let [peer] = &opened.server.peers().list()[..] else {
        panic!("one client is connected");
    };
    assert_eq!(peer.call(new::Asked { n: 1 }).await, Ok(1));
    let refused = peer.call(new::Asked { n: 1 }).format(Format::COMPACT).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::SchemaMismatch);
    assert!(
        refused
            .message()
            .contains("field `n` is i64 here and u64 there")
    );
}

fn texts(peer: &Peer) -> Vec<String> {
    let all = peer.schema_differences();
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn differences_are_logged_once_at_each_end() {
    let name = "shapes::connected::differences_are_logged_once_at_each_end";
    alone_async(name, differ());
}

async fn differ() {
    let log = crate::auth::logs::Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let opened = open(Server::new(new::ShopServer::default()), PLACES[0]).await;
    let client = opened.older(Format::MESSAGE_PACK).await;
    client.same(old::Same { n: 1 }).await.unwrap();
    client.same(old::Same { n: 2 }).await.unwrap();
    let lines = log.0.lock().unwrap().clone();
    let said = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        said("`Retyped`: field `n` is u64 here and u32 there"),
        1,
        "{lines:?}"
    );
    assert_eq!(
        said("`Retyped`: field `n` is u32 here and u64 there"),
        1,
        "{lines:?}"
    );
    assert_eq!(said("has another version"), 0, "{lines:?}");
}
