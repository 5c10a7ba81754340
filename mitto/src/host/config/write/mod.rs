//! A configuration as a text again.

mod json;
mod toml;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{ActionConfig, HandlerConfig, HandlerKind, HostConfig, KeySource, NodeConfig};
use super::tree::{Entry, Tree, Value};
use super::{Configuration, xml};
use crate::pipeline::{Properties, Property};
use crate::router::Policy;

impl Configuration {
    /// As TOML, with everything that was imported and shared in its place.
    pub fn to_toml(&self) -> String {
        toml::write(&self.tree())
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        json::write(&self.tree())
    }

    /// As XML of the ancestor's shape, with the attributes that are new where they are needed. Characters
    /// that XML cannot carry become `\u{fffd}`.
    pub fn to_xml(&self) -> String {
        xml::write(self)
    }

    fn tree(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        if let Some(version) = self.version {
            let version = i64::try_from(version).unwrap_or(i64::MAX);
            entries.push(entry("version", Value::Integer(version)));
        }
        let applications = self.applications.values().map(|application| {
            let nodes = application.nodes.values();
            let nodes = nodes.map(|node| entry(&node.name, Value::Table(of_node(node))));
            let nodes = entry("nodes", Value::Table(nodes.collect()));
            entry(&application.name, Value::Table(vec![nodes]))
        });
        entries.extend(filled("applications", applications.collect()));
        let hosts = self.hosts.values();
        let hosts = hosts.map(|host| entry(&host.name, Value::Table(of_host(host))));
        entries.extend(filled("hosts", hosts.collect()));
        entries
    }
}

fn of_node(node: &NodeConfig) -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(
        node.provider
            .as_ref()
            .map(|name| entry("provider", text(name))),
    );
    match &node.policy {
        Policy::RoundRobin => {}
        Policy::ByKey(field) => {
            let key = entry("by-key", text(field));
            entries.push(entry("policy", Value::Table(vec![key])));
        }
        policy => entries.push(entry("policy", text(&policy.to_string()))),
    }
    entries.extend(filled("handlers", of_handlers(&node.handlers)));
    entries.extend(filled("actions", of_actions(&node.actions)));
    entries
}

fn of_handlers(handlers: &BTreeMap<String, Arc<HandlerConfig>>) -> Vec<Entry> {
    let handlers = handlers.values();
    handlers
        .map(|handler| {
            let value = match &handler.kind {
                HandlerKind::Type(kind) if handler.properties.is_empty() => text(kind),
                HandlerKind::Pipeline(handlers) => list(handlers),
                _ => Value::Table(of_handler(handler)),
            };
            entry(&handler.name, value)
        })
        .collect()
}

fn of_actions(actions: &BTreeMap<String, Arc<ActionConfig>>) -> Vec<Entry> {
    let actions = actions.values();
    actions
        .map(|action| entry(&action.name, used(&action.handler)))
        .collect()
}

fn used(handler: &HandlerConfig) -> Value {
    match &handler.kind {
        HandlerKind::Named if handler.properties.is_empty() => text(&handler.name),
        HandlerKind::Pipeline(handlers) if handler.name == "pipeline" => list(handlers),
        kind => {
            let mut entries = of_handler(handler);
            let name = match kind {
                HandlerKind::Named => "handler",
                _ => "name",
            };
            let is_clear = matches!(kind, HandlerKind::Type(kind) if *kind == handler.name);
            if !is_clear {
                entries.insert(0, entry(name, text(&handler.name)));
            }
            Value::Table(entries)
        }
    }
}

fn list(handlers: &[HandlerConfig]) -> Value {
    let items = handlers.iter().map(|handler| Tree::new(0, used(handler)));
    Value::List(items.collect())
}

fn of_handler(handler: &HandlerConfig) -> Vec<Entry> {
    let mut entries = Vec::new();
    match &handler.kind {
        HandlerKind::Type(kind) => entries.push(entry("type", text(kind))),
        HandlerKind::Pipeline(handlers) => entries.push(entry("pipeline", list(handlers))),
        HandlerKind::Named => {}
    }
    if !handler.properties.is_empty() {
        entries.push(entry("properties", table(&handler.properties)));
    }
    entries
}

fn of_host(host: &HostConfig) -> Vec<Entry> {
    let mut entries = vec![entry("address", text(&host.address))];
    if host.local {
        entries.push(entry("local", Value::Boolean(true)));
    }
    match &host.key {
        Some(KeySource::Env(name)) => {
            entries.push(entry("key", Value::Table(vec![entry("env", text(name))])));
        }
        Some(KeySource::File(file)) => {
            let file = entry("file", text(&file.to_string_lossy()));
            entries.push(entry("key", Value::Table(vec![file])));
        }
        None => {}
    }
    let runs = host.runs.iter();
    let runs = runs.map(|placement| Tree::text(0, placement.to_string()));
    let runs: Vec<Tree> = runs.collect();
    if !runs.is_empty() {
        entries.push(entry("runs", Value::List(runs)));
    }
    entries
}

fn table(properties: &Properties) -> Value {
    let entries = properties.iter();
    Value::Table(
        entries
            .map(|(name, value)| entry(name, property(value)))
            .collect(),
    )
}

fn property(property: &Property) -> Value {
    match property {
        Property::Text(value) => text(value),
        Property::Integer(integer) => Value::Integer(*integer),
        Property::Float(number) => Value::Float(*number),
        Property::Boolean(value) => Value::Boolean(*value),
        Property::List(items) => {
            let items = items.iter().map(|item| Tree::new(0, self::property(item)));
            Value::List(items.collect())
        }
        Property::Table(properties) => table(properties),
    }
}

fn filled(key: &str, entries: Vec<Entry>) -> Option<Entry> {
    (!entries.is_empty()).then(|| entry(key, Value::Table(entries)))
}

fn entry(key: &str, value: Value) -> Entry {
    Entry::new(key, 0, Tree::new(0, value))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
