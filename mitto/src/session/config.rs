//! What all sessions of one client or server have in common.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::codec::{Codecs, Format};
use crate::framing::{Framing, Native, SchemaEntry};
use crate::limits::Limits;
use crate::queue::Queue;

/// What all sessions of one client or server have in common.
pub struct Config {
    /// What is bounded, and how.
    pub limits: Limits,
    /// The formats that are spoken.
    pub codecs: Codecs,
    /// The format that our requests are sent in.
    pub format: Format,
    /// How envelopes are laid out.
    pub framing: Arc<dyn Framing>,
    /// The schemas, for the hello.
    pub schemas: Vec<SchemaEntry>,
    /// Where the other end's requests are handed on.
    pub queue: Arc<dyn Queue>,
    /// The requests that run in this process.
    pub running: Arc<AtomicUsize>,
}

impl Config {
    /// The defaults, for requests that go to `queue`.
    pub fn new(queue: Arc<dyn Queue>) -> Self {
        let codecs = Codecs::default();
        Self {
            limits: Limits::default(),
            format: codecs.default_format().unwrap_or(Format::MESSAGE_PACK),
            codecs,
            framing: Arc::new(Native),
            schemas: Vec::new(),
            queue,
            running: Arc::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("limits", &self.limits)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
