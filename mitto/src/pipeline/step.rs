//! Steps, as the macro describes them.

use std::any::TypeId;
use std::future::Future;

use serde::de::DeserializeOwned;

use super::{Flows, Properties, PropertyError, StepContext};
use crate::handler::State;
use crate::message::Travels;
use crate::status::Status;

/// A fn that is one stage of a pipeline; written by `#[mitto::step]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step [mitto::E652]",
    label = "not a step: put `#[mitto::step]` on the fn"
)]
pub trait Step: 'static {
    /// The name of the fn.
    const NAME: &'static str;

    /// What it takes.
    type Takes: Travels + Send + 'static;

    /// What it returns, which says what the next step gets.
    type Returns: Flows;

    /// What it is told by the configuration; `()` for nothing.
    type Properties: Told;

    /// The state that it takes.
    fn needs() -> Vec<Need>;

    /// Runs it.
    ///
    /// # Errors
    ///
    /// When an argument cannot be made.
    fn run<'a>(
        context: &'a mut StepContext,
        properties: &'a Self::Properties,
        value: Self::Takes,
    ) -> impl Future<Output = Result<Self::Returns, Status>> + Send + 'a;
}

/// The properties of a step: every type with serde's `Deserialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a configuration [mitto::E654]",
    label = "these are the properties of the step",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`"
)]
pub trait Told: Sized + Send + Sync + 'static {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Names the property that is wrong.
    fn read(properties: &Properties) -> Result<Self, PropertyError>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + Sync + 'static> Told for T {
    fn read(properties: &Properties) -> Result<Self, PropertyError> {
        properties.read()
    }
}

/// An argument of a step beside its context, its properties and its value: [`State`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument of a step [mitto::E653]",
    label = "a step does not take this",
    note = "a step takes `&mut StepContext`, `&` its properties, `State<T>`, each if it needs it, and its value last"
)]
pub trait StepArgument: Sized {
    /// What must be there for it.
    fn need() -> Need;

    /// Makes the argument.
    ///
    /// # Errors
    ///
    /// Whatever the message is to be refused with.
    fn take(context: &StepContext) -> Result<Self, Status>;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> StepArgument for State<T> {
    fn need() -> Need {
        Need {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
        }
    }

    fn take(context: &StepContext) -> Result<Self, Status> {
        match context.state::<T>() {
            Some(state) => Ok(Self(state.clone())),
            None => Err(Status::internal("the state of a step is missing")),
        }
    }
}

/// A type of state that a step takes.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
}
