//! What a session does with frames, calls, streams and ends, over memory and over WebSocket.

mod bad_hello;
mod bad_input;
mod calls;
mod closing;
mod common;
mod flow;
mod hostile;
mod large;
pub(crate) mod raw;
mod streams;
mod stress;
