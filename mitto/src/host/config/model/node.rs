use std::collections::BTreeMap;
use std::sync::Arc;

use super::{HandlerConfig, HandlerKind, StepConfig};
use crate::host::config::{ConfigError, Configuration, Origin};
use crate::pipeline::Properties;
use crate::router::Policy;

/// A node of an application: what is asked of it, and what answers.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    pub(in crate::host::config) name: String,
    pub(in crate::host::config) provider: Option<String>,
    pub(in crate::host::config) policy: Policy,
    // Shared, as nodes that are `like` one definition have the same ones.
    pub(in crate::host::config) handlers: BTreeMap<String, Arc<HandlerConfig>>,
    pub(in crate::host::config) actions: BTreeMap<String, Arc<ActionConfig>>,
    pub(in crate::host::config) origin: Origin,
}

impl NodeConfig {
    /// One without handlers and actions.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            provider: None,
            policy: Policy::default(),
            handlers: BTreeMap::new(),
            actions: BTreeMap::new(),
            origin: Origin::default(),
        }
    }

    /// The provider of that registered name answers what is no action of this node.
    #[must_use]
    pub fn with_provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Which host is taken when several run it.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds a handler, or replaces the one of that name.
    #[must_use]
    pub fn with_handler(mut self, handler: HandlerConfig) -> Self {
        self.handlers
            .insert(handler.name.clone(), Arc::new(handler));
        self
    }

    /// Adds an action, or replaces the one of that name.
    #[must_use]
    pub fn with_action(mut self, name: impl Into<String>, handler: HandlerConfig) -> Self {
        let name = name.into();
        let action = ActionConfig {
            name: name.clone(),
            handler,
            origin: Origin::default(),
        };
        self.actions.insert(name, Arc::new(action));
        self
    }

    /// Its name, the second part of addresses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The registered name of the provider that answers what is no action.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// Which host is taken when several run it.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its handlers, sorted by name.
    pub fn handlers(&self) -> impl ExactSizeIterator<Item = &HandlerConfig> {
        self.handlers.values().map(|handler| &**handler)
    }

    /// Its actions, sorted by name.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &ActionConfig> {
        self.actions.values().map(|action| &**action)
    }

    /// The action of that name.
    pub fn action(&self, action: &str) -> Option<&ActionConfig> {
        self.actions.get(action).map(|action| &**action)
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The steps of an action, in the order in which they run: handlers that are named are looked up,
    /// pipelines within pipelines are laid out, properties are put together.
    ///
    /// # Errors
    ///
    /// Where a handler is missing, or there are more than [`MAX_STEPS`](Configuration::MAX_STEPS):
    /// never in a configuration that was [checked](Configuration::validate).
    pub fn steps<'a>(
        &'a self,
        action: &'a ActionConfig,
    ) -> Result<Vec<StepConfig<'a>>, ConfigError> {
        let mut steps = Vec::new();
        self.lay_out(&action.handler, &Properties::new(), 0, &mut steps)?;
        Ok(steps)
    }

    fn lay_out<'a>(
        &'a self,
        handler: &'a HandlerConfig,
        over: &Properties,
        depth: usize,
        steps: &mut Vec<StepConfig<'a>>,
    ) -> Result<(), ConfigError> {
        let refuse = |text: &str| Err(ConfigError::new(&handler.origin, &*handler.name, text));
        // Names count here as well as pipelines, as what a program has built may name itself.
        if depth > 2 * Configuration::MAX_DEPTH + 1 || steps.len() >= Configuration::MAX_STEPS {
            return refuse("these are too many steps, or they contain themselves");
        }
        match &handler.kind {
            HandlerKind::Type(kind) => steps.push(StepConfig {
                name: &handler.name,
                kind,
                properties: handler.properties.merged(over),
                origin: &handler.origin,
            }),
            HandlerKind::Pipeline(handlers) => {
                for handler in handlers {
                    self.lay_out(handler, &Properties::new(), depth + 1, steps)?;
                }
            }
            HandlerKind::Named => match self.handlers.get(&handler.name) {
                Some(named) => {
                    let properties = handler.properties.merged(over);
                    self.lay_out(named, &properties, depth + 1, steps)?;
                }
                None => return refuse("the node has no handler of this name"),
            },
        }
        Ok(())
    }
}

/// An action: a name that can be asked for, the third part of addresses, and the handler that answers.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionConfig {
    pub(in crate::host::config) name: String,
    pub(in crate::host::config) handler: HandlerConfig,
    pub(in crate::host::config) origin: Origin,
}

impl ActionConfig {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What answers; [`NodeConfig::steps`] lays it out.
    pub fn handler(&self) -> &HandlerConfig {
        &self.handler
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
