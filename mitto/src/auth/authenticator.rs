use std::future::Future;
use std::sync::Arc;

use super::{Claim, Identity};
use crate::status::Status;
use crate::transport::BoxFuture;

/// Decides who is at the other end of a connection.
///
/// It is asked once for each connection, before the hello is answered, and has what is left of
/// [`Limits::handshake`](crate::limits::Limits::handshake). A connection that it panics at is refused.
/// Ready-made are [`Tokens`](super::Tokens), [`UnixUsers`](super::UnixUsers) and, for TLS, `Certificates`;
/// [`from_fn`] makes one of a closure.
pub trait Authenticator: Send + Sync + 'static {
    /// Who it is. `None`: the claim shows nothing that is looked at here. Then the next authenticator
    /// is asked; after the last one the connection is refused, unless the server lets anonymous ones in.
    ///
    /// # Errors
    ///
    /// What the connection is refused with; the other end is told. `Denied` for credentials that are
    /// wrong.
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>>;

    /// Asks `other` about connections that show nothing that this one looks at.
    fn or<A: Authenticator>(self, other: A) -> Or<Self, A>
    where
        Self: Sized,
    {
        Or(self, other)
    }
}

macro_rules! behind {
    ($($pointer:ident),*) => {$(
        impl<A: Authenticator + ?Sized> Authenticator for $pointer<A> {
            fn authenticate<'a>(
                &'a self,
                claim: &'a Claim,
            ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
                (**self).authenticate(claim)
            }
        }
    )*};
}

behind!(Arc, Box);

/// Two authenticators, one after the other; made by [`Authenticator::or`].
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(A, B);

impl<A: Authenticator, B: Authenticator> Authenticator for Or<A, B> {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        Box::pin(async move {
            match self.0.authenticate(claim).await? {
                Some(identity) => Ok(Some(identity)),
                None => self.1.authenticate(claim).await,
            }
        })
    }
}

/// An authenticator that is a closure; made by [`from_fn`].
#[derive(Clone, Copy, Debug)]
pub struct FromFn<F>(F);

/// Makes an authenticator of a closure: its future gives an [`Identity`], or an `Option` of one.
///
/// ```
/// use mitto::Status;
/// use mitto::auth::{self, Claim, Identity};
///
/// # async fn user_of(_: &str) -> Result<Option<String>, Status> { Ok(None) }
/// let authenticator = auth::from_fn(async |claim: Claim| {
///     let Some(token) = claim.token() else {
///         return Ok(None);
///     };
///     let user = user_of(token.secret()).await?; // from a database, say
///     let user = user.ok_or_else(|| Status::denied("unknown token"))?;
///     Ok(Some(Identity::new(user)))
/// });
/// # let _ = authenticator;
/// ```
pub fn from_fn<F, Fut, I>(authenticate: F) -> FromFn<F>
where
    F: Fn(Claim) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<I, Status>> + Send + 'static,
    I: Into<Option<Identity>>,
{
    FromFn(authenticate)
}

impl<F, Fut, I> Authenticator for FromFn<F>
where
    F: Fn(Claim) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<I, Status>> + Send + 'static,
    I: Into<Option<Identity>>,
{
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let identity = self.0(claim.clone());
        Box::pin(async move { identity.await.map(Into::into) })
    }
}
