//! Several items of a stream in one envelope.

/// The bytes of an item's length, in front of it.
const LENGTH: usize = 2;

/// Items one behind the other, each behind its length in two bytes, the higher first: the payload of an
/// envelope whose head says [`list`](super::Head::list).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<'a> {
    bytes: &'a [u8],
    costs: Costs,
}

/// What the items of a list come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Costs {
    all: usize,
    last: usize,
    longest: usize,
}

/// What is wrong with the bytes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// There is no item.
    #[error("a list without any item")]
    Empty,
    /// An item claims more bytes than there are.
    #[error("a list that ends within an item")]
    Overrun,
    /// The list is in pieces.
    #[error("a list in pieces, which only single items may be in")]
    Pieces,
}

impl<'a> List<'a> {
    /// The longest item that a list can have, in bytes.
    pub const LONGEST: usize = u16::MAX as usize;

    /// The longest list, in bytes, however small messages must be.
    pub const MOST: usize = 64 << 10;

    /// Reads a list, to its last byte.
    ///
    /// # Errors
    ///
    /// It has no item, or does not end where one ends.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ListError> {
        let mut costs = Costs::default();
        let mut rest = bytes;
        while let Some((item, behind)) = Self::split(rest) {
            rest = behind;
            costs.last = item_cost(item.len());
            costs.all += costs.last;
            costs.longest = costs.longest.max(item.len());
        }
        match (rest.is_empty(), bytes.is_empty()) {
            (true, false) => Ok(Self { bytes, costs }),
            (true, true) => Err(ListError::Empty),
            (false, _) => Err(ListError::Overrun),
        }
    }

    /// The bytes of all items and their lengths.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of the longest item.
    pub fn longest(&self) -> usize {
        self.costs.longest
    }

    /// What all items count against the window of their stream, in bytes: see [`item_cost`].
    pub fn cost(&self) -> usize {
        self.costs.all
    }

    /// The same of all items but the last one, which may go beyond the window.
    pub fn cost_before_last(&self) -> usize {
        self.costs.all - self.costs.last
    }

    /// The items, in order.
    pub fn items(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Self::items_of(self.bytes)
    }

    /// The same of the bytes of a list that was written here.
    pub(crate) fn items_of(bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let (item, behind) = Self::split(rest)?;
            rest = behind;
            Some(item)
        })
    }

    /// Takes the first item off the bytes of a list; `None` behind the last one.
    #[inline]
    pub fn split(bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
        rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
    }

    /// The bytes that an item takes in a list.
    pub(crate) fn length_of(item: &[u8]) -> usize {
        LENGTH + item.len()
    }

    /// Adds an item of at most [`LONGEST`](Self::LONGEST) bytes to the bytes of a list.
    #[inline]
    pub fn push(item: &[u8], list: &mut Vec<u8>) {
        list.reserve(LENGTH + item.len());
        list.extend_from_slice(&(item.len() as u16).to_be_bytes());
        list.extend_from_slice(item);
    }

    /// Begins an item that is still to be written behind it. Gives the place where its bytes begin.
    #[inline]
    pub fn begin(list: &mut Vec<u8>) -> usize {
        list.extend_from_slice(&[0; LENGTH]);
        list.len()
    }

    /// Ends the item whose bytes, at most [`LONGEST`](Self::LONGEST), begin at `place`.
    #[inline]
    pub fn end(list: &mut [u8], place: usize) {
        let length = (list.len() - place) as u16;
        list[place - LENGTH..place].copy_from_slice(&length.to_be_bytes());
    }
}

/// What an item of `length` bytes counts against a stream's window: at least 1 KiB, so that the
/// window bounds the number of items as well.
#[inline]
pub fn item_cost(length: usize) -> usize {
    length.max(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_they_were_written() {
        let items = [&b"one"[..], b"", &[7; List::LONGEST]];
        let mut bytes = Vec::new();
        for item in &items[..2] {
            List::push(item, &mut bytes);
        }
        let place = List::begin(&mut bytes);
        bytes.extend_from_slice(items[2]);
        List::end(&mut bytes, place);
        let list = List::read(&bytes).unwrap();
        assert!(list.items().eq(items));
        assert_eq!(list.longest(), List::LONGEST);
        assert_eq!(list.cost_before_last(), 2 << 10);
        assert_eq!(list.cost(), (2 << 10) + List::LONGEST);
    }

    #[test]
    fn list_ends_where_an_item_ends() {
        let bytes = [0, 1, b'a', 0, 2, b'b', b'c'];
        let ends = [3, bytes.len()];
        for end in 1..=bytes.len() {
            let read = List::read(&bytes[..end]);
            assert_eq!(read.is_ok(), ends.contains(&end), "{end}: {read:?}");
        }
        assert_eq!(List::read(&[]), Err(ListError::Empty));
        assert_eq!(List::read(&[0xff; 9]), Err(ListError::Overrun));
    }
}
