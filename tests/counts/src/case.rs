//! One step that is counted.

use std::future::Future;

/// A step, and how to make it many times.
pub(crate) struct Case {
    /// Its name in `counts.toml`.
    pub(crate) name: String,
    /// The steps of its shorter run; the longer one has three times as many.
    pub(crate) length: u64,
    run: Box<dyn FnOnce(u64)>,
}

impl Case {
    /// A step that does not wait.
    pub(crate) fn new(
        name: impl Into<String>,
        length: u64,
        run: impl FnOnce(u64) + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            length,
            run: Box::new(run),
        }
    }

    /// A step that waits, on one thread: which of two threads runs what differs from run to run.
    pub(crate) fn waiting<F: Future<Output = ()>>(
        name: impl Into<String>,
        length: u64,
        run: impl FnOnce(u64) -> F + 'static,
    ) -> Self {
        Self::new(name, length, |length| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(run(length));
        })
    }

    /// Makes so many steps.
    pub(crate) fn run(self, length: u64) {
        (self.run)(length);
    }
}
