use std::io;

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct};

use crate::codec::failure::Failure;

/// Writes the one text or list of bytes that a value consists of.
pub(super) struct Serializer<'a> {
    out: &'a mut dyn io::Write,
    /// Whether this is an item of a list, which can only be a byte.
    is_item: bool,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(out: &'a mut dyn io::Write) -> Self {
        Self {
            out,
            is_item: false,
        }
    }

    fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_item {
            return Err(refused("a list of something else than bytes"));
        }
        Ok(self.out.write_all(bytes)?)
    }

    fn list(self) -> Result<Self, Failure> {
        if self.is_item {
            return Err(refused("a list of lists"));
        }
        Ok(Self {
            is_item: true,
            ..self
        })
    }
}

#[cold]
fn refused(what: &str) -> Failure {
    Failure::new(format!(
        "bytes carry one text or one list of bytes, with at most one struct around it, not {what}"
    ))
}

macro_rules! refuse {
    ($($method:ident($($arg:ty),*) -> $ok:ty, $what:literal;)*) => {$(
        fn $method(self, $(_: $arg),*) -> Result<$ok, Failure> {
            Err(refused($what))
        }
    )*};
}

type Never = Impossible<(), Failure>;

impl<'a> serde::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        self.write(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.write(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.write(value.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failure> {
        if self.is_item {
            Ok(self.out.write_all(&[value])?)
        } else {
            Err(refused("a number"))
        }
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.write(&[])
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failure> {
        self.write(&[])
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Failure> {
        self.list()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Failure> {
        self.list()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Failure> {
        self.list()
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self, Failure> {
        if len > 1 {
            return Err(refused(&format!("`{name}`, which has {len} fields")));
        }
        if self.is_item {
            return Err(refused(&format!("a list of `{name}`")));
        }
        Ok(self)
    }

    refuse! {
        serialize_bool(bool) -> (), "a bool";
        serialize_i8(i8) -> (), "a number";
        serialize_i16(i16) -> (), "a number";
        serialize_i32(i32) -> (), "a number";
        serialize_i64(i64) -> (), "a number";
        serialize_i128(i128) -> (), "a number";
        serialize_u16(u16) -> (), "a number";
        serialize_u32(u32) -> (), "a number";
        serialize_u64(u64) -> (), "a number";
        serialize_u128(u128) -> (), "a number";
        serialize_f32(f32) -> (), "a number";
        serialize_f64(f64) -> (), "a number";
        serialize_none() -> (), "an option";
        serialize_unit_variant(&'static str, u32, &'static str) -> (), "an enum";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never, "an enum";
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never, "an enum";
        serialize_map(Option<usize>) -> Never, "a map";
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Failure> {
        Err(refused("an option"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Failure> {
        Err(refused("an enum"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! lists {
    ($($list:ident: $method:ident)*) => {$(
        impl $list for Serializer<'_> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                value.serialize(Serializer {
                    out: &mut *self.out,
                    is_item: true,
                })
            }

            fn end(self) -> Result<(), Failure> {
                Ok(())
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element
    SerializeTuple: serialize_element
    SerializeTupleStruct: serialize_field
}

impl SerializeStruct for Serializer<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(Serializer::new(&mut *self.out))
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Failure> {
        Err(refused("a field that is left out"))
    }

    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}
