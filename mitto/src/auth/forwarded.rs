use super::Identity;

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
