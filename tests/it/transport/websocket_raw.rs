//! WebSocket, byte by byte: what a peer may get wrong, and what it gets for it.

use mitto::transport::TransportError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::end::{Place, accept};

const REQUEST: &str = "GET /chat?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Runs an echo server, sends it `bytes`, and returns all that comes back.
async fn answer_to(bytes: &[u8]) -> (Vec<u8>, Result<(), TransportError>) {
    let mut place = Place::websocket();
    place.settings.max_frame = 1_000;
    let mut listener = place.listen().await;
    let address = listener.url().trim_start_matches("ws://").to_owned();
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let server = async { accept(&mut *listener).await?.echo().await };
    tokio::join!(client, server)
}

/// The frames that come back for `frames`, sent right behind the request.
async fn frames_for(frames: &[u8]) -> (Vec<u8>, Result<(), TransportError>) {
    let (answer, result) = answer_to(&[REQUEST.as_bytes(), frames].concat()).await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    (answer[end.unwrap() + 4..].to_vec(), result)
}

/// A masked frame with an all-zero mask, so that its payload is legible.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    assert!(len < 126);
    [&[first, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn frame_right_behind_the_request_is_read() {
    let (frames, result) = frames_for(&[frame(0x81, b"hi"), frame(0x88, b"")].concat()).await;
    assert_eq!(frames, b"\x81\x02hi\x88\x00");
    result.unwrap();
}

#[tokio::test]
async fn violations_are_closed_with_1002() {
    for (what, bytes) in [
        ("reserved bit", frame(0xC1, b"x")),
        ("reserved data opcode", frame(0x83, b"x")),
        ("reserved control opcode", frame(0x8B, b"x")),
        ("unmasked", b"\x81\x01x".to_vec()),
        ("fragmented ping", frame(0x09, b"x")),
        ("ping over 125 bytes", b"\x89\xFE\x00\x7E".to_vec()),
        ("continuation of nothing", frame(0x80, b"x")),
        (
            "text inside a message",
            [frame(0x01, b"x"), frame(0x81, b"y")].concat(),
        ),
        ("16-bit length below 126", b"\x82\xFE\x00\x7D".to_vec()),
        (
            "64-bit length below 65536",
            b"\x82\xFF\0\0\0\0\0\0\xFF\xFF".to_vec(),
        ),
        ("length of 2^63", b"\x82\xFF\x80\0\0\0\0\0\0\0".to_vec()),
        ("half a close code", frame(0x88, b"\x03")),
        ("close code 999", frame(0x88, b"\x03\xE7")),
        ("close code 1005", frame(0x88, b"\x03\xED")),
        ("close code 5000", frame(0x88, b"\x13\x88")),
    ] {
        let (frames, result) = frames_for(&bytes).await;
        let [0x88, len, code @ ..] = frames.as_slice() else {
            panic!("{what}: {frames:?}");
        };
        assert_eq!(usize::from(*len), code.len(), "{what}");
        assert_eq!(code[..2], 1002_u16.to_be_bytes(), "{what}");
        assert!(
            matches!(result, Err(TransportError::Protocol(_))),
            "{what}: {result:?}"
        );
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_closed_with_1007() {
    for (what, bytes) in [
        ("one frame", frame(0x81, b"a\xFF")),
        ("cut character", frame(0x81, b"\xC3")),
        (
            "fragments",
            [frame(0x01, b"\xC3"), frame(0x80, b"\x28")].concat(),
        ),
        ("close text", frame(0x88, b"\x03\xE8\xFF")),
    ] {
        let (frames, result) = frames_for(&bytes).await;
        assert_eq!(frames[2..4], 1007_u16.to_be_bytes(), "{what}");
        assert!(matches!(result, Err(TransportError::NotText)), "{what}");
    }
}

#[tokio::test]
async fn size_over_the_limit_is_closed_with_1009_at_its_header() {
    let fragment = frame(0x02, b"x");
    let more = frame(0x00, b"x");
    let endless = more.repeat(64);
    for (what, bytes) in [
        ("one frame", b"\x82\xFE\x03\xE9".to_vec()),
        ("a gigabyte", b"\x82\xFF\0\0\0\0\x40\0\0\0".to_vec()),
        (
            "almost 2^63",
            b"\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF".to_vec(),
        ),
        (
            "fragments together",
            [&fragment[..], b"\x80\xFE\x03\xE8"].concat(),
        ),
        ("tiny fragments", [&fragment[..], &endless].concat()),
    ] {
        // The mask is part of the header; the body never comes.
        let bytes = [bytes, vec![0; 4]].concat();
        let (frames, result) = frames_for(&bytes).await;
        assert_eq!(frames[2..4], 1009_u16.to_be_bytes(), "{what}");
        assert!(
            matches!(result, Err(TransportError::TooLarge { limit: 1_000 })),
            "{what}"
        );
    }
}

#[tokio::test]
async fn fragments_become_one_message_with_pings_answered_in_between() {
    let frames = [
        frame(0x01, b"\xC3"),
        frame(0x89, b"first"),
        frame(0x00, b""),
        frame(0x8A, b"unasked"),
        frame(0x89, b"second"),
        frame(0x80, b"\xA4!"),
        frame(0x82, b"next"),
        frame(0x88, b"\x03\xE8bye"),
    ];
    let (frames, result) = frames_for(&frames.concat()).await;
    let expected = [
        &b"\x8A\x05first\x8A\x06second"[..],
        b"\x81\x03\xC3\xA4!",
        b"\x82\x04next",
        b"\x88\x05\x03\xE8bye",
    ];
    assert_eq!(frames, expected.concat());
    result.unwrap();
}

#[tokio::test]
async fn stream_that_ends_inside_a_frame_is_an_error() {
    for bytes in [&b"\x82"[..], b"\x82\x85\0\0\0\0half", b"\x01\x80\0\0\0\0"] {
        let (_, result) = frames_for(bytes).await;
        assert!(matches!(result, Err(TransportError::Io(_))), "{result:?}");
    }
}

#[tokio::test]
async fn nothing_is_read_behind_a_close() {
    let frames = [frame(0x88, b"\x03\xE8"), frame(0x81, b"late")].concat();
    let (frames, result) = frames_for(&frames).await;
    assert_eq!(frames, b"\x88\x02\x03\xE8");
    result.unwrap();
}

#[tokio::test]
async fn request_that_is_no_upgrade_gets_a_short_answer() {
    let headers = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(65));
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(20_000));
    for (status, request) in [
        ("426 ", "GET / HTTP/1.1\r\nHost: here\r\n\r\n".to_owned()),
        ("426 ", REQUEST.replace("Version: 13", "Version: 8")),
        ("400 ", REQUEST.replace("GET", "POST")),
        ("400 ", REQUEST.replace("HTTP/1.1", "HTTP/1.0")),
        ("400 ", REQUEST.replace("Host: localhost\r\n", "")),
        ("400 ", REQUEST.replace("ZQ==", "")),
        ("400 ", REQUEST.replace(", Upgrade", "")),
        ("400 ", REQUEST.replace("Host: localhost", "no header")),
        ("400 ", "\x16\x03\x01\x02\x00\x01\x00\x01\u{7c}".to_owned()),
        ("431 ", headers),
        ("431 ", long),
    ] {
        let (answer, result) = answer_to(request.as_bytes()).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer[9..].starts_with(status), "{request}: {answer}");
        assert!(answer.len() < 400, "{answer}");
        assert!(
            matches!(result, Err(TransportError::Handshake(_))),
            "{result:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_sends_half_a_request_times_out() {
    let mut listener = Place::websocket().listen().await;
    let address = listener.url().trim_start_matches("ws://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&REQUEST.as_bytes()[..20]).await.unwrap();
    let error = accept(&mut *listener).await.err().unwrap();
    assert!(matches!(error, TransportError::Timeout(_)), "{error}");
}

#[tokio::test]
async fn subprotocol_is_taken_only_when_offered() {
    let offer = "Sec-WebSocket-Protocol: other, mitto.1\r\n\r\n";
    let request = REQUEST.replace("\r\n\r\n", &format!("\r\n{offer}"));
    let (answer, _) = answer_to(request.as_bytes()).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(
        answer.contains("\r\nSec-WebSocket-Protocol: mitto.1\r\n"),
        "{answer}"
    );
    let (answer, _) = answer_to(REQUEST.as_bytes()).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(!answer.contains("Protocol:"), "{answer}");
}

/// Connects our client to a server that answers with `answer` of the accept key.
async fn client_of(answer: impl Fn(&str) -> Vec<u8>) -> Result<super::end::End, TransportError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap();
        let key = key.split("\r\n").next().unwrap();
        let answer = answer(&derive_accept_key(key.as_bytes()));
        stream.write_all(&answer).await.unwrap();
    };
    let place = Place::websocket();
    let (client, ()) = tokio::join!(place.connect(&url), server);
    client
}

fn switching(key: &str) -> String {
    format!(
        "HTTP/1.1 101 Whatever\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\
         sec-websocket-accept: {key}\r\n\r\n"
    )
}

#[tokio::test]
async fn frame_right_behind_the_answer_is_read() {
    let client = client_of(|key| [switching(key).as_bytes(), b"\x82\x02hi"].concat()).await;
    let frame = client.unwrap().receive().await.unwrap();
    assert_eq!(frame, Some((b"hi".to_vec(), false)));
}

#[tokio::test]
async fn masked_frame_from_a_server_is_a_violation() {
    let client = client_of(|key| [switching(key).as_bytes(), &frame(0x82, b"x")].concat()).await;
    let error = client.unwrap().receive().await.unwrap_err();
    assert!(matches!(error, TransportError::Protocol(_)), "{error}");
}

#[tokio::test]
async fn answer_that_is_no_upgrade_says_what_it_was() {
    let with = |line: &'static str| move |key: &str| switching(key).replace("\r\n\r\n", line);
    for (text, answer) in [
        ("404 Not Found", "HTTP/1.1 404 Not Found\r\n\r\n"),
        (
            "no more connections",
            "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        ),
        ("does not speak HTTP", "SSH-2.0-OpenSSH\r\n"),
        ("not valid HTTP", "HTTP/1.1 x\r\n\r\n"),
        (
            "no WebSocket upgrade",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        ),
        ("closed the connection", "HTTP/1.1"),
    ] {
        let error = client_of(|_| answer.into())
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(text), "{error}");
    }
    for (text, line) in [
        (
            "extension",
            "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        ),
        ("subprotocol", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"),
        (
            "no WebSocket upgrade",
            "\r\nSec-WebSocket-Accept: twice\r\n\r\n",
        ),
    ] {
        let answer = with(line);
        let error = client_of(|key| answer(key).into())
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(text), "{error}");
    }
}
