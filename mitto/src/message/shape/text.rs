//! A shape as text.

use super::node::{Named, Node, Step};

/// How deep types are looked into.
const DEPTH: usize = 48;

/// The places of one message that are written down.
const PLACES: usize = 8_192;

/// A tuple of more is taken for an array, whose elements are all the same.
const ELEMENTS: usize = 32;

/// Writes the shape of a message.
pub(super) struct Text {
    out: String,
    left: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            out: String::new(),
            left: PLACES,
        }
    }
}

impl Text {
    /// Adds a type and all that it holds.
    pub(super) fn root(&mut self, name: &str, probe: fn(&[Step]) -> Node) {
        let mut walk = Walk {
            probe,
            text: self,
            path: Vec::new(),
            names: name.to_owned(),
            inside: Vec::new(),
        };
        walk.place();
    }

    pub(super) fn finish(self) -> String {
        self.out
    }
}

struct Walk<'a> {
    probe: fn(&[Step]) -> Node,
    text: &'a mut Text,
    path: Vec<Step>,
    /// The path for people.
    names: String,
    /// The types that are being walked through, by their ids.
    inside: Vec<&'static str>,
}

impl Walk<'_> {
    fn place(&mut self) {
        if self.text.left == 0 {
            return;
        }
        if self.path.len() > DEPTH {
            return self.line("deeper");
        }
        match (self.probe)(&self.path) {
            Node::Opaque | Node::Alias => self.line("opaque"),
            Node::Leaf(what) => self.line(what),
            Node::Option => {
                self.line("option");
                self.step(Step::Some, "?");
            }
            Node::List => {
                self.line("list");
                self.step(Step::Item, "[]");
            }
            Node::Map => {
                self.line("map");
                self.step(Step::Key, "key");
                self.step(Step::Value, "value");
            }
            // A newtype is nothing of its own in any format.
            Node::Newtype(of) => self.named(of, |walk| {
                walk.path.push(Step::Inside);
                walk.place();
                walk.path.pop();
            }),
            Node::Tuple { of, len } => self.named(of, |walk| walk.tuple(len)),
            Node::Struct { of, fields } => self.named(of, |walk| walk.fields(fields)),
            Node::Enum { of, variants } => self.named(of, |walk| walk.variants(variants)),
        }
    }

    /// Walks through a type that may hold itself.
    fn named(&mut self, of: Named, walk: impl FnOnce(&mut Self)) {
        if self.inside.contains(&of.id) {
            return self.line(&format!("again {}", of.name));
        }
        self.inside.push(of.id);
        walk(self);
        self.inside.pop();
    }

    fn tuple(&mut self, len: usize) {
        self.line(&format!("tuple of {len}"));
        let written = if len > ELEMENTS { 1 } else { len };
        for at in 0..written {
            self.step(Step::Element(at), &at.to_string());
        }
    }

    fn fields(&mut self, names: &[&str]) {
        self.line("struct");
        let mut at = 0;
        while at < names.len() {
            let first = at;
            let mut name = names[at].to_owned();
            at += 1;
            while at < names.len() && self.is_alias(at) {
                name = format!("{name}|{}", names[at]);
                at += 1;
            }
            // One written by hand may know no names.
            let by_name = Step::Field(first);
            let step = match self.at(by_name) {
                Node::Opaque => Step::Element(first),
                _ => by_name,
            };
            self.step(step, &name);
        }
    }

    fn variants(&mut self, names: &[&str]) {
        self.line("enum");
        for (at, name) in names.iter().enumerate() {
            self.step(Step::Variant(at), &format!("::{name}"));
        }
    }

    /// Whether the name of a field stands for the field of the name before it.
    fn is_alias(&mut self, at: usize) -> bool {
        matches!(self.at(Step::Alias(at)), Node::Alias)
    }

    fn at(&mut self, step: Step) -> Node {
        self.path.push(step);
        let node = (self.probe)(&self.path);
        self.path.pop();
        node
    }

    fn step(&mut self, step: Step, name: &str) {
        let length = self.names.len();
        self.names.push('.');
        self.names.push_str(name);
        self.path.push(step);
        self.place();
        self.path.pop();
        self.names.truncate(length);
    }

    fn line(&mut self, what: &str) {
        self.text.left = self.text.left.saturating_sub(1);
        // A name may hold anything; tabs and line ends stand between names.
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        self.text.out.extend(self.names.chars().map(plain));
        self.text.out.push('\t');
        self.text.out.extend(what.chars().map(plain));
        self.text.out.push('\n');
    }
}
