use std::io;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::element::{Element, Hint};
use super::key::text_of;
use super::ser::Serializer;
use super::text::{write_end, write_tag};
use crate::codec::failure::Failure;

/// Writes a list, a map or a struct. Its own tag waits for the first child, since a map needs no hint
/// when it has one.
pub(super) struct Compound<'a> {
    pub(super) out: &'a mut dyn io::Write,
    pub(super) element: Element<'a>,
    /// Of a variant: the element of its enum.
    pub(super) around: Option<Element<'a>>,
    pub(super) hint: Hint,
    pub(super) has_children: bool,
    /// The key of the value to come.
    pub(super) key: Option<Key>,
}

pub(super) enum Key {
    Text(String),
    /// Written already, in an entry that is still open.
    Entry,
}

impl Compound<'_> {
    fn open(&mut self) -> Result<(), Failure> {
        if !self.has_children {
            self.has_children = true;
            let hint = match self.hint {
                Hint::Map => Hint::None,
                hint => hint,
            };
            write_tag(self.out, self.element, hint)?;
            self.out.write_all(b">")?;
        }
        Ok(())
    }

    fn child<T: Serialize + ?Sized>(
        &mut self,
        element: Element<'_>,
        value: &T,
    ) -> Result<(), Failure> {
        self.open()?;
        value.serialize(Serializer::new(&mut *self.out, element))
    }

    fn close(self) -> Result<(), Failure> {
        if self.has_children {
            write_end(self.out, self.element)?;
        } else {
            write_tag(self.out, self.element, self.hint)?;
            self.out.write_all(b"/>")?;
        }
        if let Some(around) = self.around {
            write_end(self.out, around)?;
        }
        Ok(())
    }
}

macro_rules! lists {
    ($($list:ident: $method:ident)*) => {$(
        impl $list for Compound<'_> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.child(Element::ITEM, value)
            }

            fn end(self) -> Result<(), Failure> {
                self.close()
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
        impl $fields for Compound<'_> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.child(Element::field(name), value)
            }

            fn end(self) -> Result<(), Failure> {
                self.close()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(match text_of(key) {
            Some(text) => Key::Text(text),
            None => {
                self.open()?;
                write_tag(self.out, Element::ENTRY, Hint::None)?;
                self.out.write_all(b">")?;
                key.serialize(Serializer::new(&mut *self.out, Element::KEY))?;
                Key::Entry
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        match self.key.take() {
            Some(Key::Text(name)) => self.child(Element::field(&name), value),
            Some(Key::Entry) => {
                self.child(Element::VALUE, value)?;
                Ok(write_end(self.out, Element::ENTRY)?)
            }
            None => Err(Failure::new("a map's value was written before its key")),
        }
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}
