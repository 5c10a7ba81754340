//! What a broker promises.

/// What a broker can do, as data: what stands on it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capabilities {
    /// Says when it has a task for good: what it has confirmed survives the publisher, and, where it was
    /// set up to keep it on disk, the broker.
    pub confirms: bool,
    /// Keeps tasks while those who took work from a node are paused or away.
    pub keeps: bool,
    /// Gives a task to another worker when the one that had it is gone.
    pub redelivers: Redelivers,
    /// Where tasks go that cannot be handled.
    pub dead_letters: DeadLettering,
    /// Says at once that no worker is there, or that the node has no queue.
    pub knows_absence: bool,
    /// Says at once that an inbox is gone.
    pub knows_inboxes: bool,
}

/// Whether a task is delivered again when its worker is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Redelivers {
    /// Never: the task is lost with its worker.
    Never,
    /// When the same worker is back.
    ToSameWorker,
    /// To any worker, at most [`ATTEMPTS`](super::ATTEMPTS) times in all.
    ToAnyWorker,
}

/// What is kept of tasks that cannot be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadLettering {
    /// Nothing; a log line says what was left out.
    Nothing,
    /// Those that no worker can read.
    Unreadable,
    /// Those, and those that were delivered too often.
    All,
}
