//! What is asked, by name: `application/node`, or `application/node/action`.
//!
//! An [`Address`] is checked once, where it comes in: a text in [`Call::at`](crate::Call::at), bytes in
//! a [framing](crate::framing). Whoever gets one, a handler, a queue, a broker, can put its parts into
//! routing keys, subjects and topics as they are: no part holds a wildcard, a separator, a space, or a
//! character that only looks like another.

mod error;
mod owned;
#[cfg(feature = "host")]
mod part;

use std::fmt;

use serde::{Serialize, Serializer};

pub use error::{AddressError, AddressPart};
pub use owned::OwnedAddress;
#[cfg(feature = "host")]
pub(crate) use part::{PartFault, check_part};

/// An address: two or three parts, each of 1 to 64 of `A-Z a-z 0-9 _ -`, with a slash between them.
///
/// It borrows its text; [`OwnedAddress`] keeps it. Addresses compare and sort as their texts do.
///
/// # Examples
///
/// ```
/// use mitto::Address;
///
/// let address = Address::parse("chat/eu/join")?;
/// assert_eq!(address.application(), "chat");
/// assert_eq!(address.node(), "eu");
/// assert_eq!(address.action(), Some("join"));
///
/// let error = Address::parse("chat/*").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the node of the address holds '*', take only A-Z a-z 0-9 _ -",
/// );
///
/// let eu = mitto::addr!("chat/eu"); // checked by the compiler
/// assert_eq!(eu.action(), None);
/// # Ok::<(), mitto::address::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address<'a>(
    /// They were checked, and so are ASCII. Who passes an address on needs no text.
    &'a [u8],
);

impl<'a> Address<'a> {
    /// The longest part, in bytes.
    pub const PART_MAX: usize = 64;

    /// The longest address, in bytes.
    pub const MAX: usize = 3 * Self::PART_MAX + 2;

    /// Reads an address. However long the text is, no more of it is looked at than an address can have.
    ///
    /// # Errors
    ///
    /// Says which part is wrong, and what is allowed.
    pub const fn parse(text: &'a str) -> Result<Self, AddressError> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from the bytes of a text.
    #[inline]
    pub(crate) const fn parse_bytes(bytes: &'a [u8]) -> Result<Self, AddressError> {
        match check(bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(error) => Err(error),
        }
    }

    /// An address that the program knows; [`addr!`](crate::addr) has the compiler check it.
    ///
    /// # Panics
    ///
    /// When it is no address.
    #[track_caller]
    pub const fn from_static(text: &'static str) -> Address<'static> {
        match Address::parse(text) {
            Ok(address) => address,
            Err(error) => panic!("{}", error.rule()),
        }
    }

    /// Whether a text can be a part of an address.
    pub fn is_part(text: &str) -> bool {
        let of_part = |byte: u8| PLACES[usize::from(byte)] == OF_PART;
        (1..=Self::PART_MAX).contains(&text.len()) && text.bytes().all(of_part)
    }

    /// The first part: which application.
    pub fn application(self) -> &'a str {
        self.parts().0
    }

    /// The second part: which node of the application.
    pub fn node(self) -> &'a str {
        self.parts().1
    }

    /// The third part, where there is one: which action of the node.
    pub fn action(self) -> Option<&'a str> {
        self.parts().2
    }

    /// The same without its action.
    #[must_use]
    pub fn without_action(self) -> Self {
        let mut between = self.0.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        match between.nth(1) {
            Some((at, _)) => Self(&self.0[..at]),
            None => self,
        }
    }

    /// The whole text.
    pub const fn as_str(self) -> &'a str {
        match std::str::from_utf8(self.0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    /// The bytes of the text.
    #[inline]
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Copies it, to be kept.
    pub fn into_owned(self) -> OwnedAddress {
        self.into()
    }

    fn parts(self) -> (&'a str, &'a str, Option<&'a str>) {
        let text = self.as_str();
        let (application, rest) = text.split_once('/').unwrap_or((text, ""));
        match rest.split_once('/') {
            Some((node, action)) => (application, node, Some(action)),
            None => (application, rest, None),
        }
    }
}

impl<'a> TryFrom<&'a str> for Address<'a> {
    type Error = AddressError;

    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl AsRef<str> for Address<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Address<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Address<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.as_str())
    }
}

/// As a text.
impl Serialize for Address<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An [`Address`] that the program knows, checked by the compiler.
///
/// # Examples
///
/// ```
/// let orders = mitto::addr!("shop/orders");
/// assert_eq!(orders.node(), "orders");
/// ```
///
/// ```compile_fail
/// let orders = mitto::addr!("shop/*");
/// ```
#[macro_export]
macro_rules! addr {
    ($text:expr $(,)?) => {
        const { $crate::address::Address::from_static($text) }
    };
}

/// What a byte may be: of a part, between parts, or neither.
const PLACES: [u8; 256] = {
    let mut places = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let of = byte as u8;
        if of.is_ascii_alphanumeric() || of == b'_' || of == b'-' {
            places[byte] = OF_PART;
        }
        byte += 1;
    }
    places[b'/' as usize] = BETWEEN;
    places
};
const OF_PART: u8 = 1;
const BETWEEN: u8 = 2;

/// Checks the bytes of a text, up to the first that is wrong.
const fn check(text: &[u8]) -> Result<(), AddressError> {
    let mut part = AddressPart::Application;
    let mut at = 0;
    loop {
        let start = at;
        while at < text.len() && PLACES[text[at] as usize] == OF_PART {
            if at - start == Address::PART_MAX {
                return Err(AddressError::Long(part));
            }
            at += 1;
        }
        let ends = at == text.len();
        if !ends && PLACES[text[at] as usize] != BETWEEN {
            return Err(AddressError::Character(
                part,
                first_character(text.split_at(at).1),
            ));
        }
        if at == start {
            return Err(AddressError::Empty(part));
        }
        part = match part {
            AddressPart::Application if ends => return Err(AddressError::Node),
            AddressPart::Application => AddressPart::Node,
            _ if ends => return Ok(()),
            AddressPart::Node => AddressPart::Action,
            AddressPart::Action => return Err(AddressError::Parts),
        };
        at += 1;
    }
}

/// The character that a text begins with, which is not empty. `str::chars` is no `const fn`.
const fn first_character(text: &[u8]) -> char {
    let first = text[0] as u32;
    let (mut code, more) = match first {
        0..0x80 => (first, 0),
        0x80..0xE0 => (first & 0x1F, 1),
        0xE0..0xF0 => (first & 0x0F, 2),
        _ => (first & 0x07, 3),
    };
    let mut next = 1;
    while next <= more && next < text.len() {
        code = code << 6 | (text[next] & 0x3F) as u32;
        next += 1;
    }
    match char::from_u32(code) {
        Some(character) => character,
        None => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_have_their_parts() {
        let long = "x".repeat(64);
        let longest = [&*long; 3].join("/");
        assert_eq!(longest.len(), Address::MAX);
        for (text, parts) in [
            ("a/b", ("a", "b", None)),
            ("chat/eu/join", ("chat", "eu", Some("join"))),
            ("-/_/0", ("-", "_", Some("0"))),
            ("A-z_9/Z/--", ("A-z_9", "Z", Some("--"))),
            (&longest, (&*long, &*long, Some(&*long))),
        ] {
            let address = Address::parse(text).unwrap();
            let (application, node, action) = parts;
            assert_eq!(address.application(), application);
            assert_eq!((address.node(), address.action()), (node, action));
            assert_eq!(address.to_string(), text);
            assert_eq!(address, text);
            assert_eq!(
                address.without_action().as_str(),
                [application, node].join("/")
            );
        }
    }

    #[test]
    fn bad_addresses_name_the_part() {
        use AddressError::{Character, Empty, Long, Node, Parts};
        use AddressPart::{Action, Application};

        let (long, huge) = ("x".repeat(65), "x".repeat(10 << 10));
        for (text, error) in [
            ("", Empty(Application)),
            ("/", Empty(Application)),
            ("/b", Empty(Application)),
            ("a", Node),
            ("a/", Empty(AddressPart::Node)),
            ("a//c", Empty(AddressPart::Node)),
            ("a/b/", Empty(Action)),
            ("a/b/c/", Parts),
            ("a/b/c/d", Parts),
            (&format!("{long}/b"), Long(Application)),
            (&format!("a/{long}"), Long(AddressPart::Node)),
            (&format!("a/b/{huge}"), Long(Action)),
            (&huge, Long(Application)),
        ] {
            assert_eq!(Address::parse(text), Err(error), "{text}");
        }
        for character in [
            '*',
            '#',
            '+',
            '>',
            '.',
            '$',
            ' ',
            '\t',
            '\n',
            '\r',
            '\0',
            '\u{7f}',
            '\u{85}',
            'é',
            'А',
            '\u{200b}',
            '\u{202e}',
            '\u{2028}',
            '\u{ff0f}',
            '\\',
            '%',
            ':',
            '@',
            '漢',
            '\u{1f600}',
            '\u{10ffff}',
        ] {
            for (text, part) in [
                (format!("{character}/b"), Application),
                (format!("a/b{character}b"), AddressPart::Node),
                (format!("a/b/c{character}"), Action),
            ] {
                let error = Address::parse(&text).unwrap_err();
                assert_eq!(error, Character(part, character));
                let shown = error.to_string();
                assert!(!shown.chars().any(char::is_control), "{shown}");
                assert!(!shown.contains(['\u{202e}', '\u{200b}', '\u{2028}']));
            }
        }
    }
}
