//! Input that is meant to hurt: deep nesting, and noise.

use mitto::message::Message;
use mitto::session::Session;
use mitto::status::Code;
use mitto::transport::memory;

use super::ends::{End, config, is_served, limits, server_and_raw, settle};
use super::handlers::World;
use super::messages::{Echo, Note, Wait, Watch};
use super::raw::{Frame, JSON, Raw};

const ECHO: u32 = Echo::INFO.id.0;
const WAIT: u32 = Wait::INFO.id.0;
const GOOD: &str = r#"{"text":"x"}"#;
const ID: (u32, u32) = (0, 1);

fn good() -> Frame {
    Frame::request(ID, ECHO, GOOD)
}

/// Nesting must not depend on the size of the stack: this thread has the usual 2 MiB.
#[test]
fn deep_nesting_is_refused_also_in_ignored_fields() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let deep = 100_000;
            let arrays = "[".repeat(deep);
            let objects = r#"{"a":"#.repeat(deep);
            let packed = |field: &[u8]| {
                let head = [&[0x82, 0xA4][..], b"text", &[0xA1, b'x', 0xA5], b"other"].concat();
                [head, field.repeat(deep)].concat()
            };
            let mut frames = vec![
                Frame::request(ID, ECHO, &arrays),
                Frame::request(ID, ECHO, &objects),
                Frame::request(ID, ECHO, &format!(r#"{{"text":"x","other":{arrays}"#)),
                Frame::request(ID, ECHO, &format!(r#"{{"text":"x","other":{objects}"#)),
            ];
            for payload in [
                packed(&[0x91]),
                packed(&[0x81, 0xA1, b'a']),
                vec![0x91; deep],
            ] {
                let mut frame = good().payload(&payload);
                frame.format = 2;
                frames.push(frame);
            }
            let (end, mut raw) = server_and_raw(limits(|_| {})).await;
            for frame in frames {
                raw.send(&frame).await;
                assert_eq!(
                    raw.receive().await.unwrap().status().code(),
                    Code::BadRequest
                );
            }
            is_served(&mut raw).await;
            end.empty().await;
        });
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.unwrap().join().unwrap();
}

/// Frames that are almost right go deeper than plain noise.
#[tokio::test]
async fn random_frames_never_panic_and_leave_nothing() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let world = World::new();
    let config = config(&world, limits(|limits| limits.message = 100_000));
    let messages = [ECHO, WAIT, Watch::INFO.id.0, Note::INFO.id.0, 5];
    let payloads = [
        GOOD,
        "{",
        r#"{"bytes":3}"#,
        r#"{"items":9,"bytes":2}"#,
        r#"{"wait":true}"#,
        "",
    ];
    for _ in 0..60 {
        let (here, there) = memory::pair(64 << 10);
        let mut raw = Raw::new(there);
        let (session, ()) =
            tokio::join!(Session::accept(Box::new(here), config.clone()), raw.hello());
        let end = End::of(session.unwrap(), world.clone(), config.clone());
        for _ in 0..300 {
            let mut frame = Frame::new(
                [2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 200][random(14)],
                (random(16) | random(2)) as u16,
                (random(6) as u32, random(4) as u32),
            );
            frame.message = messages[random(messages.len())];
            frame.payload = payloads[random(payloads.len())].into();
            frame.format = [JSON, JSON, JSON, 2, 0, 9][random(6)];
            if random(3) == 0 {
                frame = frame.timeout(random(3) as u32);
            }
            if random(3) == 0 {
                frame = frame.total([0, 1, 30, 100_000][random(4)]);
            }
            let mut bytes = frame.bytes();
            if random(10) == 0 {
                let at = random(bytes.len() - 2) + 2;
                bytes[at] = random(256) as u8;
            }
            if random(50) == 0 {
                bytes.truncate(random(bytes.len()));
            }
            raw.send_bytes(&bytes).await;
            tokio::task::yield_now().await;
        }
        world.gate.add_permits(random(10));
        settle().await;
        raw.close().await;
        drop(raw);
        end.empty().await;
        end.ended().await;
    }
}
