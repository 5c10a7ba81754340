//! What happens in handlers, told to the test.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

/// Where handlers tell what happens, and where they wait for the test.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    told: mpsc::UnboundedSender<String>,
    pub(crate) gate: Arc<Semaphore>,
}

/// Tells that a handler is dropped.
pub(crate) struct Guard(Events, &'static str);

impl Events {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (told, heard) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        (Self { told, gate }, heard)
    }

    pub(crate) fn tell(&self, what: impl Into<String>) {
        // A test that has ended hears nothing.
        let _ = self.told.send(what.into());
    }

    /// Tells that a handler has begun, and when it is dropped.
    pub(crate) fn guard(&self, name: &'static str) -> Guard {
        self.tell(format!("{name} began"));
        Guard(self.clone(), name)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.tell(format!("{} dropped", self.1));
    }
}
