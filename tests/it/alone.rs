//! Tests of what the whole process has a hand in: they run in a process of their own.
//!
//! `tracing` remembers for each line of code whether anybody wants to hear of it. A thread of another test,
//! which has no subscriber, may answer for all at the very moment that one is set.

use std::process::Command;

/// Set for a process that runs one test.
const ALONE: &str = "MITTO_TEST_ALONE";

/// Runs `test`, which has this `name`, in a process of its own: this test binary again.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{failed}");
    assert!(told.contains("1 passed"), "no test is called {name}");
}

/// The same for what is async.
pub(crate) fn alone_async(name: &str, test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    alone(name, || runtime.block_on(test));
}
