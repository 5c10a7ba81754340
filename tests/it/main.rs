//! The behaviour of `mitto`, a file for each subject.

mod answers;
mod auth;
mod behaviour;
mod codec;
mod faults;
mod framing;
mod golden;
mod json_rpc;
mod layers;
mod limits;
mod listening;
mod local;
mod macros;
mod middleware;
mod outside;
mod reconnect;
mod seams;
mod session;
mod shapes;
mod storm;
mod telemetry;
mod transport;
mod ui;
mod world;
