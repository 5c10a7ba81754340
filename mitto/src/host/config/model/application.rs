use std::collections::BTreeMap;

use super::NodeConfig;
use crate::host::config::Origin;

/// An application: the nodes that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationConfig {
    pub(in crate::host::config) name: String,
    pub(in crate::host::config) nodes: BTreeMap<String, NodeConfig>,
    pub(in crate::host::config) origin: Origin,
}

impl ApplicationConfig {
    /// One without nodes.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            nodes: BTreeMap::new(),
            origin: Origin::default(),
        }
    }

    /// Adds a node, or replaces the one of that name.
    #[must_use]
    pub fn with_node(mut self, node: NodeConfig) -> Self {
        self.nodes.insert(node.name.clone(), node);
        self
    }

    /// Its name, the first part of addresses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its nodes, sorted by name.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &NodeConfig> {
        self.nodes.values()
    }

    /// The node of that name.
    pub fn node(&self, node: &str) -> Option<&NodeConfig> {
        self.nodes.get(node)
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
