//! Why a configuration does not run.

use thiserror::Error;

use super::config::ConfigError;
use crate::client::ConnectError;
use crate::router::RouteError;
use crate::server::ListenError;

/// Why a configuration is not taken. Nothing has changed then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// What it says is wrong, or names what is not registered here.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A node or host cannot be routed to by its name.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The key of a host's links cannot be read.
    #[error("the key of host `{host}` cannot be read from {from}: {why}")]
    Key {
        /// The host.
        host: String,
        /// The variable or file.
        from: String,
        /// What is wrong with it.
        why: String,
    },
    /// A host that is to run here cannot listen on its address.
    #[error("host `{host}` cannot listen at {url}: {error}")]
    Listen {
        /// The host.
        host: String,
        /// Its address.
        url: String,
        /// Why.
        #[source]
        error: Box<ListenError>,
    },
    /// Nothing can connect to the address of a host, as a matter of principle.
    #[error("host `{host}` cannot be reached at {url}: {error}")]
    Link {
        /// The host.
        host: String,
        /// Its address.
        url: String,
        /// Why.
        #[source]
        error: Box<ConnectError>,
    },
    /// The host was shut down.
    #[error("the host was shut down")]
    Closed,
}
