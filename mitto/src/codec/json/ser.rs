use std::fmt::{self, Display};
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::Error;

use super::plain::plain;
use crate::codec::limited::Limited;

/// The structs as which `serde_json` shows text that goes out as it is, with its features `raw_value`
/// and `arbitrary_precision`.
const RAW: [&str; 2] = [
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
];

/// Writes the bytes that `serde_json` would write, texts faster. Numbers and the keys of maps are left to
/// it.
pub(super) struct Serializer<'a, 'o> {
    out: &'a mut Limited<'o>,
    is_raw: bool,
}

/// An array or an object. Its bracket is written with what comes first in it.
pub(super) struct Compound<'s, 'a, 'o> {
    ser: &'s mut Serializer<'a, 'o>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Next,
    /// In one of [`RAW`].
    Raw,
}

impl<'a, 'o> Serializer<'a, 'o> {
    pub(super) fn new(out: &'a mut Limited<'o>) -> Self {
        Self { out, is_raw: false }
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(failed)
    }

    /// Writes a text between two others.
    #[inline]
    fn string<const B: usize, const E: usize>(
        &mut self,
        begin: [u8; B],
        text: &str,
        end: [u8; E],
    ) -> Result<(), Error> {
        let text = text.as_bytes();
        if plain(text) < text.len() {
            self.write(&begin)?;
            self.escape(text)?;
            return self.write(&end);
        }
        let out = self.out.take(B + text.len() + E).map_err(failed)?;
        out.extend_from_slice(&begin);
        out.extend_from_slice(text);
        out.extend_from_slice(&end);
        Ok(())
    }

    /// Writes a text without quotes.
    #[cold]
    fn escape(&mut self, text: &[u8]) -> Result<(), Error> {
        let mut left = text;
        loop {
            let (before, rest) = left.split_at(plain(left));
            self.write(before)?;
            let Some((special, rest)) = rest.split_first() else {
                return Ok(());
            };
            match special {
                b'"' | b'\\' => self.write(&[b'\\', *special])?,
                0x08 => self.write(b"\\b")?,
                b'\t' => self.write(b"\\t")?,
                b'\n' => self.write(b"\\n")?,
                0x0c => self.write(b"\\f")?,
                b'\r' => self.write(b"\\r")?,
                control => {
                    let digits = b"0123456789abcdef";
                    let [high, low] = [control >> 4 & 0xf, control & 0xf];
                    self.write(b"\\u00")?;
                    self.write(&[digits[usize::from(high)], digits[usize::from(low)]])?;
                }
            }
            left = rest;
        }
    }

    /// Begins the object around a variant's value.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.string(*b"{\"", name, *b"\":")
    }
}

/// Its text does not matter: of the limit, `Limited` says more.
#[cold]
fn failed(error: io::Error) -> Error {
    Error::custom(error)
}

macro_rules! numbers {
    ($($method:ident: $type:ty)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            serde_json::Serializer::new(&mut *self.out).$method(value)
        }
    )*};
}

impl<'s, 'a, 'o> serde::Serializer for &'s mut Serializer<'a, 'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'s, 'a, 'o>;
    type SerializeTuple = Compound<'s, 'a, 'o>;
    type SerializeTupleStruct = Compound<'s, 'a, 'o>;
    type SerializeTupleVariant = Compound<'s, 'a, 'o>;
    type SerializeMap = Compound<'s, 'a, 'o>;
    type SerializeStruct = Compound<'s, 'a, 'o>;
    type SerializeStructVariant = Compound<'s, 'a, 'o>;

    numbers! {
        serialize_i8: i8
        serialize_i16: i16
        serialize_i32: i32
        serialize_i64: i64
        serialize_i128: i128
        serialize_u8: u8
        serialize_u16: u16
        serialize_u32: u32
        serialize_u64: u64
        serialize_u128: u128
        serialize_f32: f32
        serialize_f64: f64
        serialize_bytes: &[u8]
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.write(if value { b"true" } else { b"false" })
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        match self.is_raw {
            false => self.string(*b"\"", value, *b"\""),
            true => self.write(value.as_bytes()),
        }
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        if self.is_raw {
            return self.write(value.to_string().as_bytes());
        }
        self.write(b"\"")?;
        if fmt::write(&mut Escaped(self), format_args!("{value}")).is_err() {
            return Err(Error::custom("a text could not be formatted"));
        }
        self.write(b"\"")
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.write(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.write(b"}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'s, 'a, 'o>, Error> {
        Ok(Compound {
            ser: self,
            place: Place::First,
        })
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'s, 'a, 'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Compound<'s, 'a, 'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'s, 'a, 'o>, Error> {
        self.variant(variant)?;
        self.serialize_seq(None)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'s, 'a, 'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'s, 'a, 'o>, Error> {
        let place = match RAW.contains(&name) {
            false => Place::First,
            true => Place::Raw,
        };
        Ok(Compound { ser: self, place })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'s, 'a, 'o>, Error> {
        self.variant(variant)?;
        self.serialize_seq(None)
    }
}

impl Compound<'_, '_, '_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let before = match self.place {
            Place::First => b"[",
            _ => b",",
        };
        self.ser.write(before)?;
        self.place = Place::Next;
        value.serialize(&mut *self.ser)
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        self.key(key)?;
        value.serialize(&mut *self.ser)
    }

    // Apart: the same for every type.
    fn key(&mut self, key: &str) -> Result<(), Error> {
        let before = match self.place {
            Place::First => *b"{\"",
            Place::Next => *b",\"",
            Place::Raw => {
                self.ser.is_raw = true;
                return Ok(());
            }
        };
        self.place = Place::Next;
        self.ser.string(before, key, *b"\":")
    }

    #[inline]
    fn close(self, empty: &[u8], end: &[u8]) -> Result<(), Error> {
        match self.place {
            Place::First => self.ser.write(empty),
            Place::Next => self.ser.write(end),
            Place::Raw => {
                self.ser.is_raw = false;
                Ok(())
            }
        }
    }
}

macro_rules! compounds {
    ($($list:ident: $method:ident($($key:ident)?) => $inner:ident, $empty:literal, $end:literal;)*) => {$(
        impl $list for Compound<'_, '_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Result<(), Error> {
                self.$inner($($key,)? value)
            }

            fn end(self) -> Result<(), Error> {
                self.close($empty, $end)
            }
        }
    )*};
}

compounds! {
    SerializeSeq: serialize_element() => element, b"[]", b"]";
    SerializeTuple: serialize_element() => element, b"[]", b"]";
    SerializeTupleStruct: serialize_field() => element, b"[]", b"]";
    SerializeTupleVariant: serialize_field() => element, b"[]}", b"]}";
    SerializeStruct: serialize_field(key) => field, b"{}", b"}";
    SerializeStructVariant: serialize_field(key) => field, b"{}}", b"}}";
}

impl SerializeMap for Compound<'_, '_, '_> {
    type Ok = ();
    type Error = Error;

    /// What may be a key, and how it is written, only the other serializer knows: it writes a map of
    /// this key alone, which is never closed.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let start = self.ser.out.len();
        let mut json = serde_json::Serializer::new(&mut *self.ser.out);
        serde::Serializer::serialize_map(&mut json, None)?.serialize_key(key)?;
        if self.place == Place::Next {
            self.ser.out.set(start, b',');
        }
        self.place = Place::Next;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.ser.write(b":")?;
        value.serialize(&mut *self.ser)
    }

    fn end(self) -> Result<(), Error> {
        self.close(b"{}", b"}")
    }
}

/// The inside of a text that comes in pieces.
struct Escaped<'s, 'a, 'o>(&'s mut Serializer<'a, 'o>);

impl fmt::Write for Escaped<'_, '_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0.string([], piece, []).map_err(|_| fmt::Error)
    }
}
