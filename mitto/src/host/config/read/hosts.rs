//! Hosts.

use std::collections::BTreeSet;

use super::Reader;
use crate::host::config::model::{HostConfig, KeySource, Placement};
use crate::host::config::tree::{Tree, Value};

pub(in crate::host::config) const HOST: &[&str] = &["address", "local", "runs", "key"];
pub(in crate::host::config) const KEY: &[&str] = &["env", "file"];

impl Reader<'_> {
    pub(super) fn host(&mut self, name: &str, at: usize, tree: Tree) -> Option<HostConfig> {
        let mut fields = self.fields(tree, HOST)?;
        let address = fields.take("address");
        let address_at = address.as_ref().map_or(at, |tree| tree.at);
        let address = match address {
            Some(tree) => self.within("address", |r| r.text(tree)),
            None if fields.had_unknown => None,
            None => self.fault(
                at,
                "a host needs an address: `address = \"ws://localhost:8080/mitto\"`",
            ),
        };
        let mut host = HostConfig::new(name, address.unwrap_or_default());
        host.origin = self.source.origin(at);
        host.address_origin = self.source.origin(address_at);
        if let Some(tree) = fields.take("local") {
            host.local = self.within("local", |r| r.boolean(&tree))?;
        }
        if let Some(tree) = fields.take("runs") {
            host.runs = self.within("runs", |r| r.placements(tree));
        }
        if let Some(tree) = fields.take("key") {
            host.key = self.within("key", |r| r.key(tree));
        }
        (!host.address.is_empty()).then_some(host)
    }

    fn placements(&mut self, tree: Tree) -> Vec<Placement> {
        let mut placements = Vec::new();
        let mut seen = BTreeSet::new();
        for tree in self.list(tree).unwrap_or_default() {
            let origin = self.source.origin(tree.at);
            let text = self.text(tree).filter(|text| seen.insert(text.clone()));
            placements.extend(text.map(|text| Placement::parse(&text, origin)));
        }
        placements
    }

    fn key(&mut self, tree: Tree) -> Option<KeySource> {
        const WRITE: &str = "write `{ env = \"NAME\" }` or `{ file = \"path\" }`";

        let at = tree.at;
        if matches!(tree.value, Value::Text(_)) {
            return self.fault(
                at,
                format_args!("a key stands in no configuration, {WRITE}"),
            );
        }
        let mut fields = self.fields(tree, KEY)?;
        match (fields.take("env"), fields.take("file")) {
            (Some(tree), None) => {
                let name = self.within("env", |r| r.text(tree))?;
                Some(KeySource::Env(name))
            }
            (None, Some(tree)) => {
                let file = self.within("file", |r| r.text(tree))?;
                let folder = self.folder.as_deref();
                Some(KeySource::File(match folder {
                    Some(folder) => folder.join(file),
                    None => file.into(),
                }))
            }
            (None, None) if fields.had_unknown => None,
            _ => self.fault(at, format_args!("where is the key? {WRITE}")),
        }
    }
}
