//! What is wrong with a configuration.

use std::fmt;
use std::path::Path;

use super::origin::Origin;
use crate::escaped::Escaped;

/// Why a configuration is refused: everything that is wrong with it, in the order of the file.
///
/// It shows a line for each fault: where it is, which part of the configuration, what is wrong and what to
/// do.
///
/// ```text
/// shop.toml:12:1: applications.shop.nodes.orders.polcy: unknown key, did you mean `policy`?
/// shop.toml:31:11: hosts.east.address: the address has no scheme, write it as in `ws://localhost:8080/mitto`
/// ```
#[derive(Clone, Debug)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
    /// How many more there were.
    more: usize,
}

impl ConfigError {
    /// So many faults are kept of one configuration.
    pub const MAX_FAULTS: usize = 32;

    /// One fault, for checks that a program makes itself: whether a [part](Origin) of the configuration
    /// fits what it has. `path` is the part, as `applications.shop.nodes.orders`.
    pub fn new(origin: &Origin, path: impl Into<String>, text: impl fmt::Display) -> Self {
        Self {
            faults: vec![ConfigFault {
                origin: origin.clone(),
                path: path.into(),
                text: text.to_string(),
            }],
            more: 0,
        }
    }

    /// The faults, at least one.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug)]
pub struct ConfigFault {
    origin: Origin,
    path: String,
    text: String,
}

impl ConfigFault {
    /// The file, where the configuration came from one.
    pub fn file(&self) -> Option<&Path> {
        self.origin.file()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> Option<u32> {
        self.origin.line()
    }

    /// The character in the line, counted from 1.
    pub fn column(&self) -> Option<u32> {
        self.origin.column()
    }

    /// Which part of the configuration, as in `applications.shop.nodes.orders.policy`, by the names that
    /// TOML and JSON have; empty for the whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, and what to do.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// As in `shop.toml:12:1: applications.shop: ..`.
impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin.to_string();
        if !origin.is_empty() {
            write!(f, "{}: ", Escaped(origin))?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", Escaped(&self.path))?;
        }
        write!(f, "{}", Escaped(&self.text).up_to(1024))
    }
}

/// The faults that have been found.
#[derive(Default)]
pub(super) struct Faults {
    found: Vec<ConfigFault>,
    more: usize,
}

impl Faults {
    pub(super) fn add(&mut self, origin: Origin, path: impl Into<String>, text: impl fmt::Display) {
        if self.found.len() == ConfigError::MAX_FAULTS {
            self.more += 1;
            return;
        }
        self.found.push(ConfigFault {
            origin,
            path: path.into(),
            text: text.to_string(),
        });
    }

    pub(super) fn count(&self) -> usize {
        self.found.len() + self.more
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        if self.found.is_empty() {
            return Ok(());
        }
        let files: Vec<_> = self
            .found
            .iter()
            .map(|fault| fault.origin.clone())
            .collect();
        let rank = |origin: &Origin| files.iter().position(|one| one.file() == origin.file());
        self.found
            .sort_by_cached_key(|fault| (rank(&fault.origin), fault.origin.order()));
        Err(ConfigError {
            faults: self.found,
            more: self.more,
        })
    }
}
