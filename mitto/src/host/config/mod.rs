//! What runs where, written down: applications, nodes, handlers, actions and hosts.
//!
//! A [`Configuration`] is data. It is read from TOML, from JSON of the same shape, or from the XML of the
//! ancestor AjMessages; a program can also build one. [`merge`](Configuration::merge) puts an update into
//! it, [`changes`](Configuration::changes) shows what becomes different, and whoever runs it asks it for
//! nodes, [steps](NodeConfig::steps) and hosts.
//!
//! # TOML
//!
//! ```
//! use mitto::host::config::Configuration;
//!
//! let configuration = Configuration::from_toml(r#"
//!     version = 1                         # an update that changes anything needs a higher one
//!
//!     ## An application has nodes. What is asked is `application/node/action`.
//!     [applications.shop.nodes.orders]
//!     provider = "orders"                 # registered by this name: answers what is no action below
//!     policy = "least-in-flight"          # which host, when several run it
//!
//!     [applications.shop.nodes.orders.handlers]
//!     check = "check"                     # a registered step
//!     store = { type = "store", properties = { table = "orders", retries = 3 } }
//!     place = [                           # a pipeline: one after the other, until one stops
//!         "check",
//!         "store",
//!         { type = "post", properties = { action = "mail/outbox/Send" } },
//!     ]
//!
//!     [applications.shop.nodes.orders.actions]
//!     Place = "place"
//!     Check = ["check"]
//!
//!     [applications.mail.nodes.outbox]
//!     provider = "outbox"
//!     policy = { by-key = "user" }        # the same host for the same user
//!
//!     [hosts.here]
//!     local = true                        # listens on its address
//!     address = "wss://shop.example:8443/mitto"
//!     runs = ["shop"]                     # all nodes of the application
//!
//!     [hosts.mail]
//!     address = "wss://mail.example:8443/mitto"
//!     runs = ["mail/outbox"]
//!     key = { env = "MAIL_KEY" }          # or { file = "mail.key" }; never the key itself
//! "#)?;
//! configuration.validate()?;
//!
//! let orders = configuration.application("shop").and_then(|shop| shop.node("orders")).unwrap();
//! let place = orders.steps(orders.action("Place").unwrap())?;
//! let kinds: Vec<&str> = place.iter().map(|step| step.kind()).collect();
//! assert_eq!(kinds, ["check", "store", "post"]);
//! # Ok::<(), mitto::host::config::ConfigError>(())
//! ```
//!
//! | key | |
//! | --- | --- |
//! | `version` | a number; see [`Configuration::merge`] |
//! | `import` | a list of files, relative to this one, of any format: this one's applications, hosts and definitions replace theirs by name. Only in files; their versions do not count |
//! | `handlers` | definitions that every node may name |
//! | `nodes` | definitions that nodes can be `like` |
//! | `applications.A.nodes.N` | `like`, `provider`, `policy`, `handlers`, `actions` |
//! | `policy` | `"round-robin"`, the default, `"random"`, `"first"`, `"least-in-flight"`, `{ by-key = "field" }` |
//! | `handlers.H` | `"type"`; `["handler", ..]`, a pipeline; `{ type = "..", properties = {..} }`; `{ pipeline = [..] }` |
//! | `actions.A`, and in pipelines | `"handler"`, defined in the node or for all; `[..]`; `{ handler = "..", properties = {..} }`, whose properties replace the handler's; `{ type = ".." }` |
//! | `hosts.H` | `address`, a URL; `local`, whether it is this server; `runs`, a list of `"application"` and `"application/node"`; `key`, `{ env = ".." }` or `{ file = ".." }` |
//!
//! A node that is `like` a definition has its handlers, actions, provider and policy; its own ones win. A
//! host that runs nothing is forgotten when it is merged.
//!
//! JSON has the same shape, and may name a `$schema`: [`Configuration::json_schema`]. In TOML an editor
//! finds it by a first line `#:schema schema.json`.
//!
//! # XML
//!
//! The files of AjMessages are read as they are: a byte order mark, an XML declaration, `Type` by the last
//! part of the class's name, `http://` addresses for WebSocket. What is in them is the model of TOML:
//! `Activate` is `local`, a `Handler` without `Type` and handlers in it is the name of another one, a
//! `Property` is a text. New are the attributes `Version` of the root, `Like`, `Provider`, `Policy` and
//! `PolicyKey` of nodes, `KeyEnv` and `KeyFile` of hosts, `Kind` of properties (`integer`, `float`,
//! `boolean`, `list`), `<Import File="..">`, and handlers and nodes right below the root, which are
//! definitions for all.
//!
//! # What is refused
//!
//! A configuration is taken or refused as a whole. [`ConfigError`] lists what is wrong, each with file,
//! line, column, what is meant and what to do. Refused are unknown keys, elements and attributes; names that
//! are no [part of an address](crate::address); pipelines that contain themselves; imports that go round;
//! keys that stand in the text; what is over one of the limits [`MAX_BYTES`](Configuration::MAX_BYTES), 4 MiB,
//! [`MAX_FILES`](Configuration::MAX_FILES), [`MAX_DEPTH`](Configuration::MAX_DEPTH),
//! [`MAX_STEPS`](Configuration::MAX_STEPS) and [`MAX_ENTRIES`](Configuration::MAX_ENTRIES).

mod changes;
mod check;
mod error;
mod json;
mod load;
mod merge;
mod model;
mod origin;
mod read;
mod resolve;
mod text;
mod toml;
mod tree;
mod write;
mod xml;

use std::collections::BTreeMap;
use std::path::Path;

pub use changes::{Change, Changes, Moved};
pub use error::{ConfigError, ConfigFault};
pub use model::{
    ActionConfig, ApplicationConfig, HandlerConfig, HandlerKind, HostConfig, KeySource, NodeConfig,
    Placement, StepConfig,
};
pub use origin::Origin;
pub use text::ConfigFormat;

use error::Faults;
use origin::Source;

/// What runs where. See the [module](self) for how it is written.
///
/// Two are equal when they say the same, in whatever format and order.
///
/// # Examples
///
/// ```
/// use mitto::host::config::{
///     ApplicationConfig, Configuration, HandlerConfig, HostConfig, KeySource, NodeConfig,
/// };
///
/// let node = NodeConfig::new("orders")
///     .with_handler(HandlerConfig::of_type("check", "check"))
///     .with_action("Check", HandlerConfig::named("check"));
/// let built = Configuration::new()
///     .with_application(ApplicationConfig::new("shop").with_node(node))
///     .with_host(HostConfig::local("here", "ws://127.0.0.1:8080/mitto").with_nodes("shop"))
///     .with_host(
///         HostConfig::new("east", "ws://east:8080/mitto")
///             .with_nodes("shop/orders")
///             .with_key(KeySource::env("EAST_KEY")),
///     );
/// built.validate()?;
/// assert_eq!(Configuration::from_toml(&built.to_toml())?, built);
/// # Ok::<(), mitto::host::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    version: Option<u64>,
    version_origin: Origin,
    applications: BTreeMap<String, ApplicationConfig>,
    hosts: BTreeMap<String, HostConfig>,
}

impl Configuration {
    /// The longest text with all that it imports, in bytes: 4 MiB.
    pub const MAX_BYTES: usize = 4 << 20;

    /// The most files of one configuration, imports included: 64.
    pub const MAX_FILES: usize = 64;

    /// The most levels of tables, lists and elements in a text, and of pipelines in pipelines: 64.
    pub const MAX_DEPTH: usize = tree::MAX_DEPTH;

    /// The most steps of one action, with those of the pipelines in it: 256.
    pub const MAX_STEPS: usize = 256;

    /// The most handlers and actions of all nodes together, shared ones counted for each node: 262,144.
    pub const MAX_ENTRIES: usize = 1 << 18;

    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a file, by its ending `.toml`, `.json` or `.xml`, with all that it imports. It blocks.
    ///
    /// # Errors
    ///
    /// Says everything that is wrong. What it names outside of itself is seen by
    /// [`validate`](Self::validate) and [`merge`](Self::merge).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let (document, faults) = load::load(path.as_ref());
        document.finish(faults)
    }

    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// As [`from_text`](Self::from_text).
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_format(text, ConfigFormat::Toml)
    }

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// As [`from_text`](Self::from_text).
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        Self::from_format(text, ConfigFormat::Json)
    }

    /// Reads XML.
    ///
    /// # Errors
    ///
    /// As [`from_text`](Self::from_text).
    pub fn from_xml(text: &str) -> Result<Self, ConfigError> {
        Self::from_format(text, ConfigFormat::Xml)
    }

    /// Reads a text of any format, which shows in how it begins: XML with `<`, JSON with `{`.
    ///
    /// # Errors
    ///
    /// Says everything that is wrong, and refuses imports: a text may come from elsewhere, and has no place
    /// that files could be relative to.
    pub fn from_text(text: &str) -> Result<Self, ConfigError> {
        Self::from_format(text, ConfigFormat::of_text(text))
    }

    fn from_format(text: &str, format: ConfigFormat) -> Result<Self, ConfigError> {
        let mut faults = Faults::default();
        let source = Source::new(None, text);
        let document = text::read(&source, format, None, &mut faults);
        if let Some((_, origin)) = document.imports.first() {
            let text = "a text cannot import files, load it from a file";
            faults.add(origin.clone(), "import", text);
        }
        document.finish(faults)
    }

    /// The JSON schema of the TOML and JSON formats, for editors.
    pub fn json_schema() -> &'static str {
        include_str!("schema.json")
    }

    /// With this version.
    #[must_use]
    pub fn with_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// Adds an application, or replaces the one of its name.
    #[must_use]
    pub fn with_application(mut self, application: ApplicationConfig) -> Self {
        self.applications
            .insert(application.name.clone(), application);
        self
    }

    /// Adds a host, or replaces the one of its name.
    #[must_use]
    pub fn with_host(mut self, host: HostConfig) -> Self {
        self.hosts.insert(host.name.clone(), host);
        self
    }

    /// Its version, where it has one.
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Its applications, sorted by name.
    pub fn applications(&self) -> impl ExactSizeIterator<Item = &ApplicationConfig> {
        self.applications.values()
    }

    /// The application of that name.
    pub fn application(&self, name: &str) -> Option<&ApplicationConfig> {
        self.applications.get(name)
    }

    /// Its hosts, sorted by name.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = &HostConfig> {
        self.hosts.values()
    }

    /// The host of that name.
    pub fn host(&self, name: &str) -> Option<&HostConfig> {
        self.hosts.get(name)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.version.is_none() && self.applications.is_empty() && self.hosts.is_empty()
    }
}
