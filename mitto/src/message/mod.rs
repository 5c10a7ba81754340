//! The user's typed structs: what a request is answered with, and how each is encoded.
//!
//! The derives write these impls. What encodes a message is kept in a static beside its own impl, and not
//! called from generic code of the library, so that each type's serde code is compiled once, in the crate
//! that defines it.

mod coding;
mod info;
mod named;
mod outgoing;
mod shape;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{CodecError, Decoder, Encoder};
use crate::status::{CallError, Status};

pub use coding::{Coding, Codings};
pub use info::{MessageInfo, MessageKind};
pub use named::IsMessage;
pub(crate) use outgoing::Passed;
pub use outgoing::{Body, Encoded, Outgoing, Payload, Returned, Sent, Thrown};
#[cfg(feature = "host")]
pub(crate) use outgoing::{lone_value, outgoing};
pub use shape::{ShapeOf, Shapes};

/// A type that travels: a request or a notification.
///
/// Written by `#[derive(Request)]` and `#[derive(Notification)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message [mitto::E250]",
    label = "not a message",
    note = "add `#[derive(mitto::Request)]` or `#[derive(mitto::Notification)]` to `{Self}`"
)]
pub trait Message: Sized + Send + 'static {
    /// Name, id and everything else that is known of it.
    const INFO: &'static MessageInfo;

    /// How it is answered: [`Unary`], [`Streaming`] or [`OneWay`].
    type Kind: Kind;

    /// The response, the item of a stream, or `()`.
    type Response: Send + 'static;

    /// What its caller gets when it fails: [`Status`], or a [`CallError`] of the handler's own error.
    type Failure: Failure;

    /// How the message, its response and its error are encoded and decoded.
    const CODINGS: &'static Codings<Self>;

    /// Encodes the message.
    ///
    /// # Errors
    ///
    /// When the format cannot carry it.
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        (Self::CODINGS.message.encode)(self, to)
    }

    /// Reads the message.
    ///
    /// # Errors
    ///
    /// When the payload is not such a message.
    fn decode(from: Decoder<'_>) -> Result<Self, CodecError> {
        (Self::CODINGS.message.decode)(from)
    }
}

/// What can be encoded and decoded; every type with serde's two traits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it needs serde's `Serialize` and `Deserialize` [mitto::E150]",
    label = "cannot be encoded and decoded",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Travels: Sized {
    /// How its shape is found.
    const SHAPE: ShapeOf;

    /// How its values are encoded and decoded.
    const CODING: Coding<Self>;

    /// Encodes the value.
    ///
    /// # Errors
    ///
    /// When the format cannot carry it.
    fn encode_to(&self, to: &mut Encoder<'_>) -> Result<(), CodecError>;

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// When the payload is not such a value.
    fn decode_from(from: Decoder<'_>) -> Result<Self, CodecError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Travels for T {
    const SHAPE: ShapeOf = ShapeOf::new::<T>();
    const CODING: Coding<T> = Coding {
        encode: T::encode_to,
        decode: T::decode_from,
    };

    fn encode_to(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        to.encode(self)
    }

    fn decode_from(from: Decoder<'_>) -> Result<Self, CodecError> {
        from.decode()
    }
}

/// The handler's own error of a message; [`Never`] where it declares none.
pub type ErrorOf<M> = <<M as Message>::Failure as Failure>::Error;

/// The error that a handler of `M` returns: the declared one, or `Status`.
pub type DeclaredOf<M> = <<M as Message>::Failure as Failure>::Declared;

/// How a message is answered.
pub trait Kind: Send + Sync + Sized + 'static {
    /// The same as a value.
    const KIND: MessageKind;

    /// What a handler returns when it succeeds: the response, or nothing.
    type Return<R: Send + 'static>: Send + 'static;
}

/// What the handler of a message returns when it succeeds.
pub type ReturnOf<M> = <<M as Message>::Kind as Kind>::Return<<M as Message>::Response>;

/// Answered by one response.
#[derive(Clone, Copy, Debug)]
pub struct Unary;

/// Answered by a stream of items.
#[derive(Clone, Copy, Debug)]
pub struct Streaming;

/// Not answered.
#[derive(Clone, Copy, Debug)]
pub struct OneWay;

impl Kind for Unary {
    const KIND: MessageKind = MessageKind::Request;
    type Return<R: Send + 'static> = R;
}

impl Kind for Streaming {
    const KIND: MessageKind = MessageKind::Stream;
    type Return<R: Send + 'static> = ();
}

impl Kind for OneWay {
    const KIND: MessageKind = MessageKind::Notification;
    type Return<R: Send + 'static> = ();
}

/// What the caller of a failed call gets: [`Status`] or [`CallError`].
pub trait Failure: From<Status> + Send + 'static {
    /// The handler's own error.
    type Error: Send + 'static;

    /// What a handler returns when it fails: its own error, or a status where none is declared.
    type Declared: Send + 'static;

    /// The failure of a handler that returned `error`.
    fn declared(error: Self::Declared) -> Self;

    /// The failure that carries the handler's own error.
    fn from_handler(error: Self::Error) -> Self;

    /// The handler's own error, or else the status.
    ///
    /// # Errors
    ///
    /// The status, when that is what the failure is.
    fn into_handler(self) -> Result<Self::Error, Status>;

    /// Hands the handler's own error, or else the status, to whoever sends it.
    #[doc(hidden)]
    fn send<M: Message<Failure = Self>>(self, to: &mut dyn TakesFailure) {
        match self.into_handler() {
            Ok(error) => to.error(&mut Thrown::<M>(Some(error))),
            Err(status) => to.status(status),
        }
    }
}

/// Sends a failure.
#[doc(hidden)]
pub trait TakesFailure {
    /// Sends the handler's own error.
    fn error(&mut self, error: &mut dyn Outgoing);

    /// Sends any other failure.
    fn status(&mut self, status: Status);
}

impl Failure for Status {
    type Error = Never;
    type Declared = Self;

    fn declared(error: Self) -> Self {
        error
    }

    fn from_handler(error: Never) -> Self {
        match error {}
    }

    fn into_handler(self) -> Result<Never, Status> {
        Err(self)
    }

    fn send<M: Message<Failure = Self>>(self, to: &mut dyn TakesFailure) {
        to.status(self);
    }
}

impl<E: Send + 'static> Failure for CallError<E> {
    type Error = E;
    type Declared = E;

    fn declared(error: E) -> Self {
        Self::Handler(error)
    }

    fn from_handler(error: E) -> Self {
        Self::Handler(error)
    }

    fn into_handler(self) -> Result<E, Status> {
        match self {
            Self::Handler(error) => Ok(error),
            Self::Status(status) => Err(status),
        }
    }
}

/// The error of a request that declares none; it has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}
