//! The committed corpus of the fuzz targets: `tests/fuzz/corpus/<target>/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Target;

/// Good input for a target.
pub fn seeds_of(target: &Target) -> Vec<Vec<u8>> {
    (target.seeds)()
}

/// The files of a target's corpus, with their names.
///
/// # Errors
///
/// The folder is missing, or a file cannot be read.
pub fn corpus(target: &Target) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        files.push((path, bytes));
    }
    files.sort();
    Ok(files)
}

/// Writes the seeds of a target into its corpus. What a fuzzer has found beside them stays.
///
/// # Errors
///
/// A file cannot be written.
pub fn write_corpus(target: &Target) -> io::Result<()> {
    let folder = folder(target);
    fs::create_dir_all(&folder)?;
    for (index, seed) in seeds_of(target).iter().enumerate() {
        fs::write(folder.join(format!("seed-{index:02}")), seed)?;
    }
    Ok(())
}

fn folder(target: &Target) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.join("../fuzz/corpus").join(target.name)
}
