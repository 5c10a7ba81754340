//! Where two ends differ in what a message looks like.

use std::fmt;

use super::Side;
use crate::escaped::Escaped;
use crate::status::{Code, Status};

/// A message that the two ends of a connection know in different versions.
///
/// Formats that name what they carry go on: what they make of it is serde's matter. `compact` ends each
/// request of it with [`SchemaMismatch`](crate::Code::SchemaMismatch) and this as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaDifference {
    /// Which side handles the message.
    pub to: Side,
    /// Its name on the wire.
    pub message: String,
    /// The first difference: the field and what it is, such as `` field `n` is u64 here and u32 there ``.
    pub what: String,
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.message, self.what)
    }
}

impl SchemaDifference {
    /// What a request of the message ends with.
    pub(crate) fn to_status(&self) -> Status {
        let text = format!("{self}; update the older end, or use a format other than compact");
        Status::new(Code::SchemaMismatch, text)
    }
}

/// The first difference between two shapes of a message. `None` where they differ in nothing that matters.
/// What comes from the other end is escaped.
pub(crate) fn difference(ours: &str, theirs: &str) -> Option<String> {
    let (mut left, mut right) = (places(ours), places(theirs));
    loop {
        let (here, there) = match (left.next(), right.next()) {
            (None, None) => return None,
            (Some(here), None) => return Some(format!("{} is missing there", place(here.0))),
            (None, Some(there)) => return Some(format!("{} is missing here", place(there.0))),
            (Some(here), Some(there)) => (here, there),
        };
        if same(here.0, there.0) {
            if here.1 == there.1 {
                continue;
            }
            let (of, here, there) = (place(here.0), here.1, Escaped(there.1));
            return Some(format!("{of} is {here} here and {there} there"));
        }
        let has = |shape, path| places(shape).any(|(other, _)| same(other, path));
        let known = (has(theirs, here.0), has(ours, there.0));
        let (here, there) = (place(here.0), place(there.0));
        return Some(match known {
            (true, true) => format!("{here} stands at another place there"),
            (true, false) => format!("{there} is missing here"),
            (false, true) => format!("{here} is missing there"),
            (false, false) => format!("{here} here is {there} there"),
        });
    }
}

/// The lines of a shape: a path, and what stands there.
fn places<'a>(shape: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let parts = |line: &'a str| line.split_once('\t').unwrap_or((line, ""));
    shape.lines().map(parts)
}

/// Whether two paths are one. A field with an alias has all its names, with `|` between them.
fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let step = |(a, b): (&str, &str)| a.split('|').any(|a| b.split('|').any(|b| a == b));
    (a.contains('|') || b.contains('|'))
        && a.split('.').count() == b.split('.').count()
        && a.split('.').zip(b.split('.')).all(step)
}

/// A path for people.
fn place(path: &str) -> String {
    let (of, path) = path.split_once('.').unwrap_or((path, ""));
    let path = path.replace(".::", "::").replace(".[]", "[]");
    let path = path.replace(".?", "");
    let what = match path.rsplit_once("::") {
        Some((_, variant)) if !variant.contains('.') => "variant",
        _ => "field",
    };
    let path = path.trim_start_matches("::").trim_start_matches('?');
    let of = Escaped(of);
    if path.is_empty() {
        return format!("the {of}");
    }
    let path = Escaped(path);
    match of.0 {
        "request" | "notification" => format!("{what} `{path}`"),
        _ => format!("{what} `{path}` of the {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(ours: &[&str], theirs: &[&str]) -> Option<String> {
        let text = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| line.replace('=', "\t") + "\n")
                .collect()
        };
        let (ours, theirs): (String, String) = (text(ours), text(theirs));
        difference(&ours, &theirs)
    }

    #[test]
    fn first_difference_is_named() {
        let both = ["request=struct", "request.a=u8", "request.b=u16"];
        for (theirs, what) in [
            (&both[..], None),
            (
                &["request=struct", "request.a=u32"],
                Some("field `a` is u8 here and u32 there"),
            ),
            (&both[..2], Some("field `b` is missing there")),
            (
                &["request=struct", "request.b=u16", "request.a=u8"],
                Some("field `a` stands at another place there"),
            ),
            (
                &["request=struct", "request.a=u8", "request.c=u16"],
                Some("field `b` here is field `c` there"),
            ),
            (
                &[
                    "request=struct",
                    "request.x=u8",
                    "request.a=u8",
                    "request.b=u16",
                ],
                Some("field `x` is missing here"),
            ),
            (
                &["request=tuple of 2"],
                Some("the request is struct here and tuple of 2 there"),
            ),
            (&["request=struct", "request.x|a=u8", "request.b=u16"], None),
            (&[], Some("the request is missing there")),
        ] {
            assert_eq!(between(&both, theirs).as_deref(), what, "{theirs:?}");
        }
    }

    #[test]
    fn places_are_for_people() {
        for (path, shown) in [
            ("request.at.?.points.[].x", "field `at.points[].x`"),
            ("error.::Locked.until", "field `Locked.until` of the error"),
            ("item.kind.::B", "variant `kind::B` of the item"),
            ("response.[]", "field `[]` of the response"),
            ("response", "the response"),
            ("re\u{1b}", "the re\\u{1b}"),
        ] {
            assert_eq!(place(path), shown);
        }
    }
}
