//! Elements, with the place of each part in the text.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::host::config::origin::Source;
use crate::host::config::tree::{MAX_DEPTH, Refusal};

/// More attributes than this on one element are refused.
const MAX_ATTRIBUTES: usize = 32;

pub(super) struct Element {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Element>,
}

pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) value: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The children of this name.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.children(name).next().is_some()
    }
}

/// Reads a whole document.
pub(super) fn parse(source: &Source<'_>) -> Result<Element, Refusal> {
    let mut reader = Reader::from_str(source.text());
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut is_first = true;
    loop {
        let at = position(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = position(reader.error_position());
                return Err(syntax(at, &error));
            }
        };
        match event {
            Event::Decl(declaration) if is_first => {
                if let Some(Ok(encoding)) = declaration.encoding()
                    && !encoding.eq_ignore_ascii_case("utf-8")
                {
                    return Err(Refusal::new(at, "another encoding, save the file as UTF-8"));
                }
            }
            Event::Start(start) => {
                if root.is_some() {
                    return Err(Refusal::new(at, "a second element, there is one root"));
                }
                if open.len() == MAX_DEPTH {
                    return Err(Refusal::too_deep(at));
                }
                open.push(element(source, at, &start)?);
            }
            Event::End(_) => {
                let closed = open.pop();
                match open.last_mut() {
                    Some(parent) => parent.children.extend(closed),
                    None => root = closed,
                }
            }
            Event::Text(text) if text.trim_ascii().is_empty() => {}
            Event::Comment(_) => {}
            Event::Eof => {
                return match (open.last(), root) {
                    (Some(open), _) => {
                        let text = format!("not XML: the file ends within `{}`", open.name);
                        Err(Refusal::new(at, text))
                    }
                    (None, Some(root)) => Ok(root),
                    (None, None) => Err(Refusal::new(at, "not XML: no element")),
                };
            }
            other => return Err(Refusal::new(at, refusal(&other))),
        }
        is_first = false;
    }
}

fn element(source: &Source<'_>, at: usize, start: &BytesStart<'_>) -> Result<Element, Refusal> {
    let mut element = Element {
        name: start.name().as_ref().to_owned(),
        at,
        attributes: Vec::new(),
        children: Vec::new(),
    };
    let mut attributes = start.attributes();
    // It would remember all that it has seen.
    attributes.with_checks(false);
    for attribute in attributes {
        let attribute = attribute.map_err(|error| syntax(at, &error))?;
        let name = attribute.key.as_ref();
        let at = source.offset(name).unwrap_or(at);
        if element.attributes.len() == MAX_ATTRIBUTES {
            let text = format!("more than {MAX_ATTRIBUTES} attributes in one element");
            return Err(Refusal::new(at, text));
        }
        if element.attribute(name).is_some() {
            return Err(Refusal::new(at, "this stands twice, leave one out"));
        }
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| syntax(at, &error))?
            .into_owned();
        let name = name.to_owned();
        element.attributes.push(Attribute { name, at, value });
    }
    Ok(element)
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn syntax(at: usize, error: &dyn std::error::Error) -> Refusal {
    let text = error.to_string();
    // The place is said in our own way.
    let place = text
        .strip_prefix("at ")
        .and_then(|text| text.split_once(": "));
    let text = place.map_or(&*text, |(_, text)| text);
    Refusal::new(at, format!("not XML: {text}"))
}

fn refusal(event: &Event<'_>) -> &'static str {
    match event {
        Event::DocType(_) => "a document type is refused, leave it out",
        Event::PI(_) => "a processing instruction is refused, leave it out",
        Event::Decl(_) => "an XML declaration may only stand first",
        _ => "a text is not expected here, everything stands in attributes",
    }
}
