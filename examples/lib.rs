//! The examples of `mitto`.
