//! Where in a value its encoding fails.
//!
//! A format says why it cannot carry a value, but not where. So that the good path pays nothing for
//! the place, a value that could not be encoded is encoded a second time, inside of a [`Traced`].

mod compound;

use std::cell::{Cell, RefCell};
use std::fmt::Write;

use serde::{Serialize, Serializer};

use compound::Compound;

/// What is noted while a value is encoded for the second time.
#[derive(Default)]
pub(super) struct Trace {
    /// How to get from the whole value to the part that is being encoded.
    steps: RefCell<Vec<Step>>,
    /// The steps at the first failure.
    failed_at: RefCell<Option<String>>,
    depth: Cell<usize>,
    gave_up: Cell<bool>,
}

/// One step into a value.
pub(super) enum Step {
    Field(&'static str),
    Key(String),
    Index(usize),
    Variant(&'static str),
}

impl Trace {
    /// `reason`, with the part of the value that it is about; `None` when that was not found.
    pub(super) fn locate(&self, reason: &str) -> Option<String> {
        let path = self.failed_at.take()?;
        let is_found = !self.gave_up.get() && !path.is_empty();
        is_found.then(|| format!("field `{path}`: {reason}"))
    }

    fn render(&self) -> String {
        let mut path = String::new();
        for step in &*self.steps.borrow() {
            let dot = if path.is_empty() { "" } else { "." };
            match step {
                Step::Field(name) | Step::Variant(name) => write!(path, "{dot}{name}"),
                Step::Key(key) => write!(path, "[{key:?}]"),
                Step::Index(index) => write!(path, "[{index}]"),
            }
            .expect("a String takes all");
        }
        path
    }
}

/// A part of a value. What it consists of is wrapped as well when it is serialized.
pub(super) struct Traced<'a, T: ?Sized> {
    value: &'a T,
    trace: &'a Trace,
}

/// Deeper values would need more stack than the first time they did; their failures have no place.
const DEEPEST: usize = 2 * super::MAX_DEPTH;

impl<'a, T: Serialize + ?Sized> Traced<'a, T> {
    pub(super) fn new(value: &'a T, trace: &'a Trace) -> Self {
        Self { value, trace }
    }

    /// Runs `encode` on this, which is one step into what is around it.
    fn step<R, E>(
        &self,
        step: impl FnOnce() -> Step,
        encode: impl FnOnce(&Self) -> Result<R, E>,
    ) -> Result<R, E> {
        self.trace.steps.borrow_mut().push(step());
        let result = encode(self);
        if result.is_err() {
            // The key of a map, say, fails in the hands of the format before it is asked for its parts.
            self.fail();
        }
        self.trace.steps.borrow_mut().pop();
        result
    }

    fn fail(&self) {
        let path = || self.trace.render();
        self.trace.failed_at.borrow_mut().get_or_insert_with(path);
    }
}

impl<T: Serialize + ?Sized> Serialize for Traced<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let depth = &self.trace.depth;
        if depth.get() == DEEPEST {
            self.trace.gave_up.set(true);
            return Err(serde::ser::Error::custom("too deep to look for the place"));
        }
        depth.set(depth.get() + 1);
        let result = self.value.serialize(Tracing {
            inner: serializer,
            trace: self.trace,
        });
        depth.set(depth.get() - 1);
        if result.is_err() {
            self.fail();
        }
        result
    }
}

/// Hands on to the serializer of the format, wrapping all parts of the value.
struct Tracing<'a, S> {
    inner: S,
    trace: &'a Trace,
}

macro_rules! scalars {
    ($($method:ident($($arg:ident: $type:ty),*))*) => {$(
        fn $method(self, $($arg: $type),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($arg),*)
        }
    )*};
}

macro_rules! compounds {
    ($($method:ident($($arg:ident: $type:ty),*) -> $compound:ident, $variant:expr;)*) => {$(
        fn $method(self, $($arg: $type),*) -> Result<Self::$compound, S::Error> {
            let inner = self.inner.$method($($arg),*)?;
            Ok(Compound::new(inner, self.trace, $variant))
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Tracing<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'a, S::SerializeSeq>;
    type SerializeTuple = Compound<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Compound<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<'a, S::SerializeTupleVariant>;
    type SerializeMap = Compound<'a, S::SerializeMap>;
    type SerializeStruct = Compound<'a, S::SerializeStruct>;
    type SerializeStructVariant = Compound<'a, S::SerializeStructVariant>;

    scalars! {
        serialize_bool(v: bool)
        serialize_i8(v: i8) serialize_i16(v: i16) serialize_i32(v: i32) serialize_i64(v: i64)
        serialize_i128(v: i128)
        serialize_u8(v: u8) serialize_u16(v: u16) serialize_u32(v: u32) serialize_u64(v: u64)
        serialize_u128(v: u128)
        serialize_f32(v: f32) serialize_f64(v: f64)
        serialize_char(v: char) serialize_str(v: &str) serialize_bytes(v: &[u8])
        serialize_none() serialize_unit() serialize_unit_struct(name: &'static str)
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str)
    }

    compounds! {
        serialize_seq(len: Option<usize>) -> SerializeSeq, None;
        serialize_tuple(len: usize) -> SerializeTuple, None;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct, None;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant, Some(variant);
        serialize_map(len: Option<usize>) -> SerializeMap, None;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct, None;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant, Some(variant);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Traced::new(value, self.trace))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Traced::new(value, self.trace);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Traced::new(value, self.trace);
        let inner = self.inner;
        value.step(
            || Step::Variant(variant),
            |value| inner.serialize_newtype_variant(name, index, variant, value),
        )
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}
