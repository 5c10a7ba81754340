//! More requests and notifications than there is room for.

use std::sync::atomic::Ordering::SeqCst;

use mitto::message::Message;
use mitto::status::Code;

use super::ends::{is_served, limits, server_and_raw, settle};
use super::messages::{Echo, Note, Wait};
use super::raw::{CANCEL, FROM_REQUESTER, Frame, NOTIFICATION, RESPONSE};

const ECHO: u32 = Echo::INFO.id.0;
const WAIT: u32 = Wait::INFO.id.0;
const GOOD: &str = r#"{"text":"x"}"#;

#[tokio::test]
async fn busy_slot_refuses_a_second_request_and_keeps_the_first() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    raw.send(&Frame::request((2, 5), WAIT, r#"{"bytes":1}"#))
        .await;
    for generation in [5, 4, 6] {
        raw.send(&Frame::request((2, generation), ECHO, GOOD)).await;
        let refused = raw.receive().await.unwrap();
        assert_eq!(refused.id(), (2, generation));
        assert_eq!(refused.status().code(), Code::BadRequest);
    }
    raw.send(&Frame::new(CANCEL, FROM_REQUESTER, (2, 4))).await;
    is_served(&mut raw).await;
    end.world.gate.add_permits(1);
    let answer = raw.receive().await.unwrap();
    assert_eq!(
        (answer.kind, answer.id(), answer.text()),
        (RESPONSE, (2, 5), r#""x""#)
    );
    raw.send(&Frame::request((2, 6), ECHO, GOOD)).await;
    assert_eq!(
        raw.receive().await.unwrap().kind,
        RESPONSE,
        "the slot is free"
    );
    end.empty().await;
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused() {
    let small = limits(|limits| limits.in_flight = 8);
    let (end, mut raw) = server_and_raw(small).await;
    for slot in 0..500 {
        raw.send(&Frame::request((slot, 1), WAIT, r#"{"bytes":1}"#))
            .await;
    }
    for slot in 8..500 {
        let refused = raw.receive().await.unwrap();
        assert_eq!(refused.id(), (slot, 1));
        assert_eq!(refused.status().code(), Code::BadRequest);
    }
    assert_eq!(end.peer.statistics().running, 8);
    end.world.gate.add_permits(8);
    for _ in 0..8 {
        assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    }
    is_served(&mut raw).await;
    end.empty().await;
}

#[tokio::test]
async fn requests_beyond_the_limit_of_the_process_are_busy() {
    let small = limits(|limits| limits.in_flight_process = 2);
    let (end, mut raw) = server_and_raw(small).await;
    for slot in 0..3 {
        raw.send(&Frame::request((slot, 1), WAIT, r#"{"bytes":1}"#))
            .await;
    }
    let refused = raw.receive().await.unwrap();
    assert_eq!((refused.slot, refused.status().code()), (2, Code::Busy));
    assert_eq!(end.config.running.load(SeqCst), 2);
    drop(raw);
    end.empty().await;
}

#[tokio::test]
async fn notifications_beyond_the_limit_are_dropped() {
    let small = limits(|limits| limits.in_flight = 4);
    let (end, mut raw) = server_and_raw(small).await;
    for _ in 0..100 {
        let note = Frame::new(NOTIFICATION, FROM_REQUESTER, (0, 0)).message(Note::INFO.id.0);
        raw.send(&note.json(r#"{"wait":true}"#)).await;
    }
    settle().await;
    assert_eq!(end.world.alive(), 8);
    assert_eq!(end.peer.statistics().ignored, 92);
    end.world.gate.add_permits(8);
    settle().await;
    is_served(&mut raw).await;
    end.empty().await;
}
