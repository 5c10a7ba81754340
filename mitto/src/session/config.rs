//! What all sessions of one client or server have in common.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::shapes::OwnShapes;
use crate::auth::{Authenticator, BearerToken, Identity, LINK};
use crate::built_in::BuiltIns;
use crate::codec::{Codecs, Format};
#[cfg(feature = "json-rpc")]
use crate::envelope::MessageId;
use crate::escaped::Escaped;
use crate::framing::{Framing, Hello, Native, PIECE, SchemaEntry};
#[cfg(feature = "json-rpc")]
use crate::framing::{JsonRpc, json_rpc::Methods};
use crate::limits::Limits;
#[cfg(feature = "json-rpc")]
use crate::message::MessageKind;
use crate::middleware::Outgoing;
use crate::provider::MessageProvider;
use crate::queue::{PassThrough, Queue};
use crate::transport::{RequestHeaders, Settings, WebAccess};

/// What all sessions of one client or server have in common.
pub struct Config {
    /// What is bounded, and how.
    pub limits: Limits,
    /// The formats that are spoken.
    pub codecs: Codecs,
    /// The format that our requests are sent in.
    pub format: Format,
    /// How envelopes are laid out.
    pub framing: Arc<dyn Framing>,
    /// How they are laid out on connections that come in and begin in this other way, which has no hello:
    /// by its subprotocol, or by a first frame that is text where those of `framing` are not.
    pub alternative: Option<Arc<dyn Framing>>,
    /// The schemas, for the hello.
    pub schemas: Vec<SchemaEntry>,
    /// What the messages of this end look like.
    pub shapes: OwnShapes,
    /// Where the other end's requests are handed on.
    pub queue: Arc<dyn Queue>,
    /// What stands around the requests that this end makes.
    pub outgoing: Outgoing,
    /// Decides who connects to this end. Without one everybody is let in, and nobody has an identity.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// Whether connections are let in that show no credentials.
    pub anonymous: bool,
    /// What this end shows of who it is, when it connects.
    pub token: Option<BearerToken>,
    /// What this end adds to an upgrade request, when it connects.
    pub headers: RequestHeaders,
    /// Which web pages may connect to this end.
    pub web: WebAccess,
    /// The requests that run in this process.
    pub running: Arc<AtomicUsize>,
}

impl Config {
    /// The defaults, for requests that go to `queue`.
    pub fn new(queue: Arc<dyn Queue>) -> Self {
        let codecs = Codecs::default();
        Self {
            limits: Limits::default(),
            format: codecs.default_format().unwrap_or(Format::MESSAGE_PACK),
            codecs,
            framing: Arc::new(Native),
            alternative: None,
            schemas: Vec::new(),
            shapes: OwnShapes::default(),
            queue,
            outgoing: Outgoing::NONE,
            authenticator: None,
            anonymous: false,
            token: None,
            headers: RequestHeaders::default(),
            web: WebAccess::default(),
            running: Arc::default(),
        }
    }

    /// The defaults, for requests that `provider` handles.
    pub fn serving(provider: Arc<dyn MessageProvider>, built_ins: BuiltIns) -> Self {
        let descriptor = provider.descriptor();
        let shapes = OwnShapes::of(descriptor, provider.side());
        let schema = SchemaEntry {
            name: descriptor.name.to_string(),
            role: provider.side().to_string(),
            digest: descriptor.digest,
            shapes: shapes.digest,
        };
        Self {
            schemas: vec![schema],
            shapes,
            ..Self::new(Arc::new(PassThrough::new(provider, built_ins)))
        }
    }

    /// JSON-RPC 2.0 for an end whose requests `provider` handles.
    #[cfg(feature = "json-rpc")]
    pub fn json_rpc(provider: &dyn MessageProvider, limits: &Limits) -> JsonRpc {
        let mut methods = Methods::default();
        for message in provider.descriptor().messages_to(provider.side()) {
            let is_stream = message.kind == MessageKind::Stream;
            let names = message.was.iter().chain([&*message.name]);
            for name in names {
                methods.add(name, MessageId(message.id), is_stream);
            }
        }
        JsonRpc::new(methods, limits)
    }

    /// The requests that an end with this identity may have in flight.
    pub(super) fn in_flight(&self, identity: Option<&Identity>) -> usize {
        match identity {
            Some(identity) if identity.has(LINK) => self.limits.in_flight_link,
            _ => self.limits.in_flight,
        }
    }

    /// Says in the log where the two ends differ in their schemas. That is no reason to refuse: old and
    /// new versions live side by side while a fleet is updated.
    pub(super) fn compare(&self, hello: &Hello, remote: &str) {
        for ours in &self.schemas {
            let theirs = hello.schemas.iter().find(|theirs| theirs.name == ours.name);
            if theirs.is_some_and(|theirs| theirs.digest != ours.digest) {
                let peer = Escaped(remote);
                tracing::warn!(%peer, schema = ours.name, "the other end has another version");
            }
        }
    }

    /// Whether the two ends have found shapes that differ, so that they must tell each other which.
    pub(super) fn differs(&self, hello: &Hello) -> bool {
        let shapes = |schema: &SchemaEntry| schema.shapes;
        self.schemas.iter().any(|ours| {
            let mut named = hello.schemas.iter().filter(|other| other.name == ours.name);
            named.any(|theirs| match (shapes(ours), shapes(theirs)) {
                (Some(ours), Some(theirs)) => ours != theirs,
                _ => false,
            })
        })
    }

    /// What a transport must know. The largest frame is a whole payload, or a piece of one, and what
    /// stands around it.
    pub fn transport_settings(&self) -> Settings {
        let mut subprotocols = self.framing.subprotocols().to_vec();
        if let Some(alternative) = &self.alternative {
            subprotocols.extend(alternative.subprotocols());
        }
        let mut headers = self.headers.clone();
        if let Some(token) = &self.token
            && !headers.has("authorization")
        {
            headers.add("authorization", format!("Bearer {}", token.secret()));
        }
        Settings {
            max_frame: self.limits.message.max(PIECE) + Native::OVERHEAD,
            handshake: self.limits.handshake,
            subprotocols,
            headers,
            web: Arc::new(self.web.clone()),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("limits", &self.limits)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
