//! Where the arguments before the message come from.

use crate::auth::Identity;
use crate::context::{Context, Parts};
use crate::envelope::Metadata;
use crate::peer::Peer;
use crate::status::Status;

/// An argument that a handler may take before its message, made for each request.
///
/// `S` is the provider. Implement it for a type of your own:
///
/// ```
/// # use mitto::{Request, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet {}
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// use mitto::context::Parts;
/// use mitto::{Extract, Status};
///
/// struct Language(String);
///
/// impl<S> Extract<S> for Language {
///     fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
///         let language = parts.metadata.get("language");
///         let language = language.ok_or_else(|| Status::bad_request("say your `language`"))?;
///         Ok(Self(language.to_owned()))
///     }
/// }
///
/// #[handler]
/// fn greet(language: Language, _: Greet) -> String {
///     if language.0 == "de" { "Hallo".into() } else { "Hello".into() }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = HelloClient::local(HelloServer);
/// assert_eq!(client.greet(Greet {}).metadata("language", "de").await?, "Hallo");
/// assert!(client.greet(Greet {}).await.is_err());
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for a handler of `{S}`: take what is `Extract`, then the \
               message [mitto::E458]",
    label = "this handler takes a `{Self}`"
)]
pub trait Extract<S>: Sized {
    /// Makes the argument.
    ///
    /// # Errors
    ///
    /// Whatever the request is to be refused with.
    fn extract(state: &S, parts: &Parts<'_>) -> Result<Self, Status>;
}

/// The field of type `T` of the provider, cloned for each request.
///
/// Cheap to clone should be what is in it: an `Arc`, a pool, a sender. Two fields of one type need
/// types of their own around them, or `#[state(skip)]` on one.
///
/// # Examples
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use std::sync::Arc;
///
/// use mitto::{Request, State, handler, provider};
///
/// #[derive(Serialize, Deserialize, Request)]
/// #[request(response = bool)]
/// struct Knows { name: String }
///
/// # mitto::schema! { Directory { client => server as DirectoryClient: [Knows] } }
/// #[provider(server of Directory: [knows])]
/// struct DirectoryServer {
///     names: Arc<[String]>,
/// }
///
/// #[handler]
/// fn knows(State(names): State<Arc<[String]>>, req: Knows) -> bool {
///     names.contains(&req.name)
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = DirectoryServer { names: Arc::new(["ann".to_owned()]) };
/// assert!(server.call(Knows { name: "ann".into() }).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct State<T>(pub T);

/// A provider with one field of type `T`; written by `#[mitto::provider]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no field of type `{T}` for `State<{T}>`: add one, without `#[state(skip)]` \
               [mitto::E459]",
    label = "this handler takes a `State<{T}>`"
)]
pub trait Part<T> {
    /// The field.
    fn part(&self) -> &T;
}

/// What [`State`] gives to each request.
#[diagnostic::on_unimplemented(
    message = "`State<{Self}>` is cloned for each request: derive `Clone` for `{Self}`, or hold and take \
               an `Arc<{Self}>` [mitto::E460]",
    label = "this handler takes a `State<{Self}>`"
)]
pub trait Cloned: Sized {
    /// Clones it.
    fn cloned(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloned for T {
    fn cloned(&self) -> Self {
        self.clone()
    }
}

impl<S: Part<T>, T: Cloned> Extract<S> for State<T> {
    fn extract(state: &S, _: &Parts<'_>) -> Result<Self, Status> {
        Ok(Self(state.part().cloned()))
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<S> for Context {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        Ok(Self::new(parts))
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<S> for Metadata {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        Ok(parts.metadata.into())
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<S> for Peer {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        Ok(parts.caller.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<S> for Identity {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        let identity = parts.identity.cloned();
        identity.ok_or_else(|| Status::denied("this message needs an identity: show credentials"))
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<S> for Option<Identity> {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        Ok(parts.identity.cloned())
    }
}

/// All arguments before the message.
pub trait Extracts<S>: Sized + Send + 'static {
    /// Makes them, from left to right.
    ///
    /// # Errors
    ///
    /// Those of the first that fails.
    fn extract(state: &S, parts: &Parts<'_>) -> Result<Self, Status>;
}

macro_rules! extracts {
    ($($argument:ident)*) => {
        impl<S, $($argument: Extract<S> + Send + 'static),*> Extracts<S> for ($($argument,)*) {
            #[allow(unused_variables, reason = "the empty tuple")]
            fn extract(state: &S, parts: &Parts<'_>) -> Result<Self, Status> {
                Ok(($($argument::extract(state, parts)?,)*))
            }
        }
    };
}

extracts!();
extracts!(A);
extracts!(A B);
extracts!(A B C);
extracts!(A B C D);
extracts!(A B C D E);
extracts!(A B C D E F);
extracts!(A B C D E F G);
extracts!(A B C D E F G H);
