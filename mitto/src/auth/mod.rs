//! Who is at the other end, and what it may do.
//!
//! An [`Authenticator`] looks at what a connection shows, its [`Claim`], and gives it an [`Identity`]: a
//! name and grants. The session asks it before the hello is answered; from there the identity goes with
//! every [`Job`](crate::job::Job) to the handler. What a message requires (`#[request(requires = "..")]`)
//! is checked where its handler runs.
//!
#![cfg_attr(
    all(feature = "client", feature = "server", feature = "macros"),
    doc = "[`guide::security`](crate::guide::security) tells what is checked where, and what is not."
)]
//!
//! # Grants with a meaning of their own
//!
//! All other grants are the application's own words.
//!
//! | grant | what it allows |
//! | --- | --- |
//! | [`LINK`] | makes the connection a link between servers: what it says of other callers (their identity, how often a request was forwarded) is believed, and it may have [`Limits::in_flight_link`](crate::limits::Limits::in_flight_link) requests in flight |
//! | [`CONFIGURE`] | to change a server's configuration while it runs |

mod authenticator;
#[cfg(feature = "tls")]
mod certificates;
mod claim;
mod forwarded;
mod identity;
mod stated;
mod tokens;
mod unix;

pub use authenticator::{Authenticator, FromFn, Or, from_fn};
#[cfg(feature = "tls")]
pub use certificates::{BadFingerprint, Certificates};
pub use claim::{BearerToken, Claim};
pub use forwarded::Forwarded;
pub(crate) use forwarded::check_hops;
pub use identity::Identity;
pub use stated::{Stated, StatedError};
pub use tokens::Tokens;
pub use unix::UnixUsers;

/// The grant that makes a connection a link between servers.
pub const LINK: &str = "link";

/// The grant to change a server's configuration while it runs.
pub const CONFIGURE: &str = "configure";

/// The most grants of an identity that travels or opens a connection.
pub const MAX_GRANTS: usize = 64;

/// The most bytes of an identity that travels or opens a connection, all in all.
pub const MAX_BYTES: usize = 8 << 10;
