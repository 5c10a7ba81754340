//! What is wrong with routes.

use crate::address::AddressError;

/// Why a node, a place or a policy is not added to [`Routes`](super::Routes).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The text names no node.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The place's name is none.
    #[error("a place cannot have this name, take 1 to 64 of A-Z a-z 0-9 _ -")]
    Name,
    /// The node is there already.
    #[error("`{0}` has a place already: add others with `place`, each under a name of its own")]
    Node(String),
    /// The node has a place of this name.
    #[error("`{node}` has a place `{place}` already: give each place of a node a name of its own")]
    Place {
        /// The node,
        node: String,
        /// and the name that comes twice.
        place: String,
    },
    /// There is no such node.
    #[error("there is no node `{0}` that could have a policy: add its places before")]
    Policy(String),
}
