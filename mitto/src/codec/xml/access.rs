use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

use super::de::{Value, parse, parse_bool};
use super::element::{Hint, Opened, Place};
use super::parser::Parser;
use crate::codec::failure::Failure;

/// The children of an element, as a list: what they are called does not matter.
pub(super) struct Items<'a, 'de> {
    parser: &'a mut Parser<'de>,
    is_done: bool,
}

impl<'a, 'de> Items<'a, 'de> {
    pub(super) fn new(parser: &'a mut Parser<'de>) -> Self {
        Self {
            parser,
            is_done: false,
        }
    }

    /// Expects that all have been read.
    pub(super) fn end(self) -> Result<(), Failure> {
        if self.is_done || self.parser.child()?.is_none() {
            Ok(())
        } else {
            Err(Failure::new("a list has more items than its type"))
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        if self.is_done {
            return Ok(None);
        }
        match self.parser.child()? {
            Some(opened) => seed
                .deserialize(Value::new(self.parser, opened.hint))
                .map(Some),
            None => {
                self.is_done = true;
                Ok(None)
            }
        }
    }
}

/// The children of an element, as a map.
pub(super) struct Pairs<'a, 'de> {
    parser: &'a mut Parser<'de>,
    next: Next,
}

enum Next {
    Key,
    /// The value stands in the element whose tag has been read.
    Value(Hint),
    /// The key's element has been read, the value's follows, then the end of the entry.
    EntryValue,
    End,
}

impl<'a, 'de> Pairs<'a, 'de> {
    pub(super) fn new(parser: &'a mut Parser<'de>) -> Self {
        Self {
            parser,
            next: Next::Key,
        }
    }

    /// Expects that all have been read.
    pub(super) fn end(self) -> Result<(), Failure> {
        if matches!(self.next, Next::End) || self.parser.child()?.is_none() {
            Ok(())
        } else {
            Err(Failure::new("a map has more fields than its type"))
        }
    }

    fn part(&mut self, name: &'static str) -> Result<Hint, Failure> {
        match self.parser.child()? {
            Some(Opened {
                place: Place::Field(found),
                hint,
            }) if found == name => Ok(hint),
            _ => Err(Failure::new(format!(
                "an entry has no <{name}> in its place"
            ))),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Pairs<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        if matches!(self.next, Next::End) {
            return Ok(None);
        }
        match self.parser.child()? {
            None => {
                self.next = Next::End;
                Ok(None)
            }
            Some(Opened {
                place: Place::Field(name),
                hint,
            }) => {
                self.next = Next::Value(hint);
                seed.deserialize(TextKey(name)).map(Some)
            }
            Some(Opened {
                place: Place::Entry,
                ..
            }) => {
                let hint = self.part("key")?;
                self.next = Next::EntryValue;
                seed.deserialize(Value::new(self.parser, hint)).map(Some)
            }
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        match std::mem::replace(&mut self.next, Next::Key) {
            Next::Value(hint) => seed.deserialize(Value::new(self.parser, hint)),
            Next::EntryValue => {
                let hint = self.part("value")?;
                let value = seed.deserialize(Value::new(self.parser, hint))?;
                match self.parser.child()? {
                    None => Ok(value),
                    Some(_) => Err(Failure::new("an entry has more than a key and a value")),
                }
            }
            Next::Key | Next::End => Err(Failure::new("a map's value was read before its key")),
        }
    }
}

/// A key that is the name of an element. A type may want to see a number in it.
struct TextKey(String);

macro_rules! numbers {
    ($($method:ident: $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit(parse(&self.0)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for TextKey {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_string(self.0)
    }

    numbers! {
        deserialize_i8: visit_i8;
        deserialize_i16: visit_i16;
        deserialize_i32: visit_i32;
        deserialize_i64: visit_i64;
        deserialize_i128: visit_i128;
        deserialize_u8: visit_u8;
        deserialize_u16: visit_u16;
        deserialize_u32: visit_u32;
        deserialize_u64: visit_u64;
        deserialize_u128: visit_u128;
        deserialize_f32: visit_f32;
        deserialize_f64: visit_f64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(parse_bool(&self.0)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text: StringDeserializer<Failure> = self.0.into_deserializer();
        visitor.visit_some(text)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let text: StringDeserializer<Failure> = self.0.into_deserializer();
        visitor.visit_enum(text)
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// The element in an enum's that is called like its variant.
pub(super) struct Variant<'a, 'de> {
    value: Value<'a, 'de>,
    name: String,
}

impl<'de> Variant<'_, 'de> {
    pub(super) fn read<V: Visitor<'de>>(
        parser: &mut Parser<'de>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let Some(Opened {
            place: Place::Field(name),
            hint,
        }) = parser.child()?
        else {
            return Err(Failure::new("a variant has no name"));
        };
        let value = visitor.visit_enum(Variant {
            value: Value::new(parser, hint),
            name,
        })?;
        match parser.child()? {
            None => Ok(value),
            Some(_) => Err(Failure::new("an enum has more than one variant")),
        }
    }
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = Failure;
    type Variant = Value<'a, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Value<'a, 'de>), Failure> {
        let name: StrDeserializer<'_, Failure> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self.value))
    }
}

/// A `None` with so many `Some` around it.
pub(super) struct Nils(pub(super) usize);

impl<'de> Deserializer<'de> for Nils {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0.checked_sub(1) {
            None => visitor.visit_none(),
            Some(less) => visitor.visit_some(Self(less)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
