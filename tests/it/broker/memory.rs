//! The broker of this process.

use mitto::queue::broker::memory::Memory;

use super::lines::{Site, facts};
use super::work::{death_facts, work_facts};

mod lines {
    use super::{Memory, Site, facts};

    facts!(async { Site::new(Memory::new()) });
}

mod work {
    use super::{Memory, work_facts};

    work_facts!(async { std::sync::Arc::new(Memory::new()) });
}

mod deaths {
    use super::{Memory, Site, death_facts};

    death_facts!(async { Site::new(Memory::new()) });
}
