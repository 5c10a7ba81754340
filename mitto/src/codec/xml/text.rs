use std::borrow::Cow;
use std::io;

use super::element::{Element, Hint};
use super::name::{escape, is_allowed};

/// Writes `text` where elements have their content.
pub(super) fn write_text(out: &mut dyn io::Write, text: &str) -> io::Result<()> {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(reference) = reference(byte) {
            out.write_all(&text.as_bytes()[plain..at])?;
            out.write_all(reference)?;
            plain = at + 1;
        }
    }
    out.write_all(&text.as_bytes()[plain..])
}

/// Writes a tag up to, not including, the bracket that closes it.
pub(super) fn write_tag(
    out: &mut dyn io::Write,
    element: Element<'_>,
    hint: Hint,
) -> io::Result<()> {
    out.write_all(b"<")?;
    out.write_all(element.tag.as_bytes())?;
    if let Some(name) = element.name {
        out.write_all(b" n=\"")?;
        // An escaped name has no line breaks, which an attribute would lose.
        write_text(out, &escape(name).replace('"', "\\u0022"))?;
        out.write_all(b"\"")?;
    }
    if let Some(hint) = hint.text() {
        out.write_all(b" t=\"")?;
        out.write_all(hint.as_bytes())?;
        out.write_all(b"\"")?;
    }
    Ok(())
}

pub(super) fn write_end(out: &mut dyn io::Write, element: Element<'_>) -> io::Result<()> {
    out.write_all(b"</")?;
    out.write_all(element.tag.as_bytes())?;
    out.write_all(b">")
}

/// How `text` is written as an element's content, and the hint that says so.
pub(super) fn content(text: &str) -> (Hint, Cow<'_, str>) {
    if text.chars().all(is_allowed) {
        (Hint::None, text.into())
    } else {
        (Hint::Escaped, escape(text))
    }
}

fn reference(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        // Because of `]]>`.
        b'>' => Some(b"&gt;"),
        // A reader makes a line feed of a bare one.
        b'\r' => Some(b"&#13;"),
        _ => None,
    }
}
