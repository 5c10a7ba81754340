//! Optional parts.
