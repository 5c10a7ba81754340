//! The tests of `mitto`.
