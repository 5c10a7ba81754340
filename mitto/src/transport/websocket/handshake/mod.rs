//! The HTTP upgrade that opens a WebSocket (RFC 6455, section 4).
//!
//! It reads heads of at most 16 KiB and 64 headers, and hands on the bytes that came behind one:
//! either end may send its first frame right behind its part of the handshake.

mod client;
mod server;

pub(super) use client::client;
#[cfg(feature = "axum")]
pub(super) use server::{Asked, NO_ROOM, Refusal};
pub(super) use server::{Place, refuse, server};

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

/// What an upgrade has come to.
#[derive(Debug, Default)]
pub(super) struct Upgraded {
    /// What came behind the handshake.
    pub(super) rest: Vec<u8>,
    /// The subprotocol that both ends have named.
    pub(super) subprotocol: Option<&'static str>,
}

/// What a server makes of a client's key, to show that it means WebSocket.
fn accept_key(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64.encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Settings;
    use crate::transport::socket::SocketUrl;
    use crate::transport::websocket::WS;

    #[test]
    fn accept_key_is_that_of_the_standard() {
        let key = accept_key(b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn handshake_succeeds_byte_by_byte() {
        let (mut there, mut here) = tokio::io::duplex(1);
        let url = SocketUrl::parse("ws://somewhere/a?b", &[WS]).unwrap();
        let place = Place {
            path: "/a",
            host: None,
            encrypted: false,
            settings: &Settings::default(),
        };
        let mut settings = Settings::default();
        settings.headers.add("x-key", "a b");
        let client = client(&mut here, &url, &settings);
        let (server, client) = tokio::join!(server(&mut there, &place), client);
        let (upgraded, request) = server.unwrap();
        assert!(upgraded.rest.is_empty());
        assert_eq!(upgraded.subprotocol, Some("mitto.1"));
        assert_eq!(request.target(), "/a?b");
        assert_eq!(request.header("host"), Some("somewhere"));
        assert_eq!(request.header("x-key"), Some("a b"));
        let upgraded = client.unwrap();
        assert!(upgraded.rest.is_empty());
        assert_eq!(upgraded.subprotocol, Some("mitto.1"));
    }

    #[tokio::test]
    async fn headers_that_would_say_something_else_are_not_sent() {
        let url = SocketUrl::parse("ws://somewhere", &[WS]).unwrap();
        for (name, value) in [
            ("x", "s3cret\r\ny: z"),
            ("x", "s3cret\0"),
            ("x: y\r\nz", "s3cret"),
            ("", "s3cret"),
            ("Host", "s3cret"),
            ("sec-websocket-key", "s3cret"),
        ] {
            let mut settings = Settings::default();
            settings.headers.add(name, value);
            let (mut here, _there) = tokio::io::duplex(1);
            let error = client(&mut here, &url, &settings).await.unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains("cannot be sent") && !text.contains("s3cret"),
                "{text}"
            );
        }
    }
}
