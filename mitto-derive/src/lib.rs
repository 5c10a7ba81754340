//! The derives and attributes of `mitto`, which re-exports and documents them.
//!
//! Each macro has a folder: `model` reads and checks what the user wrote, `expand` turns the model into
//! code and cannot fail. All mistakes of one macro call are reported together, and the user's item is
//! always emitted.

mod attr;
mod docs;
mod errors;
mod handler;
mod message;
mod names;
mod provider;
mod refusal;
mod schema;

use proc_macro::TokenStream;

use message::Kind;

/// Makes a struct a request: a message with an answer.
#[proc_macro_derive(Request, attributes(request, notification))]
pub fn request(item: TokenStream) -> TokenStream {
    message::derive(Kind::Request, item.into()).into()
}

/// Makes a struct a notification: a message without an answer.
#[proc_macro_derive(Notification, attributes(notification, request))]
pub fn notification(item: TokenStream) -> TokenStream {
    message::derive(Kind::Notification, item.into()).into()
}

/// Makes a fn the handler of the message that is its last argument.
#[proc_macro_attribute]
pub fn handler(keys: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(keys.into(), &item.into()).into()
}

/// Makes a struct the provider of one side of a schema: its fields are the state of the handlers.
#[proc_macro_attribute]
pub fn provider(head: TokenStream, item: TokenStream) -> TokenStream {
    provider::attribute(head.into(), item.into()).into()
}

/// What `mitto::schema!` calls, with its own path in front.
#[doc(hidden)]
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    schema::function(input.into()).into()
}
