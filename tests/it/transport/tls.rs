//! Who is let in, and what the others are told.

use std::time::Duration;

use mitto::transport::tls::{TlsClient, TlsError, TlsServer};
use mitto::transport::{Listener, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::authority::{Authority, places};
use super::end::{End, Place, accept};

/// Both ends of a connection, or why there is none; the client sends one frame that the server gets.
async fn meet(
    place: &Place,
    listener: &mut dyn Listener,
) -> (Result<End, TransportError>, Result<End, TransportError>) {
    let url = listener.url().to_owned();
    let client = async {
        let mut client = place.connect(&url).await?;
        client.send(&[(b"hi", false)]).await?;
        // In TLS 1.3 the client is done before the server has seen its certificate.
        assert_eq!(client.receive().await?.unwrap().0, b"ho");
        Ok(client)
    };
    let server = async {
        let mut server = accept(listener).await?;
        assert_eq!(server.receive().await?.unwrap().0, b"hi");
        server.send(&[(b"ho", false)]).await?;
        Ok(server)
    };
    tokio::join!(client, server)
}

async fn refused(server: TlsServer, client: TlsClient, theirs: &str, ours: &str) {
    for place in places(server, &client) {
        let mut listener = place.listen().await;
        let (client, server) = meet(&place, &mut *listener).await;
        for (error, text) in [
            (client.err().unwrap(), theirs),
            (server.err().unwrap(), ours),
        ] {
            assert!(matches!(error, TransportError::Tls { .. }), "{error:?}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}

#[tokio::test]
async fn certificates_of_both_ends_reach_the_other() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("worker");
    let client = authority.client().certificate(certificate, key).unwrap();
    let server = authority.server();
    let server = server.require_client_certificates(authority.pem()).unwrap();
    for place in places(server, &client) {
        let mut listener = place.listen().await;
        let (client, server) = meet(&place, &mut *listener).await;
        for mut end in [client.unwrap(), server.unwrap()] {
            let peer = end.0.take_peer_info();
            assert!(peer.encrypted);
            assert_eq!(peer.certificates.len(), 1);
            assert!(!peer.remote.is_empty());
            let again = end.0.take_peer_info();
            assert!(again.certificates.is_empty());
            assert_eq!(again.remote, peer.remote);
        }
    }
}

#[tokio::test]
async fn unknown_authority_is_refused() {
    let (server, client) = (Authority::new().server(), Authority::new().client());
    refused(
        server,
        client,
        "not signed by an authority",
        "does not accept our certificate",
    )
    .await;
    let server = Authority::new().server();
    refused(
        server,
        TlsClient::new(),
        "not signed by an authority",
        "does not accept",
    )
    .await;
}

#[tokio::test]
async fn expired_certificate_is_refused() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign_expired();
    let server = TlsServer::from_pem(certificate, key).unwrap();
    refused(
        server,
        authority.client(),
        "has expired",
        "CertificateExpired",
    )
    .await;
}

#[tokio::test]
async fn certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("elsewhere.example");
    let server = TlsServer::from_pem(certificate, key).unwrap();
    refused(
        server,
        authority.client(),
        "another name",
        "does not accept",
    )
    .await;
}

#[tokio::test]
async fn missing_client_certificate_is_refused_where_it_is_required() {
    let authority = Authority::new();
    let required = authority.server();
    let required = required.require_client_certificates(authority.pem());
    let shows_none = "shows no certificate";
    refused(
        required.unwrap(),
        authority.client(),
        "requires a client certificate",
        shows_none,
    )
    .await;
    let optional = authority.server();
    let optional = optional.accept_client_certificates(authority.pem());
    for place in places(optional.unwrap(), &authority.client()) {
        let mut listener = place.listen().await;
        let (client, server) = meet(&place, &mut *listener).await;
        client.unwrap();
        assert!(server.unwrap().0.take_peer_info().certificates.is_empty());
    }
}

#[tokio::test]
async fn client_certificate_of_another_authority_is_refused() {
    let authority = Authority::new();
    let (certificate, key) = Authority::new().sign("intruder");
    let client = authority.client().certificate(certificate, key).unwrap();
    let server = authority.server();
    let server = server.accept_client_certificates(authority.pem()).unwrap();
    refused(
        server,
        client,
        "does not accept our certificate",
        "not signed by an authority",
    )
    .await;
}

#[tokio::test]
async fn certificate_is_replaced_while_clients_connect() {
    let (old, new) = (Authority::new(), Authority::new());
    let server = old.server();
    let client = old.client().authorities(new.pem()).unwrap();
    for place in places(server.clone(), &client) {
        let mut listener = place.listen().await;
        let mut seen = Vec::new();
        for authority in [&old, &new] {
            let (certificate, key) = authority.sign("127.0.0.1");
            for _ in 0..3 {
                let url = listener.url().to_owned();
                // The handshake has begun when the certificate changes.
                let reload = async { server.reload(&certificate, &key) };
                let accepted = accept(&mut *listener);
                let (client, accepted, reloaded) =
                    tokio::join!(place.connect(&url), accepted, reload);
                reloaded.unwrap();
                accepted.unwrap();
                let mut client = client.unwrap();
                seen.push(client.0.take_peer_info().certificates);
            }
        }
        seen.dedup();
        assert_eq!(seen.len(), 2, "one certificate after the other");
    }
}

#[tokio::test]
async fn failed_reload_changes_nothing() {
    let authority = Authority::new();
    let server = authority.server();
    let (certificate, _) = authority.sign("127.0.0.1");
    let (_, key) = authority.sign("127.0.0.1");
    for (certificate, key, text) in [
        (
            certificate.as_str(),
            key.as_str(),
            "not that of the certificate",
        ),
        ("", key.as_str(), "no certificate"),
        (certificate.as_str(), "", "no private key"),
        (
            "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----",
            key.as_str(),
            "PEM",
        ),
    ] {
        let error = server.reload(certificate, key).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    let error = server.reload_files("/nowhere/a.pem", "/nowhere/a.key");
    assert!(matches!(error, Err(TlsError::File { .. })));
    for place in places(server, &authority.client()) {
        let mut listener = place.listen().await;
        meet(&place, &mut *listener).await.0.unwrap();
    }
}

#[tokio::test]
async fn plain_client_at_a_tls_port_and_tls_client_at_a_plain_port_are_told() {
    let authority = Authority::new();
    let plain = [Place::tcp(), Place::websocket()];
    for (tls, plain) in authority.places().into_iter().zip(plain) {
        for (connecting, listening, scheme) in [
            (&plain, &tls, ["tls", "tcp"]),
            (&tls, &plain, ["tcp", "tls"]),
        ] {
            let mut listener = listening.listen().await;
            let url = listener.url().to_owned();
            let url = match url.strip_prefix("ws") {
                Some(rest) => format!(
                    "{}{}",
                    scheme[1].replace("tcp", "ws").replace("tls", "wss"),
                    rest.trim_start_matches('s')
                ),
                None => url.replace(scheme[0], scheme[1]),
            };
            let client = async {
                let mut client = connecting.connect(&url).await?;
                client
                    .send(&[(b"a frame, as long as a header", false)])
                    .await?;
                client.receive().await
            };
            let server = async {
                let server = accept(&mut *listener).await?;
                server.echo().await
            };
            let (client, server) = tokio::join!(client, server);
            for error in [client.unwrap_err(), server.unwrap_err()] {
                assert!(error.to_string().contains("TLS"), "{url}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn silent_client_is_given_up_after_the_limit_and_holds_nobody_up() {
    for mut place in Authority::new().places() {
        place.settings.handshake = Duration::from_secs(10);
        let mut listener = place.listen().await;
        let address = listener.url().split_once("://").unwrap().1.to_owned();
        let _silent = TcpStream::connect(&address).await.unwrap();
        let silent = super::end::incoming(&mut *listener).await;
        let silent = tokio::spawn(silent.accept());
        let (client, server) = meet(&place, &mut *listener).await;
        client.unwrap();
        server.unwrap();
        // Only now: with the others at work, it would run ahead of them.
        tokio::time::pause();
        let error = silent.await.unwrap().err().unwrap();
        assert!(matches!(error, TransportError::Timeout(_)), "{error}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn hello_in_single_bytes_and_garbage_do_no_harm() {
    for place in Authority::new().places() {
        for bytes in [
            &b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"[..],
            b"\x16",
            b"\x00\xFF",
            b"",
        ] {
            let mut listener = place.listen().await;
            let address = listener.url().split_once("://").unwrap().1.to_owned();
            let client = async {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                for byte in bytes {
                    if stream.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                }
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            };
            let (server, ()) = tokio::join!(accept(&mut *listener), client);
            let error = server.err().unwrap();
            assert!(matches!(error, TransportError::Tls { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn listening_without_a_certificate_says_what_to_do() {
    for url in ["tls://127.0.0.1:0", "wss://127.0.0.1:0"] {
        let place = Place::new(url);
        let error = place
            .transport
            .listen(url, &place.settings)
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains("TlsServer"), "{error}");
    }
}
