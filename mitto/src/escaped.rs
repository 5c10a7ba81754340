//! What the other end has said, on its way into a log line or an error text.

use std::fmt::{self, Write};

/// How much of it is shown, in characters.
const MOST: usize = 256;

/// Shows what came from the other end so that it cannot pretend to be something else: control
/// characters, line breaks, terminal sequences and what changes the direction of writing are escaped, and
/// it is cut after 256 characters.
///
/// Everything that a peer has a say in goes into a log line through this: names, addresses, reasons,
/// statuses, errors that quote it.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T> Escaped<T> {
    /// The same with so many characters.
    pub(crate) fn up_to(self, most: usize) -> Cut<T> {
        Cut(self.0, most)
    }
}

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Cut(&self.0, MOST).fmt(f)
    }
}

/// The same as [`Escaped`], cut elsewhere.
pub(crate) struct Cut<T>(T, usize);

impl<T: fmt::Display> fmt::Display for Cut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.1;
        let mut escaping = Escaping {
            to: f,
            left,
            cut: false,
        };
        match write!(escaping, "{}", self.0) {
            Err(_) if escaping.cut => escaping.to.write_str("..."),
            outcome => outcome,
        }
    }
}

struct Escaping<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    left: usize,
    cut: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.left == 0 {
                // The error only stops whoever writes: nothing after the cut is even formatted.
                self.cut = true;
                return Err(fmt::Error);
            }
            self.left -= 1;
            match c {
                ' '..='~' => self.to.write_char(c)?,
                c => write!(self.to, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_line() {
        for (text, shown) in [
            ("plain \"text\", it's fine", "plain \"text\", it's fine"),
            ("änn 漢", "änn 漢"),
            ("a\nb\r\0\u{7f}", r"a\nb\r\0\u{7f}"),
            ("\u{1b}[2J\u{9b}1m", r"\u{1b}[2J\u{9b}1m"),
            (
                "x\u{202e}y\u{2066}\u{200f}\u{feff}",
                r"x\u{202e}y\u{2066}\u{200f}\u{feff}",
            ),
            ("\u{2028}\u{2029}\u{85}", r"\u{2028}\u{2029}\u{85}"),
            // What was escaped before stays as it is.
            (r"\n", r"\n"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(Escaped("x".repeat(256)).to_string(), "x".repeat(256));
        let cut = Escaped("x".repeat(257)).to_string();
        assert_eq!(cut, "x".repeat(256) + "...");
    }
}
