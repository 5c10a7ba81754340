use serde::de::{Error, Visitor};

use super::access::Parts;
use crate::codec::MAX_DEPTH;
use crate::codec::failure::Failure;

/// Lists may have so many items in all beyond the payload's bytes: such as take no byte.
const MOST_EMPTY: usize = 65_536;

pub(super) struct Deserializer<'de> {
    payload: &'de [u8],
    rest: &'de [u8],
    levels_left: usize,
    /// How many options and newtypes have been entered on this level.
    entered: usize,
    items_left: usize,
}

impl<'de> Deserializer<'de> {
    pub(super) fn new(payload: &'de [u8]) -> Self {
        Self {
            payload,
            rest: payload,
            levels_left: MAX_DEPTH,
            entered: 0,
            items_left: payload.len().saturating_add(MOST_EMPTY),
        }
    }

    pub(super) fn end(&self) -> Result<(), Failure> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Failure::new("the payload goes on after the value"))
        }
    }

    /// The number of bytes read.
    pub(super) fn position(&self) -> usize {
        self.payload.len() - self.rest.len()
    }

    /// The number of bytes not yet read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Failure> {
        let (&byte, rest) = self.rest.split_first().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    /// A number of at most `bits`.
    #[inline]
    pub(super) fn varint(&mut self, bits: u32) -> Result<u64, Failure> {
        match self.rest {
            // Nearly every length.
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.wide_varint(bits),
        }
    }

    fn wide_varint(&mut self, bits: u32) -> Result<u64, Failure> {
        let mut value = 0;
        for shift in (0..bits).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if shift + 7 > bits && low >> (bits - shift) != 0 {
                break;
            }
            value |= low << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(oversized(bits))
    }

    fn long_varint(&mut self) -> Result<u128, Failure> {
        let mut value = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let low = u128::from(byte & 0x7f);
            if shift == 126 && low > 3 {
                break;
            }
            value |= low << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(oversized(128))
    }

    #[inline]
    fn signed(&mut self, bits: u32) -> Result<i64, Failure> {
        let value = self.varint(bits)?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    #[inline(always)]
    fn bytes(&mut self) -> Result<&'de [u8], Failure> {
        let len = usize::try_from(self.varint(64)?).map_err(|_| truncated())?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'de str, Failure> {
        std::str::from_utf8(self.bytes()?).map_err(|_| not_text())
    }

    /// A text to keep. It is checked where it is copied to: that is aligned, which takes half the time.
    fn owned_text(&mut self) -> Result<String, Failure> {
        match String::from_utf8(self.bytes()?.to_vec()) {
            Ok(text) => Ok(text),
            Err(_) => Err(not_text()),
        }
    }

    /// The length of a list or a map.
    fn length(&mut self) -> Result<usize, Failure> {
        let len = usize::try_from(self.varint(64)?).unwrap_or(usize::MAX);
        // Each item has a byte of its own, except those that have none at all.
        self.items_left = self
            .items_left
            .checked_sub(len)
            .ok_or_else(|| Failure::new("a list claims more items than the payload can have"))?;
        Ok(len)
    }

    /// Runs `read` one level further down.
    pub(super) fn level<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        self.levels_left = self.levels_left.checked_sub(1).ok_or(Failure::TooDeep)?;
        let entered = std::mem::take(&mut self.entered);
        let result = read(self);
        self.entered = entered;
        self.levels_left += 1;
        result
    }

    /// Runs `read` one option or newtype further in.
    fn enter<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        if self.entered == MAX_DEPTH {
            return Err(Failure::TooDeep);
        }
        self.entered += 1;
        let result = read(self);
        self.entered -= 1;
        result
    }

    fn parts<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.level(|de| {
            let mut parts = Parts { de, left: len };
            let value = visitor.visit_seq(&mut parts)?;
            parts.end()?;
            Ok(value)
        })
    }

    /// The fields of a struct. Its list of names has one more for each alias, and no field stands for that.
    pub(super) fn fields<V: Visitor<'de>>(
        &mut self,
        names: &[&str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let left = names.len();
        self.level(|de| visitor.visit_seq(&mut Parts { de, left }))
    }
}

macro_rules! numbers {
    ($($method:ident: $visit:ident($self:ident => $read:expr);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>($self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit($read)
        }
    )*};
}

/// The parts were checked to fit when they were read.
macro_rules! fit {
    ($value:expr) => {
        ($value).try_into().map_err(|_| oversized(64))?
    };
}

impl<'de> serde::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
        Err(Failure::new(
            "compact does not say what is in it, as flattened fields and untagged or internally tagged enums \
             need; use another format",
        ))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.byte()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(Failure::new("a bool is neither 0 nor 1")),
        }
    }

    numbers! {
        deserialize_i8: visit_i8(self => self.byte()?.cast_signed());
        deserialize_i16: visit_i16(self => fit!(self.signed(16)?));
        deserialize_i32: visit_i32(self => fit!(self.signed(32)?));
        deserialize_i64: visit_i64(self => self.signed(64)?);
        deserialize_i128: visit_i128(self => {
            let value = self.long_varint()?;
            (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
        });
        deserialize_u8: visit_u8(self => self.byte()?);
        deserialize_u16: visit_u16(self => fit!(self.varint(16)?));
        deserialize_u32: visit_u32(self => fit!(self.varint(32)?));
        deserialize_u64: visit_u64(self => self.varint(64)?);
        deserialize_u128: visit_u128(self => self.long_varint()?);
        deserialize_f32: visit_f32(self => f32::from_le_bytes(self.array()?));
        deserialize_f64: visit_f64(self => f64::from_le_bytes(self.array()?));
        deserialize_str: visit_borrowed_str(self => self.text()?);
        deserialize_string: visit_string(self => self.owned_text()?);
        deserialize_bytes: visit_borrowed_bytes(self => self.bytes()?);
        deserialize_byte_buf: visit_borrowed_bytes(self => self.bytes()?);
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let mut chars = self.text()?.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => visitor.visit_char(c),
            _ => Err(Failure::new("a char is not one character")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.byte()? {
            0 => visitor.visit_none(),
            1 => self.enter(|de| visitor.visit_some(de)),
            _ => Err(Failure::new("an option is neither 0 nor 1")),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.enter(|de| visitor.visit_newtype_struct(de))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let len = self.length()?;
        self.parts(len, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.parts(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.parts(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let len = self.length()?;
        self.level(|de| {
            let mut parts = Parts { de, left: len };
            let value = visitor.visit_map(&mut parts)?;
            parts.end()?;
            Ok(value)
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_enum(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Deserializer<'_> {
    /// The number of an enum's variant.
    pub(super) fn variant(&mut self) -> Result<u32, Failure> {
        u32::try_from(self.varint(32)?).map_err(Failure::custom)
    }
}

#[cold]
fn truncated() -> Failure {
    Failure::new("the payload ends within a value")
}

#[cold]
fn not_text() -> Failure {
    Failure::new("a text is not UTF-8")
}

#[cold]
fn oversized(bits: u32) -> Failure {
    Failure::new(format!("a number has more than {bits} bits"))
}
