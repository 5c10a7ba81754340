//! The broker of this process.

use mitto::queue::broker::memory::Memory;

use super::lines::{Site, facts};
use super::work::work_facts;

mod lines {
    use super::{Memory, Site, facts};

    facts!(async { Site::new(Memory::new()) });
}

mod work {
    use super::{Memory, work_facts};

    work_facts!(async { std::sync::Arc::new(Memory::new()) });
}
