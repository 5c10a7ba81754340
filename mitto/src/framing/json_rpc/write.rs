//! What goes out: the texts around payloads.
//!
//! An envelope that JSON-RPC has no text for, and the answer to a request that is over, leave nothing
//! behind.

use super::codes::OWN_ERROR;
use super::connection::{Connection, State};
use super::extra;
use super::id::{number, write_number};
use super::scan::Scanner;
use super::{CANCEL, END, ITEM, PROGRESS};
use crate::envelope::{CorrelationId, Head, Kind};

const ID: &[u8] = br#"{"jsonrpc":"2.0","id":"#;
const METHOD: &[u8] = br#"{"jsonrpc":"2.0","method":"#;
const RESULT: &[u8] = br#","result":"#;
const ERROR: &[u8] = br#","error":"#;

/// Writes what stands before the payload.
pub(super) fn begin(connection: &Connection, head: &Head<'_>, out: &mut Vec<u8>) {
    let id = head.correlation;
    match (head.kind, head.from_requester) {
        (Kind::Request, true) => {
            out.extend_from_slice(ID);
            write_number(number(id), out);
            out.extend_from_slice(br#","method":"#);
            begin_call(head, out);
        }
        (Kind::Notification, true) => {
            out.extend_from_slice(METHOD);
            begin_call(head, out);
        }
        (Kind::Cancel, true) => begin_notification(CANCEL, "id", id, out),
        (_, true) => {}
        _ => begin_answer(&mut connection.state(), head, out),
    }
}

/// Writes what stands behind the payload, of what began at `start`.
pub(super) fn finish(connection: &Connection, head: &Head<'_>, start: usize, out: &mut Vec<u8>) {
    let id = head.correlation;
    match (head.kind, head.from_requester) {
        (Kind::Request | Kind::Notification, true) => {
            structure(start, out);
            out.push(b'}');
            if head.stream {
                connection.streams.asked(id);
            }
        }
        (Kind::Cancel, true) => {
            connection.streams.close(id);
            out.extend_from_slice(b"}}");
        }
        (_, true) => out.truncate(start),
        _ => finish_answer(&mut connection.state(), head, start, out),
    }
}

fn begin_call(head: &Head<'_>, out: &mut Vec<u8>) {
    extra::write_text(head.name, out);
    extra::write(head, out);
    out.extend_from_slice(br#","params":"#);
}

/// Params are an object or an array: any other value becomes an array of that value, and `null` is
/// left out.
fn structure(start: usize, out: &mut Vec<u8>) {
    if let Some(b'}' | b']') = out.last() {
        return;
    }
    let mut scanner = Scanner::new(&out[start + 1..]);
    let mut params = None;
    while let Ok(key) = scanner.key() {
        let Ok(value) = scanner.value() else { return };
        if key == b"\"params\"" {
            params = Some((key.len() + 2, value.len()));
        }
        scanner.take(b',');
    }
    let Some((before, length)) = params else {
        return;
    };
    let at = out.len() - length;
    match &out[at..] {
        b"null" => out.truncate(at - before),
        _ => {
            out.insert(at, b'[');
            out.push(b']');
        }
    }
}

fn begin_answer(state: &mut State, head: &Head<'_>, out: &mut Vec<u8>) {
    let Some(slot) = state.asked.get(head.correlation) else {
        return;
    };
    let of = |out: &mut Vec<u8>, method| {
        begin_notification(method, "subscription", head.correlation, out);
    };
    match head.kind {
        Kind::Response => begin_outcome(slot.id.as_bytes(), head, RESULT, out),
        Kind::Error => {
            if slot.has_begun {
                of(out, END);
                out.extend_from_slice(ERROR);
            } else {
                begin_outcome(slot.id.as_bytes(), head, ERROR, out);
            }
            if !head.status {
                out.extend_from_slice(br#"{"code":"#);
                write_number(OWN_ERROR.unsigned_abs(), out);
                out.extend_from_slice(br#","message":"the handler's own error","data":"#);
            }
        }
        Kind::Progress if slot.is_stream && !slot.has_begun => {
            begin_outcome(slot.id.as_bytes(), head, RESULT, out);
            write_number(number(head.correlation), out);
        }
        Kind::Progress if slot.is_stream => of(out, PROGRESS),
        // Nobody could tell whose progress it is.
        Kind::Progress if slot.id.is_null() => {}
        Kind::Progress => {
            begin_params(PROGRESS, "id", out);
            out.extend_from_slice(slot.id.as_bytes());
        }
        Kind::Item => {
            of(out, ITEM);
            out.extend_from_slice(RESULT);
        }
        Kind::End => {
            of(out, END);
            out.extend_from_slice(br#","error":null"#);
        }
        _ => {}
    }
}

fn finish_answer(state: &mut State, head: &Head<'_>, start: usize, out: &mut Vec<u8>) {
    let id = head.correlation;
    let has_answer = out.len() > start;
    let Some(slot) = state.asked.get(id).filter(|_| has_answer) else {
        return out.truncate(start);
    };
    match head.kind {
        Kind::Error => {
            let own: &[u8] = if head.status { b"" } else { b"}" };
            out.extend_from_slice(own);
            if slot.has_begun {
                out.extend_from_slice(b"}}");
                return state.asked.free(id);
            }
            out.push(b'}');
            state.asked.answered(id, start..out.len(), out);
        }
        Kind::Response => {
            out.push(b'}');
            state.asked.answered(id, start..out.len(), out);
        }
        Kind::Progress if slot.is_stream && !slot.has_begun => {
            slot.has_begun = true;
            out.push(b'}');
        }
        Kind::End => {
            out.extend_from_slice(b"}}");
            state.asked.free(id);
        }
        Kind::Progress | Kind::Item => out.extend_from_slice(b"}}"),
        _ => out.truncate(start),
    }
}

/// Writes a response up to its `result` or `error`.
fn begin_outcome(id: &[u8], head: &Head<'_>, member: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(ID);
    out.extend_from_slice(id);
    extra::write(head, out);
    out.extend_from_slice(member);
}

/// Writes a notification that begins with the number of a request or a subscription.
fn begin_notification(method: &str, key: &str, id: CorrelationId, out: &mut Vec<u8>) {
    begin_params(method, key, out);
    write_number(number(id), out);
}

/// Writes a notification up to the first value of its params.
fn begin_params(method: &str, key: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(METHOD);
    out.push(b'"');
    out.extend_from_slice(method.as_bytes());
    out.extend_from_slice(br#"","params":{""#);
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(br#"":"#);
}
