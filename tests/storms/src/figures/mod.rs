//! A file for each storm.

mod killed;
mod many;
mod restarts;
mod stopped;

pub(crate) use killed::killed;
pub(crate) use many::many;
pub(crate) use restarts::restarts;
pub(crate) use stopped::stopped;

use std::time::Duration;

/// How long a caller may be told late on a busy machine.
const LATE: Duration = Duration::from_secs(1);
