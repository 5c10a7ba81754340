//! A place in a type, and what stands there.

/// One step from a type into what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A field of a struct, by its place in the list of names.
    Field(usize),
    /// Whether a name stands for the field of the name before it: asked at the end of a path only.
    Alias(usize),
    /// An element of a tuple, or of a struct that is read as one.
    Element(usize),
    /// What a variant of an enum holds, by its place in the list of names.
    Variant(usize),
    /// What an option holds.
    Some,
    /// What a list holds.
    Item,
    /// The key of a map.
    Key,
    /// The value of a map.
    Value,
    /// What a newtype holds.
    Inside,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// Its `Deserialize` did not let itself be asked.
    Opaque,
    /// Nothing is held by it: a number, a text.
    Leaf(&'static str),
    Option,
    List,
    Map,
    Tuple {
        of: Named,
        len: usize,
    },
    Newtype(Named),
    Struct {
        of: Named,
        fields: &'static [&'static str],
    },
    Enum {
        of: Named,
        variants: &'static [&'static str],
    },
    /// The answer to [`Step::Alias`]: it does.
    Alias,
}

/// A type with a name of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    /// The name for serde.
    pub(super) name: &'static str,
    /// What tells it from others in this process: the name of its visitor, with all generics.
    pub(super) id: &'static str,
}

impl Named {
    pub(super) fn new<V>(name: &'static str) -> Self {
        Self {
            name,
            id: std::any::type_name::<V>(),
        }
    }
}
