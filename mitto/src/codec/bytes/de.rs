use std::slice;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Error as _, IntoDeserializer, Visitor};

/// Reads the whole payload as what the type asks for.
pub(super) struct Deserializer<'de> {
    payload: &'de [u8],
}

impl<'de> Deserializer<'de> {
    pub(super) fn new(payload: &'de [u8]) -> Self {
        Self { payload }
    }

    fn text(&self) -> Result<&'de str, Error> {
        std::str::from_utf8(self.payload).map_err(|_| Error::custom("the text is not UTF-8"))
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut bytes = SeqDeserializer::new(self.payload.iter().copied());
        let value = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(value)
    }

    fn nothing<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.payload.is_empty() {
            visitor.visit_unit()
        } else {
            Err(Error::custom("the payload is not empty"))
        }
    }
}

impl<'de> IntoDeserializer<'de> for Deserializer<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cold]
fn refused<T>(what: &str) -> Result<T, Error> {
    Err(Error::custom(format!(
        "bytes carry one text or one list of bytes, with at most one struct around it, not {what}"
    )))
}

macro_rules! refuse {
    ($($method:ident: $what:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            refused($what)
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.payload)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.nothing(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.nothing(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match fields {
            [] if !self.payload.is_empty() => self.nothing(visitor),
            [] | [_] => {
                let fields: slice::Iter<'_, &'static str> = fields.iter();
                visitor.visit_map(MapDeserializer::new(
                    fields.map(|field| (*field, Self { ..self })),
                ))
            }
            _ => refused(&format!("`{name}`, which has {} fields", fields.len())),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        refused("an enum")
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    refuse! {
        deserialize_bool: "a bool";
        deserialize_i8: "a number";
        deserialize_i16: "a number";
        deserialize_i32: "a number";
        deserialize_i64: "a number";
        deserialize_i128: "a number";
        deserialize_u8: "a number";
        deserialize_u16: "a number";
        deserialize_u32: "a number";
        deserialize_u64: "a number";
        deserialize_u128: "a number";
        deserialize_f32: "a number";
        deserialize_f64: "a number";
        deserialize_option: "an option";
        deserialize_map: "a map";
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    serde::forward_to_deserialize_any! { bytes byte_buf identifier }
}
