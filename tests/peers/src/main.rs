//! Measures what a request costs, on mitto and on others; `--help` and the README say how.

use std::process::ExitCode;

fn main() -> ExitCode {
    mitto_bench::run(None)
}
