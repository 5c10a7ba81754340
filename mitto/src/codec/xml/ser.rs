use std::fmt::{Debug, Display};
use std::io;

use data_encoding::BASE64;
use serde::Serialize;

use super::compound::Compound;
use super::element::{Element, Hint};
use super::text::{content, write_end, write_tag, write_text};
use crate::codec::failure::Failure;

/// Writes one value as one element.
pub(super) struct Serializer<'a> {
    pub(super) out: &'a mut dyn io::Write,
    pub(super) element: Element<'a>,
    /// Whether the element may be called after its type.
    is_root: bool,
    /// How many `Some` are around this value.
    somes: usize,
}

impl<'a> Serializer<'a> {
    pub(super) fn root(out: &'a mut dyn io::Write, element: Element<'a>) -> Self {
        Self {
            is_root: true,
            ..Self::new(out, element)
        }
    }

    pub(super) fn new(out: &'a mut dyn io::Write, element: Element<'a>) -> Self {
        Self {
            out,
            element,
            is_root: false,
            somes: 0,
        }
    }

    fn of_type(mut self, name: &'static str) -> Self {
        if self.is_root {
            let element = Element::field(name);
            if element.name.is_none() {
                self.element = element;
            }
            self.is_root = false;
        }
        self
    }

    fn scalar(self, hint: Hint, text: &str) -> Result<(), Failure> {
        write_tag(self.out, self.element, hint)?;
        if text.is_empty() {
            self.out.write_all(b"/>")?;
        } else {
            self.out.write_all(b">")?;
            write_text(self.out, text)?;
            write_end(self.out, self.element)?;
        }
        Ok(())
    }

    fn int(self, value: impl Display) -> Result<(), Failure> {
        self.scalar(Hint::Int, &value.to_string())
    }

    fn float(self, value: impl Debug + Into<f64> + Copy) -> Result<(), Failure> {
        let wide: f64 = value.into();
        if wide.is_nan() {
            self.scalar(Hint::Float, "NaN")
        } else if wide.is_infinite() {
            self.scalar(Hint::Float, if wide > 0.0 { "INF" } else { "-INF" })
        } else {
            // Not as `Display`, which has no exponents.
            self.scalar(Hint::Float, &format!("{value:?}"))
        }
    }

    fn variant(self, name: &'static str) -> Result<Compound<'a>, Failure> {
        write_tag(self.out, self.element, Hint::None)?;
        self.out.write_all(b">")?;
        Ok(Compound {
            out: self.out,
            element: Element::field(name),
            around: Some(self.element),
            hint: Hint::None,
            has_children: false,
            key: None,
        })
    }

    fn list(self) -> Result<Compound<'a>, Failure> {
        self.compound(Hint::List)
    }

    fn map(self) -> Result<Compound<'a>, Failure> {
        self.compound(Hint::Map)
    }

    fn compound(self, hint: Hint) -> Result<Compound<'a>, Failure> {
        Ok(Compound {
            out: self.out,
            element: self.element,
            around: None,
            hint,
            has_children: false,
            key: None,
        })
    }
}

macro_rules! ints {
    ($($method:ident($int:ty))*) => {$(
        fn $method(self, value: $int) -> Result<(), Failure> {
            self.int(value)
        }
    )*};
}

impl<'a> serde::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    ints! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Failure> {
        self.scalar(Hint::Bool, if value { "true" } else { "false" })
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failure> {
        self.float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failure> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        let (hint, text) = content(value);
        self.scalar(hint, &text)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.scalar(Hint::Bytes, &BASE64.encode(value))
    }

    fn serialize_none(self) -> Result<(), Failure> {
        match self.somes {
            0 => self.scalar(Hint::Nil, ""),
            somes => self.scalar(Hint::Nil, &somes.to_string()),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Failure> {
        self.somes += 1;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.scalar(Hint::Unit, "")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Failure> {
        self.of_type(name).serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Failure> {
        self.of_type(name).serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self.of_type(name))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let Compound {
            out,
            element,
            around,
            ..
        } = self.of_type(name).variant(variant)?;
        value.serialize(Serializer::new(out, element))?;
        Ok(around.map_or(Ok(()), |around| write_end(out, around))?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Failure> {
        self.list()
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, Failure> {
        self.list()
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>, Failure> {
        self.of_type(name).list()
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Failure> {
        let variant = self.of_type(name).variant(variant)?;
        Ok(Compound {
            hint: Hint::List,
            ..variant
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Failure> {
        self.map()
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>, Failure> {
        self.of_type(name).map()
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Failure> {
        let variant = self.of_type(name).variant(variant)?;
        Ok(Compound {
            hint: Hint::Map,
            ..variant
        })
    }
}
