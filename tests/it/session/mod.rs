//! What a session does with frames, calls, streams and ends, over memory and over WebSocket.

mod bad_hello;
mod bad_input;
mod calls;
mod closing;
mod ends;
mod flow;
mod handlers;
mod hostile;
mod large;
mod lists;
mod messages;
pub(crate) mod raw;
mod streams;
mod stress;
mod too_many;
