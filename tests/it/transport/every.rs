use std::future::poll_fn;
use std::io;
use std::task::Poll;

use mitto::transport::memory::{MemoryConnection, pair};
use mitto::transport::{CloseReason, Connection, TransportError};

use super::end::{Place, batch, incoming};
use crate::port::Port;

const SIZES: [usize; 9] = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20];

fn body(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

#[tokio::test]
async fn frames_of_every_size_cross_whole_and_in_order_both_ways() {
    for place in Place::all() {
        let (mut client, mut server) = place.connected().await;
        for _ in 0..2 {
            let bodies: Vec<_> = SIZES.into_iter().map(body).collect();
            let frames: Vec<_> = bodies.iter().map(|body| (body.as_slice(), false)).collect();
            let receive = async {
                for body in &bodies {
                    let (bytes, text) = server.receive().await.unwrap().unwrap();
                    assert!(bytes == *body && !text, "{}: {}", place.url, body.len());
                }
            };
            let (sent, ()) = tokio::join!(client.send(&frames), receive);
            sent.unwrap();
            std::mem::swap(&mut client, &mut server);
        }
    }
}

#[tokio::test]
async fn many_small_frames_of_both_kinds_cross_in_one_batch() {
    for place in Place::all() {
        let (mut client, mut server) = place.connected().await;
        let bodies: Vec<_> = (0..10_000).map(|i| format!("frame ä {i}")).collect();
        let frames: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| (body.as_bytes(), i % 3 == 0))
            .collect();
        let receive = async {
            for (bytes, text) in &frames {
                let frame = server.receive().await.unwrap().unwrap();
                assert_eq!(frame, (bytes.to_vec(), *text && place.texts));
            }
        };
        let (sent, ()) = tokio::join!(client.send(&frames), receive);
        sent.unwrap();
    }
}

#[tokio::test]
async fn frame_over_the_limit_is_refused() {
    for mut place in Place::all() {
        place.settings.max_frame = 1_000;
        let (mut client, server) = place.connected().await;
        let server = tokio::spawn(server.echo());
        client.send(&[(&body(1_000), false)]).await.unwrap();
        let echo = client.receive().await.unwrap();
        assert_eq!(echo.unwrap().0.len(), 1_000);
        client.send(&[(&body(1_001), false)]).await.unwrap();
        assert!(client.receive().await.unwrap().is_none());
        let reason = client.0.close_reason().unwrap();
        assert_eq!(reason.code, CloseReason::TOO_LARGE);
        drop(client);
        let error = server.await.unwrap().unwrap_err();
        assert!(matches!(error, TransportError::TooLarge { limit: 1_000 }));
    }
}

#[tokio::test]
async fn close_carries_its_reason_behind_the_last_frame() {
    for place in Place::all() {
        let (mut client, mut server) = place.connected().await;
        let reason = CloseReason::new(CloseReason::POLICY, "not you");
        server.send(&[(b"last", false)]).await.unwrap();
        server.close(&reason).await.unwrap();
        let last = client.receive().await.unwrap();
        assert_eq!(last.unwrap().0, b"last");
        assert!(client.receive().await.unwrap().is_none());
        match place.texts {
            true => assert_eq!(client.0.close_reason(), Some(&reason)),
            false => assert_eq!(client.0.close_reason().unwrap().code, reason.code),
        }
        // The end stays the end.
        assert!(client.receive().await.unwrap().is_none());
        client.close(&CloseReason::done()).await.unwrap();
        assert!(server.receive().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn dropped_end_is_the_end_for_the_other() {
    for place in Place::all() {
        let (client, mut server) = place.connected().await;
        drop(client);
        match server.receive().await {
            Ok(frame) => assert_eq!(frame, None),
            // The client has not read the tickets for a later session.
            Err(error) => assert!(place.tls, "{}: {error}", place.url),
        }
        assert_eq!(server.0.close_reason(), None);
    }
}

#[tokio::test]
async fn refused_client_is_told_so() {
    for place in Place::all() {
        let mut listener = place.listen().await;
        let url = listener.url().to_owned();
        let client = async {
            let mut client = place.connect(&url).await?;
            assert_eq!(client.receive().await?, None);
            Ok(client.0.close_reason().cloned())
        };
        let (client, ()) = tokio::join!(client, async {
            incoming(&mut *listener).await.refuse().await;
        });
        match client {
            Ok(reason) => assert_eq!(reason.unwrap().code, CloseReason::TRY_AGAIN_LATER),
            Err(TransportError::Refused) => {}
            // Without a handshake there is no way to say anything.
            Err(error) => assert!(place.tls, "{}: {error}", place.url),
        }
    }
}

#[tokio::test]
async fn connecting_to_nobody_is_refused_and_says_where() {
    for mut place in Place::all() {
        let port = Port::reserve();
        if let Some(scheme) = place.url.strip_suffix("://127.0.0.1:0") {
            place.url = port.url(scheme);
        }
        let listener = place.listen().await;
        let url = listener.url().to_owned();
        drop(listener);
        let error = place.connect(&url).await.err().unwrap();
        assert!(error.to_string().contains("nothing listens at"), "{error}");
        let TransportError::Connect { source, .. } = error else {
            panic!("{error}");
        };
        let expected = match place.directory {
            Some(_) => io::ErrorKind::NotFound,
            None => io::ErrorKind::ConnectionRefused,
        };
        assert_eq!(source.kind(), expected);
    }
}

#[tokio::test]
async fn place_that_is_taken_cannot_be_listened_at() {
    for place in Place::all() {
        let listener = place.listen().await;
        let second = place
            .transport
            .listen(listener.url(), &place.settings)
            .await;
        let Err(TransportError::Listen { source, .. }) = second else {
            panic!("{}", place.url);
        };
        assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
    }
}

#[tokio::test(start_paused = true)]
async fn server_that_does_not_answer_times_out() {
    for place in Place::all().into_iter().filter(|place| place.handshake) {
        let listener = place.listen().await;
        let error = place.connect(listener.url()).await.err().unwrap();
        assert!(matches!(error, TransportError::Timeout(_)), "{error}");
    }
}

#[tokio::test]
async fn writer_waits_for_a_reader_that_does_not_read() {
    for place in Place::all() {
        let (mut client, mut server) = place.connected().await;
        let body = body(1 << 20);
        let mut sent = 0;
        let mut waits = false;
        while !waits {
            let mut batch = batch(&[(&body, false)]);
            waits =
                poll_fn(|cx| Poll::Ready(client.0.poll_write(cx, &mut batch).is_pending())).await;
            sent += 1;
        }
        let before = client.0.accepted();
        let receive = async {
            for _ in 0..sent {
                assert_eq!(server.receive().await.unwrap().unwrap().0.len(), body.len());
            }
        };
        let (rest, ()) = tokio::join!(client.send(&[]), receive);
        rest.unwrap();
        assert!(client.0.accepted() > before, "{}", place.url);
    }
}

#[tokio::test]
async fn memory_moves_batches_without_copying() {
    let (mut writer, mut reader) = pair(1_000);
    let mut place = Vec::new();
    for round in 0..6 {
        let mut batch = batch(&[(&body(500), false)]);
        let sent = batch.frames().next().unwrap().bytes.as_ptr();
        write(&mut writer, &mut batch).await;
        assert!(poll_fn(|cx| reader.poll_fill(cx)).await.unwrap());
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!(frame.bytes.as_ptr(), sent);
        // What the writer gets back is an empty buffer that was read before.
        place.push(sent);
        if round >= 2 {
            assert_eq!(batch.bytes_mut().as_ptr(), place[round - 2]);
        }
        assert!(reader.next_frame().unwrap().is_none());
    }
}

async fn write(writer: &mut MemoryConnection, batch: &mut mitto::transport::Batch) {
    poll_fn(|cx| writer.poll_write(cx, batch)).await.unwrap();
}

#[tokio::test]
async fn writing_to_a_dropped_memory_end_fails() {
    let (mut writer, reader) = pair(1_000);
    drop(reader);
    let mut batch = batch(&[(b"x", false)]);
    let error = poll_fn(|cx| writer.poll_write(cx, &mut batch)).await;
    let Err(TransportError::Io(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}
