//! Where in which file something stands.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a part of a configuration came from. A part that the program made has none.
///
/// Two configurations are equal when they say the same, wherever it stands: all origins are equal.
#[derive(Clone, Default)]
pub struct Origin {
    file: Option<Arc<Path>>,
    /// Both from 1; 0 where nothing is known.
    line: u32,
    column: u32,
}

impl Origin {
    pub(super) fn new(file: Option<&Arc<Path>>, line: u32, column: u32) -> Self {
        Self {
            file: file.cloned(),
            line,
            column,
        }
    }

    /// The file, where it came from one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> Option<u32> {
        (self.line > 0).then_some(self.line)
    }

    /// The character in the line, counted from 1.
    pub fn column(&self) -> Option<u32> {
        (self.column > 0).then_some(self.column)
    }

    pub(super) fn order(&self) -> (u32, u32) {
        (self.line, self.column)
    }
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// As in `shop.toml:12:5`, or `line 12, column 5` where there is no file; empty where nothing is known.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (None, 0) => Ok(()),
            (None, line) => write!(f, "line {line}, column {}", self.column),
            (Some(file), 0) => write!(f, "{}", file.display()),
            (Some(file), line) => write!(f, "{}:{line}:{}", file.display(), self.column),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

/// A text that is read, and the lines in it.
pub(super) struct Source<'a> {
    file: Option<&'a Arc<Path>>,
    text: &'a str,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    /// How many characters begin before each block, so that one huge line costs no more than many.
    blocks: Vec<usize>,
}

const BLOCK: usize = 1024;

impl<'a> Source<'a> {
    /// A byte order mark at its start is not part of the text, and in no column.
    pub(super) fn new(file: Option<&'a Arc<Path>>, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        let mut characters = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            let before = characters;
            characters += count(block);
            before
        });
        Self {
            file,
            text,
            lines: lines.collect(),
            blocks: blocks.collect(),
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The place of a byte of the text.
    pub(super) fn origin(&self, at: usize) -> Origin {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = match self.text.as_bytes().get(start..at) {
            Some(before) if before.len() <= BLOCK => count(before),
            _ => self.characters(at).saturating_sub(self.characters(start)),
        } + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Origin::new(self.file, number(line), number(column))
    }

    /// Where a part of the text begins in it.
    pub(super) fn offset(&self, part: &str) -> Option<usize> {
        let at = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        (at + part.len() <= self.text.len()).then_some(at)
    }

    /// The place of a byte that a library names by line and column, both from 1 and in bytes.
    pub(super) fn at(&self, line: usize, column: usize) -> usize {
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line));
        let start = start.copied().unwrap_or(self.text.len());
        (start + column.saturating_sub(1)).min(self.text.len())
    }

    /// How many characters begin before a byte.
    fn characters(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let block = at / BLOCK;
        match self.blocks.get(block) {
            Some(before) => before + count(&self.text.as_bytes()[block * BLOCK..at]),
            None => self.text.chars().count(),
        }
    }
}

fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = format!("\u{feff}a = 1\n{}x\r\nend", "é漢".repeat(2000));
        let source = Source::new(None, &text);
        let find = |c| source.origin(source.text().find(c).unwrap()).order();
        assert_eq!(find('a'), (1, 1));
        assert_eq!(find('='), (1, 3));
        assert_eq!(find('\n'), (1, 6));
        assert_eq!(find('x'), (2, 4001));
        assert_eq!(find('e'), (3, 1));
        assert_eq!(source.origin(source.text().len()).order(), (3, 4));
        assert_eq!(source.origin(usize::MAX).order(), (3, 4));
        assert_eq!(Source::new(None, "").origin(0).order(), (1, 1));
    }
}
