//! The one place that names the async runtime's clock and tasks.

pub(crate) use tokio::task::spawn;
pub(crate) use tokio::time::{Instant, Sleep, sleep_until, timeout};
