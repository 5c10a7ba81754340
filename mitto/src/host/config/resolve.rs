//! Puts in what nodes share: definitions that they are like, and handlers that they name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Faults;
use super::model::{HandlerConfig, HandlerKind, NodeConfig};
use super::read::{Document, Draft, unknown};
use super::{ConfigError, Configuration};

impl Document {
    /// The configuration that it says. Its faults are found together with those of reading it.
    pub(super) fn finish(self, mut faults: Faults) -> Result<Configuration, ConfigError> {
        let mut configuration = Configuration {
            version: self.version,
            version_origin: self.version_origin,
            hosts: self.hosts,
            ..Configuration::default()
        };
        let mut entries_left = Configuration::MAX_ENTRIES;
        'all: for (name, (mut application, drafts)) in self.applications {
            for (node, draft) in drafts {
                let path = format!("applications.{name}.nodes.{node}");
                let mut resolved = resolve(&self.nodes, draft, &path, &mut faults);
                share(&self.handlers, &mut resolved);
                let entries = resolved.handlers.len() + resolved.actions.len();
                let Some(left) = entries_left.checked_sub(entries) else {
                    let most = Configuration::MAX_ENTRIES;
                    let text =
                        format!("more than {most} handlers and actions in all, make it smaller");
                    faults.add(resolved.origin, path, text);
                    break 'all;
                };
                entries_left = left;
                application.nodes.insert(node, resolved);
            }
            configuration.applications.insert(name, application);
        }
        // What is left out because of a fault would only be missed.
        if faults.count() == 0 {
            configuration.check_parts(&mut faults);
        }
        faults.finish()?;
        Ok(configuration)
    }
}

/// Puts in the definition that a node is like; what it has itself wins.
fn resolve(
    definitions: &BTreeMap<String, Arc<Draft>>,
    draft: Draft,
    path: &str,
    faults: &mut Faults,
) -> NodeConfig {
    let Draft {
        mut node,
        like,
        policy,
    } = draft;
    let mut inherited = None;
    if let Some((like, origin)) = like {
        match definitions.get(&like) {
            Some(definition) => {
                let own = std::mem::take(&mut node.handlers);
                node.handlers = definition.node.handlers.clone();
                node.handlers.extend(own);
                let own = std::mem::take(&mut node.actions);
                node.actions = definition.node.actions.clone();
                node.actions.extend(own);
                node.provider = node.provider.or_else(|| definition.node.provider.clone());
                inherited = definition.policy.clone();
            }
            None if definitions.is_empty() => {
                let text = "no node is defined under `nodes`, define one or leave this out";
                faults.add(origin, format!("{path}.like"), text);
            }
            None => {
                let known: Vec<&str> = definitions.keys().map(|name| &**name).take(16).collect();
                faults.add(
                    origin,
                    format!("{path}.like"),
                    unknown("node definition", &like, &known),
                );
            }
        }
    }
    node.policy = policy.or(inherited).unwrap_or_default();
    node
}

/// Puts in the shared handlers that a node names and does not have, and those that they name.
fn share(shared: &BTreeMap<String, Arc<HandlerConfig>>, node: &mut NodeConfig) {
    if shared.is_empty() {
        return;
    }
    let mut missing = Vec::new();
    let used = node.actions.values().map(|action| &action.handler);
    for handler in used.chain(node.handlers.values().map(|handler| &**handler)) {
        names(handler, &mut missing);
    }
    let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    while let Some(name) = missing.pop() {
        if !node.handlers.contains_key(&name)
            && let Some(handler) = shared.get(&name)
        {
            let mut named = Vec::new();
            names(handler, &mut named);
            missing.extend(named.into_iter().map(str::to_owned));
            node.handlers.insert(name, Arc::clone(handler));
        }
    }
}

/// The handlers that one names.
pub(super) fn names<'a>(handler: &'a HandlerConfig, found: &mut Vec<&'a str>) {
    match &handler.kind {
        HandlerKind::Type(_) => {}
        HandlerKind::Named => found.push(&handler.name),
        HandlerKind::Pipeline(handlers) => {
            for handler in handlers {
                names(handler, found);
            }
        }
    }
}
