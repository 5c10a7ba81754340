//! From properties to the user's types.

use std::collections::btree_map;
use std::slice;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Properties, Property, PropertyError};
use crate::escaped::Escaped;
use crate::pipeline::names::{alike, near};

pub(super) struct Table<'a>(pub(super) &'a Properties);

impl<'de> Deserializer<'de> for Table<'_> {
    type Error = PropertyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        visitor.visit_map(Entries::new(self.0, &[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        visitor.visit_map(Entries::new(self.0, fields))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        match self.0.iter().next() {
            None => visitor.visit_unit(),
            Some((name, _)) => Err(PropertyError::custom(format_args!(
                "unknown property `{}`, this takes none",
                Escaped(name).up_to(64)
            ))),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        match self.0.is_empty() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// Hands out the entries of a table, each under the name of the field that is meant.
struct Entries<'a> {
    left: btree_map::Iter<'a, String, Property>,
    fields: &'static [&'static str],
    now: Option<(&'a str, &'a Property)>,
}

impl<'a> Entries<'a> {
    fn new(properties: &'a Properties, fields: &'static [&'static str]) -> Self {
        Self {
            left: properties.iter(),
            fields,
            now: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = PropertyError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, PropertyError> {
        let Some((name, value)) = self.left.next() else {
            return Ok(None);
        };
        self.now = Some((name, value));
        let field = match self.fields.contains(&name.as_str()) {
            true => None,
            false => self.fields.iter().find(|field| alike(field, name)),
        };
        let key: StrDeserializer<'_, PropertyError> = field
            .map_or(name.as_str(), |field| field)
            .into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, PropertyError> {
        let Some((name, value)) = self.now.take() else {
            return Err(PropertyError::custom(
                "a value is asked for before its name",
            ));
        };
        let mut ignored = false;
        let value = One {
            value,
            ignored: &mut ignored,
        };
        let outcome = seed.deserialize(value);
        if ignored {
            return Err(unknown(name, self.fields));
        }
        outcome.map_err(|error| error.within(name))
    }
}

fn unknown(name: &str, fields: &'static [&'static str]) -> PropertyError {
    let shown = Escaped(name).up_to(64);
    match near(name, fields.iter().copied()) {
        Some(near) => PropertyError::custom(format_args!(
            "unknown property `{shown}`, did you mean `{near}`?"
        )),
        None if fields.is_empty() => {
            PropertyError::custom(format_args!("unknown property `{shown}`, leave it out"))
        }
        None => PropertyError::custom(format_args!(
            "unknown property `{shown}`, take one of `{}`",
            fields.join("`, `")
        )),
    }
}

/// One value. Whoever ignores it has no field for it.
struct One<'a, 'b> {
    value: &'a Property,
    ignored: &'b mut bool,
}

macro_rules! from_text {
    ($($method:ident $visit:ident $number:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
            match self.value {
                Property::Text(text) => match text.trim().parse::<$number>() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) => self.deserialize_any(visitor),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for One<'_, '_> {
    type Error = PropertyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        match self.value {
            Property::Text(text) => visitor.visit_str(text),
            Property::Integer(integer) => visitor.visit_i64(*integer),
            Property::Float(number) => visitor.visit_f64(*number),
            Property::Boolean(value) => visitor.visit_bool(*value),
            Property::List(items) => visitor.visit_seq(List(items.iter())),
            Property::Table(properties) => Table(properties).deserialize_any(visitor),
        }
    }

    from_text! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128,
        deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        match self.value {
            Property::Text(text) if text.eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            Property::Text(text) if text.eq_ignore_ascii_case("false") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PropertyError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        match self.value {
            Property::Table(properties) => {
                Table(properties).deserialize_struct(name, fields, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        match self.value {
            Property::Text(text) => visitor.visit_enum(Variant { text, variants }),
            Property::Table(properties) => {
                MapAccessDeserializer::new(Entries::new(properties, variants))
                    .deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, PropertyError> {
        *self.ignored = true;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
    }
}

struct List<'a>(slice::Iter<'a, Property>);

impl<'de> SeqAccess<'de> for List<'_> {
    type Error = PropertyError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, PropertyError> {
        let value = self.0.next();
        value
            .map(|value| {
                seed.deserialize(One {
                    value,
                    ignored: &mut false,
                })
            })
            .transpose()
    }
}

/// A text that names a variant.
struct Variant<'a> {
    text: &'a str,
    variants: &'static [&'static str],
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = PropertyError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), PropertyError> {
        let meant = match self.variants.contains(&self.text) {
            true => None,
            false => self.variants.iter().find(|known| alike(known, self.text)),
        };
        let name: StrDeserializer<'_, PropertyError> =
            meant.map_or(self.text, |meant| meant).into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = PropertyError;

    fn unit_variant(self) -> Result<(), PropertyError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        _: T,
    ) -> Result<T::Value, PropertyError> {
        Err(self.needs_more())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, PropertyError> {
        Err(self.needs_more())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, PropertyError> {
        Err(self.needs_more())
    }
}

impl Variant<'_> {
    fn needs_more(&self) -> PropertyError {
        let name = self.text;
        PropertyError::custom(format_args!(
            "`{name}` needs a value, write `{{ {name} = .. }}`"
        ))
    }
}
