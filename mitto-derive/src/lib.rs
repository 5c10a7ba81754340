//! The derives and attributes of `mitto`, which re-exports and documents them.
//!
//! Each macro has a folder: `model` reads and checks what the user wrote, `expand` turns the model into
//! code and cannot fail. All mistakes of one macro call are reported together, and the user's item is
//! always emitted.

mod attr;
mod code;
mod docs;
mod errors;
mod handler;
mod head;
mod message;
mod names;
mod provider;
mod refusal;
mod schema;
mod step;

use proc_macro::TokenStream;

use message::Kind;

/// Makes a struct a request: a message with an answer.
///
/// ```text
/// #[derive(Debug, Serialize, Deserialize, Request)]
/// #[request(response = Pong, error = Refused, timeout = "5s", idempotent)]
/// pub struct Ping {
///     pub n: u64,
/// }
/// ```
///
/// | key | means |
/// | --- | --- |
/// | `response = Pong` | what answers it; `()` when left out |
/// | `stream = Tick` | a stream of items answers it, instead of one response |
/// | `error = LoginError` | the handler's own error, which reaches the caller as it is |
/// | `address = "shop/orders"` | where it goes, `application/node` or with an action, unless a call names another |
/// | `timeout = "5s"` | its deadline, unless a call sets another (`ms`, `s`, `m`, `h`) |
/// | `idempotent` | running it twice does no harm |
/// | `retry = 3` | how often it is sent again when it fails and another try may help, unless a call sets something else |
/// | `authenticated` | its caller needs an identity |
/// | `requires = "admin"` | its caller needs this grant; `["read", "write"]`: all of them |
/// | `name = "ping"` | its name on the wire; otherwise the struct's name |
/// | `id = 7` | its number on the wire; otherwise a hash of the name |
/// | `was = "OldName"` | an earlier name, which is still understood; may be repeated |
/// | `crate = other::mitto` | where `mitto` is found, if it is not a dependency of that name |
///
/// A message owns its data and is not generic. Response, items and error are any serde types.
#[proc_macro_derive(Request, attributes(request, notification))]
pub fn request(item: TokenStream) -> TokenStream {
    message::derive(Kind::Request, item.into()).into()
}

/// Makes a struct a notification: a message without an answer.
///
/// ```text
/// #[derive(Debug, Serialize, Deserialize, Notification)]
/// #[notification(was = "IsTyping")]
/// pub struct Typing {
///     pub user: String,
/// }
/// ```
///
/// | key | means |
/// | --- | --- |
/// | `address = "shop/orders"` | where it goes, `application/node` or with an action, unless a call names another |
/// | `authenticated` | its caller needs an identity |
/// | `requires = "admin"` | its caller needs this grant; `["read", "write"]`: all of them |
/// | `name = "typing"` | its name on the wire; otherwise the struct's name |
/// | `id = 7` | its number on the wire; otherwise a hash of the name |
/// | `was = "OldName"` | an earlier name, which is still understood; may be repeated |
/// | `crate = other::mitto` | where `mitto` is found, if it is not a dependency of that name |
///
/// A message owns its data and is not generic.
#[proc_macro_derive(Notification, attributes(notification, request))]
pub fn notification(item: TokenStream) -> TokenStream {
    message::derive(Kind::Notification, item.into()).into()
}

/// Makes a fn the handler of the message that is its last argument.
///
/// ```text
/// #[handler]
/// async fn add(State(total): State<Arc<AtomicU64>>, req: Add) -> u64 {
///     total.fetch_add(req.n, Ordering::Relaxed) + req.n
/// }
/// ```
///
/// | key | means |
/// | --- | --- |
/// | none | it runs in the connection's own task: for short work, and for waiting in an `async fn` |
/// | `spawn` | an `async fn` that computes for long: it runs in a task of its own |
/// | `blocking` | a plain `fn` that computes for long or blocks: it runs on tokio's threads for that |
/// | `crate = other::mitto` | where `mitto` is found, if it is not a dependency of that name |
///
/// Before the message it takes up to eight arguments, in any order:
///
/// | argument | is |
/// | --- | --- |
/// | `State<T>` | the provider's field of type `T`, cloned |
/// | a stub, such as `ChatCaller` | the caller, to be called back |
/// | `Peer` | the same, untyped: its id, where it is, whether it is connected |
/// | `Identity`, or an `Option` of one | who asks; without the `Option` anonymous callers are refused |
/// | `Context` | address, metadata, identity, deadline, progress, cancellation |
/// | `Metadata` | what the caller sent beside the message |
/// | `Items<T>` | where the items of a stream go |
/// | your own | whatever implements `Extract` |
///
/// It returns the response, or a `Result` of it with the message's own error, with `Status`, or with
/// `CallError` of that error. The handler of a stream takes `Items`, and its response is `()`; or it takes
/// none, and returns a stream.
#[proc_macro_attribute]
pub fn handler(keys: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(keys.into(), &item.into()).into()
}

/// Makes a fn a step, which configurations put together with others: `mitto::pipeline`.
///
/// ```text
/// #[step]
/// async fn fetch(ctx: &mut StepContext, limits: &Limits, State(web): State<Web>, page: Page) -> Flow<Body> {
///     Flow::Next(web.get(&page.url, limits.most).await)
/// }
/// ```
///
/// | key | means |
/// | --- | --- |
/// | `crate = other::mitto` | where `mitto` is found, if it is not a dependency of that name |
///
/// It is an `async fn` or a plain `fn` for short work. Its last argument is the value that it takes: any serde
/// type. Before it stand, in any order and only as needed:
///
/// | argument | is |
/// | --- | --- |
/// | `&mut StepContext` | what is known of the message, and the way to other addresses |
/// | `&Settings` | the properties that the configuration has for it, a struct that derives `Deserialize` |
/// | `State<T>` | what the program gave to `Steps::state`, cloned |
///
/// It returns a `Flow<T>`, or a `Result` of one with `Status`.
#[proc_macro_attribute]
pub fn step(keys: TokenStream, item: TokenStream) -> TokenStream {
    step::attribute(keys.into(), &item.into()).into()
}

/// Makes a struct the provider of one side of a schema: its fields are the state of the handlers.
///
/// ```text
/// #[provider(server of Chat: [ping, auth::login, include rooms])]
/// struct ChatServer {
///     users: Arc<Users>,
///     #[state(skip)]
///     rooms: RoomsServer,
/// }
/// ```
///
/// | part | means |
/// | --- | --- |
/// | `server of Chat`, `client of Chat` | which side of which schema it provides |
/// | `ping`, `auth::login` | the handlers, by path |
/// | `include field` | that field is a provider, too, of a schema that this one includes |
/// | `, crate = other::mitto` behind the list | where `mitto` is found, if it is not a dependency of that name |
/// | `#[state(skip)]` on a field | it is not found as `State` |
///
/// Each message that the schema sends to this side needs its handler; without it the program does not
/// compile. Besides, the struct gets `call(message)`, which runs one handler without a caller.
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
