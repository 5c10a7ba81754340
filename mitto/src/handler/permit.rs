//! Whether a caller may send a message.

use crate::auth::Identity;
use crate::escaped::Escaped;
use crate::message::MessageInfo;
use crate::status::Status;

/// Checks what a message requires of its caller.
///
/// # Errors
///
/// `Denied`, with what is missing.
pub(super) fn permit(message: &MessageInfo, identity: Option<&Identity>) -> Result<(), Status> {
    let name = message.name;
    let refused = match identity {
        None => format!("`{name}` needs an identity: show credentials"),
        Some(identity) => match message.requires.iter().find(|grant| !identity.has(grant)) {
            None => return Ok(()),
            Some(missing) => {
                let who = Escaped(identity.name());
                format!("`{name}` needs the grant `{missing}`, which {who} does not have")
            }
        },
    };
    Err(Status::denied(refused))
}
