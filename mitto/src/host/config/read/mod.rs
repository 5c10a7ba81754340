//! From what a text says to the parts of a configuration.

mod fields;
mod hosts;
mod nodes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) use fields::{shown, unknown};
pub(super) use nodes::Draft;

use super::error::Faults;
use super::model::{ApplicationConfig, HandlerConfig, HostConfig};
use super::origin::{Origin, Source};
use super::tree::{Entry, Tree};

/// What one file says.
#[derive(Default)]
pub(super) struct Document {
    pub(super) version: Option<u64>,
    pub(super) version_origin: Origin,
    pub(super) imports: Vec<(String, Origin)>,
    pub(super) handlers: BTreeMap<String, Arc<HandlerConfig>>,
    /// Definitions that nodes can be like.
    pub(super) nodes: BTreeMap<String, Arc<Draft>>,
    pub(super) applications: BTreeMap<String, (ApplicationConfig, BTreeMap<String, Draft>)>,
    pub(super) hosts: BTreeMap<String, HostConfig>,
}

pub(super) const ROOT: &[&str] = &[
    "$schema",
    "version",
    "import",
    "handlers",
    "nodes",
    "applications",
    "hosts",
];
pub(super) const APPLICATION: &[&str] = &["nodes"];

/// Reads trees, and goes on after a fault, so that one run finds them all.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source<'a>,
    /// What paths in the text are relative to.
    pub(super) folder: Option<PathBuf>,
    pub(super) faults: &'a mut Faults,
    pub(super) path: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn document(&mut self, tree: Tree) -> Document {
        let mut document = Document::default();
        let Some(mut fields) = self.fields(tree, ROOT) else {
            return document;
        };
        if let Some(tree) = fields.take("$schema") {
            self.within("$schema", |r| r.text(tree));
        }
        if let Some(tree) = fields.take("version") {
            document.version_origin = self.source.origin(tree.at);
            document.version = self.within("version", |r| r.version(&tree));
        }
        if let Some(tree) = fields.take("import") {
            document.imports = self.within("import", |r| r.imports(tree));
        }
        if let Some(tree) = fields.take("handlers") {
            document.handlers = self.within("handlers", |r| r.handlers(tree));
        }
        if let Some(tree) = fields.take("nodes") {
            let nodes = self.named("nodes", tree, Self::node);
            let shared = |(name, draft)| (name, Arc::new(draft));
            document.nodes = nodes.into_iter().map(shared).collect();
        }
        if let Some(tree) = fields.take("applications") {
            document.applications = self.named("applications", tree, Self::application);
        }
        if let Some(tree) = fields.take("hosts") {
            document.hosts = self.named("hosts", tree, Self::host);
        }
        document
    }

    fn application(
        &mut self,
        name: &str,
        at: usize,
        tree: Tree,
    ) -> Option<(ApplicationConfig, BTreeMap<String, Draft>)> {
        let mut fields = self.fields(tree, APPLICATION)?;
        let mut application = ApplicationConfig::new(name);
        application.origin = self.source.origin(at);
        let nodes = fields
            .take("nodes")
            .map(|tree| self.named("nodes", tree, Self::node));
        Some((application, nodes.unwrap_or_default()))
    }

    fn version(&mut self, tree: &Tree) -> Option<u64> {
        let at = tree.at;
        let version = self.integer(tree)?;
        let version = u64::try_from(version).ok();
        if version.is_none() {
            self.fault::<()>(at, "the version is negative, take a number from 0");
        }
        version
    }

    fn imports(&mut self, tree: Tree) -> Vec<(String, Origin)> {
        let items = self.list(tree).unwrap_or_default();
        let mut imports = Vec::new();
        for tree in items {
            let origin = self.source.origin(tree.at);
            imports.extend(self.text(tree).map(|file| (file, origin)));
        }
        imports
    }

    /// A table of things by name.
    fn named<T>(
        &mut self,
        key: &str,
        tree: Tree,
        mut read: impl FnMut(&mut Self, &str, usize, Tree) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.within(key, |reader| {
            let entries = reader.table(tree).unwrap_or_default();
            let mut things = BTreeMap::new();
            for Entry { key, at, tree } in entries {
                let thing = reader.within(&key, |reader| read(reader, &key, at, tree));
                things.extend(thing.map(|thing| (key, thing)));
            }
            things
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::hosts::{HOST, KEY};
    use super::nodes::{HANDLER, NODE, POLICIES, USED};
    use super::{APPLICATION, ROOT};
    use crate::host::config::Configuration;

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema: serde_json::Value = serde_json::from_str(Configuration::json_schema()).unwrap();
        for (place, keys) in [
            ("", ROOT),
            ("/$defs/application", APPLICATION),
            ("/$defs/node", NODE),
            ("/$defs/handler/anyOf/2", HANDLER),
            ("/$defs/used/anyOf/2", USED),
            ("/$defs/host", HOST),
            ("/$defs/host/properties/key", KEY),
            ("/$defs/node/properties/policy/anyOf/1", &["by-key"]),
        ] {
            let table = schema.pointer(place).unwrap();
            assert_eq!(table["additionalProperties"], false, "{place}");
            let known = table["properties"].as_object().unwrap().keys();
            let known: BTreeSet<&str> = known.map(|key| &**key).collect();
            assert_eq!(known, keys.iter().copied().collect(), "{place}");
        }
        let policies = &schema["$defs"]["node"]["properties"]["policy"]["anyOf"][0]["enum"];
        let policies: Vec<&str> = policies
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|p| p.as_str())
            .collect();
        assert_eq!(policies, POLICIES[..4]);
    }
}
