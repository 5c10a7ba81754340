mod plain;
mod ser;

use std::str::Utf8Error;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Deserializer;
use serde_json::de::StrRead;

#[cfg(feature = "json-rpc")]
pub(crate) use plain::plain;

use super::limited::Limited;
use super::{CodecError, Format, MAX_DEPTH};

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Limited<'_>,
) -> Result<(), CodecError> {
    match value.serialize(&mut ser::Serializer::new(out)) {
        Ok(()) => Ok(()),
        Err(error) => Err(encode_error(error)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    // Instantiated for every message: no combinators, each of which is a function more.
    let mut deserializer = deserializer(payload)?;
    let value = match T::deserialize(&mut deserializer) {
        Ok(value) => value,
        Err(error) => return Err(decode_error(error)),
    };
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(decode_error(error)),
    }
}

fn deserializer(payload: &[u8]) -> Result<Deserializer<StrRead<'_>>, CodecError> {
    check_depth(payload)?;
    // Once here: from bytes, every string would be looked at by itself.
    let text = std::str::from_utf8(payload).map_err(not_text)?;
    let mut deserializer = Deserializer::from_str(text);
    // It would refuse the 128th level, and let any depth pass in what the type ignores.
    deserializer.disable_recursion_limit();
    Ok(deserializer)
}

#[cold]
#[expect(clippy::needless_pass_by_value, reason = "used up where it is found")]
fn encode_error(error: serde_json::Error) -> CodecError {
    CodecError::Encode {
        format: Format::JSON,
        reason: error.to_string(),
    }
}

#[cold]
fn not_text(error: Utf8Error) -> CodecError {
    CodecError::Decode {
        format: Format::JSON,
        reason: format!("not UTF-8 at byte {}", error.valid_up_to()),
    }
}

#[cold]
#[expect(clippy::needless_pass_by_value, reason = "used up where it is found")]
fn decode_error(error: serde_json::Error) -> CodecError {
    CodecError::Decode {
        format: Format::JSON,
        reason: error.to_string(),
    }
}

/// Refuses what nests deeper than [`MAX_DEPTH`].
///
/// Apart from the deserializer: a wrapper around it would double the code of every message.
fn check_depth(payload: &[u8]) -> Result<(), CodecError> {
    if payload.len() <= MAX_DEPTH || has_few_openers(payload) || is_shallow(payload) {
        Ok(())
    } else {
        Err(CodecError::TooDeep)
    }
}

/// Whether there are too few opening brackets, even counting those in strings, for the precise scan to
/// matter.
fn has_few_openers(payload: &[u8]) -> bool {
    // At most 255 bytes, so that a `u8` can count them and the loop becomes vector instructions.
    const CHUNK: usize = 192;
    let mut openers = 0;
    payload.chunks(CHUNK).all(|chunk| {
        // `[` and `{` differ in this one bit.
        let count: u8 = chunk.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum();
        openers += usize::from(count);
        openers <= MAX_DEPTH
    })
}

/// Whether the payload, read up to its first syntax error, stays within [`MAX_DEPTH`].
fn is_shallow(payload: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut bytes = payload.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// Skips the rest of a string and its closing quote.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        [vec![b'['; depth], vec![b']'; depth]].concat()
    }

    #[test]
    fn depth_counts_arrays_and_objects() {
        assert!(check_depth(&nested(MAX_DEPTH)).is_ok());
        assert!(check_depth(&nested(MAX_DEPTH + 1)).is_err());
        let objects = |n: usize| [br#"{"a":"#.repeat(n), b"1".to_vec(), vec![b'}'; n]].concat();
        assert!(check_depth(&objects(MAX_DEPTH)).is_ok());
        assert!(check_depth(&objects(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn many_shallow_values_pass() {
        let list = format!("[{}{{}}]", r#"{"a":[1]},"#.repeat(10_000));
        assert!(check_depth(list.as_bytes()).is_ok());
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let text = format!(
            r#"["{}","\"{}","\\"]"#,
            "[".repeat(1_000),
            "{".repeat(1_000)
        );
        assert!(check_depth(text.as_bytes()).is_ok());
    }

    #[test]
    fn closers_in_strings_do_not_hide_openers() {
        let text = r#"["]\"]","#.repeat(MAX_DEPTH + 1);
        assert!(check_depth(text.as_bytes()).is_err());
    }

    #[test]
    fn truncated_string_ends_the_scan() {
        let openers = "[]".repeat(200);
        for tail in ["\"", "\"\\", "\"\\\"", "\"[[["] {
            assert!(check_depth(format!("{openers}{tail}").as_bytes()).is_ok());
        }
    }
}
