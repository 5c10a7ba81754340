use std::panic::resume_unwind;
use std::sync::Arc;

use super::background::{Background, Lasting};
use super::wait;
use crate::client::{Builder, ConnectError};
use crate::peer::Stub;
use crate::provider::Serves;

/// Connects to a server, with the defaults; [`Builder::connect_blocking`] is for all others.
///
/// # Errors
///
/// When nobody listens there, or the two ends do not come to terms.
///
/// # Panics
///
/// On a thread that runs async tasks.
#[track_caller]
pub fn connect<S: Stub>(url: &str) -> Result<S, ConnectError> {
    Builder::new().connect_blocking(url)
}

impl<S: Stub> Builder<S> {
    /// Connects to a server and waits for the connection, which runs in a thread of its own. See
    /// [`blocking`](super).
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and when no thread can be started.
    ///
    /// # Panics
    ///
    /// On a thread that runs async tasks.
    #[track_caller]
    pub fn connect_blocking(self, url: &str) -> Result<S, ConnectError> {
        wait::refuse_async();
        let background = Background::start().map_err(ConnectError::Thread)?;
        self.connect_blocking_in(&background, url)
    }

    /// The same in a thread that other clients may run in, too.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    ///
    /// # Panics
    ///
    /// On a thread that runs async tasks.
    #[track_caller]
    pub fn connect_blocking_in(
        self,
        background: &Background,
        url: &str,
    ) -> Result<S, ConnectError> {
        wait::refuse_async();
        let builder = self.lasting(background);
        let tasks = builder.options.tasks.clone();
        let url = url.to_owned();
        let connecting = async move { builder.options.connect(&url).await };
        let connected = super::wait(background.runtime().spawn(connecting));
        background.watch(tasks);
        match connected {
            Ok(connected) => connected.map(S::from),
            // A transport or a hook of the user's own.
            Err(error) => resume_unwind(error.into_panic()),
        }
    }

    /// A client of a provider in this process, for callers that wait: what its handlers leave for later
    /// runs in a thread of its own.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn local_blocking(
        self,
        provider: impl Serves<S::Schema, S::Receiver>,
    ) -> Result<S, ConnectError> {
        let background = Background::start().map_err(ConnectError::Thread)?;
        let _entered = background.runtime().enter();
        let mut options = self.options;
        options.tasks.close();
        options.kept = Some(Box::new(background.clone()));
        Ok(S::from(options.local(Arc::new(provider))))
    }

    fn lasting(mut self, background: &Background) -> Self {
        self.options.kept = Some(Box::new(Lasting {
            tasks: self.options.tasks.clone(),
            _background: background.clone(),
        }));
        self
    }
}
