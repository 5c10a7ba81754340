//! Nodes, and what they are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Reader;
use super::fields::Fields;
use crate::host::config::model::{ActionConfig, HandlerConfig, HandlerKind, NodeConfig};
use crate::host::config::origin::Origin;
use crate::host::config::tree::{Entry, Tree, Value};
use crate::pipeline::{Properties, Property};
use crate::router::Policy;

/// A node before the definition that it is like has been put in.
pub(in crate::host::config) struct Draft {
    pub(in crate::host::config) node: NodeConfig,
    pub(in crate::host::config) like: Option<(String, Origin)>,
    pub(in crate::host::config) policy: Option<Policy>,
}

pub(in crate::host::config) const NODE: &[&str] =
    &["like", "provider", "policy", "handlers", "actions"];
pub(in crate::host::config) const HANDLER: &[&str] = &["type", "pipeline", "properties"];
/// Where a handler is used, it may also be one that stands elsewhere.
pub(in crate::host::config) const USED: &[&str] =
    &["handler", "type", "pipeline", "name", "properties"];
pub(in crate::host::config) const POLICIES: &[&str] = &[
    "round-robin",
    "random",
    "first",
    "least-in-flight",
    "by-key",
];

impl Reader<'_> {
    pub(super) fn node(&mut self, name: &str, at: usize, tree: Tree) -> Option<Draft> {
        let mut fields = self.fields(tree, NODE)?;
        let mut node = NodeConfig::new(name);
        node.origin = self.source.origin(at);
        let like = fields.take("like").and_then(|tree| {
            let origin = self.source.origin(tree.at);
            let name = self.within("like", |r| r.text(tree))?;
            Some((name, origin))
        });
        if let Some(tree) = fields.take("provider") {
            node.provider = self.within("provider", |r| r.text(tree));
        }
        let policy = fields
            .take("policy")
            .and_then(|tree| self.within("policy", |r| r.policy(tree)));
        if let Some(tree) = fields.take("handlers") {
            node.handlers = self.within("handlers", |r| r.handlers(tree));
        }
        if let Some(tree) = fields.take("actions") {
            node.actions = self.within("actions", |r| r.actions(tree));
        }
        Some(Draft { node, like, policy })
    }

    fn policy(&mut self, tree: Tree) -> Option<Policy> {
        let at = tree.at;
        match tree.value {
            Value::Text(text) => match &*text {
                "round-robin" => Some(Policy::RoundRobin),
                "random" => Some(Policy::Random),
                "first" => Some(Policy::First),
                "least-in-flight" => Some(Policy::LeastInFlight),
                "by-key" => self.fault(at, "by which field? write `{ by-key = \"field\" }`"),
                other => self.fault(at, super::fields::unknown("policy", other, POLICIES)),
            },
            Value::Table(_) => {
                let mut fields = self.fields(tree, &["by-key"])?;
                match fields.take("by-key") {
                    Some(tree) => self.within("by-key", |r| r.text(tree)).map(Policy::ByKey),
                    None if fields.had_unknown => None,
                    None => self.fault(at, "by which field? write `{ by-key = \"field\" }`"),
                }
            }
            _ => {
                let kind = tree.kind();
                self.fault(
                    at,
                    format_args!("this is {kind}, write a policy, such as `\"round-robin\"`"),
                )
            }
        }
    }

    /// Definitions of handlers, by name.
    pub(super) fn handlers(&mut self, tree: Tree) -> BTreeMap<String, Arc<HandlerConfig>> {
        let mut handlers = BTreeMap::new();
        for Entry { key, at, tree } in self.table(tree).unwrap_or_default() {
            let origin = self.source.origin(at);
            let handler = self.within(&key, |reader| {
                let mut handler = match tree.value {
                    Value::Text(kind) => HandlerConfig::of_type(&*key, kind),
                    Value::List(items) => HandlerConfig::pipeline(&*key, reader.used_list(items)),
                    Value::Table(_) => {
                        let at = tree.at;
                        let fields = reader.fields(tree, HANDLER)?;
                        reader.handler(Some(&key), at, fields)?
                    }
                    _ => {
                        let kind = tree.kind();
                        let text = format_args!(
                            "this is {kind}, write a type: `\"..\"`, or a pipeline: `[..]`"
                        );
                        return reader.fault(tree.at, text);
                    }
                };
                handler.origin = origin;
                Some(handler)
            });
            handlers.extend(handler.map(|handler| (key, Arc::new(handler))));
        }
        handlers
    }

    fn actions(&mut self, tree: Tree) -> BTreeMap<String, Arc<ActionConfig>> {
        let mut actions = BTreeMap::new();
        for Entry { key, at, tree } in self.table(tree).unwrap_or_default() {
            let origin = self.source.origin(at);
            if let Some(handler) = self.within(&key, |reader| reader.used(tree)) {
                let action = ActionConfig {
                    name: key.clone(),
                    handler,
                    origin,
                };
                actions.insert(key, Arc::new(action));
            }
        }
        actions
    }

    fn used_list(&mut self, items: Vec<Tree>) -> Vec<HandlerConfig> {
        let items = items.into_iter().enumerate();
        items
            .filter_map(|(index, item)| self.within(&index.to_string(), |r| r.used(item)))
            .collect()
    }

    /// A handler where it is used: in an action, or in a pipeline.
    fn used(&mut self, tree: Tree) -> Option<HandlerConfig> {
        let at = tree.at;
        let mut handler = match tree.value {
            Value::Text(name) => HandlerConfig::named(name),
            Value::List(items) => HandlerConfig::pipeline("pipeline", self.used_list(items)),
            Value::Table(_) => {
                let fields = self.fields(tree, USED)?;
                self.handler(None, at, fields)?
            }
            _ => {
                let kind = tree.kind();
                let text = format_args!("this is {kind}, write the name of a handler: `\"..\"`");
                return self.fault(at, text);
            }
        };
        handler.origin = self.source.origin(at);
        Some(handler)
    }

    fn handler(
        &mut self,
        name: Option<&str>,
        at: usize,
        mut fields: Fields,
    ) -> Option<HandlerConfig> {
        let is_used = name.is_none();
        let given = fields.take("name").and_then(|tree| {
            self.within("name", |reader| {
                if fields.has("handler") {
                    return reader.fault(tree.at, "`handler` is the name already, leave this out");
                }
                reader.text(tree)
            })
        });
        let name = name.map(str::to_owned).or(given);
        let kinds = ["handler", "type", "pipeline"].map(|key| fields.has(key));
        let mut handler = match kinds {
            [true, false, false] => {
                let tree = fields.take("handler")?;
                HandlerConfig::named(self.within("handler", |r| r.text(tree))?)
            }
            [false, true, false] => {
                let tree = fields.take("type")?;
                let kind = self.within("type", |r| r.text(tree))?;
                HandlerConfig::of_type(name.unwrap_or_else(|| kind.clone()), kind)
            }
            [false, false, true] => {
                let tree = fields.take("pipeline")?;
                let used = self.within("pipeline", |reader| {
                    let items = reader.list(tree)?;
                    Some(reader.used_list(items))
                })?;
                HandlerConfig::pipeline(name.unwrap_or_else(|| "pipeline".to_owned()), used)
            }
            [false, false, false] if fields.had_unknown => return None,
            _ if is_used => {
                return self.fault(at, "write one of `handler`, `type` and `pipeline`");
            }
            _ => return self.fault(at, "write either `type` or `pipeline`"),
        };
        if let Some(tree) = fields.take("properties") {
            handler.properties = self.within("properties", |r| r.properties(tree));
        }
        if let (HandlerKind::Pipeline(_), false) = (&handler.kind, handler.properties.is_empty()) {
            self.fault(
                at,
                "a pipeline has no properties, give them to a handler in it",
            )?;
        }
        Some(handler)
    }

    fn properties(&mut self, tree: Tree) -> Properties {
        let mut properties = Properties::new();
        for Entry { key, tree, .. } in self.table(tree).unwrap_or_default() {
            if let Some(value) = self.within(&key, |reader| reader.property(tree)) {
                properties.insert(key, value);
            }
        }
        properties
    }

    fn property(&mut self, tree: Tree) -> Option<Property> {
        Some(match tree.value {
            Value::Null => return self.fault(tree.at, "this has no value, leave it out"),
            Value::Boolean(value) => Property::Boolean(value),
            Value::Integer(integer) => Property::Integer(integer),
            Value::Float(number) => Property::Float(number),
            Value::Text(text) => Property::Text(text),
            Value::List(items) => {
                let items = items.into_iter().filter_map(|item| self.property(item));
                Property::List(items.collect())
            }
            Value::Table(_) => Property::Table(self.properties(tree)),
        })
    }
}
