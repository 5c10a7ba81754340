//! What every way between a client and its handlers must do.

mod built_ins;
mod call_backs;
mod cancellation;
mod connections;
mod context;
mod deadlines;
mod panics;
mod requests;
mod streams;
mod timing;
