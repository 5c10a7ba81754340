//! The steps of a program, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Step;
use super::built_in::{Post, Print, PrintMessage};
use super::environment::Environment;
use super::last::Handling;
use super::names::near;
use super::stage::{Registered, Written};
use crate::handler::{CallInPlace, Ended, Runs};
use crate::message::{IsMessage, Message, Travels};

/// The steps that a program has, by name, for configurations to [compose](Self::compose).
///
/// # Names
///
/// Names are found as people write them: case, `_` and `-` do not count, nor does `Handler` at the end, so
/// that the `DecrementHandler` of an XML file is the fn `decrement`. What is registered later replaces what
/// has its name, the built-in steps too.
///
/// # Built-in steps
///
/// | step | properties | does |
/// | --- | --- | --- |
/// | `Post` | `Action`, an address | sends the message on there, does not wait, goes on with it |
/// | `Print` | `Text` | prints the text, goes on with the message |
/// | `PrintMessage` | | prints the address and the message, as JSON or, where it is a text, by itself, 4,096 characters at most; goes on with it |
///
/// They take any message.
///
/// # Examples
///
/// ```
/// use mitto::State;
/// use mitto::pipeline::{Flow, Poster, Properties, StepContext, Steps};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Within {
///     most: usize,
/// }
///
/// #[mitto::step]
/// fn shorten(within: &Within, text: String) -> Flow<String> {
///     Flow::Next(text.chars().take(within.most).collect())
/// }
///
/// #[mitto::step]
/// async fn greet(ctx: &mut StepContext, State(greeting): State<&'static str>, name: String) -> Flow<String> {
///     if name.is_empty() {
///         return Flow::Answer(format!("{greeting}, {}!", ctx.identity().map_or("you", |id| id.name())));
///     }
///     Flow::Next(format!("{greeting}, {name}!"))
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let steps = Steps::new().step::<shorten>().step::<greet>().state("Hello");
/// let most = Properties::new().with("most", 3);
/// let pipeline = steps.compose([("shorten", &most), ("greet", &Properties::new())])?;
///
/// let poster = Poster::new(pipeline);
/// let greeting: String = poster.call("hello/people/Greet", &"Adalbert".to_owned()).await?;
/// assert_eq!(greeting, "Hello, Ada!");
///
/// let error = steps.compose([("shroten", &most)]).unwrap_err();
/// assert_eq!(error.to_string(), "there is no step `shroten`, did you mean `shorten`?");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Steps {
    pub(super) registered: BTreeMap<String, Entry>,
    pub(super) environment: Environment,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) step: Arc<dyn Registered>,
}

impl Steps {
    /// The built-in steps.
    pub fn new() -> Self {
        let steps = Self {
            registered: BTreeMap::new(),
            environment: Environment::default(),
        };
        steps
            .add("Post", Post)
            .add("Print", Print)
            .add("PrintMessage", PrintMessage)
    }

    /// Adds a `#[mitto::step]` by the name of its fn.
    #[must_use]
    pub fn step<S: Step>(self) -> Self {
        self.step_named::<S>(S::NAME)
    }

    /// Adds a `#[mitto::step]` by another name.
    #[must_use]
    pub fn step_named<S: Step>(self, name: impl Into<String>) -> Self {
        self.add(name, Written::<S>::new())
    }

    /// Adds a `#[mitto::handler]` by the name of its fn, with the provider, or whatever else its `State` is
    /// found in: `steps.handler::<place, _, _>(Shop { db })`. It is the last step of a pipeline, as it
    /// answers.
    #[must_use]
    pub fn handler<H, S, M>(self, state: S) -> Self
    where
        H: Runs<S> + CallInPlace<S, M, Ended<M>>,
        S: Send + Sync + 'static,
        M: IsMessage<As = M> + Message + Travels,
    {
        self.add(H::LISTED.handled.name, Handling::<H, S, M>::new(state))
    }

    /// Adds state that steps take as `State<T>`; one of each type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.environment.set(state);
        self
    }

    /// Where `Print`, `PrintMessage` and [`StepContext::print`](super::StepContext::print) put their lines;
    /// the standard output unless this is called.
    #[must_use]
    pub fn console(mut self, console: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.environment.set_console(Arc::new(console));
        self
    }

    /// Whether there is a step of this name.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The names of all steps, as they were registered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.registered.values().map(|entry| &*entry.name)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        self.registered.get(&key(name))
    }

    /// The name that was probably meant.
    pub(super) fn near(&self, name: &str) -> Option<&str> {
        near(name, self.names())
    }

    fn add(mut self, name: impl Into<String>, step: impl Registered + 'static) -> Self {
        let name = name.into();
        let step = Arc::new(step);
        self.registered.insert(key(&name), Entry { name, step });
        self
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// What names are compared by.
fn key(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
    let key: String = letters.flat_map(char::to_lowercase).collect();
    match key.strip_suffix("handler") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => key,
    }
}
