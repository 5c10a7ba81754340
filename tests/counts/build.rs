//! Writes the names of the messages and handlers of `src/dispatch.rs`, as many as each provider there has.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut providers = String::new();
    for size in [1, 10, 100, 1_000] {
        let names = (0..size).fold(String::new(), |names, n| names + &format!("M{n} m{n}, "));
        writeln!(providers, "provider! {{ of_{size} {size}: {names}}}")
            .map_err(io::Error::other)?;
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(Path::new(&out).join("providers.rs"), providers)
}
