//! Texts as they come in: which format, and no more than there may be.

use std::path::Path;

use super::error::Faults;
use super::origin::Source;
use super::read::{Document, Reader};
use super::tree::{Refusal, Tree};
use super::{Configuration, json, toml, xml};

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigFormat {
    /// TOML, the first choice.
    Toml,
    /// JSON, of the same shape.
    Json,
    /// XML as the ancestor AjMessages has it.
    Xml,
}

impl ConfigFormat {
    /// By the ending of a file's name: `.toml`, `.json` or `.xml`.
    pub fn of_file(path: impl AsRef<Path>) -> Option<Self> {
        let extension = path.as_ref().extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "xml" => Some(Self::Xml),
            _ => None,
        }
    }

    /// By how a text begins: XML with `<`, JSON with `{`.
    pub fn of_text(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'<') => Self::Xml,
            Some(b'{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// Reads one text. What is wrong with it is in `faults`.
pub(super) fn read(
    source: &Source<'_>,
    format: ConfigFormat,
    folder: Option<&Path>,
    faults: &mut Faults,
) -> Document {
    let before = faults.count();
    match tree(source, format, faults) {
        Ok(_) if faults.count() > before => Document::default(),
        Ok(tree) => Reader {
            source,
            folder: folder.map(Path::to_owned),
            faults,
            path: Vec::new(),
        }
        .document(tree),
        Err(Refusal { at, text }) => {
            faults.add(source.origin(at), "", text);
            Document::default()
        }
    }
}

fn tree(source: &Source<'_>, format: ConfigFormat, faults: &mut Faults) -> Result<Tree, Refusal> {
    if source.text().len() > Configuration::MAX_BYTES {
        return Err(too_large());
    }
    match format {
        ConfigFormat::Toml => toml::read(source),
        ConfigFormat::Json => json::read(source),
        ConfigFormat::Xml => xml::read(source, faults),
    }
}

pub(super) fn too_large() -> Refusal {
    let limit = Configuration::MAX_BYTES >> 20;
    Refusal::new(
        0,
        format!("the configuration is larger than {limit} MiB, make it smaller"),
    )
}
