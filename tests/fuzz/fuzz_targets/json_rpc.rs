#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (mitto_test_targets::named("json_rpc").run)(bytes));
