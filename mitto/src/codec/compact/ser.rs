use std::io::Write;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use crate::codec::failure::Failure;
use crate::codec::limited::Limited;

pub(super) struct Serializer<'a, 'o> {
    out: &'a mut Limited<'o>,
}

impl<'a, 'o> Serializer<'a, 'o> {
    pub(super) fn new(out: &'a mut Limited<'o>) -> Self {
        Self { out }
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    #[inline]
    fn varint(&mut self, value: u64) -> Result<(), Failure> {
        match u8::try_from(value) {
            // Nearly every length.
            Ok(byte @ ..0x80) => self.write(&[byte]),
            _ => self.long_varint(value.into()),
        }
    }

    fn long_varint(&mut self, mut value: u128) -> Result<(), Failure> {
        let mut bytes = [0; 19];
        let mut len = 0;
        for byte in &mut bytes {
            len += 1;
            *byte = value.to_le_bytes()[0] & 0x7f;
            value >>= 7;
            if value == 0 {
                break;
            }
            *byte |= 0x80;
        }
        self.write(&bytes[..len])
    }

    /// What a text or bytes come to: compiled once, and called for each.
    #[inline(never)]
    fn text(&mut self, value: &[u8]) -> Result<(), Failure> {
        match u8::try_from(value.len()) {
            Ok(length @ ..0x80) => Ok(self.out.write_behind(length, value)?),
            _ => {
                self.long_varint(value.len() as u128)?;
                self.write(value)
            }
        }
    }

    fn length(&mut self, len: Option<usize>) -> Result<(), Failure> {
        match len {
            Some(len) => self.varint(len as u64),
            None => Err(Failure::new(
                "compact needs to know a length before the first value, which a list of unknown length or a \
                 flattened field does not say",
            )),
        }
    }
}

/// Small numbers of either sign become small ones without.
#[inline]
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

macro_rules! numbers {
    ($($method:ident($value:ident: $type:ty) => $self:ident, $write:expr;)*) => {$(
        #[inline]
        fn $method($self, $value: $type) -> Result<(), Failure> {
            $write
        }
    )*};
}

impl serde::Serializer for &mut Serializer<'_, '_> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_bool(value: bool) => self, self.write(&[u8::from(value)]);
        serialize_i8(value: i8) => self, self.write(&value.to_le_bytes());
        serialize_i16(value: i16) => self, self.varint(zigzag(value.into()));
        serialize_i32(value: i32) => self, self.varint(zigzag(value.into()));
        serialize_i64(value: i64) => self, self.varint(zigzag(value));
        serialize_i128(value: i128) => self,
            self.long_varint(((value << 1) ^ (value >> 127)).cast_unsigned());
        serialize_u8(value: u8) => self, self.write(&[value]);
        serialize_u16(value: u16) => self, self.varint(value.into());
        serialize_u32(value: u32) => self, self.varint(value.into());
        serialize_u64(value: u64) => self, self.varint(value);
        serialize_u128(value: u128) => self, self.long_varint(value);
        serialize_f32(value: f32) => self, self.write(&value.to_le_bytes());
        serialize_f64(value: f64) => self, self.write(&value.to_le_bytes());
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        self.serialize_bytes(value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.text(value)
    }

    fn serialize_none(self) -> Result<(), Failure> {
        self.write(&[0])
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.write(&[1])?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failure> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), Failure> {
        self.varint(index.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.varint(index.into())?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Failure> {
        self.length(len)?;
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Failure> {
        self.varint(index.into())?;
        Ok(self)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Failure> {
        self.length(len)?;
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Failure> {
        self.varint(index.into())?;
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! lists {
    ($($list:ident: $method:ident)*) => {$(
        impl $list for &mut Serializer<'_, '_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                value.serialize(&mut **self)
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
    SerializeTupleVariant: serialize_field
}

macro_rules! structs {
    ($($fields:ident)*) => {$(
        impl $fields for &mut Serializer<'_, '_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                value.serialize(&mut **self)
            }

            fn skip_field(&mut self, _: &'static str) -> Result<(), Failure> {
                Err(Failure::new(
                    "compact cannot leave a field out, remove its `skip_serializing_if`",
                ))
            }

            fn end(self) -> Result<(), Failure> {
                Ok(())
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for &mut Serializer<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}
