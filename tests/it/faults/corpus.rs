//! The corpus of the fuzz targets, run as it is.
//!
//! `MITTO_WRITE_CORPUS=1 cargo test -p mitto-tests --test it corpus` writes the seeds anew, after a change
//! of the wire format.

use mitto_test_targets::{ALL, corpus, seeds_of, write_corpus};

#[test]
fn corpus_of_every_fuzz_target_holds() {
    for target in ALL {
        if std::env::var_os("MITTO_WRITE_CORPUS").is_some() {
            write_corpus(target).expect("the corpus can be written");
        }
        for seed in seeds_of(target) {
            (target.run)(&seed);
        }
        let files = corpus(target).expect("the target has a corpus");
        for (path, bytes) in files {
            println!("{}", path.display());
            (target.run)(&bytes);
        }
    }
}
