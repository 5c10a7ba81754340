//! What generated code names. Not for people: nothing here is stable.

pub use std::clone::Clone;
pub use std::convert::From;
pub use std::fmt::Debug;
pub use std::future::Future;
pub use std::marker::{Copy, Send, Sync};
pub use std::option::Option;
pub use std::primitive::{bool, str, u32, u64, usize};
pub use std::result::Result;
pub use std::time::Duration;

pub use serde::Serialize;
pub use serde::de::DeserializeOwned;

pub use crate::codec::{CodecError, Decoder, Encoder};
pub use crate::context::Parts;
pub use crate::envelope::MessageId;
pub use crate::handler::*;
pub use crate::job::{Answer, Job, Run};
pub use crate::message::{
    ErrorOf, Failure, Message, MessageInfo, MessageKind, Never, OneWay, ReturnOf, Streaming, Unary,
};
pub use crate::peer::{Call, Outcome, Peer};
pub use crate::provider::*;
pub use crate::schema::*;
pub use crate::status::{CallError, Status};

#[cfg(feature = "macros")]
pub use mitto_derive::schema;

pub use crate::__client_methods as client_methods;

/// The methods of a stub that calls a server, beside those of its messages.
#[doc(hidden)]
#[macro_export]
macro_rules! __client_methods {
    ($stub:ident) => {};
}

/// What the fn of a handler of `M` comes to.
pub type OutcomeOf<M> = Result<ReturnOf<M>, <M as Message>::Failure>;

/// The error that a handler of `M` returns: the declared one, or `Status`.
pub type DeclaredOf<M> = <<M as Message>::Failure as Failure>::Declared;
