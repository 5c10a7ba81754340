use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::ConnectError;
use crate::built_in::BuiltIns;
use crate::codec::{Codec, Codecs, Format};
use crate::framing::{Framing, Native};
use crate::job::Local;
use crate::limits::Limits;
use crate::provider::{MessageProvider, NoHandlers, Serves};
use crate::queue::PassThrough;
use crate::runtime::spawn;
use crate::schema::{End, Stub};
use crate::session::{Config, Session};
use crate::transport::{Settings, Transport, Transports};

/// The role that holds a stub.
type Holder<S> = <<S as Stub>::Receiver as End>::Other;

/// Everything that can be set before a client connects.
#[must_use = "a builder does nothing until it connects"]
pub struct Builder<S> {
    provider: Arc<dyn MessageProvider>,
    limits: Limits,
    format: Option<Format>,
    codecs: Vec<Arc<dyn Codec>>,
    transports: Vec<Arc<dyn Transport>>,
    framing: Arc<dyn Framing>,
    stub: PhantomData<fn() -> S>,
}

impl<S: Stub> Builder<S> {
    /// The defaults: no handlers of its own, all limits as documented.
    pub fn new() -> Self {
        Self {
            provider: Arc::new(NoHandlers::new::<S::Schema>(<Holder<S> as End>::SIDE)),
            limits: Limits::default(),
            format: None,
            codecs: Vec::new(),
            transports: Vec::new(),
            framing: Arc::new(Native),
            stub: PhantomData,
        }
    }

    /// Answers what the server asks of this client.
    pub fn provide(mut self, provider: impl Serves<S::Schema, Holder<S>>) -> Self {
        self.provider = Arc::new(provider);
        self
    }

    /// Sends requests in this format; without it MessagePack, or whatever there is.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a format of your own.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.push(Arc::new(codec));
        self
    }

    /// Adds a transport of your own, for the URL schemes that it names.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transports.push(Arc::new(transport));
        self
    }

    /// Lays frames out in another way; the server must do the same.
    pub fn framing(mut self, framing: impl Framing) -> Self {
        self.framing = Arc::new(framing);
        self
    }

    /// Connects to a server. The connection is closed with the last clone of the stub.
    ///
    /// # Errors
    ///
    /// When nobody listens there, or the two ends do not come to terms.
    pub async fn connect(self, url: &str) -> Result<S, ConnectError> {
        let codecs = Codecs::new(self.codecs)?;
        let format = match self.format {
            Some(format) if codecs.supports(format) => format,
            Some(format) => return Err(ConnectError::UnknownFormat(format)),
            None => codecs.default_format().ok_or(ConnectError::NoFormat)?,
        };
        let config = Config {
            limits: self.limits,
            codecs,
            format,
            framing: self.framing,
            ..Config::serving(self.provider, BuiltIns::default())
        };
        let mut settings = Settings::default();
        settings.max_frame = config.max_frame();
        settings.handshake = config.limits.handshake;
        let transports = Transports::new(self.transports);
        let connection = transports.by_url(url)?.connect(url, &settings).await?;
        let session = Session::connect(connection, Arc::new(config)).await?;
        let peer = session.peer().clone().into_owner();
        spawn(session);
        Ok(S::from(peer))
    }

    /// A client of a provider in this process: nothing is encoded.
    pub fn local(self, provider: impl Serves<S::Schema, S::Receiver>) -> S {
        let there = PassThrough::new(Arc::new(provider), BuiltIns::default());
        let here = PassThrough::new(self.provider, BuiltIns::default());
        S::from(Local::pair(Arc::new(there), Arc::new(here), &self.limits))
    }
}

impl<S: Stub> Default for Builder<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("limits", &self.limits)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
