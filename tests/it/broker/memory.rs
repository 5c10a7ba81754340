//! The broker of this process.

use mitto::queue::broker::memory::Memory;

use super::lines::{Site, facts};

facts!(async { Site::new(Memory::new()) });
