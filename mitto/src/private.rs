//! What generated code names. Not for people: nothing here is stable.

pub use std::clone::Clone;
pub use std::convert::From;
pub use std::fmt::Debug;
pub use std::future::{Future, ready};
pub use std::marker::{Copy, PhantomData, Send, Sync};
pub use std::option::Option;
pub use std::primitive::{bool, str, u32, u64, usize};
pub use std::result::Result;
pub use std::time::Duration;
pub use std::vec::Vec;

pub use crate::address::Address;
pub use crate::context::Parts;
pub use crate::envelope::MessageId;
pub use crate::handler::*;
pub use crate::job::{Answer, Job, Run};
pub use crate::message::{
    Codings, DeclaredOf, ErrorOf, Failure, IsMessage, Message, MessageInfo, MessageKind, Never,
    OneWay, ReturnOf, Shapes, Streaming, Travels, Unary,
};
pub use crate::peer::{Call, Calls, NoCalls, Outcome, Peer, Sends, Stub, call};
#[cfg(feature = "host")]
pub use crate::pipeline::{Flow, Need, Step, StepArgument, StepContext};
pub use crate::provider::*;
pub use crate::queue::{Gateway, Queue};
pub use crate::schema::*;
pub use crate::status::{CallError, Status};

#[cfg(feature = "macros")]
pub use mitto_derive::schema;

pub use crate::__client_methods as client_methods;

#[cfg(feature = "client")]
pub use crate::client::{Builder, ConnectError};

/// The methods of a stub that calls a server, beside those of its messages.
#[cfg(feature = "client")]
#[doc(hidden)]
#[macro_export]
macro_rules! __client_methods {
    ($visibility:vis $stub:ident $local:ident($provider:ty)) => {
        impl $stub {
            /// Connects to a server at a URL such as `ws://127.0.0.1:8080`.
            ///
            /// The connection is closed with the last clone of the stub or of its peer.
            ///
            /// # Errors
            ///
            /// When nobody listens there, or the two ends do not come to terms.
            $visibility fn connect(
                url: &$crate::private::str,
            ) -> impl $crate::private::Future<
                Output = $crate::private::Result<Self, $crate::private::ConnectError>,
            > + $crate::private::Send {
                $crate::private::Builder::<Self>::new().connect(url)
            }

            /// Begins with the defaults: what can be set before connecting.
            $visibility fn builder() -> $crate::private::Builder<Self> {
                $crate::private::Builder::new()
            }

            /// A client of a provider in this process: nothing is encoded.
            #[must_use]
            $visibility fn $local(provider: $provider) -> Self {
                $crate::private::Builder::<Self>::new().local(provider)
            }
        }
    };
}

#[cfg(not(feature = "client"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __client_methods {
    ($($stub:tt)*) => {};
}
