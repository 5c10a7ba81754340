//! The derives and attributes of `mitto`.
