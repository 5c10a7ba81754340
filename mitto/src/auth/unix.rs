use super::{Authenticator, Claim, Identity};
use crate::status::Status;
use crate::transport::BoxFuture;

/// The users of this machine, by the id that the system tells of the other end of a Unix socket.
///
/// The socket's file is its own user's alone to begin with: see `transport::unix`.
///
/// ```
/// use mitto::auth::{Identity, UnixUsers};
///
/// let users = UnixUsers::new().user(1000, Identity::new("ann"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct UnixUsers(Vec<(u32, Identity)>);

impl UnixUsers {
    /// Nobody.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a user by id.
    #[must_use]
    pub fn user(mut self, uid: u32, identity: Identity) -> Self {
        self.0.push((uid, identity));
        self
    }
}

impl Authenticator for UnixUsers {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let found = |uid| self.0.iter().find(|(user, _)| *user == uid);
        let identity = match claim.peer().unix {
            None => Ok(None),
            Some(unix) => match found(unix.uid) {
                Some((_, identity)) => Ok(Some(identity.clone())),
                None => Err(Status::denied(format!(
                    "user {} is not known here",
                    unix.uid
                ))),
            },
        };
        Box::pin(std::future::ready(identity))
    }
}
