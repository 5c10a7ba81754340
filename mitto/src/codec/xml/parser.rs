use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::element::{ENTRY, Hint, Opened, Place, Shown};
use super::name::is_allowed;
use crate::codec::MAX_DEPTH;
use crate::codec::failure::Failure;

/// More attributes than this on one element are refused; all but two would be ignored.
const MAX_ATTRIBUTES: usize = 32;

/// Reads a document piece by piece, and refuses what a payload has no use for.
pub(super) struct Parser<'de> {
    reader: Reader<&'de [u8]>,
    /// A child that was met where a text could have stood.
    met: Option<Opened>,
    /// How many elements are open.
    open: usize,
    /// The same without entries, which belong to the level of their map.
    level: usize,
    too_deep: bool,
}

/// What is found in an element without a hint.
pub(super) enum Content<'de> {
    Text(Cow<'de, str>),
    Children,
}

enum Piece<'de> {
    Start(Opened),
    End,
    Text(Cow<'de, str>),
}

impl<'de> Parser<'de> {
    pub(super) fn new(payload: &'de [u8]) -> Result<Self, (Failure, usize)> {
        let text = match std::str::from_utf8(payload) {
            Ok(text) => text,
            Err(error) => return Err((Failure::new("not UTF-8"), error.valid_up_to())),
        };
        if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
            return Err((forbidden(c), at));
        }
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            reader,
            met: None,
            open: 0,
            level: 0,
            too_deep: false,
        })
    }

    /// Reads up to the start of the outermost element.
    pub(super) fn root(&mut self) -> Result<Opened, Failure> {
        let mut is_first = true;
        loop {
            match self.event()? {
                Event::Decl(declaration) if is_first => {
                    if let Some(encoding) = declaration.encoding() {
                        let encoding = encoding.map_err(syntax)?;
                        if !encoding.eq_ignore_ascii_case("utf-8") {
                            return Err(Failure::new(format!(
                                "the encoding is `{}`, only UTF-8 is understood",
                                Shown(&encoding)
                            )));
                        }
                    }
                }
                Event::Start(start) => return self.start(&start),
                Event::Text(text) if is_blank(&text) => {}
                Event::Comment(_) => {}
                Event::Eof => return Err(Failure::new("no element")),
                other => return Err(refusal(&other)),
            }
            is_first = false;
        }
    }

    /// Expects the end of the document.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        loop {
            match self.event()? {
                Event::Text(text) if is_blank(&text) => {}
                Event::Comment(_) => {}
                Event::Eof => return Ok(()),
                other if is_refused(&other) => return Err(refusal(&other)),
                _ => return Err(Failure::new("the payload goes on after the value")),
            }
        }
    }

    /// Reads to the start of the next element in the open one; `None` when that ends.
    pub(super) fn child(&mut self) -> Result<Option<Opened>, Failure> {
        if let Some(met) = self.met.take() {
            return Ok(Some(met));
        }
        loop {
            match self.piece()? {
                Piece::Start(opened) => return Ok(Some(opened)),
                Piece::End => return Ok(None),
                Piece::Text(text) => expect_blank(&text)?,
            }
        }
    }

    /// Reads the open element to its end, when only text is in it.
    pub(super) fn text(&mut self) -> Result<Cow<'de, str>, Failure> {
        match self.content()? {
            Content::Text(text) => Ok(text),
            Content::Children => Err(Failure::new("an element stands where a text belongs")),
        }
    }

    /// Reads the open element to its end, or to its first child.
    pub(super) fn content(&mut self) -> Result<Content<'de>, Failure> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.piece()? {
                Piece::Text(more) if text.is_empty() => text = more,
                Piece::Text(more) => text.to_mut().push_str(&more),
                Piece::End => return Ok(Content::Text(text)),
                Piece::Start(opened) => {
                    expect_blank(&text)?;
                    self.met = Some(opened);
                    return Ok(Content::Children);
                }
            }
        }
    }

    /// Reads the open element to its end, whatever is in it.
    pub(super) fn skip(&mut self) -> Result<(), Failure> {
        let mut inside = 1 + usize::from(self.met.take().is_some());
        while inside > 0 {
            match self.piece()? {
                Piece::Start(_) => inside += 1,
                Piece::End => inside -= 1,
                Piece::Text(_) => {}
            }
        }
        Ok(())
    }

    /// How many levels may still be opened.
    pub(super) fn levels_left(&self) -> usize {
        (MAX_DEPTH + 1).saturating_sub(self.level)
    }

    /// The failure of what nests too deep, remembered.
    #[cold]
    pub(super) fn too_deep(&mut self) -> Failure {
        self.too_deep = true;
        Failure::TooDeep
    }

    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    /// The number of bytes read.
    pub(super) fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn piece(&mut self) -> Result<Piece<'de>, Failure> {
        loop {
            return Ok(match self.event()? {
                Event::Start(start) => Piece::Start(self.start(&start)?),
                Event::End(end) => {
                    self.open = self.open.saturating_sub(1);
                    if end.name().as_ref() != ENTRY {
                        self.level = self.level.saturating_sub(1);
                    }
                    Piece::End
                }
                Event::Text(text) => Piece::Text(text.xml10_content()),
                Event::CData(text) => Piece::Text(text.xml10_content()),
                Event::GeneralRef(reference) => Piece::Text(resolve(&reference)?),
                Event::Comment(_) => continue,
                other => return Err(refusal(&other)),
            });
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<Opened, Failure> {
        let opened = opened(start)?;
        self.open += 1;
        if !matches!(opened.place, Place::Entry) {
            self.level += 1;
        }
        // A scalar may stand in the innermost list; its element is one level more than the list's.
        let is_leaf = usize::from(!opened.hint.is_container());
        if self.level > MAX_DEPTH + is_leaf || self.open > 2 * MAX_DEPTH + 2 {
            return Err(self.too_deep());
        }
        Ok(opened)
    }

    fn event(&mut self) -> Result<Event<'de>, Failure> {
        self.reader.read_event().map_err(syntax)
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Opened, Failure> {
    let (mut name, mut hint) = (None, None);
    let mut attributes = start.attributes();
    // It would remember all that it has seen.
    attributes.with_checks(false);
    for (index, attribute) in attributes.enumerate() {
        if index == MAX_ATTRIBUTES {
            return Err(Failure::new(format!(
                "more than {MAX_ATTRIBUTES} attributes in one element"
            )));
        }
        let attribute = attribute.map_err(syntax)?;
        let seen = match attribute.key.as_ref() {
            "t" => hint.replace(Hint::parse(&attribute.value)?).is_some(),
            "n" => {
                let value = attribute
                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                    .map_err(syntax)?;
                name.replace(value).is_some()
            }
            _ => false,
        };
        if seen {
            return Err(Failure::new("an attribute stands twice in one element"));
        }
    }
    Ok(Opened {
        place: Place::new(start.name().as_ref(), name.as_deref())?,
        hint: hint.unwrap_or(Hint::None),
    })
}

fn resolve(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, Failure> {
    Ok(match &**reference {
        "lt" => "<".into(),
        "gt" => ">".into(),
        "amp" => "&".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        name => match reference.resolve_char_ref().map_err(syntax)? {
            Some(c) if is_allowed(c) => c.to_string().into(),
            Some(c) => return Err(forbidden(c)),
            None => {
                let name = Shown(name);
                return Err(Failure::new(format!(
                    "entity `&{name};` is not one of the five that XML has itself"
                )));
            }
        },
    })
}

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

fn expect_blank(text: &str) -> Result<(), Failure> {
    if is_blank(text) {
        Ok(())
    } else {
        Err(Failure::new("a text stands beside elements"))
    }
}

fn is_refused(event: &Event<'_>) -> bool {
    matches!(event, Event::DocType(_) | Event::PI(_) | Event::Decl(_))
}

#[cold]
fn refusal(event: &Event<'_>) -> Failure {
    Failure::new(match event {
        Event::DocType(_) => "a document type is refused",
        Event::PI(_) => "a processing instruction is refused",
        Event::Decl(_) => "an XML declaration may only stand first",
        Event::Eof => "the payload ends within an element",
        _ => "a text stands outside of the element",
    })
}

#[cold]
fn forbidden(c: char) -> Failure {
    let number = u32::from(c);
    Failure::new(format!("character U+{number:04X} is not allowed in XML"))
}

#[cold]
fn syntax(error: impl Into<quick_xml::Error>) -> Failure {
    let text = error.into().to_string();
    Failure::new(Shown(&text).to_string())
}
