//! Good input for the targets that take frames, made from the golden files.

use std::fs;
use std::path::Path;

use mitto::codec::Format;
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Native};
use mitto::message::Message;

use crate::session::{Count, Echo, Hang, Note};
use crate::transports::UPGRADE;

/// The golden files.
pub(crate) fn frames() -> Vec<Vec<u8>> {
    golden().into_iter().map(|(_, frame)| frame).collect()
}

/// The payload of the golden hello.
pub(crate) fn hellos() -> Vec<Vec<u8>> {
    let hello = golden().into_iter().find(|(name, _)| name == "hello.hex");
    let (_, frame) = hello.expect("there is a golden hello");
    // Behind the 20 bytes of every frame.
    vec![frame[20..].to_vec(), Vec::new()]
}

/// A client's bytes: with the upgrade request and without it, in one frame, in fragments, controls.
pub(crate) fn websocket() -> Vec<Vec<u8>> {
    let golden = frames();
    let hello = ws_frame(0x82, &golden[0]);
    let fragments = [
        ws_frame(0x01, b"gr\xC3"),
        ws_frame(0x89, b"ping"),
        ws_frame(0x00, b""),
        ws_frame(0x80, b"\xBC\xC3\x9Fe"),
    ];
    let close = ws_frame(0x88, b"\x03\xE8bye");
    let many: Vec<u8> = golden
        .iter()
        .flat_map(|frame| ws_frame(0x82, frame))
        .collect();
    let large = ws_frame(0x82, &[7; 300]);
    vec![
        [&[0][..], UPGRADE, &hello, &close].concat(),
        [&[1][..], &hello, &fragments.concat(), &close].concat(),
        [&[1][..], &large, &ws_frame(0x8A, b"pong"), &large].concat(),
        [&[1][..], &many].concat(),
    ]
}

/// Frames behind their length, and the goodbye.
pub(crate) fn prefixed() -> Vec<Vec<u8>> {
    let all = frames();
    let all: Vec<u8> = all.iter().flat_map(|frame| behind_length(frame)).collect();
    let goodbye = b"\xFF\xFF\x03\xE8";
    vec![
        [&all[..], goodbye].concat(),
        [&b"\0\0\0\0\0\0\0\x02hi"[..], goodbye, b"late"].concat(),
    ]
}

/// What a client sends, what a server sends, and each golden file alone.
pub(crate) fn sessions() -> Vec<Vec<u8>> {
    let asked = |how: u8, frames: &[Vec<u8>]| {
        let frames = frames.iter().flat_map(|frame| {
            let length = u16::try_from(frame.len()).expect("a short frame");
            [&length.to_be_bytes()[..], frame].concat()
        });
        [how].into_iter().chain(frames).collect::<Vec<u8>>()
    };
    let client = client();
    let server = server();
    let golden = frames();
    vec![
        asked(0, &client),
        asked(4, &client),
        asked(2, &golden),
        asked(0, &golden[1..]),
        asked(1, &server),
        asked(5, &server),
        asked(3, &golden),
    ]
}

fn client() -> Vec<Vec<u8>> {
    let echo = request::<Echo>(0, 1);
    let first = Head {
        more: true,
        total: Some(14),
        ..request::<Echo>(1, 1)
    };
    let rest = Head {
        from_requester: true,
        rest: true,
        ..Head::new(Kind::Request, first.correlation)
    };
    let more = Head { more: true, ..rest };
    let of = |kind, slot| Head {
        from_requester: true,
        ..Head::new(kind, CorrelationId::new(slot, 1))
    };
    let note = Head {
        from_requester: true,
        message: Note::INFO.id,
        format: Some(Format::JSON),
        ..Head::new(Kind::Notification, CorrelationId::NONE)
    };
    vec![
        written(&echo, br#"{"text":"hello"}"#),
        written(&first, br#"{"text""#),
        written(&request::<Count>(2, 1), br#"{"to":20}"#),
        written(&more, br#":"pie"#),
        written(&request::<Hang>(3, 1), b"{}"),
        written(&rest, br#"ce"}"#),
        written(&of(Kind::Credit, 2), &[0, 0, 16, 0]),
        written(&note, br#"{"text":"heard"}"#),
        written(&of(Kind::Cancel, 3), b""),
        written(&Head::new(Kind::Ping, CorrelationId::NONE), b"ping"),
        written(&request::<Echo>(0, 2), br#"{"text":"again"}"#),
        written(&Head::new(Kind::Goodbye, CorrelationId::NONE), b""),
    ]
}

fn server() -> Vec<Vec<u8>> {
    let of = |kind, slot| Head {
        format: Some(Format::JSON),
        ..Head::new(kind, CorrelationId::new(slot, 1))
    };
    let first = Head {
        more: true,
        total: Some(6),
        ..of(Kind::Response, 2)
    };
    let rest = Head {
        rest: true,
        ..Head::new(Kind::Response, first.correlation)
    };
    let list = Head {
        list: true,
        ..of(Kind::Item, 1)
    };
    let error = Head {
        status: true,
        format: None,
        ..of(Kind::Error, 3)
    };
    let mut status = Vec::new();
    Native.write_status(&mitto::Status::denied("not you"), &mut status);
    vec![
        written(&of(Kind::Progress, 1), b""),
        written(&of(Kind::Response, 0), br#""x""#),
        written(&of(Kind::Item, 1), b"1"),
        written(&first, br#""pi"#),
        written(&list, b"\x00\x011\x00\x012"),
        written(&rest, br#"ece""#),
        written(&of(Kind::End, 1), b""),
        written(&error, &status),
        written(&Head::new(Kind::Goodbye, CorrelationId::NONE), &status),
    ]
}

fn request<M: Message>(slot: u32, generation: u32) -> Head<'static> {
    Head {
        from_requester: true,
        message: M::INFO.id,
        format: Some(Format::JSON),
        ..Head::new(Kind::Request, CorrelationId::new(slot, generation))
    }
}

pub(crate) fn hello_frame(payload: &[u8]) -> Vec<u8> {
    written(&Head::new(Kind::Hello, CorrelationId::NONE), payload)
}

fn written(head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Native.begin(head, &mut out);
    out.extend_from_slice(payload);
    Native.finish(head, 0, &mut out);
    out
}

fn behind_length(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).expect("a short frame");
    [&length.to_be_bytes()[..], frame].concat()
}

/// A frame of a client, with a mask of zeros so that its payload is legible.
fn ws_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let length = match u8::try_from(length) {
        Ok(length) if length < 126 => vec![0x80 | length],
        _ => [&[0xFE][..], &(length as u16).to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

/// The golden files, by name.
fn golden() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the golden files are there") {
        let path = entry.expect("the folder can be read").path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if name.ends_with(".hex") {
            let text = fs::read_to_string(&path).expect("a golden file is text");
            files.push((name, hex(&text)));
        }
    }
    files.sort();
    files
}

/// The golden conversation of JSON-RPC: what the client says (`C`), or the server (`S`).
pub(crate) fn conversation(side: char) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/json_rpc.txt");
    let text = fs::read_to_string(file).expect("the golden conversation is there");
    let begin = format!("{side} > ");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&begin));
    lines.map(str::to_owned).collect()
}

/// Reads bytes in hex; a `#` begins a comment.
fn hex(text: &str) -> Vec<u8> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).expect("two hexadecimal digits"))
        .collect()
}
