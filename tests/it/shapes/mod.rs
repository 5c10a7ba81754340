//! Two ends that are built from two versions of one schema.

mod connected;
mod found;
mod hostile;
mod rolling;
mod versions;
