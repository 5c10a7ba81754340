//! The thread that connections run in.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::park;
use crate::runtime::RuntimeHandle;

/// How long the last handle of a client waits for the end of its connection.
const LINGER: Duration = Duration::from_millis(500);

/// A thread that connections run in, for several clients that are to share one. Clones share it; it ends
/// with the last of them and of the clients' handles.
///
/// # Examples
///
/// ```no_run
/// # use mitto::Request;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # struct Knock {}
/// # mitto::schema! { Hello { client => server as HelloClient: [Knock] } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::blocking::Background;
///
/// let background = Background::start()?;
/// let one = HelloClient::builder().connect_blocking_in(&background, "ws://one.example")?;
/// let two = HelloClient::builder().connect_blocking_in(&background, "ws://two.example")?;
/// # drop((one, two));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Background {
    thread: Arc<Thread>,
}

struct Thread {
    runtime: RuntimeHandle,
    /// Ends the thread with the last handle.
    _stop: DropGuard,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has no more threads or file descriptors to give.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        // Should this fail, the runtime is dropped here, which is not allowed in an async task.
        thread::Builder::new()
            .name("mitto".to_owned())
            .spawn(move || {
                runtime.block_on(stopped);
                runtime.shutdown_background();
            })?;
        Ok(Self {
            thread: Arc::new(Thread {
                runtime: handle,
                _stop: stop.drop_guard(),
            }),
        })
    }

    pub(super) fn runtime(&self) -> &RuntimeHandle {
        &self.thread.runtime
    }

    /// Keeps the thread until the tasks of a client have ended.
    pub(super) fn watch(&self, tasks: TaskTracker) {
        let thread = self.clone();
        self.runtime().spawn(async move {
            tasks.close();
            tasks.wait().await;
            drop(thread);
        });
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}

/// What goes with the last handle of a client, behind its order to close the connection.
pub(super) struct Lasting {
    pub(super) tasks: TaskTracker,
    pub(super) _background: Background,
}

impl Drop for Lasting {
    /// A program that ends now would take what it has sent last with it.
    fn drop(&mut self) {
        if RuntimeHandle::try_current().is_ok() {
            return;
        }
        self.tasks.close();
        let until = Instant::now() + LINGER;
        let _ = park::until(std::pin::pin!(self.tasks.wait()), Some(until));
    }
}
