//! Small damage to good input, some thousand times for each codec and each reader of frames.

use mitto_test_targets::mutate::mutations;
use mitto_test_targets::{named, seeds_of};

use super::times;

/// The mutations are the same ones in every run; a failure prints its input.
fn run(name: &str, usual: usize) {
    let target = named(name);
    let seeds = seeds_of(&target);
    mutations(&seeds, times(usual, 1_000_000), 1, |input| {
        let outcome = std::panic::catch_unwind(|| (target.run)(input));
        if outcome.is_err() {
            panic!("{name} fails with {input:?}");
        }
    });
}

macro_rules! mutated {
    ($($test:ident: $name:literal, $usual:expr;)*) => {$(
        #[test]
        fn $test() {
            run($name, $usual);
        }
    )*};
}

mutated! {
    mutated_frames_are_read_or_refused: "frame", 20_000;
    mutated_hellos_are_read_or_refused: "hello", 20_000;
    mutated_websockets_are_read_or_refused: "websocket", 5_000;
    mutated_streams_are_read_or_refused: "prefixed", 10_000;
    mutated_sessions_end_and_leave_nothing: "session", 5_000;
    mutated_json_rpc_is_answered_by_the_book: "json_rpc", 5_000;
    mutated_addresses_are_read_or_refused: "address", 20_000;
    mutated_json_is_read_or_refused: "json", 20_000;
    mutated_message_pack_is_read_or_refused: "message_pack", 20_000;
    mutated_xml_is_read_or_refused: "xml", 20_000;
    mutated_bytes_are_read_or_refused: "bytes", 20_000;
    mutated_compact_is_read_or_refused: "compact", 20_000;
}
