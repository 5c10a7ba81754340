//! Steps of every form, among the user's own names, through another crate's path.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unreachable_pub, missing_debug_implementations)]
#![allow(dead_code)]

extern crate mitto as messaging;
extern crate serde;

/// Not the real one.
pub mod core {}
/// Not the real one.
pub mod std {}
/// Not the real one.
pub mod mitto {}

mod shadows {
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct String;
    pub(crate) struct Send;
    pub(crate) struct Vec;
    pub(crate) struct Future;
    pub(crate) struct Step;
    pub(crate) struct Flow;
}

#[allow(unused_imports)]
use shadows::{Err, Flow, Future, Ok, Option, Result, Send, Step, String, Vec};

mod toolkit {
    pub(crate) use crate::messaging::{private, step};
}

/// What a step is told.
#[derive(::std::fmt::Debug, ::serde::Deserialize)]
pub struct Settings {
    by: i64,
}

#[derive(::serde::Serialize, ::serde::Deserialize)]
struct Private {
    n: i64,
}

#[derive(::serde::Deserialize)]
struct PrivateSettings {}

/// Plain.
#[::mitto::step]
pub fn plain(n: i64) -> ::mitto::pipeline::Flow<i64> {
    ::mitto::pipeline::Flow::Next(n)
}

/// With everything.
#[::mitto::step]
pub async fn everything(
    ::mitto::State(start): ::mitto::State<i64>,
    ctx: &mut ::mitto::pipeline::StepContext,
    settings: &Settings,
    ::mitto::State(text): ::mitto::State<&'static str>,
    mut n: i64,
) -> ::std::result::Result<::mitto::pipeline::Flow<i64, ::std::string::String>, ::mitto::Status> {
    ctx.print(text);
    n += start + settings.by;
    ::std::future::ready(()).await;
    ::std::result::Result::Ok(::mitto::pipeline::Flow::Next(n))
}

#[::mitto::step]
fn private(_: &PrivateSettings, value: Private) -> ::mitto::pipeline::Flow<Private> {
    ::mitto::pipeline::Flow::Next(value)
}

#[toolkit::step(crate = crate::toolkit)]
fn elsewhere(_: &mut ::mitto::pipeline::StepContext, _: ()) -> ::mitto::pipeline::Flow<()> {
    ::mitto::pipeline::Flow::Stop
}

#[::mitto::step]
fn r#type(n: u8) -> ::mitto::pipeline::Flow<u8> {
    ::mitto::pipeline::Flow::Answer(n)
}

fn main() {
    let _ = ::mitto::pipeline::Steps::new()
        .step::<plain>()
        .step::<everything>()
        .step::<private>()
        .step::<elsewhere>()
        .step::<r#type>();
}
