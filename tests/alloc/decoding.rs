//! What damaged payloads make the codecs allocate: no more than in proportion to their size.

use mitto::Format;
use mitto_test_targets::codecs::decode_only;
use mitto_test_targets::mutate::mutations;
use mitto_test_targets::{named, seeds_of};

use crate::count::allocated;

/// Bytes that may be allocated for each byte of a payload, all together. A list of small items takes most:
/// an item of one byte may become a value of many.
const EACH: usize = 400;

/// And for a payload of any size: texts of errors, the states of parsers.
const ANY: usize = 16 << 10;

pub(crate) fn decoding() {
    let count = if std::env::var_os("MITTO_FAULTS").is_some() {
        1_000_000
    } else {
        5_000
    };
    for (name, format) in [
        ("json", Format::JSON),
        ("message_pack", Format::MESSAGE_PACK),
        ("xml", Format::XML),
        ("bytes", Format::BYTES),
        ("compact", Format::COMPACT),
    ] {
        let mut most = (0, 0);
        mutations(&seeds_of(&named(name)), count, 1, |payload| {
            let taken = allocated(|| decode_only(format, payload));
            most = most.max((taken, payload.len()));
            let limit = ANY + EACH * payload.len();
            assert!(taken <= limit, "{name}: {taken} bytes for {payload:x?}");
        });
        println!(
            "{name:40} {:6} bytes at most, for a payload of {}",
            most.0, most.1
        );
    }
}
