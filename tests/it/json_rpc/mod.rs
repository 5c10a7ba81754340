//! JSON-RPC 2.0: texts by hand, and clients of other libraries.

mod bad_input;
mod batches;
mod begin;
mod calls;
mod client;
mod golden;
mod jsonrpsee;
mod python;
mod raw;
mod service;
mod streams;
