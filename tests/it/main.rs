//! Behaviour, one file each.

mod answers;
mod macros;
mod ui;
