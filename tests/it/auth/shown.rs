//! What shows who a client is, over every transport.

use std::sync::{Arc, Mutex};

use mitto::auth::{self, Authenticator, Certificates, Claim, Tokens, UnixUsers};
use mitto::client::ConnectError;
use mitto::transport::UpgradeRequest;
use mitto::transport::tcp::Tcp;
use mitto::transport::tls::fingerprint;
use mitto::transport::websocket::WebSocket;
use mitto::{Code, Format, Identity, Server, Status};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::desk::*;
use crate::seams::lines::Lines;
use crate::transport::authority::Authority;

fn tokens() -> Tokens {
    Tokens::new()
        .token("s3cret", Identity::new("ann").grant("read"))
        .token("0ther", Identity::new("bob"))
}

#[tokio::test]
async fn token_opens_every_transport() {
    let authority = Authority::new();
    let tls = authority.server();
    let server = Server::new(TheDesk::default())
        .authenticate(tokens())
        .transport(Tcp::new().tls(tls.clone()))
        .transport(WebSocket::new().tls(tls));
    let mut listening = server.listen("tcp://127.0.0.1:0").await.unwrap();
    for url in ["ws://127.0.0.1:0", "tls://127.0.0.1:0", "wss://127.0.0.1:0"] {
        listening = listening.and_listen(url).await.unwrap();
    }
    let urls: Vec<_> = listening.urls().map(str::to_owned).collect();
    let server = listening.spawn();
    for url in urls {
        let builder = || {
            DeskClient::builder()
                .transport(Tcp::new().tls(authority.client()))
                .transport(WebSocket::new().tls(authority.client()))
        };
        let client = builder().token("0ther").connect(&url).await.unwrap();
        assert_eq!(client.who(Who {}).await.unwrap(), "bob", "{url}");
        for wrong in ["s3cre", "s3crets", "S3cret", "x", ""] {
            let error = builder().token(wrong).connect(&url).await.unwrap_err();
            let shown = format!("{error:?} {error}");
            let status = refusal(error);
            assert_eq!(status.code(), Code::Denied, "{url} {status}");
            assert_eq!(status.message(), "the token is not known here");
            assert!(wrong.len() < 2 || !shown.contains(wrong), "{shown}");
        }
        let status = refusal(builder().connect(&url).await.unwrap_err());
        assert_eq!(status.code(), Code::Denied, "{url}");
        assert!(status.message().contains("needs an identity"), "{status}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn header_alone_is_enough() {
    let server = Server::new(TheDesk::default()).authenticate(tokens());
    let server = server.listen("ws://127.0.0.1:0").await.unwrap().spawn();
    let builder = || DeskClient::builder().header("Authorization", "Bearer s3cret");
    let client = builder().connect(server.url()).await.unwrap();
    assert_eq!(client.who(Who {}).await.unwrap(), "ann");
    let two = builder().token("0ther").connect(server.url()).await;
    let status = refusal(two.unwrap_err());
    assert!(status.message().contains("two tokens"), "{status}");
    // The header is for a proxy on the way; the token goes in the hello.
    let proxied = DeskClient::builder().header("authorization", "Basic eDp5");
    let proxied = proxied.token("0ther").connect(server.url()).await.unwrap();
    assert_eq!(proxied.who(Who {}).await.unwrap(), "bob");
    server.shutdown().await;
}

#[tokio::test]
async fn header_that_ends_its_line_is_not_sent() {
    let builder = DeskClient::builder().token("s3cret\r\nx: y");
    let server = Server::new(TheDesk::default());
    let server = server.listen("ws://127.0.0.1:0").await.unwrap().spawn();
    let error = builder.connect(server.url()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Transport(_)), "{error:?}");
    assert!(error.to_string().contains("`authorization` cannot be sent"));
    assert!(!format!("{error:?}").contains("s3cret"));
    server.shutdown().await;
}

#[tokio::test]
async fn framing_without_a_hello_has_the_header() {
    let server = Server::new(TheDesk::default()).authenticate(tokens());
    let server = server.framing(Lines).listen("ws://127.0.0.1:0").await;
    let server = server.unwrap().spawn();
    let connect = async |token: &str| {
        let builder = DeskClient::builder().framing(Lines).format(Format::JSON);
        builder.token(token).connect(server.url()).await.unwrap()
    };
    let client = connect("0ther").await;
    assert_eq!(client.who(Who {}).await.unwrap(), "bob");
    let client = connect("wrong").await;
    let status = client.who(Who {}).await.unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    let closed = "closed with code 1008: the token is not known here";
    assert!(status.message().contains(closed), "{status}");
    server.shutdown().await;
}

/// A browser cannot set headers, and says no hello before the upgrade.
#[tokio::test]
async fn subprotocol_shows_the_token_and_is_not_answered() {
    let seen: Arc<Mutex<Vec<Claim>>> = Arc::default();
    let told = seen.clone();
    let server =
        Server::new(TheDesk::default()).authenticate(auth::from_fn(move |claim: Claim| {
            told.lock().unwrap().push(claim);
            async { Ok(Identity::new("ann")) }
        }));
    let server = server.listen("ws://127.0.0.1:0").await.unwrap().spawn();
    let mut request = server.url().into_client_request().unwrap();
    let offered = "bearer.s3cret, mitto.1".parse().unwrap();
    let name = "sec-websocket-protocol";
    request.headers_mut().insert(name, offered);
    let (mut socket, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()[name], "mitto.1");
    let hello = [&[1, 1][..], &[0; 18]].concat();
    use futures_util::{SinkExt, StreamExt};
    socket.send(hello.into()).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert_eq!(answer.into_data()[1], 1, "the server's hello");
    let claim = seen.lock().unwrap().remove(0);
    assert!(claim.token().unwrap().is("s3cret"));
    let request: &UpgradeRequest = claim.peer().request.as_ref().unwrap();
    assert_eq!(request.target(), "/");
    assert!(!format!("{claim:?}").contains("s3cret"));
    server.shutdown().await;
}

#[tokio::test]
async fn certificate_is_known_by_its_fingerprint() {
    let authority = Authority::new();
    let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
    let told = seen.clone();
    let look = auth::from_fn(move |claim: Claim| {
        told.lock()
            .unwrap()
            .clone_from(&claim.peer().certificates[0]);
        async { Ok(None::<Identity>) }
    });
    let tls = authority.server();
    let tls = tls.accept_client_certificates(authority.pem()).unwrap();
    let listen = async |authenticator: Box<dyn Authenticator>| {
        let server = Server::new(TheDesk::default())
            .authenticate(authenticator)
            .allow_anonymous()
            .transport(Tcp::new().tls(tls.clone()));
        server.listen("tls://127.0.0.1:0").await.unwrap().spawn()
    };
    let (certificate, key) = authority.sign("ann");
    let tls_client = authority.client().certificate(certificate, key).unwrap();
    let known = || DeskClient::builder().transport(Tcp::new().tls(tls_client.clone()));
    let unknown = || DeskClient::builder().transport(Tcp::new().tls(authority.client()));

    let server = listen(Box::new(look)).await;
    drop(known().connect(server.url()).await.unwrap());
    let print: String = fingerprint(&seen.lock().unwrap())
        .iter()
        .map(|byte| format!("{byte:02X}:"))
        .collect();
    server.shutdown().await;

    let ann = Identity::new("ann");
    let certificates = Certificates::new().certificate(print.trim_end_matches(':'), ann);
    let authenticator = certificates.unwrap().or(tokens());
    let server = listen(Box::new(authenticator)).await;
    let url = server.url();
    let client = known().connect(url).await.unwrap();
    assert_eq!(client.who(Who {}).await.unwrap(), "ann");
    let client = unknown().token("0ther").connect(url).await.unwrap();
    assert_eq!(client.who(Who {}).await.unwrap(), "bob");
    let client = unknown().connect(url).await.unwrap();
    assert_eq!(client.look(Look {}).await.unwrap(), [None, None, None]);
    let (certificate, key) = authority.sign("eve");
    let eve = authority.client().certificate(certificate, key).unwrap();
    let eve = DeskClient::builder().transport(Tcp::new().tls(eve));
    let status = refusal(eve.connect(url).await.unwrap_err());
    assert_eq!(status.message(), "the certificate is not known here");
    server.shutdown().await;
    for wrong in ["", "ab:cd", &"g".repeat(64), &"a".repeat(66)] {
        let error = Certificates::new().certificate(wrong, Identity::new("x"));
        assert!(error.unwrap_err().to_string().contains("fingerprint"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn unix_user_is_known_by_its_id() {
    use std::os::unix::fs::MetadataExt;

    let directory = crate::transport::Directory::new();
    let own = std::fs::metadata(&directory.0).unwrap().uid();
    for (uid, known) in [(own, true), (own + 1, false)] {
        let users = UnixUsers::new().user(uid, Identity::new("me"));
        let server = Server::new(TheDesk::default()).authenticate(users);
        let server = server.listen(&directory.url()).await.unwrap().spawn();
        match DeskClient::connect(server.url()).await {
            Ok(client) => {
                assert!(known);
                assert_eq!(client.who(Who {}).await.unwrap(), "me");
            }
            Err(error) => {
                assert!(!known);
                assert_eq!(
                    refusal(error).message(),
                    format!("user {own} is not known here")
                );
            }
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn anonymous_ones_are_let_in_where_that_is_said() {
    let server = Server::new(TheDesk::default())
        .authenticate(tokens())
        .allow_anonymous();
    let opened = open(server).await;
    let client = opened.builder().connect(PLACE).await.unwrap();
    let status: Status = client.who(Who {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Denied);
    assert!(status.message().contains("needs an identity"), "{status}");
    assert_eq!(client.look(Look {}).await.unwrap(), [None, None, None]);
    let status = refusal(opened.connect("wrong").await.unwrap_err());
    assert_eq!(status.code(), Code::Denied);
    let client = opened.connect("s3cret").await.unwrap();
    let ann = || Some("ann".to_owned());
    assert_eq!(client.look(Look {}).await.unwrap(), [ann(), ann(), ann()]);
    let peers = opened.server.peers().list();
    let names: Vec<_> = peers.iter().map(|peer| peer.identity()).collect();
    assert_eq!(names[0], None);
    assert_eq!(names[1].unwrap().name(), "ann");
    assert_eq!(client.peer().identity(), None);
    opened.server.shutdown().await;
}

#[test]
fn secrets_are_not_shown() {
    let builder = DeskClient::builder().token("s3cret").header("x", "s3cret");
    assert!(!format!("{builder:?}").contains("s3cret"));
    let shown = format!("{:?}", tokens());
    assert!(shown.contains("ann") && !shown.contains("s3cret"));
    let server = Server::new(TheDesk::default()).authenticate(tokens());
    assert!(!format!("{server:?}").contains("s3cret"));
    let hello = mitto::framing::Hello::parse(&[9, 0, 6, b's', b'3', b'c', b'r', b'e', b't']);
    assert!(!format!("{hello:?}").contains("s3cret"));
}
