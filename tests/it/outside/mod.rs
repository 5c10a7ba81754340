//! A server among peers that do it harm, seen from outside; in small. The package `mitto-outside`
//! measures the same at full size.

mod descriptors;
mod slow;
