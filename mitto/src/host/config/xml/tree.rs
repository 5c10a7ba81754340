//! From elements to what they say.

use super::element::{Attribute, Element, parse};
use crate::address::check_part;
use crate::escaped::Escaped;
use crate::host::config::error::Faults;
use crate::host::config::origin::Source;
use crate::host::config::read::unknown;
use crate::host::config::tree::{Entry, Refusal, Tree, Value};

pub(in crate::host::config) fn read(
    source: &Source<'_>,
    faults: &mut Faults,
) -> Result<Tree, Refusal> {
    let root = parse(source)?;
    if root.name != "AjMessages" {
        return Err(Refusal::new(
            root.at,
            "the root is another element, write `AjMessages`",
        ));
    }
    Ok(Convert { source, faults }.root(&root))
}

struct Convert<'a> {
    source: &'a Source<'a>,
    faults: &'a mut Faults,
}

impl Convert<'_> {
    fn root(&mut self, root: &Element) -> Tree {
        self.expect(
            root,
            &["Version"],
            &["Import", "Handler", "Node", "Application", "Host"],
        );
        let mut entries = Vec::new();
        if let Some(version) = root.attribute("Version") {
            entries.push(entry("version", version.at, self.integer(version)));
        }
        let imports = root.children("Import").filter_map(|import| {
            self.expect(import, &["File"], &[]);
            self.required(import, "File")
                .map(|file| Tree::text(file.at, &*file.value))
        });
        let imports: Vec<Tree> = imports.collect();
        if !imports.is_empty() {
            entries.push(entry("import", root.at, Value::List(imports)));
        }
        entries.extend(self.table("handlers", root, "Handler", Self::handler));
        entries.extend(self.table("nodes", root, "Node", Self::node));
        entries.extend(self.table("applications", root, "Application", Self::application));
        entries.extend(self.table("hosts", root, "Host", Self::host));
        Tree::new(root.at, Value::Table(entries))
    }

    fn application(&mut self, application: &Element) -> Vec<Entry> {
        self.expect(application, &["Name"], &["Node"]);
        let nodes = self.table("nodes", application, "Node", Self::node);
        nodes.into_iter().collect()
    }

    fn node(&mut self, node: &Element) -> Vec<Entry> {
        self.expect(
            node,
            &["Name", "Like", "Provider", "Policy", "PolicyKey"],
            &["Handler", "Action"],
        );
        let mut entries = Vec::new();
        entries.extend(copied(node, "Like", "like"));
        entries.extend(copied(node, "Provider", "provider"));
        match (node.attribute("Policy"), node.attribute("PolicyKey")) {
            (Some(policy), Some(key)) if policy.value == "by-key" => {
                let key = entry("by-key", key.at, Value::Text(key.value.clone()));
                entries.push(entry("policy", policy.at, Value::Table(vec![key])));
            }
            (_, Some(key)) => self.fault(
                key.at,
                node,
                "`PolicyKey` is for `Policy=\"by-key\"`, leave it out",
            ),
            _ => entries.extend(copied(node, "Policy", "policy")),
        }
        entries.extend(self.table("handlers", node, "Handler", Self::handler));
        let actions = self.table("actions", node, "Action", Self::action);
        entries.extend(actions);
        entries
    }

    /// A definition.
    fn handler(&mut self, handler: &Element) -> Vec<Entry> {
        self.expect(handler, &["Name", "Type"], &["Handler", "Property"]);
        let mut entries = Vec::new();
        if let Some(kind) = handler.attribute("Type") {
            entries.push(entry("type", kind.at, class(&kind.value)));
        }
        if handler.has("Handler") {
            let items = self.used_list(handler);
            entries.push(entry("pipeline", handler.at, Value::List(items)));
        }
        if entries.is_empty() {
            self.fault(
                handler.at,
                handler,
                "a handler is defined by a `Type`, or by handlers in it",
            );
        }
        if handler.has("Property") {
            let properties = self.properties(handler);
            entries.push(entry("properties", handler.at, Value::Table(properties)));
        }
        entries
    }

    fn used_list(&mut self, parent: &Element) -> Vec<Tree> {
        let handlers = parent.children("Handler");
        handlers.map(|handler| self.used(handler)).collect()
    }

    /// A handler in a pipeline or an action: a definition, or the name of one.
    fn used(&mut self, handler: &Element) -> Tree {
        if handler.attribute("Type").is_some() || handler.has("Handler") {
            let mut entries = self.handler(handler);
            entries.extend(copied(handler, "Name", "name"));
            return Tree::new(handler.at, Value::Table(entries));
        }
        self.expect(handler, &["Name", "Type"], &["Handler", "Property"]);
        let mut entries = Vec::new();
        if let Some(name) = self.required(handler, "Name") {
            entries.push(entry("handler", name.at, Value::Text(name.value.clone())));
        }
        if handler.has("Property") {
            let properties = self.properties(handler);
            entries.push(entry("properties", handler.at, Value::Table(properties)));
        }
        Tree::new(handler.at, Value::Table(entries))
    }

    fn properties(&mut self, parent: &Element) -> Vec<Entry> {
        let mut entries = Vec::new();
        for property in parent.children("Property") {
            self.expect(property, &["Name", "Value", "Kind"], &["Property"]);
            if let Some(name) = self.required(property, "Name") {
                let value = self.property(property);
                entries.push(entry(&*name.value, name.at, value));
            }
        }
        entries
    }

    fn property(&mut self, property: &Element) -> Value {
        let kind = property.attribute("Kind");
        let value = property.attribute("Value");
        match (kind.map(|kind| &*kind.value), value) {
            (Some("list"), None) => {
                let items = property.children("Property").map(|item| {
                    self.expect(item, &["Value", "Kind"], &["Property"]);
                    Tree::new(item.at, self.property(item))
                });
                Value::List(items.collect())
            }
            (Some("integer"), Some(value)) => self.integer(value),
            (Some("float"), Some(value)) => match value.value.trim().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => self.instead(value, "this is not a number"),
            },
            (Some("boolean"), Some(value)) => self.boolean(value),
            (Some("text") | None, Some(value)) => Value::Text(value.value.clone()),
            (None, None) => Value::Table(self.properties(property)),
            (Some(_), _) => {
                let text = "a `Value` belongs to the kinds `integer`, `float`, `boolean` and `text`, \
                            none to `list`";
                self.fault(property.at, property, text);
                Value::Text(String::new())
            }
        }
    }

    fn action(&mut self, action: &Element) -> Value {
        self.expect(action, &["Name", "Handler"], &["Handler"]);
        let mut handlers = action.children("Handler");
        match (
            action.attribute("Handler"),
            handlers.next(),
            handlers.next(),
        ) {
            (Some(handler), None, _) => Value::Text(handler.value.clone()),
            (None, Some(handler), None) => self.used(handler).value,
            _ => {
                self.fault(action.at, action, "an action has one `Handler`, name it");
                Value::Text("-".to_owned())
            }
        }
    }

    fn host(&mut self, host: &Element) -> Vec<Entry> {
        self.expect(
            host,
            &["Name", "Address", "Activate", "KeyEnv", "KeyFile"],
            &["Application"],
        );
        let mut entries = Vec::new();
        entries.extend(copied(host, "Address", "address"));
        if let Some(activate) = host.attribute("Activate") {
            entries.push(entry("local", activate.at, self.boolean(activate)));
        }
        let mut runs = Vec::new();
        for application in host.children("Application") {
            self.expect(application, &["Name"], &["Node"]);
            let Some(name) = self.part(application) else {
                continue;
            };
            if !application.has("Node") {
                runs.push(Tree::text(application.at, &*name.value));
            }
            for node in application.children("Node") {
                self.expect(node, &["Name"], &[]);
                if let Some(node) = self.part(node) {
                    let text = format!("{}/{}", name.value, node.value);
                    runs.push(Tree::text(node.at, text));
                }
            }
        }
        entries.push(entry("runs", host.at, Value::List(runs)));
        let key: Vec<Entry> = copied(host, "KeyEnv", "env")
            .into_iter()
            .chain(copied(host, "KeyFile", "file"))
            .collect();
        if !key.is_empty() {
            entries.push(entry("key", host.at, Value::Table(key)));
        }
        entries
    }

    /// The name of what a host runs, which is put into an address.
    fn part<'e>(&mut self, element: &'e Element) -> Option<&'e Attribute> {
        let name = self.required(element, "Name")?;
        if let Err(fault) = check_part(&name.value) {
            self.fault(name.at, element, format_args!("the name {fault}"));
            return None;
        }
        Some(name)
    }

    /// The children of one name, as a table.
    fn table<T: Into<Value>>(
        &mut self,
        key: &str,
        parent: &Element,
        child: &str,
        mut convert: impl FnMut(&mut Self, &Element) -> T,
    ) -> Option<Entry> {
        let mut entries = Vec::new();
        for element in parent.children(child) {
            let value = convert(self, element).into();
            if let Some(name) = self.required(element, "Name") {
                let tree = Tree::new(element.at, value);
                entries.push(Entry::new(&*name.value, name.at, tree));
            }
        }
        let tree = Tree::new(parent.at, Value::Table(entries));
        parent.has(child).then(|| Entry::new(key, parent.at, tree))
    }

    fn required<'e>(&mut self, element: &'e Element, name: &str) -> Option<&'e Attribute> {
        let attribute = element.attribute(name);
        if attribute.is_none() {
            let text = format_args!("the attribute `{name}` is missing, add it");
            self.fault(element.at, element, text);
        }
        attribute
    }

    /// Faults what is not known of an element.
    fn expect(&mut self, element: &Element, attributes: &[&str], children: &[&str]) {
        for attribute in &element.attributes {
            // What .NET writes for its schemas.
            if !attributes.contains(&&*attribute.name) && !attribute.name.starts_with("xmlns") {
                let name = Escaped(&attribute.name).up_to(64);
                let text = unknown("attribute", &attribute.name, attributes);
                self.fault(attribute.at, element, format_args!("`{name}`: {text}"));
            }
        }
        for child in &element.children {
            if children.is_empty() {
                self.fault(
                    child.at,
                    element,
                    "nothing stands in this element, take it out",
                );
            } else if !children.contains(&&*child.name) {
                let name = Escaped(&child.name).up_to(64);
                let text = unknown("element", &child.name, children);
                self.fault(child.at, element, format_args!("`{name}`: {text}"));
            }
        }
    }

    fn integer(&mut self, attribute: &Attribute) -> Value {
        match attribute.value.trim().parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => self.instead(attribute, "this is not a whole number"),
        }
    }

    /// As .NET reads and writes it.
    fn boolean(&mut self, attribute: &Attribute) -> Value {
        match attribute.value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Boolean(true),
            "false" | "0" => Value::Boolean(false),
            _ => {
                self.instead(attribute, "this is not a bool, write `true` or `false`");
                Value::Boolean(false)
            }
        }
    }

    /// A value that is of no use, as the file is refused.
    fn instead(&mut self, attribute: &Attribute, text: &str) -> Value {
        let origin = self.source.origin(attribute.at);
        self.faults.add(origin, &*attribute.name, text);
        Value::Integer(0)
    }

    fn fault(&mut self, at: usize, element: &Element, text: impl std::fmt::Display) {
        let name = match element.attribute("Name") {
            Some(name) => format!("{} `{}`", element.name, Escaped(&name.value).up_to(64)),
            None => element.name.clone(),
        };
        self.faults.add(self.source.origin(at), name, text);
    }
}

impl From<Vec<Entry>> for Value {
    fn from(entries: Vec<Entry>) -> Self {
        Self::Table(entries)
    }
}

fn entry(key: impl Into<String>, at: usize, value: Value) -> Entry {
    Entry::new(key, at, Tree::new(at, value))
}

fn copied(element: &Element, attribute: &str, key: &str) -> Option<Entry> {
    let attribute = element.attribute(attribute)?;
    Some(entry(
        key,
        attribute.at,
        Value::Text(attribute.value.clone()),
    ))
}

/// `A.B.CHandler, Assembly` is the class `CHandler`.
fn class(name: &str) -> Value {
    let class = name.split(',').next().unwrap_or(name).trim();
    let last = class.rsplit(['.', '+']).next().unwrap_or(class);
    Value::Text(last.to_owned())
}
