use std::fmt;

use super::{Authenticator, BearerToken, Claim, Identity};
use crate::status::Status;
use crate::transport::BoxFuture;

/// A fixed set of bearer tokens. Looking one up takes the same time whichever it is; keep the set small.
///
/// A token should be long and random: 32 bytes from the system, in hexadecimal or base64url.
///
/// ```
/// use mitto::auth::{Identity, LINK, Tokens};
///
/// let tokens = Tokens::new()
///     .token("7fQ3...", Identity::new("ann").grant("orders:write"))
///     .token("c0Zk...", Identity::new("the gateway").grant(LINK));
/// ```
#[derive(Clone, Default)]
pub struct Tokens(Vec<(BearerToken, Identity)>);

impl Tokens {
    /// No tokens: nobody has one.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a token, and whose it is.
    ///
    /// # Panics
    ///
    /// When the token is empty: a variable that was not set would let everybody in.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>, identity: Identity) -> Self {
        let token = BearerToken::new(token);
        assert!(
            !token.secret().is_empty(),
            "the token of {identity:?} is empty"
        );
        self.0.push((token, identity));
        self
    }

    fn find(&self, shown: &BearerToken) -> Option<&Identity> {
        let mut found = None;
        // To the end, whatever was found: the time must not tell which one it is.
        for (token, identity) in &self.0 {
            if token.is(shown.secret()) {
                found = Some(identity);
            }
        }
        found
    }
}

impl Authenticator for Tokens {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let identity = match claim.token() {
            None => Ok(None),
            Some(token) => match self.find(token) {
                Some(identity) => Ok(Some(identity.clone())),
                None => Err(Status::denied("the token is not known here")),
            },
        };
        Box::pin(std::future::ready(identity))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identities = self.0.iter().map(|(_, identity)| identity);
        f.debug_list().entries(identities).finish()
    }
}
