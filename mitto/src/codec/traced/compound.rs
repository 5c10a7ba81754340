use std::fmt::{self, Write};

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::{Step, Trace, Traced};

/// The parts of a list, a map or a struct.
pub(super) struct Compound<'a, C> {
    inner: C,
    trace: &'a Trace,
    /// Of a variant: its name, a step of its own.
    variant: Option<&'static str>,
    index: usize,
    /// The key of the value to come.
    key: String,
}

impl<'a, C> Compound<'a, C> {
    pub(super) fn new(inner: C, trace: &'a Trace, variant: Option<&'static str>) -> Self {
        Self {
            inner,
            trace,
            variant,
            index: 0,
            key: String::new(),
        }
    }

    fn part<T: Serialize + ?Sized, R, E>(
        &mut self,
        value: &T,
        step: impl FnOnce() -> Step,
        encode: impl FnOnce(&mut C, &Traced<'_, T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let value = Traced::new(value, self.trace);
        let inner = &mut self.inner;
        match self.variant {
            Some(name) => value.step(
                || Step::Variant(name),
                |value| value.step(step, |value| encode(inner, value)),
            ),
            None => value.step(step, |value| encode(inner, value)),
        }
    }
}

macro_rules! lists {
    ($($list:ident: $method:ident)*) => {$(
        impl<C: $list> $list for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let index = self.index;
                self.index += 1;
                self.part(value, || Step::Index(index), |inner, value| inner.$method(value))
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
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
        impl<C: $fields> $fields for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                self.part(
                    value,
                    || Step::Field(name),
                    |inner, value| inner.serialize_field(name, value),
                )
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.part(&(), || Step::Field(name), |inner, _| inner.skip_field(name))
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl<C: SerializeMap> SerializeMap for Compound<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.key = shown(key);
        self.inner.serialize_key(&Traced::new(key, self.trace))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let key = std::mem::take(&mut self.key);
        self.part(
            value,
            || Step::Key(key),
            |inner, value| inner.serialize_value(value),
        )
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

/// A map's key, as far as it is a text or a number.
fn shown<T: Serialize + ?Sized>(key: &T) -> String {
    struct Shown<'a, T: ?Sized>(&'a T);

    impl<T: Serialize + ?Sized> fmt::Display for Shown<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    let mut text = String::new();
    match write!(text, "{}", Shown(key)) {
        Ok(()) => text,
        Err(_) => "..".to_owned(),
    }
}
