use std::borrow::Cow;
use std::str::FromStr;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, VariantAccess, Visitor};

use super::access::{Items, Nils, Pairs, Variant};
use super::element::{Hint, Shown};
use super::name::unescape;
use super::parser::{Content, Parser};
use crate::codec::MAX_DEPTH;
use crate::codec::failure::Failure;

/// The value of an element whose opening tag has been read.
pub(super) struct Value<'a, 'de> {
    parser: &'a mut Parser<'de>,
    hint: Hint,
    /// How many options and newtypes have been entered without reading anything.
    entered: usize,
}

impl<'a, 'de> Value<'a, 'de> {
    pub(super) fn new(parser: &'a mut Parser<'de>, hint: Hint) -> Self {
        Self {
            parser,
            hint,
            entered: 0,
        }
    }

    /// The same value, one type further in; a type may go on for ever.
    fn enter(self) -> Result<Self, Failure> {
        if self.entered == MAX_DEPTH {
            return Err(self.parser.too_deep());
        }
        Ok(Self {
            entered: self.entered + 1,
            ..self
        })
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let mut items = Items::new(self.parser);
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let mut pairs = Pairs::new(self.parser);
        let value = visitor.visit_map(&mut pairs)?;
        pairs.end()?;
        Ok(value)
    }

    fn int<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = self.parser.text()?;
        let text = text.trim_ascii();
        if let Ok(n) = u64::from_str(text) {
            visitor.visit_u64(n)
        } else if let Ok(n) = i64::from_str(text) {
            visitor.visit_i64(n)
        } else if let Ok(n) = u128::from_str(text) {
            visitor.visit_u128(n)
        } else {
            visitor.visit_i128(parse(text)?)
        }
    }

    fn bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = self.parser.text()?;
        let digits: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        match BASE64.decode(&digits) {
            Ok(bytes) => visitor.visit_byte_buf(bytes),
            Err(_) => Err(Failure::new("the text is not base64")),
        }
    }

    fn nil<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = self.parser.text()?;
        let somes = match text.trim_ascii() {
            "" => 0,
            number => parse(number)?,
        };
        if somes > self.parser.levels_left() {
            return Err(self.parser.too_deep());
        }
        Nils(somes).deserialize_option(visitor)
    }

    fn unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.parser.text()?.trim_ascii() {
            "" => visitor.visit_unit(),
            _ => Err(Failure::new("a unit is not empty")),
        }
    }
}

/// The value of `text`, which is one of a few ASCII characters.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, Failure> {
    text.trim_ascii().parse().map_err(|_| {
        let name = std::any::type_name::<T>();
        Failure::new(format!("`{}` is no {name}", Shown(text)))
    })
}

pub(super) fn parse_bool(text: &str) -> Result<bool, Failure> {
    match text.trim_ascii() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Failure::new(format!("`{}` is no bool", Shown(text)))),
    }
}

/// What a tag does not say, the type asked for does.
macro_rules! numbers {
    ($($hint:pat => $method:ident: $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.hint {
                $hint => visitor.$visit(parse(&self.parser.text()?)?),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => match self.parser.content()? {
                Content::Text(text) => visit_text(text, visitor),
                Content::Children => self.map(visitor),
            },
            Hint::Nil => self.nil(visitor),
            Hint::Unit => self.unit(visitor),
            Hint::Bool => visitor.visit_bool(parse_bool(&self.parser.text()?)?),
            Hint::Int => self.int(visitor),
            Hint::Float => visitor.visit_f64(parse(&self.parser.text()?)?),
            Hint::Text => visit_text(self.parser.text()?, visitor),
            Hint::Escaped => visitor.visit_str(&unescape(&self.parser.text()?)?),
            Hint::Bytes => self.bytes(visitor),
            Hint::List => self.list(visitor),
            Hint::Map => self.map(visitor),
        }
    }

    numbers! {
        Hint::None => deserialize_i8: visit_i8;
        Hint::None => deserialize_i16: visit_i16;
        Hint::None => deserialize_i32: visit_i32;
        Hint::None => deserialize_i64: visit_i64;
        Hint::None => deserialize_i128: visit_i128;
        Hint::None => deserialize_u8: visit_u8;
        Hint::None => deserialize_u16: visit_u16;
        Hint::None => deserialize_u32: visit_u32;
        Hint::None => deserialize_u64: visit_u64;
        Hint::None => deserialize_u128: visit_u128;
        Hint::None | Hint::Float => deserialize_f32: visit_f32;
        Hint::None | Hint::Float => deserialize_f64: visit_f64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => visitor.visit_bool(parse_bool(&self.parser.text()?)?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => self.bytes(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::Nil => self.nil(visitor),
            _ => visitor.visit_some(self.enter()?),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => self.unit(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self.enter()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => self.list(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.hint {
            Hint::None => self.map(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let text = match self.hint {
            Hint::None => match self.parser.content()? {
                Content::Text(text) => text,
                Content::Children => return Variant::read(self.parser, visitor),
            },
            Hint::Text => self.parser.text()?,
            Hint::Escaped => unescape(&self.parser.text()?)?.into_owned().into(),
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(text.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.parser.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { char str string identifier }
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, Failure> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

impl<'de> VariantAccess<'de> for Value<'_, 'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }
}
