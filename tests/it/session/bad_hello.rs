//! What happens before the hellos are exchanged.

use mitto::session::HandshakeError;
use mitto::status::Code;
use tokio::time::Instant;

use super::ends::{is_served, limits, secs, server_and_raw, server_before_hello};
use super::raw::{Frame, HELLO, REQUEST};

#[tokio::test]
async fn what_is_no_hello_gets_a_goodbye() {
    let mut version = Frame::new(HELLO, 0, (0, 0)).bytes();
    version[0] = 2;
    for (what, bytes) in [
        ("nothing", vec![]),
        ("garbage", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("a request", Frame::new(REQUEST, 1, (0, 1)).bytes()),
        ("another version", version),
        (
            "a cut part",
            Frame::new(HELLO, 0, (0, 0)).payload(&[2, 0, 8, 1]).bytes(),
        ),
        (
            "a short number",
            Frame::new(HELLO, 0, (0, 0)).payload(&[3, 0, 1, 1]).bytes(),
        ),
    ] {
        let (end, mut raw) = server_before_hello(limits(|_| {}));
        raw.send_bytes(&bytes).await;
        let (status, code) = raw.goodbye().await;
        assert_eq!(status.code(), Code::BadRequest, "{what}");
        assert_eq!(code, 1002, "{what}");
        drop(raw);
        assert!(end.await.unwrap().is_err(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_instead_of_a_hello_ends_after_the_limit() {
    let (end, mut raw) = server_before_hello(limits(|_| {}));
    let start = Instant::now();
    assert_eq!(raw.receive().await, None);
    let waited = start.elapsed();
    assert!((secs(10)..secs(11)).contains(&waited), "{waited:?}");
    drop(raw);
    let error = end.await.unwrap().err().unwrap();
    assert!(matches!(error, HandshakeError::Timeout(_)), "{error}");
}

#[tokio::test]
async fn second_hello_ends_the_connection() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    raw.send(&Frame::new(HELLO, 0, (0, 0))).await;
    assert_eq!(raw.goodbye().await.0.code(), Code::BadRequest);
    drop(raw);
    assert_eq!(end.ended().await.code(), Code::ConnectionLost);
}

#[tokio::test]
async fn unknown_parts_of_a_hello_are_skipped() {
    let (end, mut raw) = server_before_hello(limits(|_| {}));
    let payload = [&[200, 0, 2, 1, 2][..], &[3, 0, 4, 0, 0, 0, 9]].concat();
    raw.send(&Frame::new(HELLO, 0, (0, 0)).payload(&payload))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, HELLO);
    let end = end.await.unwrap().unwrap();
    is_served(&mut raw).await;
    end.empty().await;
}
