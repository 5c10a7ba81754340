//! Files, and what they import.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Configuration;
use super::error::Faults;
use super::origin::{Origin, Source};
use super::read::Document;
use super::text::{self, ConfigFormat};

/// Reads a file and all that it imports into one document.
pub(super) fn load(path: &Path) -> (Document, Faults) {
    let mut load = Load {
        faults: Faults::default(),
        open: Vec::new(),
        done: BTreeSet::new(),
        bytes_left: Configuration::MAX_BYTES,
        whole: Document::default(),
    };
    load.file(path, &Origin::default());
    (load.whole, load.faults)
}

struct Load {
    faults: Faults,
    /// The files that are being read, each imported by the one before it.
    open: Vec<PathBuf>,
    done: BTreeSet<PathBuf>,
    bytes_left: usize,
    whole: Document,
}

impl Load {
    /// Reads what a file imports, then itself over it.
    fn file(&mut self, path: &Path, from: &Origin) {
        let fault = |load: &mut Self, text: String| match from.file() {
            Some(_) => {
                let text = format!("{}: {text}", path.display());
                load.faults.add(from.clone(), "import", text);
            }
            None => load
                .faults
                .add(Origin::new(Some(&path.into()), 0, 0), "", text),
        };
        let Some(format) = ConfigFormat::of_file(path) else {
            return fault(
                self,
                "the ending is unknown, take a .toml, .json or .xml file".to_owned(),
            );
        };
        let (real, bytes) = match self.bytes(path) {
            Ok(read) => read,
            Err(error) => return fault(self, format!("the file cannot be read: {error}")),
        };
        if let Some(first) = self.open.iter().position(|open| *open == real) {
            let mut round: Vec<String> = self.open[first..].iter().map(|path| name(path)).collect();
            round.push(name(&real));
            return fault(
                self,
                format!("the imports go round: {}", round.join(" -> ")),
            );
        }
        if self.done.contains(&real) {
            return;
        }
        if self.done.len() + self.open.len() == Configuration::MAX_FILES {
            let limit = Configuration::MAX_FILES;
            return fault(self, format!("more than {limit} files, import fewer"));
        }
        let file: Arc<Path> = path.into();
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                let (before, _) = bytes.split_at(error.valid_up_to());
                let before = String::from_utf8_lossy(before);
                let origin = Source::new(Some(&file), &before).origin(before.len());
                let text = "the file is not UTF-8 from here on, save it in this encoding";
                self.faults.add(origin, "", text);
                return;
            }
        };
        let source = Source::new(Some(&file), text);
        let folder = path.parent();
        let document = text::read(&source, format, folder, &mut self.faults);
        self.open.push(real.clone());
        for (import, origin) in &document.imports {
            let import = folder.unwrap_or(Path::new("")).join(import);
            self.file(&import, origin);
        }
        self.open.pop();
        self.done.insert(real);
        self.whole.add(document);
    }

    /// The real path of a file, and what is in it.
    fn bytes(&mut self, path: &Path) -> io::Result<(PathBuf, Vec<u8>)> {
        let file = File::open(path)?;
        let real = path.canonicalize()?;
        let mut bytes = Vec::new();
        // What a file says of its own length cannot be trusted.
        let most = u64::try_from(self.bytes_left).unwrap_or(u64::MAX) + 1;
        file.take(most).read_to_end(&mut bytes)?;
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes.len())
            .ok_or_else(|| io::Error::other(text::too_large().text))?;
        Ok((real, bytes))
    }
}

impl Document {
    /// What the file that imports says wins over what it imports, and is read later.
    fn add(&mut self, over: Self) {
        self.version = over.version;
        self.version_origin = over.version_origin;
        self.handlers.extend(over.handlers);
        self.nodes.extend(over.nodes);
        self.applications.extend(over.applications);
        self.hosts.extend(over.hosts);
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
