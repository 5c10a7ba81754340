//! Status <-> error object.

use serde::Serialize;

use super::members::{members, unescape};
use crate::status::{Code, Status};

/// The text is no JSON.
pub(super) const PARSE_ERROR: i64 = -32_700;
/// The JSON is no message.
pub(super) const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const INTERNAL_ERROR: i64 = -32_603;
/// From here downwards, by the number of the code of the native framing.
const SERVER_ERROR: i64 = -32_000;
/// The handler's own error.
pub(super) const OWN_ERROR: i64 = 1;

/// Where the text of a status is cut, in bytes.
const TEXT_MAX: usize = 4 << 10;

/// Writes a whole response that fails the request `id`.
pub(super) fn write_failure(id: &[u8], status: &Status, out: &mut Vec<u8>) {
    begin_failure(id, out);
    write_status(status, out);
    out.push(b'}');
}

/// The same for what is no request, which has codes of its own.
pub(super) fn write_refusal(id: Option<&[u8]>, code: i64, text: &str, out: &mut Vec<u8>) {
    begin_failure(id.unwrap_or(b"null"), out);
    write_error(code, text, Code::BadRequest, out);
    out.push(b'}');
}

/// Writes a response that fails the request `id`, up to the error object.
fn begin_failure(id: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    out.extend_from_slice(id);
    out.extend_from_slice(br#","error":"#);
}

/// Writes a status as an error object.
pub(super) fn write_status(status: &Status, out: &mut Vec<u8>) {
    write_error(number(status.code()), status.message(), status.code(), out);
}

fn write_error(number: i64, message: &str, code: Code, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct ErrorObject<'a> {
        code: i64,
        message: &'a str,
        data: Data,
    }
    #[derive(Serialize)]
    struct Data {
        status: String,
    }
    let cut = (0..=TEXT_MAX.min(message.len())).rev();
    let cut = cut.into_iter().find(|at| message.is_char_boundary(*at));
    let error = ErrorObject {
        code: number,
        message: &message[..cut.unwrap_or(0)],
        data: Data {
            status: code.to_string(),
        },
    };
    serde_json::to_writer(out, &error).expect("texts and numbers can be written to memory");
}

/// Reads an error object. One of another library, which does not name a code of ours, is what the
/// standard says of its number, or else `Internal`.
pub(super) fn read_status(error: &[u8]) -> Status {
    let (mut number, mut message, mut name) = (None, None, None);
    members(error, |key, value| match key {
        "code" => number = integer(value),
        "message" => message = unescape(value),
        "data" => members(value, |key, value| {
            if key == "status" {
                name = unescape(value);
            }
        }),
        _ => {}
    });
    let (Some(number), Some(message)) = (number, message) else {
        return Status::internal("an error that is no error object came from the other end");
    };
    if let Some(code) = name.and_then(|name| Code::from_name(&name)) {
        return Status::new(code, message.into_owned());
    }
    match number {
        PARSE_ERROR | INVALID_REQUEST | INVALID_PARAMS => Status::bad_request(message.into_owned()),
        METHOD_NOT_FOUND => Status::not_found(message.into_owned()),
        INTERNAL_ERROR => Status::internal(message),
        _ => Status::internal(format!("{message} (error {number})")),
    }
}

/// The value of the handler's own error, if that is what an error object says.
pub(super) fn own_error(error: &[u8]) -> Option<&[u8]> {
    let (mut is_own, mut data) = (false, None);
    members(error, |key, value| match key {
        "code" => is_own = value == b"1",
        "data" => data = Some(value),
        _ => {}
    });
    data.filter(|_| is_own)
}

fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn number(code: Code) -> i64 {
    match code {
        Code::NotFound => METHOD_NOT_FOUND,
        Code::BadRequest => INVALID_PARAMS,
        Code::Internal => INTERNAL_ERROR,
        // The numbers for implementations end at -32099.
        other => match i64::from(u16::from(other)) {
            number @ 0..=99 => SERVER_ERROR - number,
            _ => SERVER_ERROR,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back() {
        for number in (1..=14).chain([99, 100, 999]) {
            let status = Status::new(Code::from(number), "a \"text\"\nfor people");
            let mut text = Vec::new();
            write_status(&status, &mut text);
            assert_eq!(read_status(&text), status);
            assert_eq!(own_error(&text), None);
        }
    }

    #[test]
    fn errors_of_other_libraries_are_understood() {
        for (error, code, message) in [
            (r#"{"code":-32601,"message":"no"}"#, Code::NotFound, "no"),
            (
                r#"{"code":-32602,"message":"no","data":[1]}"#,
                Code::BadRequest,
                "no",
            ),
            (
                r#"{"code":-32001,"message":"no","data":"x"}"#,
                Code::Internal,
                "no (error -32001)",
            ),
            (
                r#"{"code":-32001,"message":"no","data":{"status":"x"}}"#,
                Code::Internal,
                "no (error -32001)",
            ),
            (
                r#"{"code":7,"message":"n\u006f"}"#,
                Code::Internal,
                "no (error 7)",
            ),
        ] {
            assert_eq!(
                read_status(error.as_bytes()),
                Status::new(code, message),
                "{error}"
            );
        }
        for error in ["7", "null", "{}", r#"{"code":"a","message":"no"}"#] {
            assert_eq!(
                read_status(error.as_bytes()).code(),
                Code::Internal,
                "{error}"
            );
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let mut text = Vec::new();
        write_status(&Status::bad_request("\u{fc}".repeat(4_000)), &mut text);
        assert_eq!(read_status(&text).message(), "\u{fc}".repeat(2_048));
    }
}
