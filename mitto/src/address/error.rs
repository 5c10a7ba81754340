//! What is wrong with an address.

use std::convert::Infallible;
use std::fmt;

/// Why a text is no [`Address`](super::Address). Of the text it holds one character at most, which its
/// own text shows escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is only an application.
    #[error("the address has no node, write `application/node` or `application/node/action`")]
    Node,
    /// Something comes behind the action.
    #[error(
        "the address has more than three parts, write `application/node` or `application/node/action`"
    )]
    Parts,
    /// There is an action where a node is named.
    #[error("a node is named without an action, write `application/node`")]
    Action,
    /// This part has no character at all.
    #[error("the {0} of the address is empty, take 1 to 64 of A-Z a-z 0-9 _ -")]
    Empty(AddressPart),
    /// This part has more than 64 characters.
    #[error("the {0} of the address is too long, take 1 to 64 of A-Z a-z 0-9 _ -")]
    Long(AddressPart),
    /// This part has a character that is not allowed: the first such one.
    #[error("the {0} of the address holds {1:?}, take only A-Z a-z 0-9 _ -")]
    Character(AddressPart, char),
}

impl AddressError {
    /// What it breaks, for who knows the text.
    pub(super) const fn rule(&self) -> &'static str {
        match self {
            Self::Node => "the address has no node: write `application/node`",
            Self::Parts => "the address has more than three parts",
            Self::Action => "a node is named without an action",
            Self::Empty(_) => "a part of the address is empty",
            Self::Long(_) => "a part of the address is longer than 64 characters",
            Self::Character(..) => "the parts of an address hold only A-Z a-z 0-9 _ -",
        }
    }
}

/// One of the parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressPart {
    /// The first.
    Application,
    /// The second.
    Node,
    /// The third, which may be left out.
    Action,
}

/// As in `application`.
impl fmt::Display for AddressPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Application => "application",
            Self::Node => "node",
            Self::Action => "action",
        })
    }
}

/// For what takes addresses as well as texts.
impl From<Infallible> for AddressError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
