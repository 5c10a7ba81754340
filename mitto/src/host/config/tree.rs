//! What a configuration says, before anything is made of it: the same for every format.

/// A value, and where in its text it begins, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) at: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Tree>),
    Table(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key begins.
    pub(super) at: usize,
    pub(super) tree: Tree,
}

/// What nests deeper is refused.
pub(super) const MAX_DEPTH: usize = 64;

/// A text is refused as a whole.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) at: usize,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn new(at: usize, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at, text }
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self::new(
            at,
            format!("this nests deeper than {MAX_DEPTH} levels, make it flatter"),
        )
    }
}

impl Tree {
    pub(super) fn new(at: usize, value: Value) -> Self {
        Self { at, value }
    }

    pub(super) fn text(at: usize, text: impl Into<String>) -> Self {
        Self::new(at, Value::Text(text.into()))
    }

    /// What it is, as a person says it.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "`null`",
            Value::Boolean(_) => "`true` or `false`",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Entry {
    pub(super) fn new(key: impl Into<String>, at: usize, tree: Tree) -> Self {
        let key = key.into();
        Self { key, at, tree }
    }
}
