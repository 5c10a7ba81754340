//! Behaviour, a file for each.

mod codec;
