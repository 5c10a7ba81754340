//! Steps that a configuration puts together.

pub(crate) mod names;
mod properties;

pub use properties::{Properties, Property, PropertyError};
