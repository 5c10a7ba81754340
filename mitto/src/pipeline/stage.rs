//! Steps with their properties, ready to run.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use super::carried::{Carried, TypeOf};
use super::{Flow, Flows, Need, Properties, PropertyError, Step, StepContext, Told};
use crate::codec::Codecs;
use crate::job::{Answer, Job, Run};
use crate::status::Status;

/// One stage of a pipeline.
pub(super) trait Stage: Send + Sync {
    /// Reads what it takes; whatever passes through stays as it is.
    fn read(&self, value: Carried, codecs: &Codecs) -> Result<Carried, Status> {
        let _ = codecs;
        Ok(value)
    }

    /// Runs it.
    fn run<'a>(&'a self, context: &'a mut StepContext, value: Carried) -> Running<'a>;
}

pub(super) type Running<'a> =
    Pin<Box<dyn Future<Output = Result<Flow<Carried>, Status>> + Send + 'a>>;

/// The end of a pipeline, which answers by itself.
pub(super) trait Last: Send + Sync {
    /// A message as it came.
    fn submit(&self, job: &mut Job<'_>, answer: Answer) -> Run;

    /// What the step before it gave.
    fn submit_value(&self, value: Carried, job: Job<'_>, answer: Answer) -> Run;
}

/// What is registered by a name.
pub(super) trait Registered: Send + Sync {
    /// What it takes; `None` for anything.
    fn takes(&self) -> Option<TypeOf>;

    /// What it gives.
    fn gives(&self) -> Gives;

    /// The state that it takes.
    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    /// The same with its properties.
    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError>;
}

/// What the step behind another one gets.
pub(super) enum Gives {
    /// What that one took.
    Same,
    /// A value of a type.
    Type(TypeOf),
    /// Nothing: that one answers.
    Nothing,
}

pub(super) enum Composed {
    Stage(Box<dyn Stage>),
    Last(Box<dyn Last>),
}

/// A step that the macro has written, registered.
pub(super) struct Written<S>(PhantomData<fn() -> S>);

impl<S> Written<S> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S: Step> Registered for Written<S> {
    fn takes(&self) -> Option<TypeOf> {
        Some(TypeOf::new::<S::Takes>())
    }

    fn gives(&self) -> Gives {
        Gives::Type(TypeOf::new::<<S::Returns as Flows>::Next>())
    }

    fn needs(&self) -> Vec<Need> {
        S::needs()
    }

    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError> {
        let properties = S::Properties::read(properties)?;
        Ok(Composed::Stage(Box::new(Ready::<S> { properties })))
    }
}

struct Ready<S: Step> {
    properties: S::Properties,
}

impl<S: Step> Stage for Ready<S> {
    fn read(&self, value: Carried, codecs: &Codecs) -> Result<Carried, Status> {
        Ok(Carried::new(value.read::<S::Takes>(codecs)?))
    }

    fn run<'a>(&'a self, context: &'a mut StepContext, value: Carried) -> Running<'a> {
        Box::pin(async move {
            let value = value.read(context.poster.codecs())?;
            let returned = S::run(context, &self.properties, value).await?;
            Ok(match returned.flow()? {
                Flow::Next(value) => Flow::Next(Carried::new(value)),
                Flow::Stop => Flow::Stop,
                Flow::Answer(value) => Flow::Answer(Carried::new(value)),
            })
        })
    }
}
