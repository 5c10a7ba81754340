use crate::host::config::Origin;
use crate::pipeline::Properties;

/// A handler: a registered step with its properties, a pipeline of handlers, or the name of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct HandlerConfig {
    pub(in crate::host::config) name: String,
    pub(in crate::host::config) kind: HandlerKind,
    pub(in crate::host::config) properties: Properties,
    pub(in crate::host::config) origin: Origin,
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HandlerKind {
    /// Runs the step that is registered by this name, which may be a handler.
    Type(String),
    /// Runs these in order, until one stops.
    Pipeline(Vec<HandlerConfig>),
    /// Runs the node's handler of the same name.
    Named,
}

impl HandlerConfig {
    /// The step that is registered as `kind`.
    pub fn of_type(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self::new(name.into(), HandlerKind::Type(kind.into()))
    }

    /// Several handlers, one after the other.
    pub fn pipeline(name: impl Into<String>, handlers: impl IntoIterator<Item = Self>) -> Self {
        let handlers = handlers.into_iter().collect();
        Self::new(name.into(), HandlerKind::Pipeline(handlers))
    }

    /// The handler of this name in the same node; for actions and within pipelines.
    pub fn named(name: impl Into<String>) -> Self {
        Self::new(name.into(), HandlerKind::Named)
    }

    fn new(name: String, kind: HandlerKind) -> Self {
        Self {
            name,
            kind,
            properties: Properties::new(),
            origin: Origin::default(),
        }
    }

    /// With these properties. Given to one that is named, they replace its properties of the same names.
    #[must_use]
    pub fn with_properties(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does.
    pub fn kind(&self) -> &HandlerKind {
        &self.kind
    }

    /// Its properties.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// One step of an action, as it is to run: made by [`NodeConfig::steps`](super::NodeConfig::steps).
#[derive(Clone, Debug, PartialEq)]
pub struct StepConfig<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) properties: Properties,
    pub(super) origin: &'a Origin,
}

impl<'a> StepConfig<'a> {
    /// The name of its handler.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The registered name of what runs.
    pub fn kind(&self) -> &'a str {
        self.kind
    }

    /// Its properties.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// Where it stands.
    pub fn origin(&self) -> &'a Origin {
        self.origin
    }
}
