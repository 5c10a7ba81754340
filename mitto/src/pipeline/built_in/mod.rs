//! The steps that are there without being registered.

mod post;
mod print;

pub(super) use post::Post;
pub(super) use print::{Print, PrintMessage};
