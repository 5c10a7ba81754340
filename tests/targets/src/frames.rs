//! One frame, and the payload of one hello.

use mitto::codec::Format;
use mitto::envelope::Head;
use mitto::framing::{Framing, Hello, Native, ShapeEntry};
use mitto::limits::Limits;

/// A frame of the native framing: what is accepted comes out again as it is when it is written.
pub fn frame(bytes: &[u8]) {
    let mut seen = 0;
    let parsed = Native.parse(bytes, &mut |envelope| {
        seen += 1;
        let status = Native.read_status(envelope.payload);
        let mut out = Vec::new();
        Native.write_status(&status, &mut out);
        assert_eq!(Native.read_status(&out).code(), status.code());
        if let Some(credit) = Native.read_credit(envelope.payload) {
            let mut out = Vec::new();
            Native.write_credit(credit, &mut out);
            assert_eq!(out, envelope.payload);
        }
        if !is_sendable(&envelope.head) {
            return;
        }
        let mut out = Vec::new();
        Native.begin(&envelope.head, &mut out);
        out.extend_from_slice(envelope.payload);
        Native.finish(&envelope.head, 0, &mut out);
        let mut again = 0;
        Native
            .parse(&out, &mut |second| {
                assert_eq!(envelope, second);
                again += 1;
            })
            .expect("what was written can be read");
        assert_eq!(again, 1);
    });
    match parsed {
        Ok(()) => assert_eq!(seen, 1),
        Err(error) => {
            assert_eq!(seen, 0, "{error}");
            // The session acts on it, and tells the other end.
            let _ = (error.fault(), error.to_status(), error.to_string());
        }
    }
}

/// Whether a head may be written: writing cuts what no receiver takes.
fn is_sendable(head: &Head<'_>) -> bool {
    head.address.is_none_or(|address| address.len() <= 255)
        && head.metadata.check(&Limits::default()).is_ok()
}

/// The payload of a hello: what is accepted is read back from what is written.
pub fn hello(payload: &[u8]) {
    shapes(payload);
    let Ok(hello) = Hello::parse(payload) else {
        return;
    };
    let mut out = Vec::new();
    hello.write(&mut out);
    let written = Hello::parse(&out).expect("what was written can be read");
    let numbers = |hello: &Hello| {
        let sizes = (hello.message, hello.features);
        (sizes, hello.in_flight, hello.stream_window, hello.pieces)
    };
    assert_eq!(numbers(&hello), numbers(&written));
    assert_eq!(hello.schemas.len(), written.schemas.len());
    assert_eq!(formats(&hello), formats(&written));
    let mut again = Vec::new();
    written.write(&mut again);
    assert_eq!(out, again);
}

/// The payload of a list of shapes, which has parts as well.
fn shapes(payload: &[u8]) {
    if let Ok(entries) = ShapeEntry::read_all(payload) {
        let mut out = Vec::new();
        ShapeEntry::write_all(&entries, usize::MAX, &mut out);
        assert_eq!(ShapeEntry::read_all(&out), Ok(entries));
    }
}

/// A list of formats is cut where its length would not fit.
fn formats(hello: &Hello) -> &[Format] {
    &hello.formats[..hello.formats.len().min(255)]
}
