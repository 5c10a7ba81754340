use std::fmt;
use std::path::{Path, PathBuf};

use crate::host::config::Origin;

/// A host: a place that runs nodes, reached at an address.
#[derive(Clone, Debug, PartialEq)]
pub struct HostConfig {
    pub(in crate::host::config) name: String,
    pub(in crate::host::config) address: String,
    pub(in crate::host::config) address_origin: Origin,
    pub(in crate::host::config) local: bool,
    pub(in crate::host::config) runs: Vec<Placement>,
    pub(in crate::host::config) key: Option<KeySource>,
    pub(in crate::host::config) origin: Origin,
}

impl HostConfig {
    /// A remote one that runs nothing yet. `http://` and `https://` addresses mean WebSocket: `ws://` and
    /// `wss://`.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: as_websocket(address.into()),
            address_origin: Origin::default(),
            local: false,
            runs: Vec::new(),
            key: None,
            origin: Origin::default(),
        }
    }

    /// This server, which listens on the address.
    pub fn local(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            local: true,
            ..Self::new(name, address)
        }
    }

    /// It runs these nodes too: `application` for all of an application's, or `application/node`.
    #[must_use]
    pub fn with_nodes(mut self, nodes: impl AsRef<str>) -> Self {
        let placement = Placement::parse(nodes.as_ref(), Origin::default());
        if !self.runs.contains(&placement) {
            self.runs.push(placement);
        }
        self
    }

    /// Where the key is that both ends of the link know.
    #[must_use]
    pub fn with_key(mut self, key: KeySource) -> Self {
        self.key = Some(key);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL that it listens on, or is reached at.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether it is this server.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// What it runs, in the order of the file.
    pub fn runs(&self) -> &[Placement] {
        &self.runs
    }

    /// Whether it runs this node.
    pub fn does_run(&self, application: &str, node: &str) -> bool {
        self.runs
            .iter()
            .any(|placement| placement.covers(application, node))
    }

    /// Where the key of its links is.
    pub fn key(&self) -> Option<&KeySource> {
        self.key.as_ref()
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

pub(in crate::host::config) fn as_websocket(address: String) -> String {
    for (http, ws) in [("http://", "ws://"), ("https://", "wss://")] {
        if let Some(rest) = address.strip_prefix(http) {
            return format!("{ws}{rest}");
        }
    }
    address
}

/// Nodes that a host runs: all of an application, or one.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    pub(in crate::host::config) application: String,
    pub(in crate::host::config) node: Option<String>,
    pub(in crate::host::config) origin: Origin,
}

impl Placement {
    /// What has too many parts keeps them in the node, and is refused there.
    pub(in crate::host::config) fn parse(text: &str, origin: Origin) -> Self {
        let (application, node) = match text.split_once('/') {
            Some((application, node)) => (application, Some(node.to_owned())),
            None => (text, None),
        };
        Self {
            application: application.to_owned(),
            node,
            origin,
        }
    }

    /// The application.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// The node, or all of them.
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Whether this node is one of them.
    pub fn covers(&self, application: &str, node: &str) -> bool {
        self.application == application && self.node().is_none_or(|own| own == node)
    }
}

/// As it is written: `application` or `application/node`.
impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{}/{node}", self.application),
            None => f.write_str(&self.application),
        }
    }
}

/// Where the key of a link is: one line of 1 to 4,096 bytes, without the white space around it. The key itself
/// stands in no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// In the environment variable of this name.
    Env(String),
    /// In a file. Relative to the file of the configuration where it came from one.
    File(PathBuf),
}

impl KeySource {
    /// In the environment variable of this name.
    pub fn env(name: impl Into<String>) -> Self {
        Self::Env(name.into())
    }

    /// In this file.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::File(path.as_ref().to_owned())
    }
}
