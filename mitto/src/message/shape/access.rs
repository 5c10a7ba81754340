//! What a probe gives to those that ask for more than one value.

use serde::Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::node::Node;
use super::probe::{Probe, Stop};

impl Probe<'_> {
    fn made_up<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let before = std::mem::replace(&mut self.making_up, true);
        let value = seed.deserialize(&mut *self);
        self.making_up = before;
        value
    }
}

/// The elements of a list or a tuple: made up, and perhaps then the one on the path.
pub(super) struct Elements<'a, 'p> {
    probe: &'a mut Probe<'p>,
    made_up: usize,
    then: bool,
}

impl<'a, 'p> Elements<'a, 'p> {
    pub(super) fn until(probe: &'a mut Probe<'p>, at: usize) -> Self {
        Self {
            probe,
            made_up: at,
            then: true,
        }
    }

    pub(super) fn made_up(probe: &'a mut Probe<'p>, len: usize) -> Self {
        Self {
            probe,
            made_up: len,
            then: false,
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        if let Some(left) = self.made_up.checked_sub(1) {
            self.made_up = left;
            return self.probe.made_up(seed).map(Some);
        }
        match std::mem::take(&mut self.then) {
            true => seed.deserialize(&mut *self.probe).map(Some),
            false => Ok(None),
        }
    }
}

/// The fields of a struct that are given by name: one on the path, or two that may be the same.
pub(super) struct Fields<'a, 'p> {
    probe: &'a mut Probe<'p>,
    names: &'static [&'static str],
    at: usize,
    /// Whether the one before is given first.
    before: bool,
    two: bool,
}

impl<'a, 'p> Fields<'a, 'p> {
    pub(super) fn one(probe: &'a mut Probe<'p>, names: &'static [&'static str], at: usize) -> Self {
        Self {
            probe,
            names,
            at,
            before: false,
            two: false,
        }
    }

    pub(super) fn two(probe: &'a mut Probe<'p>, names: &'static [&'static str], at: usize) -> Self {
        Self {
            probe,
            names,
            at,
            before: true,
            two: true,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        let at = self.at.checked_sub(usize::from(self.before)).ok_or(Stop)?;
        let name = *self.names.get(at).ok_or(Stop)?;
        if self.two && !self.before {
            // A second value for a field that has one is not even asked for.
            self.probe.found = Node::Alias;
        }
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        if std::mem::take(&mut self.before) {
            return self.probe.made_up(seed);
        }
        if self.two {
            self.probe.found = Node::Opaque;
            return Err(Stop);
        }
        seed.deserialize(&mut *self.probe)
    }
}

/// The first entry of a map.
pub(super) enum Entry<'a, 'p> {
    /// Its key lies on the path.
    Key(&'a mut Probe<'p>),
    /// Its value does.
    Value(&'a mut Probe<'p>),
    /// There is none.
    None,
}

impl<'de> MapAccess<'de> for Entry<'_, '_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        match self {
            Self::Key(probe) => seed.deserialize(&mut **probe).map(Some),
            Self::Value(probe) => probe.made_up(seed).map(Some),
            Self::None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        match self {
            Self::Value(probe) => seed.deserialize(&mut **probe),
            Self::Key(_) | Self::None => Err(Stop),
        }
    }
}

/// A variant of an enum, by its name.
pub(super) struct Variant<'a, 'p> {
    pub(super) probe: &'a mut Probe<'p>,
    pub(super) name: &'static str,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let variant = seed.deserialize(self.name.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.probe.leaf("unit")
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Stop> {
        seed.deserialize(self.probe)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.probe.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.probe.fields(self.name, fields, visitor)
    }
}
