//! A deserializer that reads nothing and notes what it is asked for.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};

use super::access::{Elements, Entry, Fields, Variant};
use super::node::{Named, Node, Step};

/// The structs, tuples and enums that are made up to reach one place.
const MADE_UP: usize = 200;

/// What stands in a `T` at the end of `path`.
pub(super) fn probe<T: DeserializeOwned>(path: &[Step]) -> Node {
    let mut probe = Probe::new(path);
    // The end of the path is an error too: nothing more is to be asked for.
    let _ = T::deserialize(&mut probe);
    probe.found
}

/// Goes along a path. What must be there on the way but does not lie on it is made up.
pub(super) struct Probe<'a> {
    path: &'a [Step],
    pub(super) making_up: bool,
    left: usize,
    pub(super) found: Node,
}

/// Ends a probe: it has found what it looked for, or cannot.
#[derive(Debug)]
pub(super) struct Stop;

impl<'a> Probe<'a> {
    fn new(path: &'a [Step]) -> Self {
        Self {
            path,
            making_up: false,
            left: MADE_UP,
            found: Node::Opaque,
        }
    }

    /// Says what stands here: the next step, or `None` where a value is to be made up.
    fn here(&mut self, node: Node) -> Result<Option<Step>, Stop> {
        if self.making_up {
            return Ok(None);
        }
        let Some((step, rest)) = self.path.split_first() else {
            self.found = node;
            return Err(Stop);
        };
        self.path = rest;
        Ok(Some(*step))
    }

    /// The same for what holds nothing.
    pub(super) fn leaf(&mut self, what: &'static str) -> Result<(), Stop> {
        match self.here(Node::Leaf(what))? {
            None => Ok(()),
            Some(_) => Err(Stop),
        }
    }

    /// Counts a struct, tuple or enum that is made up: a type that holds itself has no end.
    fn make_up(&mut self) -> Result<(), Stop> {
        self.left = self.left.checked_sub(1).ok_or(Stop)?;
        Ok(())
    }

    pub(super) fn tuple<'de, V: Visitor<'de>>(
        &mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let of = Named::new::<V>(name);
        let elements = match self.here(Node::Tuple { of, len })? {
            Some(Step::Element(at)) => Elements::until(self, at),
            Some(_) => return Err(Stop),
            None => {
                self.make_up()?;
                Elements::made_up(self, len)
            }
        };
        visitor.visit_seq(elements)
    }

    pub(super) fn fields<'de, V: Visitor<'de>>(
        &mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let of = Named::new::<V>(name);
        match self.here(Node::Struct { of, fields })? {
            Some(Step::Field(at)) => visitor.visit_map(Fields::one(self, fields, at)),
            Some(Step::Alias(at)) => visitor.visit_map(Fields::two(self, fields, at)),
            Some(Step::Element(at)) => visitor.visit_seq(Elements::until(self, at)),
            Some(_) => Err(Stop),
            None => {
                self.make_up()?;
                visitor.visit_seq(Elements::made_up(self, fields.len()))
            }
        }
    }
}

/// What holds nothing: its name, and the value that is made up.
macro_rules! leaves {
    ($($method:ident: $name:literal, $visit:ident($($value:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
            self.leaf($name)?;
            visitor.$visit($($value)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Probe<'_> {
    type Error = Stop;

    leaves! {
        deserialize_bool: "bool", visit_bool(false);
        deserialize_i8: "i8", visit_i8(1);
        deserialize_i16: "i16", visit_i16(1);
        deserialize_i32: "i32", visit_i32(1);
        deserialize_i64: "i64", visit_i64(1);
        deserialize_i128: "i128", visit_i128(1);
        deserialize_u8: "u8", visit_u8(1);
        deserialize_u16: "u16", visit_u16(1);
        deserialize_u32: "u32", visit_u32(1);
        deserialize_u64: "u64", visit_u64(1);
        deserialize_u128: "u128", visit_u128(1);
        deserialize_f32: "f32", visit_f32(1.0);
        deserialize_f64: "f64", visit_f64(1.0);
        deserialize_char: "char", visit_char('a');
        deserialize_str: "string", visit_str("");
        deserialize_string: "string", visit_str("");
        deserialize_bytes: "bytes", visit_bytes(&[]);
        deserialize_byte_buf: "bytes", visit_bytes(&[]);
        deserialize_unit: "unit", visit_unit();
        deserialize_identifier: "a name", visit_str("");
        deserialize_any: "anything", visit_unit();
        deserialize_ignored_any: "anything", visit_unit();
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        match self.here(Node::Option)? {
            Some(Step::Some) => visitor.visit_some(self),
            Some(_) => Err(Stop),
            None => visitor.visit_none(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match self.here(Node::Newtype(Named::new::<V>(name)))? {
            Some(Step::Inside) => {}
            Some(_) => return Err(Stop),
            None => self.make_up()?,
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let items = match self.here(Node::List)? {
            Some(Step::Item) => Elements::until(self, 0),
            Some(_) => return Err(Stop),
            None => Elements::made_up(self, 0),
        };
        visitor.visit_seq(items)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let entry = match self.here(Node::Map)? {
            Some(Step::Key) => Entry::Key(self),
            Some(Step::Value) => Entry::Value(self),
            Some(_) => return Err(Stop),
            None => Entry::None,
        };
        visitor.visit_map(entry)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.tuple("", len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.tuple(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.fields(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let of = Named::new::<V>(name);
        let at = match self.here(Node::Enum { of, variants })? {
            Some(Step::Variant(at)) => at,
            Some(_) => return Err(Stop),
            None => {
                self.make_up()?;
                0
            }
        };
        let name = variants.get(at).copied().ok_or(Stop)?;
        visitor.visit_enum(Variant { probe: self, name })
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the probe has ended")
    }
}

impl std::error::Error for Stop {}

impl Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
