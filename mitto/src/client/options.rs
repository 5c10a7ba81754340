//! What a builder sets, and how a client connects with it. Nothing here depends on the stub, so that
//! it is compiled once.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::around::Around;
use super::reconnect::{Dial, Keeper};
use super::{ConnectError, Reconnect};
use crate::auth::{BearerToken, Identity};
use crate::built_in::BuiltIns;
#[cfg(feature = "custom-codecs")]
use crate::codec::Codec;
use crate::codec::{Codecs, Format};
use crate::framing::Framing;
use crate::job::{Local, Queue};
use crate::limits::Limits;
use crate::middleware::Stack;
use crate::peer::{Hooks, Kept, Peer};
use crate::provider::MessageProvider;
use crate::queue::PassThrough;
use crate::session::Config;
use crate::transport::{RequestHeaders, Transport, Transports};

pub(super) struct Options {
    pub(super) provider: Arc<dyn MessageProvider>,
    pub(super) limits: Limits,
    pub(super) format: Option<Format>,
    #[cfg(feature = "custom-codecs")]
    pub(super) codecs: Vec<Arc<dyn Codec>>,
    pub(super) transports: Vec<Arc<dyn Transport>>,
    pub(super) framing: Option<Arc<dyn Framing>>,
    #[cfg(feature = "json-rpc")]
    pub(super) json_rpc: bool,
    pub(super) incoming: Stack,
    pub(super) outgoing: Stack,
    pub(super) hooks: Hooks,
    pub(super) reconnect: Option<Reconnect>,
    pub(super) token: Option<BearerToken>,
    pub(super) headers: RequestHeaders,
    pub(super) identity: Option<Identity>,
    /// Where its connections run.
    pub(super) tasks: TaskTracker,
    /// What lives as long as the client does.
    pub(super) kept: Option<Kept>,
}

impl Options {
    pub(super) fn new(provider: Arc<dyn MessageProvider>) -> Self {
        Self {
            provider,
            limits: Limits::default(),
            format: None,
            #[cfg(feature = "custom-codecs")]
            codecs: Vec::new(),
            transports: Vec::new(),
            framing: None,
            #[cfg(feature = "json-rpc")]
            json_rpc: false,
            incoming: Stack::new(),
            outgoing: Stack::new(),
            hooks: Hooks::default(),
            reconnect: None,
            token: None,
            headers: RequestHeaders::default(),
            identity: None,
            tasks: TaskTracker::new(),
            kept: None,
        }
    }

    /// Connects, and runs the session, or one after the other, in a task of its own.
    pub(super) async fn connect(self, url: &str) -> Result<Peer, ConnectError> {
        self.limits.check()?;
        #[cfg(feature = "custom-codecs")]
        let codecs = Codecs::new(self.codecs)?;
        #[cfg(not(feature = "custom-codecs"))]
        let codecs = Codecs::default();
        let format = match self.format {
            Some(format) if codecs.supports(format) => format,
            Some(format) => return Err(ConnectError::UnknownFormat(format)),
            None => codecs.default_format().ok_or(ConnectError::NoFormat)?,
        };
        #[cfg(feature = "json-rpc")]
        let framing = match self.json_rpc {
            true => Some(Arc::new(Config::json_rpc(&*self.provider, &self.limits)) as Arc<_>),
            false => self.framing,
        };
        #[cfg(not(feature = "json-rpc"))]
        let framing = self.framing;
        if let Some(only) = framing.as_ref().and_then(|framing| framing.format())
            && self.format.is_some_and(|format| format != only)
        {
            return Err(ConnectError::OtherFormat { format, only });
        }
        let around = Around::new(&*self.provider, self.incoming, self.outgoing, &self.limits);
        let mut config = Config {
            limits: self.limits,
            codecs,
            format,
            token: self.token,
            headers: self.headers,
            ..Config::serving(self.provider, BuiltIns::default())
        };
        if let Some(framing) = framing {
            config.framing = framing;
        }
        config.queue = around.queue(config.queue);
        let dial = Dial {
            config: Arc::new(config),
            transports: Transports::new(self.transports),
            url: url.to_owned(),
        };
        if let Some(reconnect) = &self.reconnect {
            let peer = Keeper::start(dial, self.hooks, reconnect, &self.tasks).await?;
            return Ok(around.peer(peer).keeping(self.kept));
        }
        let session = dial.session().await?;
        let peer = around.peer(session.peer().clone()).keeping(self.kept);
        let told = self.hooks.connected(&peer, &peer);
        self.tasks.spawn(async move {
            session.await;
            drop(told);
        });
        Ok(peer)
    }

    /// Reaches a provider in this process.
    pub(super) fn local(self, there: Arc<dyn MessageProvider>) -> Peer {
        let here = self.provider;
        let around = Around::new(&*here, self.incoming, self.outgoing, &self.limits);
        let [there, here] = [there, here]
            .map(|end| Arc::new(PassThrough::new(end, BuiltIns::default())) as Arc<dyn Queue>);
        let here = around.queue(here);
        let peer = around.peer(Local::pair(there, here, &self.limits, self.identity));
        match self.kept {
            Some(kept) => peer.keeping(Some(kept)),
            None => peer,
        }
    }
}
