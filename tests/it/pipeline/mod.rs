//! Steps that a configuration puts together.
