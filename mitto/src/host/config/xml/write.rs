//! To the ancestor's XML.

use crate::host::config::Configuration;
use crate::host::config::model::{HandlerConfig, HandlerKind, HostConfig, KeySource, NodeConfig};
use crate::pipeline::{Properties, Property};
use crate::router::Policy;

pub(in crate::host::config) fn write(configuration: &Configuration) -> String {
    let mut out = Out {
        text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned(),
        open: Vec::new(),
    };
    let version = configuration.version.map(|version| version.to_string());
    out.element("AjMessages", &[("Version", version.as_deref())], |out| {
        for application in configuration.applications.values() {
            let name = [("Name", Some(&*application.name))];
            out.element("Application", &name, |out| {
                for node in application.nodes.values() {
                    out.node(node);
                }
            });
        }
        for host in configuration.hosts.values() {
            out.host(host);
        }
    });
    out.text
}

struct Out {
    text: String,
    open: Vec<&'static str>,
}

impl Out {
    fn node(&mut self, node: &NodeConfig) {
        let (policy, key) = match &node.policy {
            Policy::RoundRobin => (None, None),
            Policy::ByKey(field) => (Some("by-key".to_owned()), Some(&**field)),
            policy => (Some(policy.to_string()), None),
        };
        let attributes = [
            ("Name", Some(&*node.name)),
            ("Provider", node.provider.as_deref()),
            ("Policy", policy.as_deref()),
            ("PolicyKey", key),
        ];
        self.element("Node", &attributes, |out| {
            for handler in node.handlers.values() {
                out.handler(handler);
            }
            for action in node.actions.values() {
                let handler = &action.handler;
                let is_name =
                    matches!(handler.kind, HandlerKind::Named) && handler.properties.is_empty();
                let attributes = [
                    ("Name", Some(&*action.name)),
                    ("Handler", is_name.then_some(&*handler.name)),
                ];
                out.element("Action", &attributes, |out| {
                    if !is_name {
                        out.handler(handler);
                    }
                });
            }
        });
    }

    fn handler(&mut self, handler: &HandlerConfig) {
        let kind = match &handler.kind {
            HandlerKind::Type(kind) => Some(&**kind),
            _ => None,
        };
        let attributes = [("Name", Some(&*handler.name)), ("Type", kind)];
        self.element("Handler", &attributes, |out| {
            if let HandlerKind::Pipeline(handlers) = &handler.kind {
                for handler in handlers {
                    out.handler(handler);
                }
            }
            out.properties(&handler.properties);
        });
    }

    fn properties(&mut self, properties: &Properties) {
        for (name, value) in properties {
            self.property(Some(name), value);
        }
    }

    fn property(&mut self, name: Option<&str>, property: &Property) {
        let (kind, value) = match property {
            Property::Text(text) => (None, Some(text.clone())),
            Property::Integer(integer) => (Some("integer"), Some(integer.to_string())),
            Property::Float(number) => (Some("float"), Some(number.to_string())),
            Property::Boolean(value) => (Some("boolean"), Some(value.to_string())),
            Property::List(_) => (Some("list"), None),
            Property::Table(_) => (None, None),
        };
        let attributes = [("Name", name), ("Value", value.as_deref()), ("Kind", kind)];
        self.element("Property", &attributes, |out| match property {
            Property::List(items) => {
                for item in items {
                    out.property(None, item);
                }
            }
            Property::Table(properties) => out.properties(properties),
            _ => {}
        });
    }

    fn host(&mut self, host: &HostConfig) {
        let (env, file) = match &host.key {
            Some(KeySource::Env(name)) => (Some(&**name), None),
            Some(KeySource::File(file)) => (None, Some(file.to_string_lossy())),
            None => (None, None),
        };
        let attributes = [
            ("Name", Some(&*host.name)),
            ("Address", Some(&*host.address)),
            ("Activate", Some(if host.local { "true" } else { "false" })),
            ("KeyEnv", env),
            ("KeyFile", file.as_deref()),
        ];
        self.element("Host", &attributes, |out| {
            // A run of nodes of one application goes into one element, so that their order stays.
            for run in host.runs.chunk_by(|a, b| {
                a.application == b.application && a.node.is_some() && b.node.is_some()
            }) {
                let name = run.first().map(|placement| &*placement.application);
                out.element("Application", &[("Name", name)], |out| {
                    for node in run.iter().filter_map(|placement| placement.node()) {
                        out.element("Node", &[("Name", Some(node))], |_| {});
                    }
                });
            }
        });
    }

    fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&str, Option<&str>)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            if let Some(value) = value {
                self.text.push(' ');
                self.text.push_str(attribute);
                self.text.push_str("=\"");
                escape(&mut self.text, value);
                self.text.push('"');
            }
        }
        let before = self.text.len();
        self.text.push_str(">\n");
        let start = self.text.len();
        self.open.push(name);
        inside(self);
        self.open.pop();
        if self.text.len() == start {
            self.text.truncate(before);
            self.text.push_str("/>\n");
            return;
        }
        self.indent();
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.text.push_str("  ");
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // They would come back as spaces.
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() && c < ' ' => out.push(char::REPLACEMENT_CHARACTER),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
}
