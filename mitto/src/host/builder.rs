//! What a host is made of, before it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::config::{ConfigError, Configuration, HostConfig, Origin, StepConfig};
use super::{ApplyError, Host, HostEvent, Link};
use crate::client;
use crate::job::Queue;
use crate::pipeline::{Poster, Steps};
use crate::provider::MessageProvider;
use crate::server::Server;

/// The registered providers, by name.
pub(super) type Providers = BTreeMap<String, Arc<dyn MessageProvider>>;

/// What a program says of how a host listens, or is connected to.
type Setting<T> = Box<dyn Fn(&HostConfig, T) -> T + Send + Sync>;

/// Everything that a configuration can name, and how its hosts listen and connect; [`Host::builder`] begins one.
#[must_use = "a builder does nothing until it starts"]
pub struct Builder {
    pub(super) steps: Steps,
    pub(super) providers: Providers,
    pub(super) server: Setting<Server>,
    pub(super) link: Setting<client::Builder<Link>>,
    pub(super) watcher: Arc<dyn Fn(&HostEvent) + Send + Sync>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            steps: Steps::new(),
            providers: Providers::new(),
            server: Box::new(|_, server| server),
            link: Box::new(|_, link| link),
            watcher: Arc::new(|_| {}),
        }
    }

    /// Sets the steps that a configuration names as the `type` of handlers. There is one more,
    /// `Configure`: it takes the text of a configuration, merges it into what runs, and goes on with what has
    /// changed; whoever asks needs the grant [`CONFIGURE`](super::CONFIGURE).
    pub fn steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    /// Registers a provider, which answers the nodes that name it with `provider = ".."`.
    pub fn provider(mut self, name: impl Into<String>, provider: impl MessageProvider) -> Self {
        self.providers.insert(name.into(), Arc::new(provider));
        self
    }

    /// Says how the hosts that run here listen: authentication, limits, transports, middleware.
    ///
    /// Connections that show the key of the host are links, whatever is said here. Without an authenticator
    /// others are anonymous.
    pub fn server(
        mut self,
        server: impl Fn(&HostConfig, Server) -> Server + Send + Sync + 'static,
    ) -> Self {
        self.server = Box::new(server);
        self
    }

    /// Says how links to other hosts are made: limits, transports, TLS, how they come back.
    pub fn link(
        mut self,
        link: impl Fn(&HostConfig, client::Builder<Link>) -> client::Builder<Link>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.link = Box::new(link);
        self
    }

    /// Calls `watcher` with what happens: hosts that come and go, configurations that are applied. It must
    /// not block.
    pub fn on_event(mut self, watcher: impl Fn(&HostEvent) + Send + Sync + 'static) -> Self {
        self.watcher = Arc::new(watcher);
        self
    }

    /// The provider of this name.
    pub(super) fn find(
        &self,
        name: &str,
        origin: &Origin,
    ) -> Result<Arc<dyn MessageProvider>, ConfigError> {
        self.providers.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.providers.keys().map(String::as_str).collect();
            let known = match known.is_empty() {
                true => "none is".to_owned(),
                false => known.join(", "),
            };
            let text = format!("no provider is registered as `{name}`, there are: {known}");
            ConfigError::new(origin, name, text)
        })
    }

    /// Puts the steps of an action together.
    pub(super) fn compose(
        &self,
        steps: &[StepConfig<'_>],
        poster: &Poster,
    ) -> Result<Box<dyn Queue>, ConfigError> {
        let parts = steps.iter().map(|step| (step.kind(), step.properties()));
        match self.steps.compose(parts) {
            Ok(pipeline) => Ok(Box::new(pipeline.with_poster(poster.clone()))),
            Err(error) => {
                let step = steps.get(error.index());
                let origin = step.map(StepConfig::origin).cloned().unwrap_or_default();
                Err(ConfigError::new(
                    &origin,
                    step.map_or("", StepConfig::name),
                    error,
                ))
            }
        }
    }

    /// Runs a configuration: listens where its local hosts do, and makes links to the others. A host that is
    /// not there yet is no reason to fail.
    ///
    /// # Errors
    ///
    /// When the configuration is wrong, names what is not registered, or a host cannot listen.
    pub async fn start(self, configuration: Configuration) -> Result<Host, ApplyError> {
        Host::start(self, configuration).await
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("steps", &self.steps)
            .field("providers", &self.providers.keys())
            .finish_non_exhaustive()
    }
}
