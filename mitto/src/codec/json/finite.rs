use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use crate::codec::failure::Failure;
use crate::codec::{CodecError, Format};

/// Refuses a NaN or an infinity in `value`, which would come back as `None`, or not at all.
#[cold]
pub(super) fn check(value: &dyn erased_serde::Serialize) -> Result<(), CodecError> {
    value
        .serialize(Finite)
        .map_err(|failure| failure.encoding(Format::JSON))
}

/// Writes nothing.
struct Finite;

impl Finite {
    fn float(self, value: f64) -> Result<(), Failure> {
        if value.is_nan() {
            Err(Failure::new("JSON has no NaN"))
        } else if value.is_infinite() {
            Err(Failure::new("JSON has no infinity"))
        } else {
            Ok(())
        }
    }
}

macro_rules! pass {
    ($($method:ident($($arg:ty),*))*) => {$(
        #[inline]
        fn $method(self, $(_: $arg),*) -> Result<(), Failure> {
            Ok(())
        }
    )*};
}

macro_rules! enter {
    ($($method:ident($($arg:ty),*))*) => {$(
        #[inline]
        fn $method(self, $(_: $arg),*) -> Result<Self, Failure> {
            Ok(self)
        }
    )*};
}

impl serde::Serializer for Finite {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_f32(self, value: f32) -> Result<(), Failure> {
        self.float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failure> {
        self.float(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        value.serialize(self)
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
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    pass! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_none() serialize_unit() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    enter! {
        serialize_seq(Option<usize>)
        serialize_tuple(usize)
        serialize_tuple_struct(&'static str, usize)
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
        serialize_map(Option<usize>)
        serialize_struct(&'static str, usize)
        serialize_struct_variant(&'static str, u32, &'static str, usize)
    }
}

macro_rules! parts {
    ($($parts:ident: $method:ident($($name:ty)?);)*) => {$(
        impl $parts for Finite {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $(_: $name,)?
                value: &T,
            ) -> Result<(), Failure> {
                value.serialize(Self)
            }

            fn end(self) -> Result<(), Failure> {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}

impl SerializeMap for Finite {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Failure> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Self)
    }

    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}
