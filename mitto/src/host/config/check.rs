//! Whether a configuration can work, as far as it says so itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::error::Faults;
use super::model::{HandlerConfig, HandlerKind, HostConfig, KeySource, NodeConfig};
use super::origin::Origin;
use super::read::shown;
use super::{ConfigError, Configuration};
use crate::address::{PartFault, check_part};
use crate::escaped::Escaped;
use crate::pipeline::names::near;
use crate::router::Policy;

impl Configuration {
    /// Whether it can work by itself: names, addresses and keys are well formed, every handler that is named
    /// exists, no pipeline contains itself, and hosts run only nodes that there are.
    ///
    /// What is read has been checked but for the last, as what it names may come from another configuration
    /// that it is [merged](Self::merge) into. Whether the types and providers exist is known to the program
    /// that registers them.
    ///
    /// # Errors
    ///
    /// Says everything that is wrong, with its place.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut faults = Faults::default();
        self.check_parts(&mut faults);
        self.check_placements(&mut faults);
        faults.finish()
    }

    /// What can be seen without any other configuration.
    pub(super) fn check_parts(&self, faults: &mut Faults) {
        for application in self.applications.values() {
            let path = Path("applications", &application.name);
            part(
                faults,
                &application.origin,
                "application",
                &application.name,
                &path,
            );
            for node in application.nodes.values() {
                let path = format!("{path}.{}", Path("nodes", &node.name));
                part(faults, &node.origin, "node", &node.name, &path);
                Node::new(node, path, faults).check();
            }
        }
        let mut addresses = BTreeSet::new();
        for host in self.hosts.values() {
            check_host(host, faults);
            if host.local && !host.runs.is_empty() && !addresses.insert(&host.address) {
                let path = format!("{}.address", Path("hosts", &host.name));
                let text = "another local host listens on this address, take another one";
                faults.add(host.address_origin.clone(), path, text);
            }
        }
    }

    /// Whether hosts run nodes that there are.
    pub(super) fn check_placements(&self, faults: &mut Faults) {
        for host in self.hosts.values() {
            for placement in &host.runs {
                let application = self.applications.get(&placement.application);
                let missing = match (application, &placement.node) {
                    (None, _) => {
                        let known = self.applications.keys();
                        Some((
                            "application",
                            &placement.application,
                            suggest(&placement.application, known),
                        ))
                    }
                    (Some(application), Some(node)) if !application.nodes.contains_key(node) => {
                        let near = suggest(node, application.nodes.keys());
                        Some(("node", node, near))
                    }
                    _ => None,
                };
                if let Some((what, name, near)) = missing {
                    let name = Escaped(name).up_to(64);
                    let path = format!("{}.runs", Path("hosts", &host.name));
                    let text = format!("there is no {what} `{name}`, {near}");
                    faults.add(placement.origin.clone(), path, text);
                }
            }
        }
    }
}

fn check_host(host: &HostConfig, faults: &mut Faults) {
    let path = Path("hosts", &host.name).to_string();
    part(faults, &host.origin, "host", &host.name, &path);
    if let Err(fault) = check_address(&host.address) {
        faults.add(
            host.address_origin.clone(),
            format!("{path}.address"),
            fault,
        );
    }
    for placement in &host.runs {
        let path = format!("{path}.runs");
        part(
            faults,
            &placement.origin,
            "application",
            &placement.application,
            &path,
        );
        if let Some(node) = &placement.node {
            part(faults, &placement.origin, "node", node, &path);
        }
    }
    match &host.key {
        Some(KeySource::Env(name)) => {
            if let Err(fault) = check_part(name) {
                let text = format!("the name of the environment variable {fault}");
                faults.add(host.origin.clone(), format!("{path}.key.env"), text);
            }
        }
        Some(KeySource::File(file)) if file.as_os_str().is_empty() => {
            faults.add(
                host.origin.clone(),
                format!("{path}.key.file"),
                "the file has no name, name it",
            );
        }
        Some(KeySource::File(_)) | None => {}
    }
}

/// An address is opened by a transport, which knows its scheme; here it is a URL that can be shown.
fn check_address(address: &str) -> Result<(), &'static str> {
    const MAX: usize = 2048;

    if address.len() > MAX {
        return Err("the address is longer than 2048 bytes, make it shorter");
    }
    if let Some(c) = address.chars().find(|c| !matches!(c, '!'..='~')) {
        return Err(match c {
            ' ' => "the address holds a space, write `%20` or leave it out",
            _ => "the address holds a character that is not ASCII, take only visible ASCII",
        });
    }
    let Some((scheme, rest)) = address.split_once("://") else {
        return Err("the address has no scheme, write it as in `ws://localhost:8080/mitto`");
    };
    let is_scheme = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.');
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return Err(
            "the scheme of the address is not one, write it as in `ws://localhost:8080/mitto`",
        );
    }
    if rest.is_empty() {
        return Err(
            "the address ends after its scheme, write it as in `ws://localhost:8080/mitto`",
        );
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.contains('@') {
        return Err(
            "the address holds a user, leave it out: secrets stand in no configuration, `key` says where they are",
        );
    }
    Ok(())
}

/// The handlers of one node.
struct Node<'a, 'f> {
    node: &'a NodeConfig,
    path: String,
    faults: &'f mut Faults,
    /// What is known of each handler; `None` while it is being looked at.
    seen: BTreeMap<&'a str, Option<Extent>>,
    /// Those that contain themselves, each reported once.
    round: BTreeSet<&'a str>,
    is_too_deep: bool,
}

/// How much a handler is when everything that it names is laid out.
#[derive(Clone, Copy, Default)]
struct Extent {
    steps: usize,
    depth: usize,
}

impl<'a, 'f> Node<'a, 'f> {
    fn new(node: &'a NodeConfig, path: String, faults: &'f mut Faults) -> Self {
        Self {
            node,
            path,
            faults,
            seen: BTreeMap::new(),
            round: BTreeSet::new(),
            is_too_deep: false,
        }
    }

    fn check(&mut self) {
        if let Some(provider) = &self.node.provider {
            let path = format!("{}.provider", self.path);
            part(self.faults, &self.node.origin, "provider", provider, &path);
        }
        if let Policy::ByKey(field) = &self.node.policy
            && (field.is_empty() || field.len() > 256 || field.chars().any(char::is_control))
        {
            let text = "the field is not a name, write the one whose value is the key";
            self.fault(&self.node.origin, "policy", text);
        }
        for handler in self.node.handlers.values() {
            let path = Path("handlers", &handler.name).to_string();
            if matches!(handler.kind, HandlerKind::Named) {
                let text = "a handler is defined by a type or a pipeline, not by its own name";
                self.fault(&handler.origin, &path, text);
                continue;
            }
            part(
                self.faults,
                &handler.origin,
                "handler",
                &handler.name,
                &format!("{}.{path}", self.path),
            );
            self.named(handler, 0);
        }
        for action in self.node.actions.values() {
            let path = Path("actions", &action.name).to_string();
            part(
                self.faults,
                &action.origin,
                "action",
                &action.name,
                &format!("{}.{path}", self.path),
            );
            let extent = self.extent(&action.handler, &path, 0);
            if extent.steps > Configuration::MAX_STEPS {
                let most = Configuration::MAX_STEPS;
                let text = format!("this is more than {most} steps, split it");
                self.fault(&action.origin, &path, text);
            }
        }
    }

    /// What a handler that is used comes to.
    fn extent(&mut self, handler: &'a HandlerConfig, path: &str, depth: usize) -> Extent {
        if depth > Configuration::MAX_DEPTH {
            self.too_deep(handler, path);
            return Extent::default();
        }
        match &handler.kind {
            HandlerKind::Type(kind) => {
                part(
                    self.faults,
                    &handler.origin,
                    "type",
                    kind,
                    &format!("{}.{path}.type", self.path),
                );
                Extent { steps: 1, depth: 0 }
            }
            HandlerKind::Pipeline(handlers) => {
                if handlers.is_empty() {
                    self.fault(
                        &handler.origin,
                        path,
                        "the pipeline is empty, put a handler in",
                    );
                }
                let mut whole = Extent::default();
                for handler in handlers {
                    let extent = self.extent(handler, path, depth + 1);
                    whole.steps = whole.steps.saturating_add(extent.steps);
                    whole.depth = whole.depth.max(extent.depth + 1);
                }
                whole
            }
            HandlerKind::Named => self.by_name(handler, path, depth),
        }
    }

    fn by_name(&mut self, handler: &'a HandlerConfig, path: &str, depth: usize) -> Extent {
        let name = &*handler.name;
        let Some(named) = self.node.handlers.get(name) else {
            let near = suggest(name, self.node.handlers.keys());
            let text = match check_part(name) {
                Ok(()) => format!("the node has no handler `{name}`, {near}"),
                Err(fault) => format!("the name of the handler {fault}"),
            };
            self.fault(&handler.origin, path, text);
            return Extent::default();
        };
        if !handler.properties.is_empty() && matches!(named.kind, HandlerKind::Pipeline(_)) {
            let text = format!(
                "`{name}` is a pipeline and has no properties, give them to a handler in it"
            );
            self.fault(&handler.origin, path, text);
        }
        match self.seen.get(name) {
            Some(None) => {
                if self.round.insert(name) {
                    let text = format!("the pipeline `{name}` contains itself, take it out");
                    self.fault(&handler.origin, path, text);
                }
                Extent::default()
            }
            _ => self.named(named, depth),
        }
    }

    /// What a definition comes to; each is gone through once.
    fn named(&mut self, handler: &'a HandlerConfig, depth: usize) -> Extent {
        let path = &Path("handlers", &handler.name).to_string();
        if let Some(Some(extent)) = self.seen.get(&*handler.name).copied() {
            if depth + extent.depth > Configuration::MAX_DEPTH {
                self.too_deep(handler, path);
            }
            return extent;
        }
        self.seen.insert(&handler.name, None);
        let extent = self.extent(handler, path, depth);
        self.seen.insert(&handler.name, Some(extent));
        extent
    }

    fn too_deep(&mut self, handler: &HandlerConfig, path: &str) {
        let most = Configuration::MAX_DEPTH;
        if !std::mem::replace(&mut self.is_too_deep, true) {
            let text =
                format!("pipelines stand more than {most} deep in each other, make them flatter");
            self.fault(&handler.origin, path, text);
        }
    }

    fn fault(&mut self, origin: &Origin, path: &str, text: impl fmt::Display) {
        let path = format!("{}.{path}", self.path);
        self.faults.add(origin.clone(), path, text);
    }
}

/// Checks a name by the rule of the parts of addresses.
fn part(faults: &mut Faults, origin: &Origin, what: &str, name: &str, path: &dyn fmt::Display) {
    if let Err(fault) = check_part(name) {
        let the = match (what, fault) {
            ("application" | "node" | "action", PartFault::Empty) => format!("the {what}"),
            _ => format!("the name of the {what}"),
        };
        faults.add(
            origin.clone(),
            path.to_string(),
            format_args!("{the} {fault}"),
        );
    }
}

fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let known: Vec<&str> = known.map(|name| &**name).collect();
    match near(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "define it".to_owned(),
        None => {
            let shown = known.get(..8).unwrap_or(&known).join("`, `");
            let more = if known.len() > 8 { ", .." } else { "" };
            format!("define it or take one of `{shown}`{more}")
        }
    }
}

/// A step of a path, with a name that may hold anything.
struct Path<'a>(&'a str, &'a str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, shown(self.1))
    }
}
