use std::fmt;

use super::name::{is_name, unescape};
use crate::codec::failure::Failure;

/// What an element is called: what its place in the value says.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    /// The name in the tag.
    pub(super) tag: &'a str,
    /// The name of a field that cannot be a tag.
    pub(super) name: Option<&'a str>,
}

impl<'a> Element<'a> {
    pub(super) const VALUE: Self = Self::plain("value");
    pub(super) const KEY: Self = Self::plain("key");
    pub(super) const ITEM: Self = Self::plain("item");
    pub(super) const ENTRY: Self = Self::plain(ENTRY);

    /// A field, a variant, or a map's key that is a text.
    pub(super) fn field(name: &'a str) -> Self {
        if is_name(name) && name != ENTRY && name != FIELD {
            Self::plain(name)
        } else {
            Self {
                tag: FIELD,
                name: Some(name),
            }
        }
    }

    const fn plain(tag: &'a str) -> Self {
        Self { tag, name: None }
    }
}

/// The tag of a map's entry whose key is no text.
pub(super) const ENTRY: &str = "entry";

/// The tag of a field whose name stands in an attribute.
const FIELD: &str = "field";

/// What the `t` attribute says of an element's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// Nothing said: a map when there are elements in it, else a text.
    None,
    Nil,
    Unit,
    Bool,
    Int,
    Float,
    Text,
    /// A text with characters that XML cannot carry, escaped.
    Escaped,
    Bytes,
    List,
    Map,
}

const HINTS: [(Hint, &str); 10] = [
    (Hint::Nil, "nil"),
    (Hint::Unit, "unit"),
    (Hint::Bool, "bool"),
    (Hint::Int, "int"),
    (Hint::Float, "float"),
    (Hint::Text, "str"),
    (Hint::Escaped, "esc"),
    (Hint::Bytes, "bytes"),
    (Hint::List, "list"),
    (Hint::Map, "map"),
];

impl Hint {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        HINTS
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(hint, _)| *hint)
            .ok_or_else(|| {
                let known = HINTS.map(|(_, name)| name).join(", ");
                let text = Shown(text);
                Failure::new(format!("unknown type `{text}`, the types are {known}"))
            })
    }

    /// The value of the attribute; `None` when there is no attribute.
    pub(super) fn text(self) -> Option<&'static str> {
        HINTS
            .iter()
            .find(|(hint, _)| *hint == self)
            .map(|(_, name)| *name)
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self, Self::List | Self::Map)
    }
}

/// An opening tag, as it was read.
pub(super) struct Opened {
    pub(super) place: Place,
    pub(super) hint: Hint,
}

/// What an opening tag says about the place of its value.
pub(super) enum Place {
    /// It is an entry: key and value follow as elements.
    Entry,
    /// It is the value of this field.
    Field(String),
}

impl Place {
    /// Of a tag, and the value of its `n`, if it has one.
    pub(super) fn new(tag: &str, n: Option<&str>) -> Result<Self, Failure> {
        match n {
            Some(n) if tag == FIELD => Ok(Self::Field(unescape(n)?.into_owned())),
            _ if tag == ENTRY => Ok(Self::Entry),
            _ => Ok(Self::Field(tag.to_owned())),
        }
    }
}

/// A text of the other end's, cut to a length that an error can have.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 128;
        let mut rest = self.0.chars();
        for c in rest.by_ref().take(MOST) {
            write!(f, "{}", c.escape_debug())?;
        }
        if rest.next().is_some() {
            f.write_str("..")?;
        }
        Ok(())
    }
}
