//! What messages require, with a connection and without.

use mitto::auth::Tokens;
use mitto::built_in::Describe;
use mitto::schema::{Descriptor, Schema};
use mitto::{Code, Identity, Notification, Request, Server, Status};
use serde::{Deserialize, Serialize};

use super::desk::*;

/// Clients in process and over a connection, with these grants; without a list they are anonymous.
async fn clients(grants: Option<&[&str]>, desk: &TheDesk) -> [DeskClient; 2] {
    let identity = grants.map(|grants| {
        let ann = Identity::new("ann");
        grants.iter().fold(ann, |ann, grant| ann.grant(*grant))
    });
    let local = match &identity {
        Some(identity) => DeskClient::builder().identity(identity.clone()),
        None => DeskClient::builder(),
    };
    let server = Server::new(desk.clone());
    let server = match identity {
        Some(identity) => server.authenticate(Tokens::new().token("t", identity)),
        None => server,
    };
    let opened = open(server).await;
    let remote = opened.connect("t").await.unwrap();
    [local.local(desk.clone()), remote]
}

fn denied<T: std::fmt::Debug>(outcome: Result<T, Status>, expected: &str) {
    let status = outcome.unwrap_err();
    assert_eq!(status.code(), Code::Denied, "{status}");
    assert_eq!(status.message(), expected);
}

#[tokio::test]
async fn anonymous_caller_is_told_to_show_credentials() {
    let desk = TheDesk::default();
    for client in clients(None, &desk).await {
        denied(
            client.read(Read {}).await,
            "`Read` needs an identity: show credentials",
        );
        denied(
            client.enter(Enter {}).await,
            "`Enter` needs an identity: show credentials",
        );
        let watched = client.watch(Watch {}).await.map(drop);
        denied(watched, "`Watch` needs an identity: show credentials");
        assert_eq!(client.look(Look {}).await.unwrap(), [None, None, None]);
    }
}

#[tokio::test]
async fn missing_grant_is_named() {
    let desk = TheDesk::default();
    for client in clients(Some(&["read", "admin"]), &desk).await {
        client.enter(Enter {}).await.unwrap();
        assert_eq!(client.read(Read {}).await.unwrap(), 7);
        assert_eq!(
            client.watch(Watch {}).await.unwrap().next().await,
            Some(Ok(1))
        );
        let expected = "`Write` needs the grant `write`, which ann does not have";
        denied(client.write(Write {}).await, expected);
    }
    for client in clients(Some(&[]), &desk).await {
        let expected = "`Watch` needs the grant `read`, which ann does not have";
        denied(client.watch(Watch {}).await.map(drop), expected);
    }
    for client in clients(Some(&["write", "read"]), &desk).await {
        client.write(Write {}).await.unwrap();
        let ann = || Some("ann".to_owned());
        assert_eq!(client.look(Look {}).await.unwrap(), [ann(), ann(), ann()]);
    }
}

#[tokio::test]
async fn notification_is_dropped_without_its_grant() {
    for (grants, noted) in [(&["read"][..], false), (&["write"], true)] {
        let desk = TheDesk::default();
        for client in clients(Some(grants), &desk).await {
            let text = "x".to_owned();
            client.note(Note { text }).await.unwrap();
            // It comes after the notification.
            let _ = client.look(Look {}).await;
            let notes: Vec<_> = desk.notes.lock().unwrap().drain(..).collect();
            assert_eq!(!notes.is_empty(), noted);
        }
    }
}

#[tokio::test]
async fn program_itself_is_not_asked() {
    assert_eq!(TheDesk::default().call(Read {}).await.unwrap(), 7);
}

#[tokio::test]
async fn descriptor_says_what_is_required() {
    let described = DeskClient::local(TheDesk::default());
    let described = described.peer().call(Describe {}).await.unwrap();
    assert_eq!(&described, Desk::DESCRIPTOR);
    let of = |name: &str| {
        let mut all = described.to_server.iter();
        let message = all.find(|message| message.name == name).unwrap();
        let grants: Vec<_> = message.requires.iter().map(str::to_owned).collect();
        (message.authenticated, grants.join(" "))
    };
    assert_eq!(of("Who"), (false, String::new()));
    assert_eq!(of("Enter"), (true, String::new()));
    assert_eq!(of("Write"), (true, "read write".to_owned()));
    assert_eq!(of("Note"), (true, "write".to_owned()));
    let json = serde_json::to_string(&described).unwrap();
    assert_eq!(
        serde_json::from_str::<Descriptor>(&json).unwrap(),
        described
    );
    // One of an end that knows nothing of it.
    let older = json
        .replace(r#","authenticated":false,"requires":[]"#, "")
        .replace(r#","authenticated":true"#, "");
    assert!(serde_json::from_str::<Descriptor>(&older).is_ok());
}

mod open_to_all {
    use super::*;

    #[derive(Serialize, Deserialize, Request)]
    pub(super) struct Enter {}

    mitto::schema! { pub(super) One { client => server as OneClient: [Enter] } }
}

mod guarded {
    use super::*;

    #[derive(Serialize, Deserialize, Request)]
    #[request(authenticated)]
    pub(super) struct Enter {}

    mitto::schema! { pub(super) One { client => server as OneClient: [Enter] } }
}

mod granted {
    use super::*;

    #[derive(Serialize, Deserialize, Request)]
    #[request(requires = "enter")]
    pub(super) struct Enter {}

    mitto::schema! { pub(super) One { client => server as OneClient: [Enter] } }
}

#[test]
fn digest_depends_on_what_is_required() {
    let digests = [
        open_to_all::One::DESCRIPTOR.digest,
        guarded::One::DESCRIPTOR.digest,
        granted::One::DESCRIPTOR.digest,
    ];
    assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
}

#[derive(Serialize, Deserialize, Notification)]
#[notification(authenticated)]
struct Said {}

#[test]
fn notification_may_need_any_identity() {
    use mitto::message::Message;
    assert!(Said::INFO.authenticated && Said::INFO.requires.is_empty());
}
