use super::Identity;
use crate::limits::{Limit, Limits, reached};
use crate::status::{Code, Status};

/// Whom a server asks for, when it hands the request of another on.
///
/// It is believed only by a server that gave the connection the grant [`LINK`](super::LINK).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Who asked first; `None` for an anonymous caller.
    pub identity: Option<Identity>,
    /// How often the request was forwarded, this time included.
    pub hops: u8,
}

/// Refuses what has passed so many servers that it goes round in a loop.
pub(crate) fn check_hops(hops: u8, limits: &Limits, at: &str) -> Result<(), Status> {
    match hops > limits.hops {
        true => Err(too_many(hops, limits, at)),
        false => Ok(()),
    }
}

#[cold]
fn too_many(hops: u8, limits: &Limits, at: &str) -> Status {
    reached(Limit::Hops, at);
    let text = format!("passed {hops} servers, at most {} are taken", limits.hops);
    Status::new(Code::LoopDetected, text)
}
